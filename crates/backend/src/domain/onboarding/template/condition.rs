//! Conditions: when a step applies, or a field is visible.

use std::fmt;

use serde_json::Value;

use crate::domain::onboarding::step::StepKey;

/// The place of a field: its step and its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// The step.
    pub step: StepKey,
    /// The key of the field.
    pub field: String,
}

impl fmt::Display for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.field)
    }
}

/// A condition on answers that were given before.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The answer is one of some values, or none of them with `negated`. An answer of several values needs one of
    /// them. A missing answer is none of the values.
    Is {
        /// The field of the answer.
        field: FieldRef,
        /// The values: strings, whole numbers, `true` and `false`.
        values: Vec<Value>,
        /// Whether the answer must be none of the values.
        negated: bool,
    },
    /// The field has an answer, or has none with `false`.
    Answered(FieldRef, bool),
    /// All conditions hold.
    All(Vec<Self>),
    /// At least one condition holds.
    Any(Vec<Self>),
}

impl Condition {
    /// Whether the condition holds for the answers that `answer` gives.
    pub fn holds<'a>(&self, answer: &dyn Fn(&FieldRef) -> Option<&'a Value>) -> bool {
        match self {
            Self::Is { field, values, negated } => {
                let is_one = answer(field).is_some_and(|answer| values.iter().any(|v| is(answer, v)));
                is_one != *negated
            }
            Self::Answered(field, expected) => answer(field).is_some() == *expected,
            Self::All(all) => all.iter().all(|one| one.holds(answer)),
            Self::Any(any) => any.iter().any(|one| one.holds(answer)),
        }
    }

    /// The fields that the condition asks about.
    pub fn fields(&self) -> Vec<&FieldRef> {
        match self {
            Self::Is { field, .. } | Self::Answered(field, _) => vec![field],
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::fields).collect(),
        }
    }
}

fn is(answer: &Value, value: &Value) -> bool {
    match answer {
        Value::Array(chosen) => chosen.contains(value),
        // The same number may have been written otherwise.
        Value::Number(number) => number.as_i64() == value.as_i64() && value.is_number(),
        other => other == value,
    }
}

impl fmt::Display for Condition {
    /// Writes the condition for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |inner: &[Self], with: &str| {
            inner.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(with)
        };
        match self {
            Self::Is { field, values, negated } => {
                let values: Vec<_> = values.iter().map(Value::to_string).collect();
                write!(f, "{field} {} {}", if *negated { "is not" } else { "is" }, values.join(" or "))
            }
            Self::Answered(field, true) => write!(f, "{field} is answered"),
            Self::Answered(field, false) => write!(f, "{field} is not answered"),
            Self::All(inner) => f.write_str(&joined(inner, " and ")),
            Self::Any(inner) => f.write_str(&joined(inner, " or ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(field: &str) -> FieldRef {
        FieldRef { step: "s".parse().unwrap(), field: field.to_owned() }
    }

    #[test]
    fn conditions_ask_about_answers() {
        let role = json!("freelancer");
        let tools = json!(["git", "vim"]);
        let size = json!(7);
        let answer = |field: &FieldRef| match field.field.as_str() {
            "role" => Some(&role),
            "tools" => Some(&tools),
            "size" => Some(&size),
            _ => None,
        };
        let is = |field: &str, values: &[Value], negated| Condition::Is {
            field: at(field),
            values: values.to_vec(),
            negated,
        };
        let table = [
            (is("role", &[json!("freelancer")], false), true),
            (is("role", &[json!("freelancer")], true), false),
            (is("role", &[json!("a"), json!("freelancer")], false), true),
            (is("tools", &[json!("vim")], false), true),
            (is("tools", &[json!("emacs")], true), true),
            (is("size", &[json!(7)], false), true),
            (is("size", &[json!("7")], false), false),
            // No answer is none of the values.
            (is("none", &[json!("x")], false), false),
            (is("none", &[json!("x")], true), true),
            (Condition::Answered(at("role"), true), true),
            (Condition::Answered(at("none"), true), false),
            (Condition::Answered(at("none"), false), true),
        ];
        for (condition, expected) in &table {
            assert_eq!(condition.holds(&answer), *expected, "{condition}");
        }
        let both = Condition::All(vec![table[0].0.clone(), table[1].0.clone()]);
        let either = Condition::Any(vec![table[0].0.clone(), table[1].0.clone()]);
        assert!(!both.holds(&answer) && either.holds(&answer));
        assert_eq!(both.fields(), [&at("role"), &at("role")]);
        let text = "(s.role is \"freelancer\") or (s.role is not \"freelancer\")";
        assert_eq!(either.to_string(), text);
    }
}
