//! Replaces the file by a backup.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use super::backup::{chosen, folder_of, sound};
use super::{beside, check, create_private};
use crate::domain::Timestamp;
use crate::store::BoxError;
use crate::store::archive::{BackupError, Manifest, Report, Source, digest_of, shown, stamp};

/// What is in the place of the database.
enum Present {
    Nothing,
    /// The database, which nobody else uses while this connection lives.
    Seized(Connection),
    /// A file that is no database any more.
    Unreadable(Error),
}

/// Restores the database at `path`. The present file is kept under another name.
pub(crate) fn restore(path: &Path, source: &Source, at: Timestamp) -> Result<Report, BackupError> {
    if !source.logs.is_empty() || source.stop_at.is_some() {
        return Err(BackupError::Unsupported { what: "--log and --stop-at are for SQL Server" });
    }
    let backup = chosen(&source.from)?;
    let manifest = sound(&backup)?;
    let aside = beside(path, &format!(".before-restore-{}", stamp(at)));
    let kept = match seize(path)? {
        Present::Nothing => {
            move_aside(path, &aside)?;
            place(&backup, &manifest, path)?;
            None
        }
        Present::Seized(mut database) => {
            let kept = keep_aside(&database, path, &aside, source.force)?;
            overwrite(&backup, &mut database, path)?;
            kept
        }
        Present::Unreadable(error) if source.force => {
            tracing::warn!(%error, "what is there is no database any more");
            move_aside(path, &aside)?;
            place(&backup, &manifest, path)?;
            Some(aside)
        }
        Present::Unreadable(error) => {
            return Err(BackupError::Unknown { database: path.display().to_string(), source: error.into() });
        }
    };
    let mut report: Report =
        kept.map(|aside| format!("kept what was there as {}", aside.display())).into_iter().collect();
    let taken_at = shown(manifest.taken_at);
    report.push(format!("restored {} as of {taken_at} from {}", path.display(), backup.display()));
    Ok(report)
}

/// Takes the file's exclusive lock, which is not given while an instance has the file open.
fn seize(path: &Path) -> Result<Present, BackupError> {
    if !path.exists() {
        return Ok(Present::Nothing);
    }
    let locked = || -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        // Said before the first reading, this locks the file itself, and not only its log.
        database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        database.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(database)
    };
    match locked() {
        Ok(database) => Ok(Present::Seized(database)),
        Err(error) if is_busy(&error) => {
            Err(BackupError::InUse { database: path.display().to_string(), by: String::new(), or: "" })
        }
        Err(error) => Ok(Present::Unreadable(error)),
    }
}

fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Copies the present file page by page, sound or not.
fn keep_aside(
    database: &Connection,
    path: &Path,
    aside: &Path,
    force: bool,
) -> Result<Option<PathBuf>, BackupError> {
    let kept = || -> Result<(), BoxError> {
        create_private(aside)?;
        copy_pages(database, &mut Connection::open(aside)?)?;
        File::open(aside)?.sync_all()?;
        Ok(())
    };
    match kept() {
        Ok(()) => Ok(Some(aside.to_owned())),
        Err(error) if force => {
            tracing::warn!(error, "what was there is not kept");
            Ok(None)
        }
        Err(source) => Err(BackupError::NotKept { database: path.display().to_string(), source }),
    }
}

/// Writes the backup into the file in one transaction. After a crash the file has either the old or the new content.
/// An instance that is just starting waits for the lock, and then finds the restored content.
fn overwrite(backup: &Path, database: &mut Connection, path: &Path) -> Result<(), BackupError> {
    let mut written = || -> Result<(), Error> {
        copy_pages(&check::open_backup(backup)?, database)?;
        database.pragma_update(None, "wal_checkpoint", "TRUNCATE")
    };
    let failed = |source: Error| BackupError::Database {
        action: "restore",
        database: path.display().to_string(),
        source: source.into(),
    };
    written().map_err(failed)?;
    check::check(database, path).map(drop)
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), Error> {
    let copy = Backup::new(from, to)?;
    // All at once; with the locks that are held, nobody is in the way.
    match copy.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)),
    }
}

/// Puts a copy of the backup at a free path. A file that somebody else makes there meanwhile stays.
fn place(backup: &Path, manifest: &Manifest, path: &Path) -> Result<(), BackupError> {
    let partial = beside(path, ".restoring");
    let placed = || -> io::Result<()> {
        let folder = folder_of(path);
        fs::create_dir_all(&folder)?;
        remove_if_there(&partial)?;
        create_private(&partial)?;
        io::copy(&mut File::open(backup)?, &mut File::options().write(true).open(&partial)?)?;
        File::open(&partial)?.sync_all()?;
        if digest_of(&partial)? != (manifest.bytes, manifest.sha256.clone()) {
            return Err(io::Error::other("what was written is not what was read"));
        }
        fs::hard_link(&partial, path)?;
        fs::remove_file(&partial)?;
        File::open(folder)?.sync_all()
    };
    placed().map_err(BackupError::file("write", path.display()))
}

/// Moves the present files out of the way, the logs first, because SQLite would take them for the logs of the new
/// file.
fn move_aside(path: &Path, aside: &Path) -> Result<(), BackupError> {
    let moved = || -> io::Result<()> {
        remove_if_there(&beside(path, "-shm"))?;
        for part in ["-wal", "-journal", ""] {
            match fs::rename(beside(path, part), beside(aside, part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    };
    moved().map_err(BackupError::file("move aside", path.display()))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
