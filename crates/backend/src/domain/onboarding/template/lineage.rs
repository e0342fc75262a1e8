//! The lineage of questions: finds the present place of a question of an earlier version, which a page that was loaded
//! before still asks.

use std::sync::Arc;

use super::condition::FieldRef;
use super::{Template, TemplateId};
use crate::domain::onboarding::step::StepKey;

/// Where something of an earlier version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located<T> {
    /// In the last version.
    Here(T),
    /// It is asked no more; this is the last version that asked it, and where.
    Dropped(TemplateId, T),
    /// No version has it.
    Unknown,
}

/// Where a step is. `lineage` are successive versions, the last one at the end.
pub fn locate_step(lineage: &[Arc<Template>], key: &StepKey) -> Located<StepKey> {
    locate(lineage, key, |template, key| template.step(key).is_some(), |next, key| next.succession.step(key))
}

/// Where a field is; see [`locate_step`].
pub fn locate_field(lineage: &[Arc<Template>], at: &FieldRef) -> Located<FieldRef> {
    locate(lineage, at, |template, at| template.field(at).is_some(), |next, at| next.succession.field(at))
}

/// Follows it from the newest version that has it.
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
