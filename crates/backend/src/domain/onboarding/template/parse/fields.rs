//! Reads `[[steps.fields]]`.

use std::ops::RangeInclusive;

use service_kit::toml_file::{Section, Value};

use super::conditions::{self, Known};
use super::texts;
use crate::domain::onboarding::step::StepKey;
use crate::domain::onboarding::template::condition::FieldRef;
use crate::domain::onboarding::template::field::{Choices, Field, FieldKind, Listed, ReferenceList};
use crate::domain::onboarding::template::values::{Day, Key};

const MAX_FIELDS: usize = 100;
/// The largest `max_length` of a text, in characters. The data of a step has room for 16 KiB.
const MAX_LENGTH: u32 = 10_000;
const MAX_CHOICES: usize = 200;
const MAX_VALUE_CHARS: usize = 100;

const TYPES: [&str; 9] =
    ["text", "integer", "boolean", "consent", "choice", "choices", "date", "url", "email"];

pub(super) fn read(step: &Section<'_>, key: &StepKey, languages: &[String], known: &mut Known) -> Vec<Field> {
    let sections = step.sections("fields");
    if sections.len() > MAX_FIELDS {
        step.reject("fields", format!("are {}, must be at most {MAX_FIELDS}", sections.len()));
    }
    sections.iter().map(|section| field(section, key, languages, known)).collect()
}

fn field(section: &Section<'_>, step: &StepKey, languages: &[String], known: &mut Known) -> Field {
    let key = section.required::<Key>("key").map(|key| key.0).unwrap_or_default();
    let label = texts(section, "label", languages);
    let help = section.has("help").then(|| texts(section, "help", languages));
    let kind = section.required::<String>("type").and_then(|name| kind(section, &name, languages));
    let required = section.or("required", false);
    let visible_when = conditions::read(section, "visible_when", Some(step), known);
    section.unknown();
    // Without a type the file is bad, which was noted.
    let kind = kind.unwrap_or(FieldKind::Boolean);
    let at = FieldRef { step: step.clone(), field: key.clone() };
    if known.0.insert(at, kind.clone()).is_some() && section.has("key") {
        section.reject("key", format!("there is another field {key:?} before"));
    }
    Field { key, label, help, kind, required, visible_when }
}

/// Reads the type `name`. Only the keys of that type are read, so that keys of other types are reported as unknown.
fn kind(section: &Section<'_>, name: &str, languages: &[String]) -> Option<FieldKind> {
    Some(match name {
        "text" => text(section)?,
        "integer" => FieldKind::Integer(limits(section, ("min", i64::MIN), ("max", i64::MAX))),
        "boolean" => FieldKind::Boolean,
        "consent" => FieldKind::Consent,
        "choice" => FieldKind::Choice(choices(section, languages)?),
        "choices" => several(section, choices(section, languages)?),
        "date" => date(section),
        "url" => FieldKind::Url,
        "email" => FieldKind::Email,
        other => {
            section.reject("type", format!("{other:?} is no type; write one of {}", TYPES.join(", ")));
            return None;
        }
    })
}

fn text(section: &Section<'_>) -> Option<FieldKind> {
    let least = section.within("min_length", 0..=MAX_LENGTH, 0);
    let most = section.required::<u32>("max_length");
    let multiline = section.or("multiline", false);
    let suggest = section.optional("suggest");
    let most = most?;
    if !(1..=MAX_LENGTH).contains(&most) {
        section.reject("max_length", format!("is {most}, must be from 1 to {MAX_LENGTH}"));
    }
    check_order(section, ("min_length", least), ("max_length", most));
    let length = least as usize..=most as usize;
    Some(FieldKind::Text { length, multiline, suggest })
}

fn limits<T: Value + PartialOrd + std::fmt::Display + Copy>(
    section: &Section<'_>,
    (from, least): (&'static str, T),
    (to, most): (&'static str, T),
) -> RangeInclusive<T> {
    let (least, most) = (section.or(from, least), section.or(to, most));
    check_order(section, (from, least), (to, most));
    least..=most
}

fn check_order<T: PartialOrd + std::fmt::Display>(
    section: &Section<'_>,
    (from, least): (&str, T),
    (to, most): (&str, T),
) {
    if least > most {
        section.reject(from, format!("is {least}, which is more than {to}, {most}"));
    }
}

fn date(section: &Section<'_>) -> FieldKind {
    let (from, to) = (section.optional::<Day>("min"), section.optional::<Day>("max"));
    let (from, to) = (from.map(|day| day.0), to.map(|day| day.0));
    if let (Some(from), Some(to)) = (from, to) {
        check_order(section, ("min", from), ("max", to));
    }
    FieldKind::Date(from, to)
}

fn several(section: &Section<'_>, choices: Choices) -> FieldKind {
    let count = limits(section, ("min", 0), ("max", u32::MAX));
    if let Choices::Listed(listed) = &choices
        && *count.start() as usize > listed.len()
    {
        section.reject("min", format!("is {}, which is more than there are choices", count.start()));
    }
    FieldKind::Several(choices, *count.start() as usize..=*count.end() as usize)
}

fn choices(section: &Section<'_>, languages: &[String]) -> Option<Choices> {
    let list = section.optional::<ReferenceList>("list");
    let sections = section.sections("choices");
    let listed: Vec<_> = sections.iter().map(|choice| one(choice, languages)).collect();
    match (section.has("list"), section.has("choices")) {
        (true, false) => list.map(Choices::Reference),
        (false, true) => {
            check_listed(section, &sections, &listed);
            Some(Choices::Listed(listed))
        }
        _ => {
            section.reject("type", "needs either \"choices\" or \"list\"");
            None
        }
    }
}

fn one(section: &Section<'_>, languages: &[String]) -> Listed {
    let value = section.required::<String>("value").unwrap_or_default();
    if value.chars().count() > MAX_VALUE_CHARS || value.chars().any(char::is_control) {
        section.reject("value", format!("must have at most {MAX_VALUE_CHARS} characters, none a control"));
    }
    let label = texts(section, "label", languages);
    section.unknown();
    Listed { value, label }
}

fn check_listed(section: &Section<'_>, sections: &[Section<'_>], listed: &[Listed]) {
    if !(1..=MAX_CHOICES).contains(&listed.len()) {
        section.reject("choices", format!("are {}, must be from 1 to {MAX_CHOICES}", listed.len()));
    }
    for (index, choice) in listed.iter().enumerate() {
        if listed[..index].iter().any(|before| before.value == choice.value) {
            sections[index].reject("value", format!("{:?} is there twice", choice.value));
        }
    }
}
