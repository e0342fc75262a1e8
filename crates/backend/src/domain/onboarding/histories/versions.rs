//! Random versions of a template, each after the one before.

use std::collections::BTreeMap;

use crate::domain::onboarding::StepKey;
use crate::domain::onboarding::template::{
    Condition, Field, FieldKind, FieldRef, StepTemplate, Succession, Template, TemplateId, Texts,
};

/// Numbers that a history is made of; zeros once they are used up.
pub(super) struct Script<'a>(pub(super) std::slice::Iter<'a, u32>);

impl Script<'_> {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |number| *number as usize % end.max(1))
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 1
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.len() == 0
    }
}

/// Makes names that no version had before, and numbers the questions, whatever they are called.
#[derive(Default)]
pub(super) struct Names {
    steps: usize,
    fields: usize,
    asked: u64,
    /// The questions of the newest version.
    pub(super) questions: BTreeMap<FieldRef, u64>,
}

impl Names {
    fn step(&mut self) -> StepKey {
        self.steps += 1;
        format!("s{}", self.steps).parse().unwrap()
    }

    fn field(&mut self) -> String {
        self.fields += 1;
        format!("f{}", self.fields)
    }
}

fn field(key: String) -> Field {
    let kind = FieldKind::Integer(i64::MIN..=i64::MAX);
    Field { key, label: Texts::new(), help: None, kind, required: false, visible_when: None }
}

fn condition(script: &mut Script<'_>, steps: &[StepTemplate]) -> Option<Condition> {
    let before: Vec<FieldRef> =
        steps.iter().flat_map(|step| step.fields.iter().map(|field| at(&step.key, &field.key))).collect();
    if before.is_empty() || !script.one_in(3) {
        return None;
    }
    Some(Condition::Answered(before[script.below(before.len())].clone(), script.one_in(2)))
}

pub(super) fn at(step: &StepKey, field: &str) -> FieldRef {
    FieldRef { step: step.clone(), field: field.to_owned() }
}

fn step(key: StepKey, script: &mut Script<'_>, before: &[StepTemplate]) -> StepTemplate {
    let (required, applies_when) = (!script.one_in(3), condition(script, before));
    StepTemplate { key, title: Texts::new(), help: None, required, applies_when, fields: Vec::new() }
}

fn template(version: u32, steps: Vec<StepTemplate>, succession: Succession) -> Template {
    let id = TemplateId { key: "default".to_owned(), version };
    Template { id, languages: vec!["en".to_owned()], succession, steps }
}

pub(super) fn first(script: &mut Script<'_>, names: &mut Names) -> Template {
    let mut steps = vec![step(StepKey::ACCOUNT, &mut Script([].iter()), &[])];
    for _ in 0..=script.below(4) {
        let mut next = step(names.step(), script, &steps);
        for _ in 0..script.below(4) {
            next.fields.push(field(names.field()));
        }
        steps.push(next);
    }
    ask(script, names, &mut steps);
    template(1, steps, Succession::default())
}

/// Adds a question now and then, and numbers all that have no number.
fn ask(script: &mut Script<'_>, names: &mut Names, steps: &mut [StepTemplate]) {
    if script.one_in(2) && steps.len() > 1 {
        let index = 1 + script.below(steps.len() - 1);
        steps[index].fields.push(field(names.field()));
    }
    for step in steps.iter() {
        for field in &step.fields {
            names.questions.entry(at(&step.key, &field.key)).or_insert_with(|| {
                names.asked += 1;
                names.asked
            });
        }
    }
}

/// A version after `before`: steps and fields are renamed, dropped, moved and added.
pub(super) fn next(before: &Template, script: &mut Script<'_>, names: &mut Names) -> Template {
    let mut succession = Succession { moves_people: true, ..Succession::default() };
    let mut steps = vec![before.steps[0].clone()];
    let mut questions = BTreeMap::new();
    let mut homeless = Vec::new();
    for old in &before.steps[1..] {
        let fate = script.below(6);
        let key = match fate {
            1 => {
                succession.dropped_steps.push(old.key.clone());
                for field in old.fields.iter().filter(|_| script.one_in(4)) {
                    homeless.push((at(&old.key, &field.key), names.field()));
                }
                continue;
            }
            2 => {
                let key = names.step();
                succession.renamed_steps.insert(old.key.clone(), key.clone());
                key
            }
            _ => old.key.clone(),
        };
        let mut new = step(key, script, &steps);
        for field in &old.fields {
            let making = (&mut *script, &mut *names, &mut succession, &mut questions);
            homeless.extend(place(field, old, &mut new, making));
        }
        steps.push(new);
    }
    if script.one_in(2) || steps.len() == 1 {
        let new = step(names.step(), script, &steps);
        steps.push(new);
    }
    for (from, key) in homeless {
        let index = 1 + script.below(steps.len() - 1);
        let to = at(&steps[index].key, &key);
        questions.insert(to.clone(), names.questions[&from]);
        steps[index].fields.push(field(key));
        succession.renamed_fields.insert(from, to);
    }
    names.questions = questions;
    ask(script, names, &mut steps);
    template(before.id.version + 1, steps, succession)
}

type Making<'a, 's> =
    (&'a mut Script<'s>, &'a mut Names, &'a mut Succession, &'a mut BTreeMap<FieldRef, u64>);

/// Puts a field of the version before into its step, or gives it back with the name it is to have in another one.
fn place(
    old_field: &Field,
    old: &StepTemplate,
    new: &mut StepTemplate,
    (script, names, succession, questions): Making<'_, '_>,
) -> Option<(FieldRef, String)> {
    let from = at(&old.key, &old_field.key);
    let key = match script.below(8) {
        1 => {
            succession.dropped_fields.push(from);
            return None;
        }
        2 => return Some((from, names.field())),
        3 => names.field(),
        _ => old_field.key.clone(),
    };
    let to = at(&new.key, &key);
    if key != old_field.key {
        succession.renamed_fields.insert(from.clone(), to.clone());
    }
    questions.insert(to, names.questions[&from]);
    new.fields.push(field(key));
    None
}
