//! The archive: names and manifests of backups, the options of taking one, and the errors.

mod manifest;
mod name;

use std::num::NonZeroU32;

use super::BoxError;
use super::migration::MigrationError;
use crate::domain::Timestamp;

pub use manifest::Manifest;
pub(super) use manifest::digest_of;
pub(super) use name::{Kind, beside, is_backup_of, shown, stamp, target};

/// Which backup is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A folder, in which the backup gets a name by its time; or a file, by its ending (`.db` of
    /// SQLite; `.bak`, for logs `.trn`, of SQL Server).
    pub to: String,
    /// How many backups the folder keeps; all without it.
    pub keep: Option<NonZeroU32>,
    /// Only the transaction log since the last log backup (SQL Server).
    pub log: bool,
}

/// What is to be restored, and how far.
#[derive(Debug, Clone)]
pub struct Source {
    /// A backup, or a folder of them (SQLite), of which the newest is taken.
    pub from: String,
    /// Log backups to apply after it, in order (SQL Server).
    pub logs: Vec<String>,
    /// The moment at which to stop applying them.
    pub stop_at: Option<Timestamp>,
    /// SQL Server: ends the sessions that use the database. SQLite: goes on where the present
    /// file is so damaged that it cannot tell whether anybody uses it. Both: goes on where what
    /// is there cannot be kept aside.
    pub force: bool,
}

/// What was done, line by line, for a person.
pub type Report = Vec<String>;

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no database {database}")]
    NoDatabase {
        /// Which.
        database: String,
    },
    /// The database cannot be read.
    #[error("cannot {action} the database {database}")]
    Database {
        /// What was being done.
        action: &'static str,
        /// Which.
        database: String,
        /// What was heard from below.
        source: BoxError,
    },
    /// A file or folder of backups cannot be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was being done.
        action: &'static str,
        /// Which.
        path: String,
        /// What was heard from below.
        source: BoxError,
    },
    /// A backup is never overwritten.
    #[error("{path} exists already; choose another name, or a folder")]
    Exists {
        /// Which.
        path: String,
    },
    /// Somebody else takes a backup into the same folder.
    #[error("another backup into {folder} is running")]
    Busy {
        /// Which.
        folder: String,
    },
    /// There is no backup where one was looked for.
    #[error("there is no backup in {path}")]
    None {
        /// Where.
        path: String,
    },
    /// The backup is not what its manifest says, or not what a database must be.
    #[error("the backup {path} is damaged: {what}")]
    Damaged {
        /// Which.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// Instances are running.
    #[error("the database {database} is in use{by}; stop all instances first{or}")]
    InUse {
        /// Which.
        database: String,
        /// By whom, where that is known.
        by: String,
        /// What else could be done.
        or: &'static str,
    },
    /// The present file does not tell whether instances are running.
    #[error(
        "the database {database} cannot be read, so that it cannot tell whether instances use it; \
         stop all instances, then say --force"
    )]
    Unknown {
        /// Which.
        database: String,
        /// What was heard from below.
        source: BoxError,
    },
    /// What is there cannot be kept aside.
    #[error("what is in the database {database} now cannot be kept aside; --force goes on without it")]
    NotKept {
        /// Which.
        database: String,
        /// What was heard from below.
        source: BoxError,
    },
    /// The moment to stop at is before or after all that the backups hold.
    #[error("{moment} is not in the backups: {reach}")]
    NotInBackups {
        /// The moment, as people read it.
        moment: String,
        /// How far the backups reach.
        reach: String,
    },
    /// This store cannot do it.
    #[error("{what}")]
    Unsupported {
        /// What, and what to do instead.
        what: &'static str,
    },
    /// The schema of the backup does not fit this version of the service.
    #[error("the schema of the backup {path} does not fit this version")]
    Schema {
        /// Which.
        path: String,
        /// In which way.
        source: MigrationError,
    },
}

impl BackupError {
    /// [`BackupError::File`] for `path`.
    pub(super) fn file(
        action: &'static str,
        path: impl std::fmt::Display,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_string();
        move |source| Self::File { action, path, source: source.into() }
    }
}
