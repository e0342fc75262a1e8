//! The differences between two templates.

use std::fmt;

use super::condition::Condition;
use super::field::{Choices, Field, FieldKind};
use super::{StepTemplate, Template, Texts};

/// One difference between two templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The place of the difference, such as `profile.country`. An empty text stands for the template as a whole.
    pub at: String,
    /// The difference in words.
    pub what: String,
    /// Whether the difference is only in texts that people read, and not in what the template asks.
    pub is_wording: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.at, self.what) }
    }
}

/// The differences between `before` and `after`, in the order of the steps. Key and version are not compared.
pub fn differences(before: &Template, after: &Template) -> Vec<Difference> {
    let mut found = Found::default();
    if before.languages != after.languages {
        found.wording(
            "",
            format!("languages: {} → {}", before.languages.join(", "), after.languages.join(", ")),
        );
    }
    found.succession(before, after);
    for step in before.steps.iter().filter(|step| after.step(&step.key).is_none()) {
        found.note(step.key.as_str(), "step removed".to_owned());
    }
    for step in &after.steps {
        match before.step(&step.key) {
            Some(old) => found.step(old, step),
            None => found.note(step.key.as_str(), format!("step added ({})", demand(step.required))),
        }
    }
    let order = |one: &Template, other: &Template| -> Vec<String> {
        let both = one.steps.iter().filter(|step| other.step(&step.key).is_some());
        both.map(|step| step.key.to_string()).collect()
    };
    let (was, is) = (order(before, after), order(after, before));
    if was != is {
        found.note("", format!("order of steps: {} → {}", was.join(", "), is.join(", ")));
    }
    found.0
}

fn demand(required: bool) -> &'static str {
    if required { "required" } else { "not required" }
}

#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn note(&mut self, at: &str, what: String) {
        self.0.push(Difference { at: at.to_owned(), what, is_wording: false });
    }

    fn wording(&mut self, at: &str, what: String) {
        self.0.push(Difference { at: at.to_owned(), what, is_wording: true });
    }

    fn succession(&mut self, before: &Template, after: &Template) {
        let (was, is) = (&before.succession, &after.succession);
        if was.moves_people != is.moves_people {
            let word = |moves| if moves { "move" } else { "keep" };
            self.note("", format!("migrate: {} → {}", word(was.moves_people), word(is.moves_people)));
        }
        // Only between two texts of one version does it matter that these differ.
        if before.id == after.id
            && (&was.renamed_steps, &was.renamed_fields, &was.dropped_steps, &was.dropped_fields)
                != (&is.renamed_steps, &is.renamed_fields, &is.dropped_steps, &is.dropped_fields)
        {
            self.note("", "what is renamed or dropped".to_owned());
        }
    }

    fn step(&mut self, old: &StepTemplate, new: &StepTemplate) {
        let at = new.key.as_str();
        self.texts(at, "title", Some(&old.title), Some(&new.title));
        self.texts(at, "help", old.help.as_ref(), new.help.as_ref());
        if old.required != new.required {
            self.note(at, format!("{} → {}", demand(old.required), demand(new.required)));
        }
        self.condition(at, "applies when", old.applies_when.as_ref(), new.applies_when.as_ref());
        for field in old.fields.iter().filter(|field| new.field(&field.key).is_none()) {
            self.note(&format!("{at}.{}", field.key), "field removed".to_owned());
        }
        for field in &new.fields {
            let at = format!("{at}.{}", field.key);
            match old.field(&field.key) {
                Some(before) => self.field(&at, before, field),
                None => self.note(&at, format!("field added ({}, {})", field.kind, demand(field.required))),
            }
        }
        let order = |one: &StepTemplate, other: &StepTemplate| -> Vec<String> {
            let both = one.fields.iter().filter(|field| other.field(&field.key).is_some());
            both.map(|field| field.key.clone()).collect()
        };
        let (was, is) = (order(old, new), order(new, old));
        if was != is {
            self.wording(at, format!("order of fields: {} → {}", was.join(", "), is.join(", ")));
        }
    }

    fn field(&mut self, at: &str, old: &Field, new: &Field) {
        self.texts(at, "label", Some(&old.label), Some(&new.label));
        self.texts(at, "help", old.help.as_ref(), new.help.as_ref());
        if wordless(&old.kind) != wordless(&new.kind) {
            self.note(at, format!("{} → {}", old.kind, new.kind));
        } else if old.kind != new.kind {
            self.wording(at, "labels of the choices".to_owned());
        }
        if old.required != new.required {
            self.note(at, format!("{} → {}", demand(old.required), demand(new.required)));
        }
        self.condition(at, "visible when", old.visible_when.as_ref(), new.visible_when.as_ref());
    }

    fn texts(&mut self, at: &str, what: &str, old: Option<&Texts>, new: Option<&Texts>) {
        if old != new {
            let first = |texts: Option<&Texts>| {
                texts
                    .and_then(|texts| texts.values().next())
                    .map_or("none".to_owned(), |text| format!("{text:?}"))
            };
            let (was, is) = (first(old), first(new));
            let told = if was == is { String::new() } else { format!(": {was} → {is}") };
            self.wording(at, format!("{what}{told}"));
        }
    }

    fn condition(&mut self, at: &str, what: &str, old: Option<&Condition>, new: Option<&Condition>) {
        if old != new {
            let told = |condition: Option<&Condition>| {
                condition.map_or("always".to_owned(), |condition| format!("({condition})"))
            };
            self.note(at, format!("{what}: {} → {}", told(old), told(new)));
        }
    }
}

/// The type without its texts for people.
fn wordless(kind: &FieldKind) -> FieldKind {
    let choices = |choices: &Choices| match choices {
        Choices::Listed(listed) => {
            let mut listed = listed.clone();
            for choice in &mut listed {
                choice.label.clear();
            }
            Choices::Listed(listed)
        }
        Choices::Reference(list) => Choices::Reference(*list),
    };
    match kind {
        FieldKind::Choice(from) => FieldKind::Choice(choices(from)),
        FieldKind::Several(from, count) => FieldKind::Several(choices(from), count.clone()),
        other => other.clone(),
    }
}
