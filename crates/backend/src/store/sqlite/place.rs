//! Checks that the open file is still the one that its path names.
//!
//! A file that is replaced or removed lives on for a process that has it open. Changes to it are lost with the
//! process, and other processes see another database. SQLite does not check this. So each call checks before it
//! begins, and a change checks again after its commit, before it is acknowledged.
//!
//! An instance that has lost its file refuses every call until the file is back at its path. The instance opens no
//! other file by itself, because a `-wal` that was left behind would be played into a file that it does not belong
//! to.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::beside;
use crate::store::StoreError;

/// The files of a database: the database, its write-ahead log and the log's index. They belong together.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Device and inode.
type Identity = (u64, u64);

/// The open files of this process, and the paths where they were found.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: [(PathBuf, Identity); PARTS.len()],
    /// Whether the log tells of the loss already.
    lost: AtomicBool,
}

/// The path names another file than the open one.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{} was replaced or removed while it was open; stop all instances, put the right file in its place, as restore does, \
     and start them again",
    path.display()
)]
pub(super) struct Lost {
    path: PathBuf,
}

impl Place {
    /// The place of the database at `path`. The database was opened and read before, so all its files exist.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let part = |suffix| {
            let path = beside(path, suffix);
            identity(&path).map(|identity| (path, identity))
        };
        let [database, log, index] = PARTS.map(part);
        let parts = [database?, log?, index?];
        Ok(Self(Arc::new(Inner { parts, lost: AtomicBool::new(false) })))
    }

    /// Checks that all files are in their places.
    pub(super) fn check(&self) -> Result<(), Lost> {
        let Inner { parts, lost } = &*self.0;
        let moved = |(path, held): &&(PathBuf, Identity)| identity(path).ok() != Some(*held);
        let Some((path, _)) = parts.iter().find(moved) else {
            if lost.swap(false, Ordering::Relaxed) {
                tracing::info!("the database file is in its place again");
            }
            return Ok(());
        };
        let error = Lost { path: path.clone() };
        if !lost.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "every call is refused");
        }
        Err(error)
    }
}

impl From<Lost> for StoreError {
    /// The error of a call that has done nothing.
    fn from(lost: Lost) -> Self {
        Self::unavailable("the database file", lost)
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}
