//! Verifies afterwards that everything acknowledged is there exactly once.

use serde_json::Value;

use super::{Api, Call, Failure, Operation, Person};

/// An acknowledged thing that is lost, changed or doubled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The e-mail address of the person.
    pub email: String,
    /// The difference, in words.
    pub what: String,
}

impl Person {
    /// Logs in afresh and compares all that was acknowledged. With `register_again`, a second registration has to be
    /// refused, which counts as a guess at who has an account: few from one address go without a wait.
    ///
    /// A person whose registration was never acknowledged has nothing to compare. A request that fails is a
    /// finding too, as nothing is disturbed any more.
    pub async fn verify(&self, api: &Api, register_again: bool) -> Vec<Finding> {
        if !self.is_registered() {
            return Vec::new();
        }
        let mut person = self.clone();
        let found = match person.ask(api, register_again).await {
            Ok(state) => person.compare(&state),
            Err(failure) => vec![failure.to_string()],
        };
        found.into_iter().map(|what| Finding { email: self.email.clone(), what }).collect()
    }

    async fn ask(&mut self, api: &Api, register_again: bool) -> Result<Value, Failure> {
        let tokens = self.login_afterwards(api).await?;
        self.check_account(api, &tokens).await?;
        if register_again {
            let again = Call::post(Operation::Register, "/api/auth/register", Some(self.registration()));
            api.call(&again.expect(409)).await?;
        }
        let call = Call::get(Operation::Read, "/api/onboarding").bearer(&tokens.access);
        Ok(api.call(&call).await?.json())
    }

    /// The contradictions between the state of the onboarding and what was acknowledged.
    pub(super) fn compare(&self, state: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let version = state["version"].as_i64();
        // A change in doubt happened once or not at all.
        let possible = self.version..=self.version + i64::from(self.in_doubt);
        if !version.is_some_and(|version| possible.contains(&version)) {
            wrong.push(format!("the version is {}, not {}", state["version"], self.version));
        }
        if self.in_doubt && version != Some(self.version) {
            return wrong;
        }
        let expected = if self.completed { "completed" } else { "in_progress" };
        if state["status"] != expected {
            wrong.push(format!("the status is {}, not {expected}", state["status"]));
        }
        for ack in &self.steps {
            let step = state["steps"].as_array().and_then(|steps| steps.iter().find(|s| s["key"] == ack.key));
            let same = step.is_some_and(|step| step["status"] == ack.status && step["data"] == ack.data);
            if !same {
                let (key, found) = (ack.key, step.unwrap_or(&Value::Null));
                wrong.push(format!("{key} is {found}, not {} {}", ack.status, ack.data));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::journey::StepAck;

    fn person() -> Person {
        let mut person = Person::new(Uuid::nil(), 1);
        person.steps = vec![StepAck { key: "profile", status: "completed", data: json!({"a": 1}) }];
        person.version = 2;
        person
    }

    fn state(version: i64, status: &str, data: &Value) -> Value {
        let step = json!({"key": "profile", "status": status, "data": data});
        json!({"status": "in_progress", "version": version, "steps": [{"key": "account"}, step]})
    }

    #[test]
    fn what_is_lost_changed_or_doubled_is_found() {
        let data = json!({"a": 1});
        let rows = [
            ("as acknowledged", state(2, "completed", &data), 0),
            ("done twice", state(3, "completed", &data), 1),
            ("lost", state(1, "in_progress", &json!({})), 2),
            ("other data", state(2, "completed", &json!({"a": 2})), 1),
            ("no such step", json!({"status": "in_progress", "version": 2, "steps": []}), 1),
            ("nothing at all", Value::Null, 3),
        ];
        for (what, state, expected) in rows {
            let found = person().compare(&state);
            assert_eq!(found.len(), expected, "{what}: {found:?}");
        }
    }

    #[test]
    fn a_change_in_doubt_happened_once_or_not_at_all() {
        let person = Person { in_doubt: true, ..person() };
        assert!(person.compare(&state(2, "completed", &json!({"a": 1}))).is_empty());
        assert!(person.compare(&state(3, "completed", &json!({"a": "the change"}))).is_empty());
        assert_eq!(person.compare(&state(4, "completed", &json!({"a": 1}))).len(), 1);
    }
}
