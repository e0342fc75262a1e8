//! Reads `applies_when` and `visible_when`.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use service_kit::toml_file::Section;

use crate::domain::onboarding::step::{StepKey, StepStatus};
use crate::domain::onboarding::template::condition::{Condition, FieldRef};
use crate::domain::onboarding::template::field::FieldKind;
use crate::domain::onboarding::template::values::{Path, Scalar};

/// The deepest nesting of conditions. Nobody understands a deeper one.
const MAX_DEPTH: usize = 8;

const TESTS: [&str; 5] = ["is", "is_not", "in", "not_in", "answered"];

/// The questions before the condition that is read.
#[derive(Debug, Default)]
pub(super) struct Known(pub(super) BTreeMap<FieldRef, FieldKind>);

/// Reads the condition `key` of a table. A field that is named without a step is a field of `step`.
pub(super) fn read(
    section: &Section<'_>,
    key: &'static str,
    step: Option<&StepKey>,
    known: &Known,
) -> Option<Condition> {
    condition(&section.section(key)?, step, known, 1)
}

fn condition(
    section: &Section<'_>,
    step: Option<&StepKey>,
    known: &Known,
    depth: usize,
) -> Option<Condition> {
    if depth > MAX_DEPTH {
        section.reject_whole(format!("is nested deeper than {MAX_DEPTH}"));
        return None;
    }
    let several = |key| {
        let inner = section.sections(key);
        if inner.is_empty() && section.has(key) {
            section.reject(key, "must have at least one condition");
        }
        inner.iter().filter_map(|one| condition(one, step, known, depth + 1)).collect::<Vec<_>>()
    };
    let (all, any) = (several("all"), several("any"));
    let field = section.optional::<Path>("field");
    let one = match (section.has("all"), section.has("any"), section.has("field")) {
        (true, false, false) => Some(Condition::All(all)),
        (false, true, false) => Some(Condition::Any(any)),
        (false, false, true) => test(section, field.as_ref(), step, known),
        _ => {
            section.reject_whole("must have exactly one of \"field\", \"all\" and \"any\"");
            test(section, None, step, known)
        }
    };
    section.unknown();
    one
}

fn test(
    section: &Section<'_>,
    path: Option<&Path>,
    step: Option<&StepKey>,
    known: &Known,
) -> Option<Condition> {
    let (is, is_not) = (section.optional::<Scalar>("is"), section.optional::<Scalar>("is_not"));
    let (within, without) = (section.list::<Scalar>("in"), section.list::<Scalar>("not_in"));
    let answered = section.optional::<bool>("answered");
    let (at, kind) = resolve(section, path?, step, known)?;
    let tests: Vec<_> = TESTS.into_iter().filter(|test| section.has(test)).collect();
    let [test] = tests[..] else {
        section.reject("field", format!("needs exactly one of {}", TESTS.join(", ")));
        return None;
    };
    let negated = matches!(test, "is_not" | "not_in");
    let single = |value: Option<Scalar>| value.into_iter().collect();
    let values: Vec<Scalar> = match test {
        "is" => single(is),
        "is_not" => single(is_not),
        "in" => within,
        "not_in" => without,
        _ => return answered.map(|expected| Condition::Answered(at, expected)),
    };
    let values: Vec<Json> = values.into_iter().map(|value| value.0).collect();
    if values.is_empty() {
        section.reject(test, "must have at least one value");
    }
    for value in &values {
        if let Some(reason) = never(kind, value) {
            section.reject(test, format!("{value} is no answer of {at}: {reason}"));
        }
    }
    Some(Condition::Is { field: at, values, negated })
}

fn resolve<'k>(
    section: &Section<'_>,
    path: &Path,
    step: Option<&StepKey>,
    known: &'k Known,
) -> Option<(FieldRef, &'k FieldKind)> {
    let named = path.step.as_deref().and_then(|step| step.parse().ok());
    let Some(step) = named.or_else(|| step.cloned()) else {
        section.reject("field", "must name the step, too, such as \"profile.country\"");
        return None;
    };
    let at = FieldRef { step, field: path.field.clone() };
    if let Some(kind) = known.0.get(&at) {
        return Some((at, kind));
    }
    section.reject("field", format!("there is no field {at} before this one"));
    None
}

/// The reason why the question never has the answer `value`; none where it may.
fn never(kind: &FieldKind, value: &Json) -> Option<String> {
    let whole = match kind {
        // One of those that are chosen.
        FieldKind::Several(choices, _) => {
            FieldKind::Choice(choices.clone()).check(value, StepStatus::InProgress)
        }
        other => other.check(value, StepStatus::InProgress),
    };
    let blank =
        (value.as_str() == Some("")).then(|| "a blank is no answer; write answered = false".to_owned());
    whole.err().or(blank)
}
