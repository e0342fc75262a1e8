//! When the database was last backed up: a small file beside it, which a backup writes and every
//! instance reads for its metrics.

use std::io;
use std::path::{Path, PathBuf};

/// The stamp of the database at `path`.
fn stamp(path: &Path) -> PathBuf {
    super::beside(path, ".last-backup")
}

/// The end of the last backup as Unix time in seconds; none where there was none.
pub(super) fn read(path: &Path) -> io::Result<Option<i64>> {
    match std::fs::read_to_string(stamp(path)) {
        Ok(text) => text.trim().parse().map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes that a backup ended at `at`, Unix time in seconds.
pub(super) fn write(path: &Path, at: i64) -> io::Result<()> {
    let (stamp, new) = (stamp(path), super::beside(path, ".last-backup.new"));
    std::fs::write(&new, format!("{at}\n"))?;
    std::fs::rename(new, stamp)
}
