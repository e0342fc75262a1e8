//! Files that values came from, and whether they still say the same.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::sources::read;
use crate::files::{FileWatch, Look};

/// All `X_FILE` that were read, watched for another value.
#[derive(Clone, Default)]
pub struct ValueFiles(Vec<ValueFile>);

#[derive(Clone)]
struct ValueFile {
    /// `X_FILE`.
    variable: String,
    path: PathBuf,
    value: Zeroizing<String>,
    watch: FileWatch,
    differs: bool,
}

/// A file that says something else than the process goes by, or the same again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueChange {
    /// `X_FILE`.
    pub variable: String,
    /// The file.
    pub path: PathBuf,
    /// Whether it differs now; false: it says again what was read at first.
    pub differs: bool,
}

impl ValueFiles {
    pub(super) fn push(&mut self, variable: String, path: PathBuf, watch: FileWatch, value: &str) {
        let value = Zeroizing::new(value.to_owned());
        self.0.push(ValueFile { variable, path, value, watch, differs: false });
    }

    /// The names of the variables, `X_FILE` each.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|file| file.variable.as_str())
    }

    /// What has changed since the last look. A file that is written anew with the same value has not.
    pub fn look(&mut self) -> Vec<ValueChange> {
        self.0.iter_mut().filter_map(ValueFile::look).collect()
    }
}

impl ValueFile {
    fn look(&mut self) -> Option<ValueChange> {
        let differs = match self.watch.look() {
            Look::Same => return None,
            Look::Gone(_) => true,
            Look::Changed => !read(self.path.as_os_str()).is_ok_and(|now| *now == *self.value),
        };
        let news = std::mem::replace(&mut self.differs, differs) != differs;
        news.then(|| ValueChange { variable: self.variable.clone(), path: self.path.clone(), differs })
    }
}

impl std::fmt::Debug for ValueFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.variables()).finish()
    }
}
