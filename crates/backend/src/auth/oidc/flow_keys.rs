//! Derives nonce and PKCE verifier from a flow's state. These bind a provider's token to one flow.
//!
//! The database keeps nothing that helps to finish a flow, and any instance can finish a flow of another one.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::{Nonce, PkceCodeVerifier};
use service_kit::jwt::Keyring;
use zeroize::Zeroizing;

use crate::domain::oidc::State;

/// Derives the secrets of flows, with keys from all secrets.
pub struct FlowKeys {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, hmac::Key)>,
}

/// The secrets of one flow.
pub struct FlowSecrets {
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

impl FlowKeys {
    /// Keys from every secret of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let keys = keyring.derive_all("OpenID Connect flow HMAC-SHA256 v1").into_iter();
        Self { keys: keys.map(|(kid, key)| (kid, hmac::Key::new(hmac::HMAC_SHA256, &key))).collect() }
    }

    /// The `kid` of a key, and the secrets of the flow `state` by that key. The key is that of `kid`, or the current
    /// one without `kid`. None where the key is not known any more.
    pub fn of(&self, state: &State, kid: Option<&str>) -> Option<(String, FlowSecrets)> {
        let (kid, key) = self.keys.iter().find(|(known, _)| kid.is_none_or(|kid| kid == known))?;
        let derived = |purpose: &str| {
            let message = [purpose, " ", state.expose()].concat();
            Zeroizing::new(URL_SAFE_NO_PAD.encode(hmac::sign(key, message.as_bytes())))
        };
        Some((kid.clone(), FlowSecrets { nonce: derived("nonce"), verifier: derived("verifier") }))
    }
}

impl FlowSecrets {
    /// The nonce that the ID token must have.
    pub(super) fn nonce(&self) -> Nonce {
        Nonce::new(self.nonce.to_string())
    }

    /// The PKCE verifier, which proves to the provider that this service began the flow (43 characters, RFC 7636
    /// section 4.1).
    pub(super) fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.verifier.to_string())
    }
}

impl std::fmt::Debug for FlowKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

impl std::fmt::Debug for FlowSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FlowSecrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::Secret;

    fn keys(current: &str, others: &[&str]) -> FlowKeys {
        let others: Vec<Secret> = others.iter().map(|letter| Secret::new(letter.repeat(32))).collect();
        FlowKeys::new(&Keyring::new(&Secret::new(current.repeat(32)), &others).unwrap())
    }

    #[test]
    fn any_instance_derives_the_same_and_nobody_else_does() {
        let state = State::generate();
        let (kid, secrets) = keys("a", &[]).of(&state, None).unwrap();
        let (_, again) = keys("b", &["a"]).of(&state, Some(&kid)).unwrap();
        assert_eq!((&secrets.nonce, &secrets.verifier), (&again.nonce, &again.verifier));
        assert_ne!(secrets.nonce, secrets.verifier);
        assert_eq!(secrets.verifier.len(), 43);
        assert_ne!(keys("a", &[]).of(&State::generate(), None).unwrap().1.nonce, secrets.nonce);
        assert_ne!(keys("b", &[]).of(&state, None).unwrap().1.nonce, secrets.nonce);
        assert!(keys("b", &[]).of(&state, Some(&kid)).is_none());
    }
}
