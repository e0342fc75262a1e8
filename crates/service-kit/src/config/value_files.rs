//! The files that values came from, and whether their content has changed.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{Secret, sources::read};
use crate::files::{FileWatch, Look};

/// All files of `X_FILE` that were read, watched for another value.
#[derive(Clone, Default)]
pub struct ValueFiles(Vec<ValueFile>);

#[derive(Clone)]
struct ValueFile {
    /// `X_FILE`.
    variable: String,
    path: PathBuf,
    /// As it was read at first, and as it was when it was last looked at; `None` where it could not be read then.
    first: Zeroizing<String>,
    last: Option<Zeroizing<String>>,
    watch: FileWatch,
}

/// A file whose content has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueChange {
    /// `X_FILE`.
    pub variable: String,
    /// The file.
    pub path: PathBuf,
    /// The content; `None` where the file cannot be read or is gone.
    pub value: Option<Secret>,
    /// Whether the content differs from the first one.
    pub differs: bool,
}

impl ValueFiles {
    pub(super) fn push(&mut self, variable: String, path: PathBuf, watch: FileWatch, value: &str) {
        let first = Zeroizing::new(value.to_owned());
        self.0.push(ValueFile { variable, path, last: Some(first.clone()), first, watch });
    }

    /// The names of the variables, `X_FILE` each.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|file| file.variable.as_str())
    }

    /// The changes since the last look. A file that is written anew with the same value has not changed.
    pub fn look(&mut self) -> Vec<ValueChange> {
        self.0.iter_mut().filter_map(ValueFile::look).collect()
    }
}

impl ValueFile {
    fn look(&mut self) -> Option<ValueChange> {
        let now = match self.watch.look() {
            Look::Same => return None,
            Look::Gone(_) => None,
            Look::Changed => read(self.path.as_os_str()).ok(),
        };
        if now == self.last {
            return None;
        }
        self.last.clone_from(&now);
        let differs = now.as_ref() != Some(&self.first);
        let value = now.map(|text| Secret::new(text.as_str()));
        Some(ValueChange { variable: self.variable.clone(), path: self.path.clone(), value, differs })
    }
}

impl std::fmt::Debug for ValueFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.variables()).finish()
    }
}
