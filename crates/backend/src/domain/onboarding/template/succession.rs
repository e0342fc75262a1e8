//! The succession of versions: the place of each step and field of one version in the next. The check tells where the
//! next version leaves one out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use service_kit::toml_file::{self, Problem, Section};

use super::condition::FieldRef;
use super::{StepTemplate, Template};
use crate::domain::onboarding::step::StepKey;

/// The way that a version follows the version before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Succession {
    /// Whether people on the version before are moved to this version. Otherwise these people stay.
    pub moves_people: bool,
    /// The renamed steps: the key before, and the key now.
    pub renamed_steps: BTreeMap<StepKey, StepKey>,
    /// The renamed or moved fields: the place before, and the place now.
    pub renamed_fields: BTreeMap<FieldRef, FieldRef>,
    /// The steps of the version before that are asked no more.
    pub dropped_steps: Vec<StepKey>,
    /// The fields of the version before that are asked no more.
    pub dropped_fields: Vec<FieldRef>,
}

impl Succession {
    /// The key of a step of the version before, in this version; none where the step is asked no more.
    pub fn step(&self, key: &StepKey) -> Option<StepKey> {
        if self.dropped_steps.contains(key) {
            return None;
        }
        Some(self.renamed_steps.get(key).unwrap_or(key).clone())
    }

    /// The place of a field of the version before, in this version; none where the field is asked no more.
    pub fn field(&self, at: &FieldRef) -> Option<FieldRef> {
        if let Some(new) = self.renamed_fields.get(at) {
            return Some(new.clone());
        }
        if self.dropped_fields.contains(at) {
            return None;
        }
        Some(FieldRef { step: self.step(&at.step)?, field: at.field.clone() })
    }
}

/// Checks that the template `after`, which was read from `file`, follows `before`. Every step and field of `before`
/// must be in `after`, or be named there as renamed or dropped.
pub fn check_succession(
    file: &Path,
    text: &str,
    before: Option<&Template>,
    after: &Template,
) -> Vec<Problem> {
    let check = |root: &Section<'_>| Check { root, after }.all(before);
    toml_file::read(file, text, check).err().unwrap_or_default()
}

struct Check<'a> {
    root: &'a Section<'a>,
    after: &'a Template,
}

impl Check<'_> {
    fn all(&self, before: Option<&Template>) {
        let Some(before) = before else {
            for key in ["renamed", "dropped"].into_iter().filter(|key| self.root.has(key)) {
                if self.after.id.version == 1 {
                    self.root.reject(key, "follows no other version, since this is the first one");
                }
            }
            return;
        };
        for step in &before.steps {
            self.step(before, step);
        }
        self.named_steps(before);
        self.named_fields(before);
    }

    /// Checks that the step and its fields are in the next version, or named there.
    fn step(&self, before: &Template, step: &StepTemplate) {
        let succession = &self.after.succession;
        let was = &before.id;
        match succession.step(&step.key) {
            None => return,
            Some(key) if self.after.step(&key).is_none() && key == step.key => {
                let reason = format!(
                    "does not say what became of the step {key} of {was}: name it here or in renamed.steps"
                );
                return self.root.reject("dropped", reason);
            }
            Some(_) => {}
        }
        for field in &step.fields {
            let at = FieldRef { step: step.key.clone(), field: field.key.clone() };
            let Some(new) = succession.field(&at) else { continue };
            if self.after.field(&new).is_none() && !succession.renamed_fields.contains_key(&at) {
                let reason = format!(
                    "does not say what became of the field {at} of {was}: name it here or in renamed.fields"
                );
                self.root.reject("dropped", reason);
            }
        }
    }

    fn named_steps(&self, before: &Template) {
        let succession = &self.after.succession;
        let mut targets = BTreeSet::new();
        for (old, new) in &succession.renamed_steps {
            let reason = if before.step(old).is_none() {
                format!("is no step of {}", before.id)
            } else if self.after.step(old).is_some() {
                "is still a step of this version, and cannot be renamed as well".to_owned()
            } else if succession.dropped_steps.contains(old) {
                "is dropped as well".to_owned()
            } else if self.after.step(new).is_none() {
                format!("becomes {new}, which is no step of this version")
            } else if before.step(new).is_some() || !targets.insert(new) {
                format!("becomes {new}, which another step of {} is, too", before.id)
            } else {
                continue;
            };
            self.in_table("steps", old.as_str(), reason);
        }
        for (index, step) in succession.dropped_steps.iter().enumerate() {
            let reason = if before.step(step).is_none() {
                format!("{step} is no step of {}", before.id)
            } else if self.after.step(step).is_some() {
                format!("{step} is still a step of this version")
            } else {
                continue;
            };
            self.in_dropped("steps", index, reason);
        }
    }

    fn named_fields(&self, before: &Template) {
        let succession = &self.after.succession;
        let stays = |at: &FieldRef| {
            before.field(at).is_some()
                && !succession.renamed_fields.contains_key(at)
                && succession.field(at).as_ref() == Some(at)
        };
        let mut targets = BTreeSet::new();
        for (old, new) in &succession.renamed_fields {
            let reason = if before.field(old).is_none() {
                format!("is no field of {}", before.id)
            } else if self.after.field(old).is_some() {
                "is still a field of this version, and cannot be renamed as well".to_owned()
            } else if succession.dropped_fields.contains(old) {
                "is dropped as well".to_owned()
            } else if self.after.field(new).is_none() {
                format!("becomes {new}, which is no field of this version")
            } else if stays(new) || !targets.insert(new) {
                format!("becomes {new}, which another field of {} is, too", before.id)
            } else {
                continue;
            };
            self.in_table("fields", &old.to_string(), reason);
        }
        for (index, at) in succession.dropped_fields.iter().enumerate() {
            let new = FieldRef { step: succession.step(&at.step).unwrap_or(at.step.clone()), ..at.clone() };
            let reason = if before.field(at).is_none() {
                format!("{at} is no field of {}", before.id)
            } else if self.after.field(&new).is_some() {
                format!("{at} is still a field of this version")
            } else {
                continue;
            };
            self.in_dropped("fields", index, reason);
        }
    }

    fn in_table(&self, table: &'static str, key: &str, reason: String) {
        if let Some(table) = self.root.section("renamed").and_then(|renamed| renamed.section(table)) {
            table.reject(key, reason);
        }
    }

    fn in_dropped(&self, list: &'static str, index: usize, reason: String) {
        if let Some(dropped) = self.root.section("dropped") {
            dropped.reject_element(list, index, reason);
        }
    }
}
