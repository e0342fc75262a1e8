//! Derives the successor of a refresh token.

use aws_lc_rs::hmac;
use service_kit::jwt::Keyring;

use crate::domain::session::RefreshToken;

/// Derives the successors of refresh tokens, with keys from all secrets.
///
/// A successor is the HMAC-SHA256 of the token that it replaces. So every instance derives the same successor, as
/// often as it is asked. Nobody can derive the successor without both the token and the secret.
pub struct Successors {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, hmac::Key)>,
}

impl Successors {
    /// Keys from every secret of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let keys = keyring.derive_all("refresh token successor HMAC-SHA256 v1");
        let keys = keys.into_iter().map(|(kid, key)| (kid, hmac::Key::new(hmac::HMAC_SHA256, &key)));
        Self { keys: keys.collect() }
    }

    /// The `kid` of a key, and the successor of `token` by that key. The key is that of `kid`, or the current one
    /// without `kid`. None where the key is not known any more.
    pub fn of(&self, token: &RefreshToken, kid: Option<&str>) -> Option<(String, RefreshToken)> {
        let mut keys = self.keys.iter();
        let (kid, key) = keys.find(|(known, _)| kid.is_none_or(|kid| kid == known))?;
        let successor = hmac::sign(key, token.expose().as_bytes());
        Some((kid.clone(), RefreshToken::from_bytes(successor.as_ref())))
    }
}

impl std::fmt::Debug for Successors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::Secret;

    const OLD: &str = "the old secret, of sufficient length";
    const NEW: &str = "the new secret, of sufficient length";

    fn successors(current: &str, others: &[&str]) -> Successors {
        let others: Vec<Secret> = others.iter().map(|text| Secret::new(*text)).collect();
        Successors::new(&Keyring::new(&Secret::new(current), &others).unwrap())
    }

    #[test]
    fn a_token_has_one_successor_for_each_secret() {
        let (before, promoted) = (successors(OLD, &[NEW]), successors(NEW, &[OLD]));
        let token = RefreshToken::generate();
        let (kid, successor) = before.of(&token, None).unwrap();
        let (again_kid, again) = promoted.of(&token, Some(&kid)).unwrap();
        assert_eq!((&again_kid, again.hash()), (&kid, successor.hash()));
        let (new_kid, other) = promoted.of(&token, None).unwrap();
        assert!(new_kid != kid && other.hash() != successor.hash());
        assert!(successors(NEW, &[]).of(&token, Some(&kid)).is_none());
        assert_eq!(successor.expose().len(), 43);
        assert_ne!(before.of(&successor, None).unwrap().1.hash(), successor.hash());
    }
}
