//! The catalogue: the templates of an instance, built in or from a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use service_kit::toml_file::{self, Problem};

use super::differences::differences;
use super::succession::check_succession;
use super::{Template, TemplateId, parse};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../onboarding/templates");

/// The key of the template for new people, where there are several templates.
const DEFAULT: &str = "default";

/// A file with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path of the file.
    pub file: PathBuf,
    /// The text of the file.
    pub text: String,
}

/// A template and the file that it was read from.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The template.
    pub template: Arc<Template>,
    /// The file.
    pub source: Source,
}

/// Templates that fit together, and the choice of the template for new people.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: BTreeMap<TemplateId, Entry>,
    current: Arc<Template>,
}

impl Catalogue {
    /// The built-in templates.
    ///
    /// # Errors
    ///
    /// The errors of a built-in template. A test finds such errors before a release.
    pub fn built_in() -> Result<Self, Vec<Problem>> {
        let sources = FOLDER.files().filter(|file| file.path().extension().is_some_and(|end| end == "toml"));
        let sources = sources.map(|file| Source {
            file: Path::new("onboarding/templates").join(file.path()),
            text: String::from_utf8_lossy(file.contents()).into_owned(),
        });
        Self::assemble(Path::new("onboarding/templates"), sources.collect(), &BTreeMap::new())
    }

    /// The templates of a folder, beside the built-in ones. People who began with a built-in template go on with it.
    ///
    /// # Errors
    ///
    /// All errors of all files.
    pub fn of_folder(folder: &Path, sources: Vec<Source>) -> Result<Self, Vec<Problem>> {
        Self::assemble(folder, sources, &Self::built_in()?.entries)
    }

    fn assemble(
        folder: &Path,
        sources: Vec<Source>,
        built_in: &BTreeMap<TemplateId, Entry>,
    ) -> Result<Self, Vec<Problem>> {
        let (read, mut problems) = read_all(sources);
        problems.extend(read.iter().flat_map(check_name));
        let mut entries = built_in.clone();
        let mut seen = BTreeMap::new();
        for entry in &read {
            let id = &entry.template.id;
            problems.extend(check_id(
                entry,
                seen.insert(id.clone(), entry.source.file.clone()),
                built_in.get(id),
            ));
            entries.insert(id.clone(), entry.clone());
        }
        for entry in &read {
            problems.extend(check_before(entry, &entries));
        }
        let keys: BTreeSet<&str> = read.iter().map(|entry| entry.template.id.key.as_str()).collect();
        let current = match current(folder, &keys) {
            Ok(key) => entries.values().rfind(|entry| entry.template.id.key == key),
            // A folder whose files cannot be read was told of already.
            Err(_) if !problems.is_empty() => None,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        match current.map(|entry| Arc::clone(&entry.template)) {
            Some(current) if problems.is_empty() => Ok(Self { entries, current }),
            _ => Err(problems),
        }
    }

    /// The template for new people.
    pub fn current(&self) -> &Arc<Template> {
        &self.current
    }

    /// All templates, ordered by key and version.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The template `id`; none where the catalogue does not have it.
    pub fn get(&self, id: &TemplateId) -> Option<&Entry> {
        self.entries.get(id)
    }
}

fn read_all(sources: Vec<Source>) -> (Vec<Entry>, Vec<Problem>) {
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for source in sources {
        match parse(&source.file, &source.text) {
            Ok(template) => read.push(Entry { template: Arc::new(template), source }),
            Err(found) => problems.extend(found),
        }
    }
    (read, problems)
}

/// The error of a key of a readable file.
fn problem(source: &Source, key: &str, reason: String) -> Vec<Problem> {
    let note = |root: &toml_file::Section<'_>| root.reject(key, reason);
    toml_file::read(&source.file, &source.text, note).err().unwrap_or_default()
}

/// Checks that the name of the file is the template's key and version.
fn check_name(Entry { template, source }: &Entry) -> Vec<Problem> {
    let id = &template.id;
    let name = source.file.file_name().unwrap_or_default().to_string_lossy();
    let (plain, versioned) = (format!("{}.toml", id.key), format!("{id}.toml"));
    if name == plain || name == versioned {
        return Vec::new();
    }
    problem(source, "key", format!("this file must be called {plain} or {versioned}"))
}

fn check_id(
    Entry { template, source }: &Entry,
    other: Option<PathBuf>,
    built_in: Option<&Entry>,
) -> Vec<Problem> {
    if let Some(other) = other {
        return problem(source, "version", format!("{} is in {}, too", template.id, other.display()));
    }
    let is_another = |built_in: &Entry| {
        differences(&built_in.template, template).iter().any(|difference| !difference.is_wording)
    };
    if built_in.is_some_and(is_another) {
        let next = template.id.version + 1;
        let reason =
            format!("{} is built in and asks something else; give this one version {next}", template.id);
        return problem(source, "version", reason);
    }
    Vec::new()
}

/// Checks that every version from the folder's first one on is there, because people may be on any of them.
fn check_before(Entry { template, source }: &Entry, entries: &BTreeMap<TemplateId, Entry>) -> Vec<Problem> {
    let before = template.id.before();
    let found = before.as_ref().and_then(|id| entries.get(id));
    let is_first = !entries.keys().any(|id| id.key == template.id.key && id.version < template.id.version);
    match before {
        Some(before) if found.is_none() && !is_first => problem(
            source,
            "version",
            format!("{before} is missing; keep it as {before}.toml, since people may be on it"),
        ),
        _ => check_succession(&source.file, &source.text, found.map(|entry| &*entry.template), template),
    }
}

fn current(folder: &Path, keys: &BTreeSet<&str>) -> Result<String, Problem> {
    let whole = |reason: &str| Problem {
        file: folder.to_owned(),
        line: 1,
        key: String::new(),
        reason: reason.to_owned(),
    };
    match keys.iter().collect::<Vec<_>>()[..] {
        [] => Err(whole("holds no template: no file ends in .toml")),
        [only] => Ok((*only).to_owned()),
        _ if keys.contains(DEFAULT) => Ok(DEFAULT.to_owned()),
        _ => Err(whole("holds several templates; the one for new people must have the key \"default\"")),
    }
}
