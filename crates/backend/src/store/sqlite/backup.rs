//! Takes a consistent copy of the file while instances write to it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Error, OpenFlags};

use super::check::{self, Content};
use super::connection::BUSY_TIMEOUT;
use super::last_backup;
use crate::domain::{Timestamp, now};
use crate::store::archive::{self, BackupError, Kind, Manifest, Report, Wanted, digest_of};

/// Backs up the database at `path`. Neither side waits, because the copy reads one moment of the write-ahead log.
pub(crate) fn take(path: &Path, wanted: &Wanted, at: Timestamp) -> Result<Report, BackupError> {
    if wanted.log {
        return Err(BackupError::Unsupported { what: "--log is for SQL Server; SQLite is backed up whole" });
    }
    let name = name_of(path);
    let target = PathBuf::from(archive::target(&wanted.to, Kind::Sqlite, &name, at));
    if wanted.keep.is_some() && target == Path::new(&wanted.to) {
        return Err(BackupError::Unsupported { what: "--keep needs a folder in --to, not a file" });
    }
    let folder = folder_of(&target);
    fs::create_dir_all(&folder).map_err(BackupError::file("make the folder", folder.display()))?;
    let _lock = lock(&folder)?;
    if target.exists() {
        return Err(BackupError::Exists { path: target.display().to_string() });
    }
    let manifest = copy(path, &target, at)?;
    let stamped = last_backup::write(path, now().unix_timestamp());
    stamped.map_err(BackupError::file("note the backup beside", path.display()))?;
    let mut report = vec![described(&target, &manifest)];
    if let Some(keep) = wanted.keep {
        report.extend(remove_old(&folder, &name, keep)?);
    }
    Ok(report)
}

/// The end of the last backup of the database at `path`.
pub(crate) fn last(path: &Path) -> Option<Timestamp> {
    Timestamp::from_unix_timestamp(last_backup::read(path).ok()??).ok()
}

/// Checks the backup `from`, or each backup in the folder `from`.
pub(crate) fn verify(from: &str) -> Result<Report, BackupError> {
    let path = Path::new(from);
    let all = if path.is_dir() { in_folder(path)? } else { vec![path.to_owned()] };
    if all.is_empty() {
        return Err(BackupError::None { path: from.to_owned() });
    }
    all.iter().map(|path| Ok(described(path, &sound(path)?))).collect()
}

/// The newest backup in the folder `from`, or the backup `from` itself.
pub(super) fn chosen(from: &str) -> Result<PathBuf, BackupError> {
    let path = Path::new(from);
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    in_folder(path)?.pop().ok_or_else(|| BackupError::None { path: from.to_owned() })
}

/// The manifest of a backup that has not changed since it was taken.
pub(super) fn sound(path: &Path) -> Result<Manifest, BackupError> {
    let damaged = |what: String| BackupError::Damaged { path: path.display().to_string(), what };
    let (bytes, sha256) = digest_of(path).map_err(BackupError::file("read", path.display()))?;
    let manifest = Manifest::read(path).map_err(|error| {
        damaged(format!("its manifest {} cannot be read: {error}", Manifest::path_for(path).display()))
    })?;
    if (bytes, &sha256) != (manifest.bytes, &manifest.sha256) {
        return Err(damaged(format!(
            "its manifest says {} bytes with the SHA-256 {}, but it has {bytes} with {sha256}",
            manifest.bytes, manifest.sha256
        )));
    }
    let connection = check::open_backup(path).map_err(|error| damaged(error.to_string()))?;
    let Content { schema_version, rows } = check::check(&connection, path)?;
    if (schema_version, &rows) != (manifest.schema_version, &manifest.rows) {
        return Err(damaged("it has other rows than its manifest says".into()));
    }
    Ok(manifest)
}

fn described(path: &Path, manifest: &Manifest) -> String {
    let users = manifest.rows.get("users").copied().unwrap_or_default();
    let taken_at = archive::shown(manifest.taken_at);
    format!("{}: {} bytes, {users} users, as of {taken_at}", path.display(), manifest.bytes)
}

