//! Brings a database to the schema of this binary.

use std::error::Error;
use std::time::{Duration, Instant};

use include_dir::{Dir, include_dir};
use tokio::time::sleep;

use super::batch::{Batch, values};
use super::connection::{ConnectError, Connection, Connector};
use super::database::{self, CannotCreate};
use super::failure::Failure;
use super::{driver, row};
use crate::config::SqlServerConfig;
use crate::domain::now;
use crate::store::migration::{self, Applied, Migration, MigrationError};
use crate::store::{BoxError, StoreError};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/sqlserver");

/// The longest that one migration may take.
pub(super) const MIGRATION_LIMIT: Duration = Duration::from_hours(1);
/// The longest wait for the lock of another instance.
const LOCK_PATIENCE: Duration = Duration::from_mins(5);
const CREATE_TRIES: u32 = 8;
const APPLY_TRIES: u32 = 8;
const LOCK_PAUSE: Duration = Duration::from_millis(250);

const TAKE_LOCK: &str = "DECLARE @granted INT;
    EXEC @granted = sp_getapplock @Resource = N'user-onboarding migrations', @LockMode = N'Exclusive',
        @LockOwner = N'Session', @LockTimeout = 0;
    SELECT @granted AS granted";

pub(super) const TABLE: &str = "IF OBJECT_ID(N'dbo.schema_migrations', N'U') IS NULL
    CREATE TABLE dbo.schema_migrations (
        version    BIGINT        NOT NULL,
        name       NVARCHAR(200) NOT NULL,
        checksum   NVARCHAR(64)  NOT NULL,
        applied_at DATETIME2(3)  NOT NULL,
        CONSTRAINT pk_schema_migrations PRIMARY KEY CLUSTERED (version)
    )";

const MAY_CHANGE_SCHEMA: &str = "SELECT CAST(COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE TABLE'), 1) AS BIT) AS may_change";

/// Another instance holds the lock for too long.
#[derive(Debug, thiserror::Error)]
#[error("another instance has been migrating for more than {LOCK_PATIENCE:?}")]
struct Locked;

/// Applies the migrations that are due, and gives their names. Makes the database where it is missing and the login
/// may. Of several calls at once, one works and the others wait.
///
/// # Errors
///
/// A [`MigrationError`] by cause.
pub async fn migrate(config: &SqlServerConfig) -> Result<Vec<String>, MigrationError> {
    let embedded = migration::embedded(&EMBEDDED)?;
    let patience = Instant::now() + LOCK_PATIENCE;
    loop {
        let mut connection = open(config).await.map_err(|source| cannot_open(config, source))?;
        if take_lock(&mut connection).await.map_err(preparing)? {
            return apply_due(&mut connection, &embedded).await;
        }
        if Instant::now() > patience {
            return Err(cannot_open(config, Locked));
        }
        // Waits without a connection: READ_COMMITTED_SNAPSHOT is only set where nobody else is
        // connected. The lock goes with its connection, however that ends.
        drop(connection);
        sleep(LOCK_PAUSE.mul_f64(0.5 + rand::random::<f64>())).await;
    }
}

/// Whether waiting may mend `error`: the server is away, the database is being recovered, or another login is about
/// to migrate.
pub fn may_pass(error: &MigrationError) -> bool {
    if matches!(error, MigrationError::NotPermitted { .. }) {
        return true;
    }
    causes(error).find_map(cause_may_pass).unwrap_or(false)
}

/// Whether the server refused the login, which `provision` may be making.
pub fn is_refused_login(error: &MigrationError) -> bool {
    causes(error)
        .any(|cause| cause.downcast_ref::<ConnectError>().is_some_and(ConnectError::is_refused_login))
}

fn causes(error: &MigrationError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source())
}

