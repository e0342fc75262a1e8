//! Opens the database that the configuration names, whichever kind it is.

use std::sync::Arc;
use std::time::Duration;

use crate::config::DatabaseConfig;
use crate::store::metrics::{Metered, StoreMetrics};
use crate::store::migration::MigrationError;
use crate::store::{Store, sql_server, sqlite};

/// Brings the database to this version's schema, as far as SQL statements can. Gives the names of the migrations that
/// were applied.
pub(super) async fn apply_migrations(database: &DatabaseConfig) -> Result<Vec<String>, MigrationError> {
    match database {
        DatabaseConfig::Sqlite { path, .. } => {
            let (path, shown) = (path.clone(), path.clone());
            let migrated = tokio::task::spawn_blocking(move || sqlite::migrate(&path)).await;
            migrated.map_err(|source| sqlite::cannot_open(&shown, source))?
        }
        // Boxed, since its future is large and most instances never need it.
        DatabaseConfig::SqlServer(config) => Box::pin(sql_server::migrate(config)).await,
    }
}

/// Whether waiting may mend `error`, `waited` after the start.
pub(super) fn may_pass(database: &DatabaseConfig, error: &MigrationError, waited: Duration) -> bool {
    if let MigrationError::Templates { may_pass, .. } = error {
        return *may_pass;
    }
    match database {
        DatabaseConfig::Sqlite { .. } => sqlite::may_pass(error),
        DatabaseConfig::SqlServer(config) => {
            let login_may_come = waited < config.login_patience && sql_server::is_refused_login(error);
            login_may_come || sql_server::may_pass(error)
        }
    }
}

/// Opens the migrated database.
pub(super) fn open(
    database: &DatabaseConfig,
    metrics: StoreMetrics,
) -> Result<Arc<dyn Store>, MigrationError> {
    Ok(match database {
        DatabaseConfig::Sqlite { path, pool } => {
            let store = sqlite::open(path, *pool, &metrics)?;
            Arc::new(Metered::new(store, metrics, "sqlite"))
        }
        DatabaseConfig::SqlServer(config) => {
            let store = sql_server::open(config, &metrics)?;
            Arc::new(Metered::new(store, metrics, "microsoft.sql_server"))
        }
    })
}
