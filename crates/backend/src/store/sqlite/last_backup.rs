//! The time of the last backup, in a small file beside the database. A backup writes the file, and every instance
//! reads it for its metrics.

use std::io;
use std::path::{Path, PathBuf};

/// The path of the file for the database at `path`.
fn stamp(path: &Path) -> PathBuf {
    super::beside(path, ".last-backup")
}

/// The end of the last backup in Unix seconds; none before the first.
pub(super) fn read(path: &Path) -> io::Result<Option<i64>> {
    match std::fs::read_to_string(stamp(path)) {
        Ok(text) => text.trim().parse().map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the end of a backup, `at`, in Unix seconds.
pub(super) fn write(path: &Path, at: i64) -> io::Result<()> {
    let (stamp, new) = (stamp(path), super::beside(path, ".last-backup.new"));
    std::fs::write(&new, format!("{at}\n"))?;
    std::fs::rename(new, stamp)
}
