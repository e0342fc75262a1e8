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

/// The options of a backup.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A folder, in which the backup gets a name by its time. Or a file, which has the ending of a backup: `.db` of
    /// SQLite, `.bak` of SQL Server, and `.trn` for a log of SQL Server.
    pub to: String,
    /// The number of backups that the folder keeps; all without it.
    pub keep: Option<NonZeroU32>,
    /// Whether only the transaction log since the last log backup is backed up (SQL Server).
    pub log: bool,
}

/// The options of a restore.
#[derive(Debug, Clone)]
pub struct Source {
    /// The backup, or a folder of backups whose newest one is restored (SQLite).
    pub from: String,
    /// The log backups to apply after the backup, in order (SQL Server).
    pub logs: Vec<String>,
    /// The moment at which to stop applying log backups.
    pub stop_at: Option<Timestamp>,
    /// Whether to go on in spite of an obstacle. SQL Server: the sessions that use the database are ended. SQLite: a
    /// file may be so damaged that it does not tell whether instances use it. Both: the present database may be such
    /// that it cannot be kept aside.
    pub force: bool,
}

/// The steps that were done, one line each, for people.
pub type Report = Vec<String>;

/// The reason why there is no backup, or why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database to back up does not exist.
    #[error("there is no database {database}")]
    NoDatabase {
        /// The name or path of the database.
        database: String,
    },
    /// The database cannot be read.
    #[error("cannot {action} the database {database}")]
    Database {
        /// The step that failed.
        action: &'static str,
        /// The name or path of the database.
        database: String,
        /// The cause.
        source: BoxError,
    },
    /// A file or folder of backups cannot be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// The step that failed.
        action: &'static str,
        /// The path.
        path: String,
        /// The cause.
        source: BoxError,
    },
    /// The file exists. A backup never overwrites a file.
    #[error("{path} exists already; choose another name, or a folder")]
    Exists {
        /// The path.
        path: String,
    },
    /// Another process takes a backup into the same folder.
    #[error("another backup into {folder} is running")]
    Busy {
        /// The folder.
        folder: String,
    },
    /// The place has no backup.
    #[error("there is no backup in {path}")]
    None {
        /// The path.
        path: String,
    },
    /// The backup does not match its manifest, or is no sound database.
    #[error("the backup {path} is damaged: {what}")]
    Damaged {
        /// The path.
        path: String,
        /// The damage, in words.
        what: String,
    },
    /// Instances use the database.
    #[error("the database {database} is in use{by}; stop all instances first{or}")]
    InUse {
        /// The name or path of the database.
        database: String,
        /// The users of the database, where they are known.
        by: String,
        /// What else can be done, in words.
        or: &'static str,
    },
    /// The present file is unreadable, so that nothing tells whether instances use it.
    #[error(
        "the database {database} cannot be read, so that it cannot tell whether instances use it; \
         stop all instances, then say --force"
    )]
    Unknown {
        /// The path of the database.
        database: String,
        /// The cause.
        source: BoxError,
    },
    /// The present database cannot be kept aside.
    #[error("what is in the database {database} now cannot be kept aside; --force goes on without it")]
    NotKept {
        /// The name or path of the database.
        database: String,
        /// The cause.
        source: BoxError,
    },
    /// The moment to stop at is not within the backups.
    #[error("{moment} is not in the backups: {reach}")]
    NotInBackups {
        /// The moment, for people.
        moment: String,
        /// The times that the backups reach to, for people.
        reach: String,
    },
    /// This store cannot do what was asked.
    #[error("{what}")]
    Unsupported {
        /// What was asked, and what can be done instead.
        what: &'static str,
    },
    /// The backup's schema does not fit this version of the service.
    #[error("the schema of the backup {path} does not fit this version")]
    Schema {
        /// The path of the backup.
        path: String,
        /// The difference.
        source: MigrationError,
    },
}

impl BackupError {
    /// A [`BackupError::File`] for `path`.
    pub(super) fn file(
        action: &'static str,
        path: impl std::fmt::Display,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_string();
        move |source| Self::File { action, path, source: source.into() }
    }
}
