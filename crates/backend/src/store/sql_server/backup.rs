//! Backups that the server writes to its own disk.

use std::time::Duration;

use tiberius::Row;

use super::connection::{Connection, Connector};
use super::driver;
use super::failure::Failure;
use super::literal::{quoted, text};
use super::row;
use crate::config::SqlServerConfig;
use crate::domain::Timestamp;
use crate::store::archive::{self, BackupError, Kind, Report, Wanted};

/// The longest time of one statement. A large database is copied for hours.
const LIMIT: Duration = Duration::from_hours(12);
/// The error number of an edition without `WITH COMPRESSION`.
const NO_COMPRESSION: u32 = 1844;
/// The error number of a backup file that does not exist.
const CANNOT_OPEN: u32 = 3201;

/// Backs the database up, or its log.
pub(crate) async fn take(
    config: &SqlServerConfig,
    wanted: &Wanted,
    at: Timestamp,
) -> Result<Report, BackupError> {
    if wanted.keep.is_some() {
        return Err(BackupError::Unsupported {
            what: "--keep is for SQLite; SQL Server deletes no files, so remove old backups on its disk",
        });
    }
    let mut server = Server::connect(config).await?;
    let model = server.recovery_model().await?;
    if wanted.log && model == "SIMPLE" {
        return Err(BackupError::Unsupported {
            what: "the database's recovery model is SIMPLE, which keeps no log to back up; \
                   ALTER DATABASE … SET RECOVERY FULL, then take a whole backup first",
        });
    }
    let (kind, what) = if wanted.log { (Kind::Log, "LOG") } else { (Kind::Full, "DATABASE") };
    let path = archive::target(&wanted.to, kind, &config.database, at);
    if server.is_there(&path).await? {
        return Err(BackupError::Exists { path });
    }
    server.back_up(what, &path, "").await?;
    server.verify(&path).await?;
    let mut report =
        vec![format!("{path}: {} of {config}, as of {}", what.to_lowercase(), archive::shown(at))];
    if model == "SIMPLE" {
        report.push("the recovery model is SIMPLE: what comes after this backup is only in the next".into());
    }
    Ok(report)
}

/// The end of the last backup of this kind, as the server remembers it.
pub(crate) async fn last(config: &SqlServerConfig, log: bool) -> Option<Timestamp> {
    let mut server = Server::connect(config).await.ok()?;
    let name = text(&config.database);
    // The wall's clock of the day of the backup, 127: not known.
    let offset = "CASE WHEN time_zone BETWEEN -48 AND 56 THEN -15 * time_zone \
                  ELSE DATEDIFF(MINUTE, GETDATE(), GETUTCDATE()) END";
    let select = format!(
        "SELECT MAX(DATEDIFF_BIG(SECOND, '19700101', DATEADD(MINUTE, {offset}, backup_finish_date))) AS ended \
         FROM msdb.dbo.backupset WHERE database_name = {name} AND type = '{}'",
        if log { 'L' } else { 'D' }
    );
    let rows = server.connection.run_plain(&select, LIMIT).await.ok()?;
    let ended: i64 = row::required(rows.first()?, "ended").ok()?;
    Timestamp::from_unix_timestamp(ended).ok()
}

/// Lets the server read the backup `from` to its end.
pub(crate) async fn verify(config: &SqlServerConfig, from: &str) -> Result<Report, BackupError> {
    Server::connect(config).await?.verify(from).await?;
    Ok(vec![format!("{from}: complete, and its checksums are right")])
}

/// A session outside of the database, which may be away while it is restored.
pub(super) struct Server<'a> {
    pub(super) config: &'a SqlServerConfig,
    pub(super) connection: Connection,
    pub(super) name: String,
}

impl<'a> Server<'a> {
    pub(super) async fn connect(config: &'a SqlServerConfig) -> Result<Self, BackupError> {
        let unreachable = |source| BackupError::Database {
            action: "reach the server of",
            database: config.to_string(),
            source,
        };
        let driver = driver::driver_config(config, "master").map_err(|error| unreachable(error.into()))?;
        let connection = Connector::new(driver).connect("SET XACT_ABORT ON").await;
        let connection = connection.map_err(|error| unreachable(error.into()))?;
        Ok(Self { config, connection, name: quoted(&config.database) })
    }

    pub(super) async fn run(
        &mut self,
        action: &'static str,
        statement: &str,
    ) -> Result<Vec<Row>, BackupError> {
        let database = self.config.to_string();
        let answer = self.connection.run_plain(statement, LIMIT).await;
        answer.map_err(|source| BackupError::Database { action, database, source: source.into() })
    }

    async fn recovery_model(&mut self) -> Result<String, BackupError> {
        let name = text(&self.config.database);
        let select = format!(
            "SELECT CAST(recovery_model_desc AS NVARCHAR(60)) AS model FROM sys.databases WHERE name = {name}"
        );
        let rows = self.run("look for", &select).await?;
        let missing = || BackupError::NoDatabase { database: self.config.to_string() };
        let model: &str = row::required(rows.first().ok_or_else(missing)?, "model").map_err(|source| {
            BackupError::Database {
                action: "look for",
                database: self.config.to_string(),
                source: source.into(),
            }
        })?;
        Ok(model.to_owned())
    }

    /// Whether the file is a backup already, to which the server would append.
    async fn is_there(&mut self, path: &str) -> Result<bool, BackupError> {
        let header = format!("RESTORE HEADERONLY FROM DISK = {}", text(path));
        match self.connection.run_plain(&header, LIMIT).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.code() == Some(CANNOT_OPEN) => Ok(false),
            Err(source) => {
                Err(BackupError::File { action: "look for", path: path.to_owned(), source: source.into() })
            }
        }
    }

    /// Writes a backup with checksums, compressed where the edition can compress. `options` begin with a comma.
    pub(super) async fn back_up(&mut self, what: &str, path: &str, options: &str) -> Result<(), BackupError> {
        let statement = |compression: &str| {
            format!(
                "BACKUP {what} {} TO DISK = {} WITH CHECKSUM{compression}{options}",
                self.name,
                text(path)
            )
        };
        let (compressed, plain) = (statement(", COMPRESSION"), statement(""));
        let mut answer = self.connection.run_plain(&compressed, LIMIT).await;
        if answer.as_ref().is_err_and(|failure: &Failure| failure.code() == Some(NO_COMPRESSION)) {
            answer = self.connection.run_plain(&plain, LIMIT).await;
        }
        let failed = |source: Failure| BackupError::File {
            action: "back up to the server's file",
            path: path.to_owned(),
            source: source.into(),
        };
        answer.map(drop).map_err(failed)
    }

    pub(super) async fn verify(&mut self, path: &str) -> Result<(), BackupError> {
        let verify = format!("RESTORE VERIFYONLY FROM DISK = {} WITH CHECKSUM", text(path));
        let failed = |source: Failure| {
            let path = path.to_owned();
            if source.code() == Some(CANNOT_OPEN) {
                BackupError::None { path }
            } else {
                BackupError::Damaged { path, what: service_kit::exit::chain(&source) }
            }
        };
        self.connection.run_plain(&verify, LIMIT).await.map(drop).map_err(failed)
    }
}
