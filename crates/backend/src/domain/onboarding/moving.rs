//! Moves a person's onboarding to a later version of its template, with every answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Onboarding;
use super::step::{StepKey, StepRecord, StepStatus};
use super::template::{FieldRef, Template, TemplateId};

/// What happens to an onboarding where `current` is the template for new people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moving {
    /// The onboarding keeps its template.
    Stays,
    /// The onboarding becomes an instance of the current template. Nothing but registering was done.
    Adopts,
    /// The onboarding moves to the current template, version by version.
    Moves,
}

/// Decides whether an onboarding keeps its template. Where two instances know different versions, the instance with
/// the newer one moves people on, and the other instance never moves them back.
pub fn moving(state: &Onboarding, current: &Template) -> Moving {
    let (is, newest) = (&state.template, &current.id);
    let is_later = is.key == newest.key && is.version < newest.version;
    if state.completed_at.is_some() {
        Moving::Stays
    } else if state.is_untouched() && (is_later || *is == TemplateId::original() && is.key != newest.key) {
        Moving::Adopts
    } else if is_later && current.succession.moves_people {
        Moving::Moves
    } else {
        Moving::Stays
    }
}

impl Onboarding {
    /// The onboarding as an instance of the last template of `lineage`, one version higher. The first template of
    /// `lineage` is the onboarding's own. Completed steps stay completed. Every answer is kept, either where the new
    /// template asks for the answer or set aside.
    #[must_use]
    pub fn moved(&self, lineage: &[Arc<Template>]) -> Self {
        let (Some(first), Some(last)) = (lineage.first(), lineage.last()) else { return self.clone() };
        let reached = self.progress_percent(first);
        let mut steps = self.steps.clone();
        for pair in lineage.windows(2) {
            steps = carried(steps, &pair[0], &pair[1]);
        }
        let (template, version) = (last.id.clone(), self.version + 1);
        let (activated_at, completed_at) = (self.activated_at, self.completed_at);
        let moved = Self { template, version, steps, activated_at, completed_at, progress_floor: None };
        moved.reaching(reached, last)
    }

    /// The untouched onboarding as an instance of `template` instead of `before`, one version higher.
    #[must_use]
    pub fn adopting(&self, before: &Template, template: &Template) -> Self {
        let reached = self.progress_percent(before);
        let adopted = Self { template: template.id.clone(), version: self.version + 1, ..self.clone() };
        adopted.reaching(reached, template)
    }
}

/// The steps as the next version asks for them.
fn carried(
    steps: BTreeMap<StepKey, StepRecord>,
    before: &Template,
    after: &Template,
) -> BTreeMap<StepKey, StepRecord> {
    let (asked, kept): (Vec<_>, Vec<_>) = steps
        .into_iter()
        .partition(|(key, _)| before.step(key).is_some() && after.succession.step(key).is_some());
    let mut carrier = Carrier { before, after, steps: BTreeMap::new() };
    // First every step by its new name, then the answers, then what no template knows, which gives way.
    let mut answers = Vec::new();
    for (key, record) in asked {
        answers.push((key.clone(), carrier.rename(&key, record)));
    }
    let (known, own): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .flat_map(|(step, data)| data.into_iter().map(move |(field, value)| (step.clone(), field, value)))
        .map(|(step, field, value)| (FieldRef { step, field }, value))
        .partition(|(at, _)| before.field(at).is_some());
    for (at, value) in known.into_iter().chain(own) {
        carrier.carry(&at, value);
    }
    for (key, mut record) in kept {
        for (at, value) in taken_along(&mut record.data, &key, after) {
            carrier.carry(&at, value);
        }
        carrier.keep(key, record);
    }
    carrier.steps
}

/// The answers of a dropped step that another step asks for now.
fn taken_along(data: &mut Map<String, Value>, step: &StepKey, after: &Template) -> Vec<(FieldRef, Value)> {
    let at = |field: &str| FieldRef { step: step.clone(), field: field.to_owned() };
    let is_renamed = |field: &&String| after.succession.renamed_fields.contains_key(&at(field));
    let fields: Vec<String> = data.keys().filter(is_renamed).cloned().collect();
    fields.into_iter().filter_map(|field| Some((at(&field), data.remove(&field)?))).collect()
}

struct Carrier<'a> {
    before: &'a Template,
    after: &'a Template,
    steps: BTreeMap<StepKey, StepRecord>,
}

impl Carrier<'_> {
    /// Puts a step in its new place. Gives the step's data.
    fn rename(&mut self, key: &StepKey, mut record: StepRecord) -> Map<String, Value> {
        let data = std::mem::take(&mut record.data);
        let new = self.after.succession.step(key).unwrap_or_else(|| key.clone());
        self.steps.insert(new, record);
        data
    }

    /// Puts an answer where the next version asks for the answer, or sets the answer aside.
    fn carry(&mut self, at: &FieldRef, value: Value) {
        let home = self.after.succession.step(&at.step).unwrap_or_else(|| at.step.clone());
        let name = self.name(at);
        let Some(new) = self.after.succession.field(at) else {
            let record = self.steps.entry(home).or_insert_with(untouched);
            return set_aside(record, name, value);
        };
        let record = self.steps.entry(new.step).or_insert_with(untouched);
        if record.data.contains_key(&new.field) {
            set_aside(record, name, value);
        } else {
            record.data.insert(new.field, value);
        }
    }

    /// Keeps a step that the next version does not ask for. Where another step has that name now, the answers are set
    /// aside there.
    fn keep(&mut self, key: StepKey, record: StepRecord) {
        let Some(taken) = self.steps.get_mut(&key) else {
            self.steps.insert(key, record);
            return;
        };
        for (field, value) in record.data {
            let at = FieldRef { step: key.clone(), field };
            set_aside(taken, format!("{}.{at}", self.before.id), value);
        }
        for (name, value) in record.set_aside {
            set_aside(taken, name, value);
        }
    }

    /// The place where an answer was given, such as `default.v1.profile.phone`.
    fn name(&self, at: &FieldRef) -> String {
        format!("{}.{at}", self.before.id)
    }
}

/// A step whose only content is an answer from another step.
fn untouched() -> StepRecord {
    StepRecord::new(StepStatus::InProgress, Map::new(), None)
}

/// Adds an answer under a name that is free, so that no other answer is lost.
fn set_aside(record: &mut StepRecord, mut name: String, value: Value) {
    while record.set_aside.get(&name).is_some_and(|there| *there != value) {
        name.push('~');
    }
    record.set_aside.insert(name, value);
}
