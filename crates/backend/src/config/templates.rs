//! The folder of onboarding templates (`ONBOARDING_TEMPLATES_DIR`).

use std::fs;
use std::path::{Path, PathBuf};

use service_kit::config::Sources;
use service_kit::toml_file::Problem;

use crate::domain::onboarding::template::{Catalogue, Source};

const VARIABLE: &str = "ONBOARDING_TEMPLATES_DIR";

/// The largest template file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The reason why a folder of templates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// The folder, or a file in it, cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The path of the file or folder.
        path: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
    /// The templates cannot be used. Each problem is a line.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// The templates of `folder`, or the built-in ones.
///
/// # Errors
///
/// A [`TemplatesError`] by cause.
pub fn load_templates(folder: Option<&Path>) -> Result<Catalogue, TemplatesError> {
    match folder {
        None => Catalogue::built_in().map_err(TemplatesError::Invalid),
        Some(folder) => Catalogue::of_folder(folder, sources(folder)?).map_err(TemplatesError::Invalid),
    }
}

/// The templates of `ONBOARDING_TEMPLATES_DIR`, or the built-in ones. Problems go to `sources`.
pub(super) fn read(sources: &mut Sources) -> Option<Catalogue> {
    let folder: Option<PathBuf> = sources.optional(VARIABLE);
    match load_templates(folder.as_deref()) {
        Ok(catalogue) => Some(catalogue),
        Err(TemplatesError::Invalid(problems)) => {
            for problem in problems {
                sources.reject(VARIABLE, problem);
            }
            None
        }
        Err(error) => {
            sources.reject(VARIABLE, error);
            None
        }
    }
}

/// The files of a folder that end in `.toml`, ordered by name. The link `..data`, which a container engine makes, is
/// left out.
fn sources(folder: &Path) -> Result<Vec<Source>, TemplatesError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TemplatesError::Unreadable { path, source }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.extension().is_some_and(|end| end == "toml") && !is_hidden {
            files.push(path);
        }
    }
    files.sort();
    let read = |file: PathBuf| -> Result<Source, TemplatesError> {
        let size = file.metadata().map_err(failed(&file))?.len();
        if size > MAX_BYTES {
            let source = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it is larger than 1 MiB");
            return Err(TemplatesError::Unreadable { path: file, source });
        }
        let text = fs::read_to_string(&file).map_err(failed(&file))?;
        Ok(Source { file, text })
    };
    files.into_iter().map(read).collect()
}
