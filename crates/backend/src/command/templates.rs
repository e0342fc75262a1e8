//! `templates`: looks at onboarding templates, without a database.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use backend::config::{TemplatesError, load_templates};
use backend::domain::onboarding::template::{
    Catalogue, Entry, Field, StepTemplate, Template, TemplateId, differences,
};
use clap::{Args, Subcommand};
use service_kit::config::Sources;

use super::{Failure, print};

#[derive(Debug, Args)]
pub(super) struct TemplatesArgs {
    #[command(subcommand)]
    command: TemplatesCommand,
}

#[derive(Debug, Subcommand)]
enum TemplatesCommand {
    /// Check the templates of a folder; tell every error with its file, line and key
    Check {
        /// The folder (`ONBOARDING_TEMPLATES_DIR` where it is left out, or else what is built in)
        folder: Option<PathBuf>,
    },
    /// Print what a template asks
    Show {
        /// Its key, such as `default`, or a version of it, such as `default.v1`; the one for new people where it is left out
        template: Option<String>,
    },
    /// Print what is different in template B
    Diff {
        /// A key, a version of it, or a file
        a: String,
        /// Likewise
        b: String,
    },
}

/// The template that was asked for does not exist, or is not valid.
#[derive(Debug, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("the templates cannot be used:\n{0}")]
    Templates(#[from] TemplatesError),
    #[error("there is no template {wanted}; there are: {known}")]
    Unknown { wanted: String, known: String },
}

pub(super) fn run(args: TemplatesArgs) -> Result<(), Failure> {
    match args.command {
        TemplatesCommand::Check { folder } => check(folder),
        TemplatesCommand::Show { template } => show(template.as_deref()),
        TemplatesCommand::Diff { a, b } => diff(&a, &b),
    }
}

/// The folder of `ONBOARDING_TEMPLATES_DIR`.
fn configured() -> Result<Option<PathBuf>, Failure> {
    let mut sources = Sources::from_env();
    let folder = sources.optional("ONBOARDING_TEMPLATES_DIR");
    sources.finish()?;
    Ok(folder)
}

fn load(folder: Option<&Path>) -> Result<Catalogue, Failure> {
    Ok(load_templates(folder).map_err(TemplateError::from)?)
}

fn check(folder: Option<PathBuf>) -> Result<(), Failure> {
    let folder = if folder.is_some() { folder } else { configured()? };
    let catalogue = load(folder.as_deref())?;
    for Entry { template, source } in catalogue.entries() {
        let is_current = template.id == catalogue.current().id;
        let what = match (is_current, template.succession.moves_people) {
            (true, true) => ", for new people; people under way are moved to it",
            (true, false) => ", for new people; people under way stay on theirs",
            (false, _) => "",
        };
        let steps = template.steps.len();
        print(&format!("{}: {} is good ({steps} steps{what})", source.file.display(), template.id))?;
    }
    Ok(())
}

fn show(wanted: Option<&str>) -> Result<(), Failure> {
    let catalogue = load(configured()?.as_deref())?;
    let template = match wanted {
        None => catalogue.current(),
        Some(wanted) => &find(&catalogue, wanted)?.template,
    };
    print(outline(template).trim_end())
}

fn diff(a: &str, b: &str) -> Result<(), Failure> {
    let folder = configured()?;
    let (before, after) = (either(folder.as_deref(), a)?, either(folder.as_deref(), b)?);
    let found = differences(&before, &after);
    if found.is_empty() {
        return print(&format!("{} and {} ask the same", before.id, after.id));
    }
    for difference in &found {
        let mark = if difference.is_wording { "  (wording)" } else { "" };
        print(&format!("{difference}{mark}"))?;
    }
    let succession = &after.succession;
    let renamed = succession.renamed_steps.iter().map(|(old, new)| format!("{old} → {new}"));
    let renamed = renamed.chain(succession.renamed_fields.iter().map(|(old, new)| format!("{old} → {new}")));
    for renamed in renamed {
        print(&format!("renamed: {renamed}"))?;
    }
    let dropped = succession.dropped_steps.iter().map(ToString::to_string);
    for dropped in dropped.chain(succession.dropped_fields.iter().map(ToString::to_string)) {
        print(&format!("dropped, answers are set aside: {dropped}"))?;
    }
    Ok(())
}

/// The template of a file, or of the catalogue.
fn either(folder: Option<&Path>, wanted: &str) -> Result<std::sync::Arc<Template>, Failure> {
    let file = Path::new(wanted);
    if !file.is_file() {
        return Ok(std::sync::Arc::clone(&find(&load(folder)?, wanted)?.template));
    }
    let unreadable = |source| TemplatesError::Unreadable { path: file.to_owned(), source };
    let text = std::fs::read_to_string(file).map_err(unreadable).map_err(TemplateError::from)?;
    let template = backend::domain::onboarding::template::parse(file, &text);
    let template = template.map_err(TemplatesError::Invalid).map_err(TemplateError::from)?;
    Ok(std::sync::Arc::new(template))
}

/// The newest template of a key, or the version of `key.vN`.
fn find<'a>(catalogue: &'a Catalogue, wanted: &str) -> Result<&'a Entry, TemplateError> {
    let is_it = |id: &TemplateId| id.key == wanted || id.to_string() == wanted;
    let found = catalogue.entries().filter(|entry| is_it(&entry.template.id)).last();
    found.ok_or_else(|| TemplateError::Unknown {
        wanted: wanted.to_owned(),
        known: catalogue.entries().map(|entry| entry.template.id.to_string()).collect::<Vec<_>>().join(", "),
    })
}

fn outline(template: &Template) -> String {
    let mut text = format!("{} ({})\n", template.id, template.languages.join(", "));
    for (index, step) in template.steps.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}. {}", index + 1, headline(template, step));
        for field in &step.fields {
            let _ = write!(text, "\n     {}", question(template, field));
        }
    }
    text
}

fn headline(template: &Template, step: &StepTemplate) -> String {
    let demand = if step.required { "required" } else { "may be skipped" };
    let when = step.applies_when.as_ref().map(|condition| format!(", where {condition}")).unwrap_or_default();
    format!("{} – {} ({demand}{when})", step.key, template.first(&step.title))
}

fn question(template: &Template, field: &Field) -> String {
    let demand = if field.required { ", required" } else { "" };
    let when =
        field.visible_when.as_ref().map(|condition| format!(", where {condition}")).unwrap_or_default();
    format!("{} – {} ({}{demand}{when})", field.key, template.first(&field.label), field.kind)
}
