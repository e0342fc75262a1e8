//! Reads `[renamed]` and `[dropped]`: the present places of the steps and fields of the version before.

use std::collections::BTreeMap;

use service_kit::toml_file::Section;

use crate::domain::onboarding::step::StepKey;
use crate::domain::onboarding::template::Succession;
use crate::domain::onboarding::template::condition::FieldRef;
use crate::domain::onboarding::template::values::{Key, Path};

pub(super) fn read(root: &Section<'_>) -> Succession {
    let mut succession = Succession::default();
    if let Some(renamed) = root.section("renamed") {
        succession.renamed_steps = renamed_steps(&renamed);
        succession.renamed_fields = renamed_fields(&renamed);
        renamed.unknown();
    }
    if let Some(dropped) = root.section("dropped") {
        let steps = dropped.list::<Key>("steps");
        succession.dropped_steps = steps.into_iter().filter_map(|key| key.0.parse().ok()).collect();
        let fields = dropped.list::<Path>("fields").into_iter().enumerate();
        succession.dropped_fields = fields
            .filter_map(|(index, path)| whole(path, |reason| dropped.reject_element("fields", index, reason)))
            .collect();
        dropped.unknown();
    }
    succession
}

fn renamed_steps(renamed: &Section<'_>) -> BTreeMap<StepKey, StepKey> {
    let Some(table) = renamed.section("steps") else { return BTreeMap::new() };
    let mut steps = BTreeMap::new();
    for (old, new) in table.entries::<Key>() {
        match (old.parse::<StepKey>(), new.0.parse::<StepKey>()) {
            (Ok(old), Ok(new)) => drop(steps.insert(old, new)),
            _ => table.reject(&old, "is no key of a step"),
        }
    }
    steps
}

fn renamed_fields(renamed: &Section<'_>) -> BTreeMap<FieldRef, FieldRef> {
    let Some(table) = renamed.section("fields") else { return BTreeMap::new() };
    let mut fields = BTreeMap::new();
    for (old, new) in table.entries::<Path>() {
        let from = old.split_once('.').and_then(|(step, field)| {
            let step = step.parse().ok()?;
            Some(FieldRef { step, field: field.to_owned() })
        });
        let Some(from) = from else {
            table.reject(&old, "must be a step and a field in quotes, such as \"profile.country\"");
            continue;
        };
        if let Some(to) = whole(new, |reason| table.reject(&old, reason)) {
            fields.insert(from, to);
        }
    }
    fields
}

fn whole(path: Path, reject: impl FnOnce(&'static str)) -> Option<FieldRef> {
    let Some(step) = path.step.and_then(|step| step.parse().ok()) else {
        reject("must name the step, too, such as \"profile.country\"");
        return None;
    };
    Some(FieldRef { step, field: path.field })
}
