//! Every metric about the database itself.

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The value goes up and down.
    Gauge,
    /// The value only grows until the server is restarted.
    Counter,
}

/// The definition of a metric `db_server_…`, whose name ends in its unit.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// The metric's name.
    pub name: &'static str,
    /// The text for `# HELP`.
    pub help: &'static str,
    /// The metric's kind.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Definition {
    Definition { name, help, kind: Kind::Gauge, labels }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Definition {
    Definition { name, help, kind: Kind::Counter, labels }
}

/// All definitions. Every instance gives the same values of the server as a whole, so dashboards take the maximum
/// over the instances and not the sum.
pub static DEFINITIONS: [Definition; 35] = [
    // Of both databases.
    gauge("db_server_info", &["engine", "version"], "Always 1; what the database is."),
    gauge(
        "db_server_file_bytes",
        &["file"],
        "Size of the database's files: data, log (SQL Server), wal (SQLite).",
    ),
    gauge("db_server_file_used_bytes", &["file"], "How much of the files is in use."),
    gauge(
        "db_server_file_limit_bytes",
        &["file"],
        "The size that the files may grow to, where there is one.",
    ),
    gauge("db_server_volume_bytes", &["volume"], "Size of the file system that the files are on."),
    gauge("db_server_volume_available_bytes", &["volume"], "Free space on that file system."),
    counter(
        "db_server_waits_total",
        &["class"],
        "Waits by class. SQLite: those of this instance for the file's lock.",
    ),
    counter("db_server_wait_seconds_total", &["class"], "Time spent in waits, by class."),
    gauge(
        "db_server_last_backup_timestamp_seconds",
        &["kind"],
        "When the last backup (full, log) ended, as Unix time; 0 where there is none.",
    ),
    // SQLite.
    gauge("db_server_pages", &["state"], "Pages of the file: used, free."),
    // SQL Server.
    gauge("db_server_sessions", &["status"], "Sessions of users: running, sleeping and others."),
    gauge("db_server_sessions_limit", &[], "How many user connections the server allows."),
    gauge("db_server_workers", &[], "Worker threads that the server has."),
    gauge("db_server_workers_limit", &[], "Worker threads that the server may have."),
    gauge("db_server_work_queue", &[], "Tasks that wait for a worker thread."),
    gauge("db_server_requests", &["status"], "Requests that the server is working on, by status."),
    gauge("db_server_requests_waiting", &["class"], "Requests that wait now, by the class of their wait."),
    gauge("db_server_requests_blocked", &[], "Requests that wait for another session."),
    gauge("db_server_blocked_seconds", &[], "How long the longest of them has been waiting."),
    gauge("db_server_open_transactions", &[], "User transactions that are open."),
    gauge("db_server_oldest_transaction_seconds", &[], "Age of the oldest of them."),
    gauge(
        "db_server_locks",
        &["mode", "status"],
        "Locks in this database by mode and status (grant, wait, convert).",
    ),
    counter("db_server_deadlocks_total", &[], "Deadlocks that the server resolved."),
    counter("db_server_lock_timeouts_total", &[], "Requests that gave up waiting for a lock."),
    counter("db_server_batches_total", &[], "Batches that the server received."),
    counter("db_server_transactions_total", &[], "Transactions begun in this database."),
    counter("db_server_compilations_total", &[], "Query plans compiled."),
    gauge("db_server_connections", &[], "User connections as the server counts them."),
    gauge("db_server_page_life_expectancy_seconds", &[], "How long a page stays in memory unread."),
    gauge("db_server_memory_bytes", &["kind"], "Memory the server has (total) and would have (target)."),
    gauge("db_server_memory_grants_pending", &[], "Queries that wait for memory."),
    gauge(
        "db_server_replica_lag_seconds",
        &["replica"],
        "How far a secondary replica is behind the primary.",
    ),
    gauge("db_server_replica_send_queue_bytes", &["replica"], "Log not yet sent to the replica."),
    gauge("db_server_replica_redo_queue_bytes", &["replica"], "Log that the replica has not yet applied."),
    gauge(
        "db_server_replica_healthy",
        &["replica"],
        "1 while the replica's synchronization is healthy, else 0.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_end_as_their_kind_demands() {
        let mut names: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
        for Definition { name, help, kind, .. } in &DEFINITIONS {
            assert!(name.starts_with("db_server_") && help.ends_with('.'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DEFINITIONS.len());
    }
}
