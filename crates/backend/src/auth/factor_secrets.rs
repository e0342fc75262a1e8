//! Secrets of authenticator apps are encrypted at rest: whoever reads the database cannot make codes.
//!
//! The key is made from `JWT_SECRET`, and the `kid` says from which one. A secret lives for years and `JWT_SECRET` does not,
//! so each instance seals anew, under the current one, what another one has sealed (`app::maintenance`), and
//! `second_factors_sealed_by_other_secrets` says how many are left.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use service_kit::jwt::Keyring;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::second_factor::{NoTotpSecret, SealedSecret, TotpSecret};

const LABEL: &str = "second factor secrets A256GCM v1";

/// Seals and opens secrets of authenticator apps with the keys of all secrets.
pub struct FactorSecrets {
    /// The current secret's first.
    keys: Vec<(String, RandomizedNonceKey)>,
}

/// Why a secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum FactorSecretError {
    /// The secret that sealed it is not among ours any more.
    #[error("the secret {kid}, which sealed an authenticator app's, is not known any more")]
    UnknownSecret {
        /// Which.
        kid: String,
    },
    /// It was damaged, tampered with or moved to another person or factor.
    #[error("the secret of an authenticator app cannot be decrypted")]
    Damaged(#[from] Unspecified),
    /// It is none of this version.
    #[error(transparent)]
    Unreadable(#[from] NoTotpSecret),
}

impl FactorSecrets {
    /// With a key from every secret of `keyring`.
    pub fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        let keys = keyring.derive_all(LABEL).into_iter();
        let keys = keys.map(|(kid, key)| Ok((kid, RandomizedNonceKey::new(&AES_256_GCM, &key)?)));
        Ok(Self { keys: keys.collect::<Result<_, Unspecified>>()? })
    }

    /// The `kid` of the secret that seals.
    pub fn current_kid(&self) -> &str {
        // `Keyring` has a current secret by its making.
        self.keys.first().map(|(kid, _)| kid.as_str()).unwrap_or_default()
    }

    /// The secret of the factor `factor_id` of `user_id` as it is stored.
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

    /// The secret that was sealed for the factor `factor_id` of `user_id`.
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

/// A secret that is moved to another person's row does not open there.
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
