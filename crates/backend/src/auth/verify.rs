//! Verifies a password against a hash that an earlier rule may have made.

use super::{HashError, Hasher};
use crate::domain::{Password, PasswordHash, PresentedPassword};

/// The result of a verification.
#[derive(Debug, Clone)]
pub enum Verified {
    /// The password is wrong.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right, and the hash was made of the typed form instead of the NFC form. The new hash is to
    /// replace the old one.
    RightBefore(PasswordHash),
}

impl Hasher {
    /// Verifies `password` against `hash`, in NFC and, for hashes of earlier versions, as it was typed. Without a
    /// hash the password is wrong after the same work. The number of hashings depends on the password alone. `admit`
    /// is asked once there is a thread for the work.
    ///
    /// # Errors
    ///
    /// A [`HashError`](super::HashError) by cause, or the error of `admit`.
    pub async fn verify_any_form<E: From<HashError>>(
        &self,
        password: PresentedPassword,
        hash: Option<PasswordHash>,
        admit: impl Future<Output = Result<(), E>>,
    ) -> Result<Verified, E> {
        let normalized = password.normalized();
        let is_normalized = normalized.expose() == password.expose();
        if self.verify_admitted(normalized, hash.clone(), admit).await? {
            return Ok(Verified::Right);
        }
        if is_normalized || !self.verify(password.clone(), hash.clone()).await? {
            return Ok(Verified::Wrong);
        }
        if hash.is_none() {
            return Ok(Verified::Wrong);
        }
        self.hash(Password::accepted_before(&password)).await.map(Verified::RightBefore).map_err(E::from)
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::num::NonZeroU32;

    use argon2::PasswordHasher as _;

    use super::super::HashMetrics;
    use super::*;

    #[tokio::test]
    async fn a_hash_of_another_form_is_known_and_replaced() {
        let metrics = HashMetrics::register(&prometheus::Registry::new()).unwrap();
        let hasher = Hasher::new(NonZeroU32::MIN, metrics).unwrap();
        let verify = |text: &str, hash: &PasswordHash| {
            hasher.verify_any_form(text.parse().unwrap(), Some(hash.clone()), ready(Ok::<_, HashError>(())))
        };
        let (composed, decomposed) = ("café au lait", "cafe\u{301} au lait");
        let of_before = |text: &str| {
            let hash = argon2::Argon2::default().hash_password(text.as_bytes()).unwrap();
            PasswordHash::from_phc(hash.to_string())
        };
        let old = of_before(decomposed);
        assert!(matches!(verify(composed, &old).await.unwrap(), Verified::Wrong));
        let Verified::RightBefore(new) = verify(decomposed, &old).await.unwrap() else { panic!("not right") };
        for text in [composed, decomposed] {
            assert!(matches!(verify(text, &new).await.unwrap(), Verified::Right), "{text}");
        }
        assert!(matches!(verify("tea", &old).await.unwrap(), Verified::Wrong));
        let nobody = hasher.verify_any_form(decomposed.parse().unwrap(), None, ready(Ok::<_, HashError>(())));
        assert!(matches!(nobody.await.unwrap(), Verified::Wrong));
        let refused = hasher.verify_any_form(composed.parse().unwrap(), None, ready(Err(HashError::Thread)));
        assert!(matches!(refused.await, Err(HashError::Thread)));
    }
}
