//! Restores a backup on the server's disk.

use std::fmt::Write as _;

use tiberius::Row;

use super::backup::Server;
use super::header;
use super::literal::text;
use super::reading::column;
use crate::config::SqlServerConfig;
use crate::domain::Timestamp;
use crate::store::archive::{self, BackupError, Report, Source};

const MAY_READ: &str = include_str!("views/may_read.sql");

/// Restores `source` as the database of `config`. The present database is backed up first, beside the backup.
pub(crate) async fn restore(
    config: &SqlServerConfig,
    source: &Source,
    at: Timestamp,
) -> Result<Report, BackupError> {
    if source.stop_at.is_some() && source.logs.is_empty() {
        return Err(BackupError::Unsupported {
            what: "--stop-at needs the log backups that hold that moment: --log FILE",
        });
    }
    let mut server = Server::connect(config).await?;
    for path in std::iter::once(&source.from).chain(&source.logs) {
        server.verify(path).await?;
    }
    let stops = header::stops(&mut server, source).await?;
    let state = state(&mut server).await?;
    refuse_beneath_sessions(&mut server, source.force).await?;
    let kept = keep_aside(&mut server, state.as_deref(), source, at).await?;
    let files = moves(&mut server, &source.from).await?;
    let result = replace(&mut server, source, state.as_deref(), &files, &stops).await;
    if result.is_err() && state.as_deref() == Some("ONLINE") {
        // Where nothing was restored, those who waited outside may come in again; where the
        // database is half-restored the server refuses it, and the first error says more.
        let back = format!("ALTER DATABASE {} SET ONLINE", server.name);
        if let Err(error) = server.run("reopen", &back).await {
            tracing::warn!(error = service_kit::exit::chain(&error), "the database stays closed");
        }
    }
    result?;
    let mut report: Report = kept.map(|path| format!("kept what was there as {path}")).into_iter().collect();
    report.push(format!("restored {config} from {}", source.from));
    report.extend(source.logs.iter().map(|path| format!("applied {path}")));
    Ok(report)
}

/// The state of the database, such as `ONLINE`; none where there is no such database.
async fn state(server: &mut Server<'_>) -> Result<Option<String>, BackupError> {
    let name = text(&server.config.database);
    let select =
        format!("SELECT CAST(state_desc AS NVARCHAR(60)) AS state FROM sys.databases WHERE name = {name}");
    let rows = server.run("look for", &select).await?;
    rows.first().map(|row| column::<&str>(server, row, "state").map(str::to_owned)).transpose()
}

async fn refuse_beneath_sessions(server: &mut Server<'_>, force: bool) -> Result<(), BackupError> {
    let name = text(&server.config.database);
    let select = format!(
        "{MAY_READ}SELECT CAST(COUNT(*) AS INT) AS sessions FROM sys.dm_exec_sessions \
         WHERE database_id = DB_ID({name}) AND is_user_process = 1 AND session_id <> @@SPID"
    );
    if force {
        return Ok(());
    }
    let rows = server.run("count the sessions of", &select).await?;
    match rows.first().map_or(Ok(0), |row| column::<i32>(server, row, "sessions"))? {
        0 => Ok(()),
        sessions => Err(BackupError::InUse {
            database: server.config.to_string(),
            by: format!(" by {sessions} sessions"),
            or: ", or say --force to end their sessions",
        }),
    }
}

/// Takes a full copy-only backup of the present database, beside the backup that is restored.
async fn keep_aside(
    server: &mut Server<'_>,
    state: Option<&str>,
    source: &Source,
    at: Timestamp,
) -> Result<Option<String>, BackupError> {
    let file = format!("{}-before-restore-{}.bak", server.config.database, archive::stamp(at));
    let path = archive::beside(&source.from, &file);
    let kept = match state {
        None => return Ok(None),
        Some("ONLINE") => server.back_up("DATABASE", &path, ", COPY_ONLY").await,
        Some(state) => Err(BackupError::Database {
            action: "back up",
            database: server.config.to_string(),
            source: format!("it is {state}").into(),
        }),
    };
    match kept {
        Ok(()) => Ok(Some(path)),
        Err(error) if source.force => {
            tracing::warn!(error = service_kit::exit::chain(&error), "what was there is not kept");
            Ok(None)
        }
        Err(error) => Err(BackupError::NotKept { database: server.config.to_string(), source: error.into() }),
    }
}

