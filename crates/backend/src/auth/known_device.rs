//! Recognizes devices that have logged in to an account before (OWASP, "Slow Down Online Guessing Attacks with Device
//! Cookies").
//!
//! A log-in gives the device a token with the account and a random number, signed with a key from the secret of the
//! access tokens. The wrong guesses of a device with a token are counted apart from those of strangers. The token
//! proves nothing else.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::jwt::Keyring;
use uuid::Uuid;

use crate::domain::guessing::{LOG_IN, Limit};

const LABEL: &str = "known devices v1";

/// Signs and verifies the tokens of devices.
pub struct DeviceSigner {
    /// The keys by `kid`. The first key signs.
    keys: Vec<(String, hmac::Key)>,
}

/// A device that has logged in to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// The id of the account.
    pub user_id: Uuid,
    /// The random id of the device for this account.
    pub id: Uuid,
}

impl KnownDevice {
    /// The device of a first log-in to the account `user_id`.
    pub fn new(user_id: Uuid) -> Self {
        Self { user_id, id: Uuid::new_v4() }
    }

    /// The limit on this device's wrong guesses at a password.
    pub fn limit(self) -> Limit {
        self.limit_for(LOG_IN)
    }

    /// The limit on this device's wrong guesses for `purpose`.
    pub fn limit_for(self, purpose: &str) -> Limit {
        Limit::by_device(purpose, self.user_id, self.id)
    }
}

impl DeviceSigner {
    /// A signer with keys from all secrets of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |(kid, bytes): (String, [u8; 32])| (kid, hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        Self { keys: keyring.derive_all(LABEL).into_iter().map(key).collect() }
    }

    /// The token of `device`: the secret's `kid`, account and device, and their HMAC, in base64url.
    pub fn sign(&self, device: KnownDevice) -> String {
        let named = [device.user_id.into_bytes(), device.id.into_bytes()].concat();
        // A keyring always has a current secret.
        let Some((kid, key)) = self.keys.first() else { return String::new() };
        let tag = hmac::sign(key, &named);
        format!("{kid}.{}.{}", URL_SAFE_NO_PAD.encode(named), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The device of a token; none where no known key has signed the token.
    pub fn verify(&self, token: &str) -> Option<KnownDevice> {
        let mut parts = token.splitn(3, '.');
        let (kid, named, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let (_, key) = self.keys.iter().find(|(known, _)| known == kid)?;
        let named: [u8; 32] = URL_SAFE_NO_PAD.decode(named).ok()?.try_into().ok()?;
        hmac::verify(key, &named, &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
        let (user_id, id) = named.split_first_chunk::<16>()?;
        Some(KnownDevice { user_id: Uuid::from_bytes(*user_id), id: Uuid::from_slice(id).ok()? })
    }
}

impl std::fmt::Debug for DeviceSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::Secret;

    use super::*;

    fn signer(current: char, others: &[char]) -> DeviceSigner {
        let secret = |letter: &char| Secret::new(letter.to_string().repeat(32));
        let others: Vec<Secret> = others.iter().map(secret).collect();
        DeviceSigner::new(&Keyring::new(&secret(&current), &others).unwrap())
    }

    #[test]
    fn a_device_is_known_as_long_as_its_secret_is() {
        let device = KnownDevice::new(Uuid::now_v7());
        let token = signer('a', &[]).sign(device);
        assert_eq!(signer('a', &[]).verify(&token), Some(device));
        assert_eq!(signer('b', &['a']).verify(&token), Some(device));
        assert_eq!(signer('b', &[]).verify(&token), None);
    }

    #[test]
    fn nobody_else_can_make_a_token() {
        let (signer, device) = (signer('a', &[]), KnownDevice::new(Uuid::now_v7()));
        let token = signer.sign(device);
        let other = signer.sign(KnownDevice::new(Uuid::now_v7()));
        let parts: Vec<&str> = token.split('.').collect();
        let others: Vec<&str> = other.split('.').collect();
        let mixed = format!("{}.{}.{}", parts[0], others[1], parts[2]);
        for forged in ["", "..", "a.b.c", &token[..token.len() - 1], &format!("{token}x"), &mixed] {
            assert_eq!(signer.verify(forged), None, "{forged}");
        }
    }
}
