//! Makes the database and sets its options.

use std::time::Duration;

use tokio::time::sleep;

use super::connection::{Connection, Connector};
use super::driver;
use super::failure::Failure;
use super::literal::{quoted, text};
use super::row;
use crate::config::SqlServerConfig;
use crate::store::BoxError;

/// The longest time for making a database, which copies files.
const LIMIT: Duration = Duration::from_mins(2);
/// The error number for a database that exists.
const EXISTS: u32 = 1801;
const SNAPSHOT_TRIES: u32 = 10;
const SNAPSHOT_PAUSE: Duration = Duration::from_millis(200);

const MISSING: &str = "the database is missing and cannot be made by this login";

/// The error number for a login that may not make databases.
const FORBIDDEN: u32 = 262;

/// The database can neither be opened nor made.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(super) struct CannotCreate {
    what: &'static str,
    source: BoxError,
    /// Whether trying again cannot help.
    pub(super) is_final: bool,
}

/// Makes the database. A database that another instance has made meanwhile is no error.
pub(super) async fn create(config: &SqlServerConfig) -> Result<(), CannotCreate> {
    let cannot = |source: BoxError, is_final| CannotCreate { what: MISSING, source, is_final };
    let driver = driver::driver_config(config, "master").map_err(|error| cannot(error.into(), true))?;
    let master = Connector::new(driver).connect("SET XACT_ABORT ON").await;
    let mut master = master.map_err(|error| {
        let is_final = !error.may_pass();
        cannot(error.into(), is_final)
    })?;
    refuse_existing(&mut master, config).await?;
    let name = quoted(&config.database);
    if let Err(failure) = master.run_plain(&format!("CREATE DATABASE {name}"), LIMIT).await {
        return match failure.code() {
            Some(EXISTS) => Ok(()),
            code => Err(cannot(failure.into(), code == Some(FORBIDDEN))),
        };
    }
    tracing::info!(database = %config, "made the database");
    // Before anybody else is connected; `set_snapshot` looks later whether it worked.
    let _ = master
        .run_plain(&format!("ALTER DATABASE {name} SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT"), LIMIT)
        .await;
    Ok(())
}

/// Refuses to make a database that exists: it is being recovered, or the login may not use it.
async fn refuse_existing(master: &mut Connection, config: &SqlServerConfig) -> Result<(), CannotCreate> {
    let name = text(&config.database);
    let select =
        format!("SELECT CAST(state_desc AS NVARCHAR(60)) AS state FROM sys.databases WHERE name = {name}");
    // Whether it may be made shows even where this cannot be asked.
    let rows = master.run_plain(&select, LIMIT).await.unwrap_or_default();
    match rows.first().map(|row| row::required::<&str>(row, "state")) {
        None | Some(Err(_)) => Ok(()),
        Some(Ok("ONLINE")) => {
            let source = "map the login to a user of the database".into();
            Err(CannotCreate {
                what: "the database is there, but does not let this login in",
                source,
                is_final: false,
            })
        }
        Some(Ok(state)) => {
            let source = format!("it is {state}").into();
            Err(CannotCreate { what: "the database is there, but not open", source, is_final: false })
        }
    }
}

/// Turns `READ_COMMITTED_SNAPSHOT` on, so that readers do not wait for writers. A login without the right, and other
/// connections, leave the option as it is.
pub(super) async fn set_snapshot(connection: &mut Connection) -> Result<(), Failure> {
    for _ in 0..SNAPSHOT_TRIES {
        if is_snapshot(connection).await? {
            return Ok(());
        }
        let set = "ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT";
        match connection.run_plain(set, LIMIT).await {
            Ok(_) => {}
            Err(failure) if failure.was_answered() => sleep(SNAPSHOT_PAUSE).await,
            Err(failure) => return Err(failure),
        }
    }
    tracing::warn!(
        "READ_COMMITTED_SNAPSHOT is off and could not be turned on, so that reading waits for writing; \
         run ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON while nobody is connected"
    );
    Ok(())
}

async fn is_snapshot(connection: &mut Connection) -> Result<bool, Failure> {
    let select = "SELECT CAST(is_read_committed_snapshot_on AS BIT) AS is_on FROM sys.databases WHERE database_id = DB_ID()";
    let rows = connection.run_plain(select, LIMIT).await?;
    Ok(rows.first().is_some_and(|row| row::required(row, "is_on").unwrap_or(false)))
}
