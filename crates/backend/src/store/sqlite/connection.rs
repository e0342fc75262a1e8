//! Connections, and their waits for the file's lock.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use crate::store::StoreError;

/// The longest wait for the lock. A process that holds the lock may be stopped for 10 s, and a balancer gives a
/// request 60 s while the server is at work.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(13);

/// The longest time of a ping.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The number of this process's waits for a file's lock, and their duration in microseconds.
static LOCK_WAITS: AtomicU64 = AtomicU64::new(0);
static LOCK_WAIT_MICROS: AtomicU64 = AtomicU64::new(0);

/// The number and the whole duration of this process's waits for a file's lock.
pub(super) fn lock_waits() -> (u64, Duration) {
    let micros = LOCK_WAIT_MICROS.load(Ordering::Relaxed);
    (LOCK_WAITS.load(Ordering::Relaxed), Duration::from_micros(micros))
}

thread_local! {
    static GIVE_UP_AT: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Sets the deadline of this thread's waits for locks.
pub(super) fn wait_until(deadline: Instant) {
    GIVE_UP_AT.set(Some(deadline));
}

/// Waits before the next try for the lock. SQLite's own handler sleeps up to 100 ms, and short transactions of other
/// processes then win again and again.
fn wait_for_lock(tries: i32) -> bool {
    if GIVE_UP_AT.get().is_none_or(|deadline| Instant::now() >= deadline) {
        return false;
    }
    let started = Instant::now();
    thread::sleep(Duration::from_millis(if tries < 20 { 1 } else { 5 }));
    LOCK_WAITS.fetch_add(u64::from(tries == 0), Ordering::Relaxed);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    LOCK_WAIT_MICROS.fetch_add(micros, Ordering::Relaxed);
    true
}

/// Opens an existing file for reading and writing.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    wait_until(Instant::now() + BUSY_TIMEOUT);
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_handler(Some(wait_for_lock))?;
    retry_while_busy(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
    // FULL: what was acknowledged survives a loss of power, not only of the process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Repeats `action` while the file is locked. A change of the journal mode reports a lock at once, without the busy
/// handler.
fn retry_while_busy(mut action: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        match action() {
            Err(error) if is_busy(&error) && wait_for_lock(tries) => tries += 1,
            result => return result,
        }
    }
}

fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The error of a call for an error within a transaction, which is rolled back then.
pub(super) fn store_error(action: &'static str, error: Error) -> StoreError {
    use ErrorCode as Code;
    match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreError::unavailable("the file's lock", error),
        Some(
            Code::CannotOpen
            | Code::DiskFull
            | Code::SystemIoFailure
            | Code::OutOfMemory
            | Code::ReadOnly
            | Code::PermissionDenied
            | Code::FileLockingProtocolFailed,
        ) => StoreError::unavailable("the file", error),
        _ => StoreError::Refused { action, source: error.into() },
    }
}
