//! Encrypts the secrets of authenticator apps at rest, so that a reader of the database cannot make codes.
//!
//! The key is derived from `JWT_SECRET`, and the `kid` names the secret. A secret of an app lives for years and
//! `JWT_SECRET` does not. So each instance encrypts anew, under the current key, what another key has encrypted
//! (`app::maintenance`). The metric `second_factors_sealed_by_other_secrets` says how many are left.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use service_kit::jwt::Keyring;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::second_factor::{NoTotpSecret, SealedSecret, TotpSecret};

const LABEL: &str = "second factor secrets A256GCM v1";

/// Encrypts and decrypts secrets of authenticator apps, with the keys of all secrets.
pub struct FactorSecrets {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, RandomizedNonceKey)>,
}

/// The reason why a secret cannot be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
pub enum FactorSecretError {
    /// The key of the secret is not known any more.
    #[error("the secret {kid}, which sealed an authenticator app's, is not known any more")]
    UnknownSecret {
        /// The `kid` of the key.
        kid: String,
    },
    /// The secret was damaged, tampered with or moved to another person or factor.
    #[error("the secret of an authenticator app cannot be decrypted")]
    Damaged(#[from] Unspecified),
    /// The decrypted bytes are no secret of this version.
    #[error(transparent)]
    Unreadable(#[from] NoTotpSecret),
}

impl FactorSecrets {
    /// Keys from every secret of `keyring`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where a key cannot be made.
    pub fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        let keys = keyring.derive_all(LABEL).into_iter();
        let keys = keys.map(|(kid, key)| Ok((kid, RandomizedNonceKey::new(&AES_256_GCM, &key)?)));
        Ok(Self { keys: keys.collect::<Result<_, Unspecified>>()? })
    }

    /// The `kid` of the current key.
    pub fn current_kid(&self) -> &str {
        // `Keyring` has a current secret by its making.
        self.keys.first().map(|(kid, _)| kid.as_str()).unwrap_or_default()
    }

    /// Encrypts the secret of the factor `factor_id` of the account `user_id`.
    ///
    /// # Errors
    ///
    /// A [`FactorSecretError`] by cause.
    pub fn seal(
        &self,
        user_id: Uuid,
        factor_id: Uuid,
        secret: &TotpSecret,
    ) -> Result<SealedSecret, FactorSecretError> {
        let (kid, key) = self.keys.first().ok_or(Unspecified)?;
        let mut text = secret.expose().to_vec();
        let nonce = key.seal_in_place_append_tag(place(user_id, factor_id), &mut text)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut text);
        Ok(SealedSecret { kid: kid.clone(), sealed })
    }

    /// Decrypts the secret of the factor `factor_id` of the account `user_id`.
    ///
    /// # Errors
    ///
    /// A [`FactorSecretError`] by cause.
    pub fn open(
        &self,
        user_id: Uuid,
        factor_id: Uuid,
        SealedSecret { kid, sealed }: &SealedSecret,
    ) -> Result<TotpSecret, FactorSecretError> {
        let key = self.keys.iter().find(|(known, _)| known == kid);
        let (_, key) = key.ok_or_else(|| FactorSecretError::UnknownSecret { kid: kid.clone() })?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(Unspecified)?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        Ok(TotpSecret::from_bytes(key.open_in_place(nonce, place(user_id, factor_id), &mut text)?)?)
    }
}

/// The associated data of a secret. A secret that is moved to another person's row cannot be decrypted there.
fn place(user_id: Uuid, factor_id: Uuid) -> Aad<[u8; 32]> {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(user_id.as_bytes());
    bytes[16..].copy_from_slice(factor_id.as_bytes());
    Aad::from(bytes)
}

impl fmt::Debug for FactorSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::Secret;

    use super::*;

    fn secrets(current: char, others: &[char]) -> FactorSecrets {
        let secret = |letter: &char| Secret::new(letter.to_string().repeat(32));
        let others: Vec<Secret> = others.iter().map(secret).collect();
        FactorSecrets::new(&Keyring::new(&secret(&current), &others).unwrap()).unwrap()
    }

    #[test]
    fn a_secret_opens_where_it_belongs_as_long_as_its_key_is_known() {
        let (user, factor, secret) = (Uuid::now_v7(), Uuid::now_v7(), TotpSecret::generate());
        let old = secrets('a', &[]);
        let sealed = old.seal(user, factor, &secret).unwrap();
        assert_eq!(sealed.kid, old.current_kid());
        assert!(!sealed.sealed.windows(20).any(|bytes| bytes == secret.expose()));
        for opener in [&old, &secrets('b', &['a'])] {
            assert_eq!(opener.open(user, factor, &sealed).unwrap().expose(), secret.expose());
        }
        let lost = secrets('b', &[]).open(user, factor, &sealed);
        assert!(matches!(lost, Err(FactorSecretError::UnknownSecret { .. })));
        for (user, factor) in [(Uuid::now_v7(), factor), (user, Uuid::now_v7()), (factor, user)] {
            assert!(matches!(old.open(user, factor, &sealed), Err(FactorSecretError::Damaged(_))));
        }
        let cut = SealedSecret { sealed: sealed.sealed[..5].to_vec(), ..sealed };
        assert!(matches!(old.open(user, factor, &cut), Err(FactorSecretError::Damaged(_))));
    }
}