/// The `MOVE` options: the files go to the present ones of the database, or to the server's data folder under the
/// database's name. So a backup can be restored beside its original.
async fn moves(server: &mut Server<'_>, from: &str) -> Result<String, BackupError> {
    let list = format!("RESTORE FILELISTONLY FROM DISK = {}", text(from));
    let files = server.run("list the files of the backup of", &list).await?;
    let name = text(&server.config.database);
    let known = format!(
        "SELECT name, physical_name FROM sys.master_files WHERE database_id = DB_ID({name})
         UNION ALL SELECT N'', CAST(SERVERPROPERTY(N'InstanceDefaultDataPath') AS NVARCHAR(260))"
    );
    let known = server.run("list the files of", &known).await?;
    let mut moves = String::new();
    for file in &files {
        let logical: &str = column(server, file, "LogicalName")?;
        let place = if let Some(place) = place_of(server, &known, logical)? {
            place
        } else {
            let folder = place_of(server, &known, "")?.unwrap_or_default();
            let ending = if column::<&str>(server, file, "Type")? == "L" { "ldf" } else { "mdf" };
            format!("{folder}{}_{logical}.{ending}", server.config.database)
        };
        // Writing to a String cannot fail.
        let _ = write!(moves, ", MOVE {} TO {}", text(logical), text(&place));
    }
    Ok(moves)
}

fn place_of(server: &Server<'_>, known: &[Row], logical: &str) -> Result<Option<String>, BackupError> {
    for row in known {
        if column::<&str>(server, row, "name")? == logical {
            return column::<&str>(server, row, "physical_name").map(|place| Some(place.to_owned()));
        }
    }
    Ok(None)
}

/// Closes the database and restores it in one batch. An offline database lets nobody in. A database for a single user
/// would let in whoever comes first.
async fn replace(
    server: &mut Server<'_>,
    source: &Source,
    state: Option<&str>,
    moves: &str,
    stops: &[Option<String>],
) -> Result<(), BackupError> {
    let name = server.name.clone();
    let close = match state {
        Some("ONLINE") => format!("ALTER DATABASE {name} SET OFFLINE WITH ROLLBACK IMMEDIATE;\n"),
        _ => String::new(),
    };
    let ready = if source.logs.is_empty() { "RECOVERY" } else { "NORECOVERY" };
    let whole = format!(
        "{close}RESTORE DATABASE {name} FROM DISK = {} WITH REPLACE, CHECKSUM, {ready}{moves}",
        text(&source.from)
    );
    server.run("restore", &whole).await?;
    if !apply_logs(server, source, stops).await? {
        server.run("recover", &format!("RESTORE DATABASE {name} WITH RECOVERY")).await?;
    }
    // The backup remembers how the database was opened when it was taken.
    server.run("reopen", &format!("ALTER DATABASE {name} SET MULTI_USER")).await.map(drop)
}

/// Applies the logs in order. Gives whether the database is open afterwards. The server opens the database with the
/// log that has the moment to stop at, and keeps it closed with earlier logs.
async fn apply_logs(
    server: &mut Server<'_>,
    source: &Source,
    stops: &[Option<String>],
) -> Result<bool, BackupError> {
    for (log, stop) in source.logs.iter().zip(stops) {
        let how = match stop {
            Some(moment) => format!("RECOVERY, STOPAT = {}", text(moment)),
            None => "NORECOVERY".to_owned(),
        };
        let apply = format!("RESTORE LOG {} FROM DISK = {} WITH CHECKSUM, {how}", server.name, text(log));
        server.run("apply the log to", &apply).await?;
        if stop.is_some() && state(server).await?.as_deref() == Some("ONLINE") {
            return Ok(true);
        }
    }
    // Without logs, the whole backup has opened it.
    Ok(source.logs.is_empty())
}
