//! Finds the present place of a question of an earlier version. A page that was loaded before a new version came asks
//! such questions.

use std::sync::Arc;

use super::condition::FieldRef;
use super::{Template, TemplateId};
use crate::domain::onboarding::step::StepKey;

/// The place of a step or field of an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located<T> {
    /// The place in the last version.
    Here(T),
    /// The last version that had the step or field, and the place there. Later versions have dropped it.
    Dropped(TemplateId, T),
    /// No version has it.
    Unknown,
}

/// The place of a step. `lineage` has successive versions, the newest at the end.
pub fn locate_step(lineage: &[Arc<Template>], key: &StepKey) -> Located<StepKey> {
    locate(lineage, key, |template, key| template.step(key).is_some(), |next, key| next.succession.step(key))
}

/// The place of a field; see [`locate_step`].
pub fn locate_field(lineage: &[Arc<Template>], at: &FieldRef) -> Located<FieldRef> {
    locate(lineage, at, |template, at| template.field(at).is_some(), |next, at| next.succession.field(at))
}

/// Follows a step or field from the newest version that has it.
fn locate<T: Clone>(
    lineage: &[Arc<Template>],
    what: &T,
    has: impl Fn(&Template, &T) -> bool,
    next: impl Fn(&Template, &T) -> Option<T>,
) -> Located<T> {
    let Some(newest) = lineage.iter().rposition(|template| has(template, what)) else {
        return Located::Unknown;
    };
    let mut found = what.clone();
    for pair in lineage[newest..].windows(2) {
        match next(&pair[1], &found) {
            Some(there) => found = there,
            None => return Located::Dropped(pair[0].id.clone(), found),
        }
    }
    Located::Here(found)
}
