//! Encrypts the secrets of authenticator apps anew. A secret that another key than the current one has encrypted is
//! encrypted under the current key. So a change of `JWT_SECRET` costs nobody the second factor.
//!
//! Instances with different current keys may encrypt one row several times during a roll-out. All instances know the
//! key of the last one.

use crate::auth::{FactorSecretError, FactorSecrets};
use crate::domain::second_factor::OwnedSecret;
use crate::store::{Effect, FactorChange, Mutation, Store, StoreError};

/// The number of secrets in one batch.
const BATCH: u32 = 500;

/// The result of encrypting anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// The number of secrets that the current key encrypts now.
    pub sealed: u64,
    /// The number of secrets that no known key opens.
    pub left: usize,
}

/// Encrypts anew the secrets of other keys. A secret that cannot be opened stays as it is and is logged.
///
/// # Errors
///
/// A [`StoreError`] where the database does not answer.
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

/// The change without an audit row, because nothing changes for anybody.
fn mutation(store: &dyn Store, change: FactorChange) -> Mutation {
    let (effect, messages) = (Effect::Factor(change), Vec::new());
    Mutation { at: store.now(), idempotency: None, session: None, effect, messages, audit: None }
}
