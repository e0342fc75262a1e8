//! The secrets, and the keys made from them.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Claims, MAX_TOKEN_BYTES, TokenError,
    jwe::{self, EncryptionKey},
    jws::SigningKey,
};
use crate::config::Secret;

/// The shortest secret, in bytes: 256 bits, as long as the keys made from it.
pub const MIN_SECRET_BYTES: usize = 32;

/// A secret that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The secret is too short to be unguessable.
    #[error("a secret has {bytes} bytes and needs at least {MIN_SECRET_BYTES}")]
    TooShort {
        /// The length of the secret, in bytes.
        bytes: usize,
    },
    /// The cryptographic library refused a key.
    #[error("a key cannot be made from a secret")]
    Derivation(#[from] aws_lc_rs::error::Unspecified),
}

/// The current secret, which makes tokens, and the other secrets, which only open them.
///
/// A secret is changed in two roll-outs: the new one becomes one of the others everywhere, then it is promoted
/// and the old one becomes one of the others until its last token has expired.
pub struct Keyring {
    current: Key,
    others: Vec<Key>,
}

struct Key {
    kid: String,
    root: Prk,
    encryption: EncryptionKey,
    signing: SigningKey,
}

impl Keyring {
    /// Makes the keys. A secret that is given twice counts once.
    pub fn new(current: &Secret, others: &[Secret]) -> Result<Self, KeyError> {
        let mut ring = Self { current: Key::new(current)?, others: Vec::new() };
        for other in others {
            let key = Key::new(other)?;
            if ring.key(&key.kid).is_none() {
                ring.others.push(key);
            }
        }
        Ok(ring)
    }

    /// Makes a token of at most a few hundred bytes.
    pub fn seal(&self, claims: &Claims) -> String {
        let key = &self.current;
        jwe::encrypt(&key.signing.sign(claims, &key.kid), &key.kid, &key.encryption)
    }

    /// Opens a token and checks it as a whole; `now` is the time in Unix seconds.
    pub fn open(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let sealed = jwe::Compact::parse(token)?;
        let key = self.key(sealed.kid()).ok_or(TokenError::UnknownKey)?;
        let signed = sealed.decrypt(&key.encryption)?;
        let claims = key.signing.verify(&signed, &key.kid)?;
        claims.check_time(now)?;
        Ok(claims)
    }

    /// The `kid` of the current secret: 16 characters that tell nothing of it.
    pub fn current_kid(&self) -> &str {
        &self.current.kid
    }

    /// A key for another purpose, named by `label`, from the current secret. Every label gives another key.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        self.current.derive(label)
    }

    /// The key of `label` from every secret, with the secret's `kid`, the current secret first.
    pub fn derive_all(&self, label: &str) -> Vec<(String, [u8; 32])> {
        self.keys().map(|key| (key.kid.clone(), key.derive(label))).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.others)
    }

    fn key(&self, kid: &str) -> Option<&Key> {
        self.keys().find(|key| key.kid == kid)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys().map(|key| &key.kid)).finish()
    }
}

impl Key {
    fn new(secret: &Secret) -> Result<Self, KeyError> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort { bytes: bytes.len() });
        }
        let root = Salt::new(HKDF_SHA256, b"user-onboarding").extract(bytes);
        let kid: [u8; 12] = expand(&root, &["token key id v1"])?;
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(kid),
            encryption: EncryptionKey::new(&expand(&root, &["token encryption A256GCM v1"])?)?,
            signing: SigningKey::new(&expand::<32>(&root, &["token signature HS256 v1"])?),
            root,
        })
    }

    #[expect(clippy::expect_used, reason = "HKDF-SHA256 fails only for outputs over 255 × 32 bytes")]
    fn derive(&self, label: &str) -> [u8; 32] {
        expand(&self.root, &["purpose: ", label]).expect("32 bytes are fewer than HKDF can give")
    }
}

/// HKDF-Expand, RFC 5869 section 2.3; the parts of `info` are joined.
fn expand<const N: usize>(root: &Prk, info: &[&str]) -> Result<[u8; N], aws_lc_rs::error::Unspecified> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
    let mut key = [0; N];
    root.expand(&info, Length(N))?.fill(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: char) -> Secret {
        Secret::new(byte.to_string().repeat(MIN_SECRET_BYTES))
    }

    #[test]
    fn a_short_secret_is_refused_wherever_it_stands() {
        let short = Secret::new("x".repeat(MIN_SECRET_BYTES - 1));
        for result in [Keyring::new(&short, &[]), Keyring::new(&secret('a'), std::slice::from_ref(&short))] {
            assert!(matches!(result, Err(KeyError::TooShort { bytes: 31 })));
        }
    }

    #[test]
    fn kid_and_derived_keys_differ_by_secret_and_label() {
        let ring = Keyring::new(&secret('a'), &[secret('b'), secret('a'), secret('b')]).unwrap();
        let keys = ring.derive_all("idempotency");
        assert_eq!(keys.len(), 2, "a secret given twice counts once");
        assert_eq!(keys[0], (ring.current_kid().to_owned(), ring.derive("idempotency")));
        assert_ne!(keys[0].0, keys[1].0);
        assert_ne!(keys[0].1, keys[1].1);
        assert_ne!(ring.derive("idempotency"), ring.derive("something else"));
        assert!(!format!("{ring:?}").contains("aaaa"));
    }

    #[test]
    fn keys_are_the_same_in_every_instance() {
        let rings = [(); 2].map(|()| Keyring::new(&secret('a'), &[]).unwrap());
        assert_eq!(rings[0].current_kid(), rings[1].current_kid());
        assert_eq!(rings[0].derive("x"), rings[1].derive("x"));
    }
}