/// Whether waiting may mend `cause`; none where the cause does not tell.
fn cause_may_pass(cause: &(dyn Error + 'static)) -> Option<bool> {
    let created = cause.downcast_ref::<CannotCreate>().map(|cannot| !cannot.is_final);
    let connected = || cause.downcast_ref::<ConnectError>().map(ConnectError::may_pass);
    let done = || cause.downcast_ref::<Failure>().map(Failure::may_pass);
    created.or_else(connected).or_else(done).or_else(|| cause.is::<Locked>().then_some(true))
}

pub(super) fn cannot_open(config: &SqlServerConfig, source: impl Into<BoxError>) -> MigrationError {
    MigrationError::Open { database: config.to_string(), source: source.into() }
}

/// A connection to the database, which is made where it is missing and the login may.
pub(super) async fn open(config: &SqlServerConfig) -> Result<Connection, BoxError> {
    let connector = Connector::new(driver::driver_config(config, &config.database)?);
    let mut tries = 0;
    loop {
        tries += 1;
        match connector.connect("SET XACT_ABORT ON").await {
            Err(error) if error.is_missing_database() && tries < CREATE_TRIES => {}
            result => return Ok(result?),
        }
        // Several instances that make a database at once get in each other's way, and one that
        // was just made may need a moment until it lets anybody in.
        match database::create(config).await {
            Err(error) if error.is_final || tries + 1 >= CREATE_TRIES => return Err(error.into()),
            Err(_) | Ok(()) => sleep(LOCK_PAUSE).await,
        }
    }
}

async fn take_lock(connection: &mut Connection) -> Result<bool, BoxError> {
    let rows = connection.run(&Batch::of(TAKE_LOCK, values![]), MIGRATION_LIMIT).await?;
    let granted = rows.first().map(|row| row::required::<i32>(row, "granted")).transpose()?;
    // 0: at once; 1: after others let go (sp_getapplock's return codes).
    Ok(granted.is_some_and(|code| code >= 0))
}

async fn apply_due(
    connection: &mut Connection,
    embedded: &[Migration],
) -> Result<Vec<String>, MigrationError> {
    if !may_change_schema(connection).await.map_err(preparing)? {
        return refuse_due(connection, embedded).await;
    }
    database::set_snapshot(connection).await.map_err(preparing)?;
    connection.run(&Batch::of(TABLE, values![]), MIGRATION_LIMIT).await.map_err(preparing)?;
    let applied = applied(connection).await.map_err(preparing)?;
    let mut names = Vec::new();
    for due in migration::plan(embedded, &applied)? {
        apply_patiently(connection, due).await.map_err(|source| failed(due.version, &due.name, source))?;
        names.push(format!("{:04}_{}", due.version, due.name));
    }
    Ok(names)
}

/// Whether the login may change the schema. The application's login of `provision` may not. A server that cannot tell
/// counts as a yes.
async fn may_change_schema(connection: &mut Connection) -> Result<bool, BoxError> {
    let rows = connection.run(&Batch::of(MAY_CHANGE_SCHEMA, values![]), MIGRATION_LIMIT).await?;
    Ok(rows.first().map_or(Ok(true), |row| row::required(row, "may_change"))?)
}

/// Refuses due migrations, which another login has to apply. Nothing is refused where nothing is due.
async fn refuse_due(
    connection: &mut Connection,
    embedded: &[Migration],
) -> Result<Vec<String>, MigrationError> {
    let exists = Batch::of(
        "SELECT CAST(CASE WHEN OBJECT_ID(N'dbo.schema_migrations', N'U') IS NULL THEN 0 ELSE 1 END AS BIT) AS found",
        values![],
    );
    let rows = connection.run(&exists, MIGRATION_LIMIT).await.map_err(preparing)?;
    let found = rows.first().map_or(Ok(false), |row| row::required(row, "found")).map_err(preparing)?;
    let applied = if found { applied(connection).await.map_err(preparing)? } else { Vec::new() };
    match migration::plan(embedded, &applied)?.first() {
        None => Ok(Vec::new()),
        Some(due) => Err(MigrationError::NotPermitted { version: due.version, name: due.name.clone() }),
    }
}

async fn applied(connection: &mut Connection) -> Result<Vec<Applied>, BoxError> {
    let select = Batch::of("SELECT version, checksum FROM dbo.schema_migrations", values![]);
    let rows = connection.run(&select, MIGRATION_LIMIT).await?;
    let applied = |row| -> Result<_, StoreError> {
        let checksum: &str = row::required(row, "checksum")?;
        Ok(Applied { version: row::required(row, "version")?, checksum: checksum.to_owned() })
    };
    Ok(rows.iter().map(applied).collect::<Result<_, _>>()?)
}

/// Applies a migration, again where the server rolled back for a passing reason. Instances that serve hold locks.
async fn apply_patiently(connection: &mut Connection, migration: &Migration) -> Result<(), Failure> {
    let mut tries = 1;
    loop {
        match apply(connection, migration).await {
            Err(Failure::Transient(_)) if tries < APPLY_TRIES => tries += 1,
            result => return result,
        }
        sleep(LOCK_PAUSE).await;
    }
}

/// Applies a migration in one batch, so that the migration is rolled back if the instance dies.
async fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), Failure> {
    let Migration { version, name, sql, checksum } = migration;
    let mut batch = Batch::of("SET XACT_ABORT ON", values![]);
    batch.add("BEGIN TRANSACTION", values![]);
    batch.add_verbatim(sql);
    batch.add(
        "INSERT INTO dbo.schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        values![*version, name.as_str(), checksum.as_str(), now()],
    );
    batch.add("COMMIT TRANSACTION", values![]);
    connection.run(&batch, MIGRATION_LIMIT).await.map(drop)
}

fn preparing(source: impl Into<BoxError>) -> MigrationError {
    failed(0, "schema_migrations", source)
}

fn failed(version: i64, name: &str, source: impl Into<BoxError>) -> MigrationError {
    MigrationError::Failed { version, name: name.to_owned(), source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_homes_have_the_same_migrations() {
        let names = |migrations: Vec<Migration>| -> Vec<String> {
            migrations
                .into_iter()
                .map(|migration| format!("{:04}_{}", migration.version, migration.name))
                .collect()
        };
        let here = names(migration::embedded(&EMBEDDED).unwrap());
        assert_eq!(here, names(migration::for_sqlite().unwrap()));
        assert!(!here.is_empty());
    }
}
