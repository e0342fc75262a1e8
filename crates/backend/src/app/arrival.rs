//! Waits for a database that is away when the instance starts. The instance answers meanwhile.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use service_kit::exit::chain;
use service_kit::shutdown::Shutdown;

use super::canonical::{self, Filled};
use super::database::{apply_migrations, may_pass, open};
use super::templates::{Shelf, ShelfError};
use crate::config::DatabaseConfig;
use crate::store::late::LateStore;
use crate::store::metrics::StoreMetrics;
use crate::store::migration::MigrationError;
use crate::store::{Store, StoreError};

/// The pause between two looks for the database. Each instance adds a random share.
const PAUSE: Duration = Duration::from_millis(500);

/// The error for which an instance that waited for its database had to end; empty until then.
pub type StartFailure = Arc<OnceLock<MigrationError>>;

/// A database that is away, and what is needed to open it.
pub(super) struct Arrival {
    late: Arc<LateStore>,
    config: DatabaseConfig,
    metrics: StoreMetrics,
    templates: Arc<Shelf>,
    failure: StartFailure,
    started: Instant,
}

/// The migrated store, or a stand-in with the task that brings the real store.
///
/// # Errors
///
/// A [`MigrationError`] that no waiting mends.
pub(super) async fn store(
    config: DatabaseConfig,
    metrics: StoreMetrics,
    templates: Arc<Shelf>,
) -> Result<(Arc<dyn Store>, Option<Arrival>), MigrationError> {
    let started = Instant::now();
    match migrated(&config, &metrics, &templates).await {
        Ok(store) => Ok((store, None)),
        Err(error) if may_pass(&config, &error, started.elapsed()) => {
            let (late, failure) = Default::default();
            let arrival = Arrival { late, config, metrics, templates, failure, started };
            arrival.tell(&error);
            Ok((Arc::clone(&arrival.late) as Arc<dyn Store>, Some(arrival)))
        }
        Err(error) => Err(error),
    }
}

async fn migrated(
    config: &DatabaseConfig,
    metrics: &StoreMetrics,
    templates: &Shelf,
) -> Result<Arc<dyn Store>, MigrationError> {
    for name in apply_migrations(config).await? {
        tracing::info!(name, "applied a migration");
    }
    let store = open(config, metrics.clone())?;
    // Before anybody begins an onboarding that others could not read.
    if let Err(error) = templates.share(&*store).await {
        store.close().await;
        return Err(not_shared(error));
    }
    // What is left out now is done by the next round of the maintenance.
    match canonical::fill(&*store).await {
        Ok(Filled { accounts: 0, .. }) => {}
        Ok(Filled { accounts, .. }) => tracing::info!(accounts, "added canonical addresses"),
        Err(error) => tracing::warn!(error = chain(&error), "canonical addresses cannot be added now"),
    }
    Ok(store)
}

fn not_shared(error: ShelfError) -> MigrationError {
    let may_pass =
        matches!(error, ShelfError::Store(StoreError::Unavailable { .. } | StoreError::Interrupted { .. }));
    MigrationError::Templates { may_pass, source: Box::new(error) }
}

impl Arrival {
    /// The place of the error, should the instance have to end.
    pub(super) fn failure(&self) -> StartFailure {
        Arc::clone(&self.failure)
    }

    /// Waits until the database is there. Ends the instance for an error that no waiting mends.
    pub(super) async fn run(self, shutdown: Shutdown) {
        loop {
            tokio::time::sleep(PAUSE.mul_f64(1.0 + rand::random::<f64>())).await;
            match migrated(&self.config, &self.metrics, &self.templates).await {
                Ok(store) => {
                    tracing::info!("the database is there");
                    return self.late.arrives(store);
                }
                Err(error) if may_pass(&self.config, &error, self.started.elapsed()) => self.tell(&error),
                Err(error) => {
                    // Nobody else sets it.
                    let _ = self.failure.set(error);
                    return shutdown.trigger();
                }
            }
        }
    }

    /// Logs the error, once for as long as it stays the same.
    fn tell(&self, error: &MigrationError) {
        let reason = chain(error);
        if self.late.waits_for(reason.clone()) {
            tracing::warn!(error = reason, "the database is not there yet; waiting for it");
        }
    }
}
