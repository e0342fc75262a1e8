//! Reads templates. All errors of a file are told at once, with line and key.

mod conditions;
mod fields;
mod succession;

use std::collections::BTreeSet;
use std::path::Path;

use service_kit::toml_file::{self, Problem, Section};

use self::conditions::Known;
use super::values::{Key, Migrate, Words, by_language};
use super::{StepTemplate, Succession, Template, TemplateId, Texts};
use crate::domain::Language;
use crate::domain::onboarding::step::StepKey;

const MAX_STEPS: usize = 50;
const MAX_LANGUAGES: usize = 50;

/// Reads a template from the text `text`. Problems name `file`. Errors that only the version before shows are found
/// by [`check_succession`](super::check_succession).
///
/// # Errors
///
/// All errors, in the order of the file.
pub fn parse(file: &Path, text: &str) -> Result<Template, Vec<Problem>> {
    toml_file::read(file, text, read).map(|(template, _)| template)
}

/// Reads the sections. The template of a bad file is never returned, so any value may stand in for a bad one.
fn read(root: &Section<'_>) -> Template {
    let key = root.required::<Key>("key").map(|key| key.0).unwrap_or_default();
    let version = root.required::<u32>("version").unwrap_or(1);
    if version == 0 {
        root.reject("version", "is 0, must be at least 1");
    }
    let moves_people = root.required::<Migrate>("migrate").is_some_and(|migrate| migrate.moves_people);
    let languages = languages(root);
    let sections = root.sections("steps");
    let mut known = Known::default();
    let steps: Vec<_> = sections.iter().map(|section| step(section, &languages, &mut known)).collect();
    check_steps(root, &sections, &steps);
    let succession = Succession { moves_people, ..succession::read(root) };
    root.unknown();
    Template { id: TemplateId { key, version }, languages, succession, steps }
}

fn languages(root: &Section<'_>) -> Vec<String> {
    let tags: Vec<String> =
        root.list::<Language>("languages").iter().map(|language| language.as_str().to_owned()).collect();
    if tags.is_empty() && !root.has("languages") {
        root.reject("languages", "is missing; name at least one, such as [\"en\"]");
    } else if tags.is_empty() || tags.len() > MAX_LANGUAGES {
        root.reject("languages", format!("must name 1 to {MAX_LANGUAGES}"));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tags[..index].contains(tag) {
            root.reject_element("languages", index, format!("{tag:?} is there twice"));
        }
    }
    tags
}

fn step(section: &Section<'_>, languages: &[String], known: &mut Known) -> StepTemplate {
    let key = section.required::<Key>("key").map(|key| key.0).unwrap_or_default();
    // A bad key was noted, and then nothing of the file is used.
    let key: StepKey = key.parse().unwrap_or(StepKey::ACCOUNT);
    let required = section.required("required").unwrap_or_default();
    let title = texts(section, "title", languages);
    let help = section.has("help").then(|| texts(section, "help", languages));
    let applies_when = conditions::read(section, "applies_when", None, known);
    let fields = fields::read(section, &key, languages, known);
    section.unknown();
    StepTemplate { key, title, help, required, applies_when, fields }
}

fn check_steps(root: &Section<'_>, sections: &[Section<'_>], steps: &[StepTemplate]) {
    if steps.len() > MAX_STEPS {
        root.reject("steps", format!("are {}, must be at most {MAX_STEPS}", steps.len()));
    }
    let Some(first) = steps.first() else {
        return root.reject("steps", "are missing; write [[steps]], the first one with the key \"account\"");
    };
    if !first.is_automatic() {
        sections[0].reject("key", "must be \"account\" in the first step, which registering completes");
    } else if !first.fields.is_empty() || first.applies_when.is_some() || !first.required {
        sections[0]
            .reject_whole("is completed by registering: it is required, asks nothing and has no condition");
    }
    let mut keys = BTreeSet::new();
    for (section, step) in sections.iter().zip(steps) {
        if !keys.insert(&step.key) && section.has("key") {
            section.reject("key", format!("there is another step {:?} before", step.key.as_str()));
        }
    }
}

/// A text in every language of the template.
fn texts(section: &Section<'_>, key: &'static str, languages: &[String]) -> Texts {
    let Some(table) = section.section(key) else {
        if !section.has(key) {
            section.reject(key, "is missing; write a text for each language, such as { en = \"…\" }");
        }
        return Texts::new();
    };
    let texts = by_language(table.entries::<Words>());
    for language in languages.iter().filter(|language| !table.has(language)) {
        table.reject_whole(format!("has no text in {language:?}, which \"languages\" names"));
    }
    for language in texts.keys().filter(|language| !languages.contains(language)) {
        table.reject(language, "is a language that \"languages\" does not name");
    }
    texts
}

#[cfg(test)]
mod tests;
