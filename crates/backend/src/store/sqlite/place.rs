//! Checks that the open file is still the one that its path names.
//!
//! A file that is replaced or removed lives on for whoever has it open: what is written to it then is lost with the
//! process, and other processes see another database. SQLite does not look. So each call looks before it begins,
//! and a change looks again after its commit and before it is acknowledged.
//!
//! An instance that has lost its file refuses every call until the file is back at its path. It opens no other one by
//! itself: a log (`-wal`) that was left beside would be played into a file that it does not belong to.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::beside;
use crate::store::StoreError;

/// The database, its write-ahead log and the log's index: one without the others is another database.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Device and inode.
type Identity = (u64, u64);

/// The files that this process has open, and where they were found.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: [(PathBuf, Identity); PARTS.len()],
    /// Whether the log says so already.
    lost: AtomicBool,
}

/// The path names another file than the one that is open.
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
    /// The place of the database at `path`, which has been opened and read: then all of its files are there.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let part = |suffix| {
            let path = beside(path, suffix);
            identity(&path).map(|identity| (path, identity))
        };
        let [database, log, index] = PARTS.map(part);
        let parts = [database?, log?, index?];
        Ok(Self(Arc::new(Inner { parts, lost: AtomicBool::new(false) })))
    }

    /// Whether all files are where they were.
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
    /// Nothing was done.
    fn from(lost: Lost) -> Self {
        Self::unavailable("the database file", lost)
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}
