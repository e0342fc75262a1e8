//! Secrets of authenticator apps outlive the secret that has sealed them: whatever another one has sealed is sealed anew
//! under the current one, so that a change of `JWT_SECRET` costs nobody the second factor.
//!
//! During a roll-out, instances with different current secrets may seal one row several times; whichever comes last, its
//! secret is known to all of them.

use crate::auth::{FactorSecretError, FactorSecrets};
use crate::domain::second_factor::OwnedSecret;
use crate::store::{Effect, FactorChange, Mutation, Store, StoreError};

/// Secrets in one go.
const BATCH: u32 = 500;

/// What became of the secrets that another one than the current one had sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// So many are sealed under the current one now.
    pub sealed: u64,
    /// So many cannot be opened: what has sealed them is known no more.
    pub left: usize,
}

/// Seals anew what another secret has sealed. What cannot be opened stays as it is, and is told.
pub async fn reseal(store: &dyn Store, secrets: &FactorSecrets) -> Result<Resealed, StoreError> {
    let mut done = Resealed::default();
    loop {
        let found = store.secrets_sealed_otherwise(secrets.current_kid(), BATCH).await?;
        let before = done.sealed;
        done.left = 0;
        for owned in &found {
            match change(secrets, owned) {
                Ok(change) => {
                    store.commit(mutation(store, change)).await?;
                    done.sealed += 1;
                }
                Err(error) => {
                    tracing::warn!(
                        user_id = %owned.user_id,
                        error = service_kit::exit::chain(&error),
                        "the secret of an authenticator app cannot be opened; its owner needs a recovery code"
                    );
                    done.left += 1;
                }
            }
        }
        if done.sealed == before || found.len() < BATCH as usize {
            return Ok(done);
        }
    }
}

fn change(secrets: &FactorSecrets, owned: &OwnedSecret) -> Result<FactorChange, FactorSecretError> {
    let OwnedSecret { id, user_id, secret: seen } = owned.clone();
    let opened = secrets.open(user_id, id, &seen)?;
    Ok(FactorChange::Reseal { factor_id: id, seen, secret: secrets.seal(user_id, id, &opened)? })
}

/// Not audited: nothing changes for anybody.
fn mutation(store: &dyn Store, change: FactorChange) -> Mutation {
    let (effect, messages) = (Effect::Factor(change), Vec::new());
    Mutation { at: store.now(), idempotency: None, session: None, effect, messages, audit: None }
}
