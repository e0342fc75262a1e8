//! The database itself: making it, and its settings.

use std::time::Duration;

use tokio::time::sleep;

use super::connection::{Connection, Connector};
use super::driver;
use super::failure::Failure;
use super::row;
use crate::config::SqlServerConfig;
use crate::store::BoxError;

/// Making a database copies files.
const LIMIT: Duration = Duration::from_mins(2);
/// The error number for a database that is there already.
const EXISTS: u32 = 1801;
const SNAPSHOT_TRIES: u32 = 10;
const SNAPSHOT_PAUSE: Duration = Duration::from_millis(200);

/// `CREATE DATABASE` is not permitted to this login.
const FORBIDDEN: u32 = 262;

/// The database is missing, and making it failed.
#[derive(Debug, thiserror::Error)]
#[error("the database is missing and cannot be made by this login")]
pub(super) struct CannotCreate {
    source: BoxError,
    /// Whether another try cannot help.
    pub(super) is_final: bool,
}

/// Makes the database. That it is there by now, because another instance was faster, is fine.
pub(super) async fn create(config: &SqlServerConfig) -> Result<(), CannotCreate> {
    let give_up = |source: BoxError| CannotCreate { source, is_final: true };
    let driver = driver::driver_config(config, "master").map_err(|error| give_up(error.into()))?;
    let master = Connector::new(driver).connect("SET XACT_ABORT ON").await;
    let mut master = master.map_err(|error| give_up(error.into()))?;
    let name = quoted(&config.database);
    if let Err(failure) = master.run_plain(&format!("CREATE DATABASE {name}"), LIMIT).await {
        return match failure.code() {
            Some(EXISTS) => Ok(()),
            code => Err(CannotCreate { source: failure.into(), is_final: code == Some(FORBIDDEN) }),
        };
    }
    tracing::info!(database = %config, "made the database");
    // Before anybody else is connected; `set_snapshot` looks later whether it worked.
    let _ = master
        .run_plain(&format!("ALTER DATABASE {name} SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT"), LIMIT)
        .await;
    Ok(())
}

/// A name in brackets (T-SQL's delimited identifier).
pub(super) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// Turns `READ_COMMITTED_SNAPSHOT` on, so that readers wait for no writer. Goes on without where
/// it cannot: the login may not, or others are connected.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_brackets() {
        assert_eq!(quoted("onboarding"), "[onboarding]");
        assert_eq!(quoted("a]; DROP DATABASE b; --"), "[a]]; DROP DATABASE b; --]");
    }
}
