//! Encrypts tokens that only this service can read. The keys are from all secrets, so that tokens outlive a change of
//! secrets.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service_kit::jwt::Keyring;

/// Encrypts and decrypts tokens of one kind.
pub(super) struct Sealer {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, RandomizedNonceKey)>,
}

impl Sealer {
    /// Keys from every secret of `keyring`, for tokens of the kind `label`.
    pub(super) fn new(keyring: &Keyring, label: &str) -> Result<Self, Unspecified> {
        let keys = keyring.derive_all(label).into_iter();
        let keys = keys.map(|(kid, key)| Ok((kid, RandomizedNonceKey::new(&AES_256_GCM, &key)?)));
        Ok(Self { keys: keys.collect::<Result<_, Unspecified>>()? })
    }

    /// The token of `content`: the key's `kid`, then nonce and ciphertext in base64url. The token can be decrypted
    /// for the same `purpose` only.
    pub(super) fn seal(&self, purpose: &[u8], content: &impl Serialize) -> Result<String, Unspecified> {
        // `Keyring` has a current secret by its making.
        let (kid, key) = self.keys.first().ok_or(Unspecified)?;
        // Made of ids, numbers and bytes, which always serialise.
        let mut text = serde_json::to_vec(content).map_err(|_| Unspecified)?;
        let nonce = key.seal_in_place_append_tag(Aad::from(purpose), &mut text)?;
        let sealed = [nonce.as_ref().as_slice(), &text].concat();
        Ok(format!("{kid}.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The content of a token for `purpose`; none where no known key has encrypted the token.
    pub(super) fn open<T: DeserializeOwned>(&self, purpose: &[u8], token: &str) -> Option<T> {
        let (kid, sealed) = token.split_once('.')?;
        let (_, key) = self.keys.iter().find(|(known, _)| known == kid)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let text = key.open_in_place(nonce, Aad::from(purpose), &mut text).ok()?;
        serde_json::from_slice(text).ok()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}