/// The first part of the names of backups of the database at `path`.
fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "database".into(), |stem| stem.to_string_lossy().into_owned())
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Locks the folder. Two backups into one folder at once would remove each other's unfinished files.
fn lock(folder: &Path) -> Result<File, BackupError> {
    let path = folder.join(".lock");
    let open = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&path);
    let file = open.map_err(BackupError::file("write into the folder", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BackupError::Busy { folder: folder.display().to_string() }),
        Err(fs::TryLockError::Error(error)) => Err(BackupError::file("lock", path.display())(error)),
    }
}

/// Copies, flushes and checks, and then renames the copy.
fn copy(path: &Path, target: &Path, at: Timestamp) -> Result<Manifest, BackupError> {
    let partial = super::beside(target, ".partial");
    // Left by a process that was killed; nobody else writes here now.
    if let Err(error) = fs::remove_file(&partial)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(BackupError::file("remove", partial.display())(error));
    }
    let made = vacuum_into(path, &partial).and_then(|()| finish(&partial, target, at));
    if made.is_err()
        && let Err(error) = fs::remove_file(&partial)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %partial.display(), %error, "an unfinished backup stays");
    }
    made
}

fn vacuum_into(path: &Path, partial: &Path) -> Result<(), BackupError> {
    if !path.is_file() {
        return Err(BackupError::NoDatabase { database: path.display().to_string() });
    }
    super::create_private(partial).map_err(BackupError::file("write", partial.display()))?;
    let copied = || -> Result<(), Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(BUSY_TIMEOUT)?;
        database.execute("VACUUM INTO ?", [partial.to_string_lossy()])?;
        Ok(())
    };
    copied().map_err(|source| BackupError::Database {
        action: "copy",
        database: path.display().to_string(),
        source: source.into(),
    })
}

fn finish(partial: &Path, target: &Path, at: Timestamp) -> Result<Manifest, BackupError> {
    let written = || -> io::Result<(u64, String)> {
        File::open(partial)?.sync_all()?;
        digest_of(partial)
    };
    let (bytes, sha256) = written().map_err(BackupError::file("write", partial.display()))?;
    let connection = check::open_backup(partial).map_err(|error| BackupError::Damaged {
        path: partial.display().to_string(),
        what: error.to_string(),
    })?;
    let Content { schema_version, rows } = check::check(&connection, partial)?;
    let made_by = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: 1, taken_at: at, bytes, sha256, schema_version, rows, made_by };
    let named = || -> io::Result<()> {
        manifest.write(target)?;
        fs::rename(partial, target)?;
        File::open(folder_of(target))?.sync_all()
    };
    named().map_err(BackupError::file("write", target.display()))?;
    Ok(manifest)
}

/// All complete backups in a folder, oldest first.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let is_complete = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "db") && Manifest::path_for(path).is_file()
    };
    let mut all = files_of(folder)?;
    all.retain(is_complete);
    all.sort();
    Ok(all)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let listed = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    listed().map_err(BackupError::file("read the folder", folder.display()))
}

/// Removes all but the `keep` newest backups of the database `name`. Other files stay.
fn remove_old(folder: &Path, name: &str, keep: NonZeroU32) -> Result<Report, BackupError> {
    let is_ours = |path: &PathBuf| {
        path.file_name().and_then(|file| file.to_str()).is_some_and(|file| archive::is_backup_of(name, file))
    };
    let mut ours = in_folder(folder)?;
    ours.retain(is_ours);
    let surplus = ours.len().saturating_sub(usize::try_from(keep.get()).unwrap_or(usize::MAX));
    ours.truncate(surplus);
    let remove = |path: PathBuf| {
        let removed = fs::remove_file(&path).and_then(|()| fs::remove_file(Manifest::path_for(&path)));
        removed.map_err(BackupError::file("remove", path.display()))?;
        Ok(format!("removed {}", path.display()))
    };
    ours.into_iter().map(remove).collect()
}
