//! Maintenance: deletes expired rows, and completes the work that an earlier version has left out.

use std::time::Duration;

use super::reseal::reseal;
use super::state::App;
use crate::store::StoreError;

/// The pause between two rounds. Each instance adds a random share, so that instances take turns.
const PAUSE: Duration = Duration::from_mins(5);

/// The number of rows of each kind in one transaction. A transaction is short, because others wait for it.
const BATCH: u32 = 500;

/// The number of accounts in one transaction. All rows of an account are deleted with the account.
const CLOSED_BATCH: u32 = 10;

/// Runs the task, which never ends by itself and is aborted with the server.
pub(super) async fn run(app: App) {
    // The first of it was done at the start; how many accounts collide is shown from then on.
    tell("canonical addresses", "added", canonicalize(&app).await);
    loop {
        tokio::time::sleep(PAUSE.mul_f64(1.0 + rand::random::<f64>())).await;
        let now = app.now();
        tell("what has expired", "deleted", in_batches(|| app.store.purge(now, BATCH)).await);
        let closed = in_batches(|| app.store.delete_closed(now, CLOSED_BATCH)).await;
        tell("accounts whose grace is over", "deleted", closed);
        tell("canonical addresses", "added", canonicalize(&app).await);
        let resealed = reseal(&*app.store, &app.factor_secrets).await;
        if let Ok(resealed) = &resealed {
            app.metrics.factors_sealed_otherwise(resealed.left);
        }
        let resealed = resealed.map(|resealed| resealed.sealed);
        tell("secrets of authenticator apps", "sealed anew", resealed);
        let before = now - app.audit_retention;
        tell(
            "audit rows older than AUDIT_RETENTION",
            "deleted",
            in_batches(|| app.store.purge_audit(before, BATCH)).await,
        );
    }
}

async fn canonicalize(app: &App) -> Result<u64, StoreError> {
    let filled = super::canonical::fill(&*app.store).await?;
    app.metrics.address_collisions(filled.unresolved);
    Ok(filled.accounts)
}

/// Purges in batches until nothing is left. Gives the number of deleted rows.
async fn in_batches<F: Future<Output = Result<u64, StoreError>>>(
    purge: impl Fn() -> F,
) -> Result<u64, StoreError> {
    let mut total = 0;
    loop {
        match purge().await? {
            0 => return Ok(total),
            rows => total += rows,
        }
    }
}

fn tell(what: &str, deed: &str, done: Result<u64, StoreError>) {
    match done {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "{deed} {what}"),
        Err(error) => tracing::warn!(
            error = service_kit::exit::chain(&error),
            "{what} cannot be {deed} now, the next round tries again"
        ),
    }
}
