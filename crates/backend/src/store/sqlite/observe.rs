//! Reads the state of the file and of its file system.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error};
use tokio::time::timeout;

use super::connection::{lock_waits, store_error};
use super::crew::Crew;
use super::job::Job;
use super::{beside, last_backup};
use crate::store::StoreError;
use crate::store::observation::{Sample, ViewReading};

/// The longest time for one view.
const VIEW_LIMIT: Duration = Duration::from_secs(2);

type View = fn(&Connection, &Path) -> Result<Vec<Sample>, StoreError>;

const VIEWS: [(&str, View); 5] = [
    ("server", |_, _| server()),
    ("files", files),
    ("volumes", |_, path| volumes(path)),
    ("waits", |_, _| waits()),
    ("backups", |_, path| backups(path)),
];

/// Reads the views one after the other, each within its own time. A view that cannot be read does not keep the others
/// from being read.
pub(super) async fn observe(readers: &Crew, path: &Path) -> Vec<ViewReading> {
    let mut readings = Vec::with_capacity(VIEWS.len());
    for (view, read) in VIEWS {
        let (started, path) = (Instant::now(), path.to_owned());
        let job = readers.submit(Job::new(move |connection| read(connection, &path)));
        let late = |_| Err(StoreError::exhausted("an answer within 2 s"));
        let samples = timeout(VIEW_LIMIT, job).await.unwrap_or_else(late);
        readings.push(ViewReading { view, samples, took: started.elapsed() });
    }
    readings
}

fn server() -> Result<Vec<Sample>, StoreError> {
    let labels = vec!["sqlite".to_owned(), rusqlite::version().to_owned()];
    Ok(vec![Sample::new("db_server_info", labels, 1.0)?])
}

fn files(connection: &Connection, path: &Path) -> Result<Vec<Sample>, StoreError> {
    let pragma = |name| -> Result<f64, Error> {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map(number)
    };
    let read = || -> Result<[f64; 3], Error> {
        Ok([pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?])
    };
    let [page, all, free] = read().map_err(|error| store_error("read the file's size", error))?;
    Ok(vec![
        of_one("db_server_file_bytes", "data", page * all)?,
        of_one("db_server_file_bytes", "wal", bytes_of(&beside(path, "-wal"))?)?,
        of_one("db_server_file_used_bytes", "data", page * (all - free))?,
        of_one("db_server_pages", "used", all - free)?,
        of_one("db_server_pages", "free", free)?,
    ])
}

/// The size of a file; 0 where there is none.
fn bytes_of(path: &Path) -> Result<f64, StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(unsigned(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0.0),
        Err(error) => Err(StoreError::unavailable("the size of the log", error)),
    }
}

fn volumes(path: &Path) -> Result<Vec<Sample>, StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let volume = rustix::fs::statvfs(folder)
        .map_err(|error| StoreError::unavailable("the file system's size", std::io::Error::from(error)))?;
    let (unit, name) = (unsigned(volume.f_frsize), folder.display().to_string());
    Ok(vec![
        of_one("db_server_volume_bytes", &name, unsigned(volume.f_blocks) * unit)?,
        of_one("db_server_volume_available_bytes", &name, unsigned(volume.f_bavail) * unit)?,
    ])
}

fn waits() -> Result<Vec<Sample>, StoreError> {
    let (waits, time) = lock_waits();
    Ok(vec![
        of_one("db_server_waits_total", "lock", unsigned(waits))?,
        of_one("db_server_wait_seconds_total", "lock", time.as_secs_f64())?,
    ])
}

fn backups(path: &Path) -> Result<Vec<Sample>, StoreError> {
    let last = last_backup::read(path).map_err(|error| StoreError::unavailable("the last backup", error))?;
    Ok(vec![of_one("db_server_last_backup_timestamp_seconds", "full", number(last.unwrap_or(0)))?])
}

fn of_one(name: &str, label: &str, value: f64) -> Result<Sample, StoreError> {
    Ok(Sample::new(name, vec![label.to_owned()], value)?)
}

/// The number as a floating-point one, which is exact up to 2^53. No file is that large.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn number(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "as for `number`")]
fn unsigned(value: u64) -> f64 {
    value as f64
}
