//! The encryption outside: JWE in compact form with `dir` and `A256GCM`, RFC 7516 and RFC 7518 section 5.3.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::TokenError;

/// The length of the authentication tag of `A256GCM`.
const TAG_LEN: usize = 16;

/// An AES-256-GCM key that draws a fresh random nonce for each token.
///
/// Random nonces of 96 bits are safe for 2³² tokens of one key (NIST SP 800-38D section 8.3).
pub(super) struct EncryptionKey(RandomizedNonceKey);

/// The header as [`EncryptionKey`] writes it, which is the only accepted one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: Dir,
    enc: A256Gcm,
    cty: Jwt,
    kid: String,
}

#[derive(Serialize, Deserialize)]
enum Dir {
    #[serde(rename = "dir")]
    Dir,
}

#[derive(Serialize, Deserialize)]
enum A256Gcm {
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

#[derive(Serialize, Deserialize)]
enum Jwt {
    #[serde(rename = "JWT")]
    Jwt,
}

/// A JWE of the right form with an accepted header. Nothing of its content is trusted yet.
pub(super) struct Compact<'a> {
    kid: String,
    /// The encoded header, which the tag protects.
    protected: &'a str,
    nonce: [u8; NONCE_LEN],
    /// Ciphertext and tag.
    sealed: Vec<u8>,
}

impl EncryptionKey {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self)
    }
}

#[expect(clippy::expect_used, reason = "the header is fixed but for kid, and a token is far below 64 GiB")]
pub(super) fn encrypt(text: &str, kid: &str, key: &EncryptionKey) -> String {
    let header = Header { alg: Dir::Dir, enc: A256Gcm::A256Gcm, cty: Jwt::Jwt, kid: kid.to_owned() };
    let protected = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).expect("a header serialises"));
    let mut sealed = text.as_bytes().to_vec();
    let nonce = key
        .0
        .seal_in_place_append_tag(Aad::from(protected.as_bytes()), &mut sealed)
        .expect("a short text can be sealed");
    let tag = sealed.split_off(sealed.len() - TAG_LEN);
    let [nonce, sealed, tag]: [String; 3] =
        [nonce.as_ref().as_slice(), &sealed, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    // The empty part is the encrypted key, which `dir` does not have.
    format!("{protected}..{nonce}.{sealed}.{tag}")
}

impl<'a> Compact<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        let parts: Vec<&str> = token.splitn(6, '.').collect();
        let &[protected, encrypted_key, nonce, ciphertext, tag] = parts.as_slice() else {
            return Err(TokenError::NotEncrypted);
        };
        let header: Header = serde_json::from_slice(&decode("JWE header", protected)?)
            .map_err(|source| TokenError::Header { layer: "JWE", source })?;
        if !encrypted_key.is_empty() {
            return Err(TokenError::Encoding("encrypted key"));
        }
        let nonce = decode("nonce", nonce)?.try_into().map_err(|_| TokenError::Encoding("nonce"))?;
        let tag = decode("tag", tag)?;
        if tag.len() != TAG_LEN {
            return Err(TokenError::Encoding("tag"));
        }
        let mut sealed = decode("ciphertext", ciphertext)?;
        sealed.extend_from_slice(&tag);
        Ok(Self { kid: header.kid, protected, nonce, sealed })
    }

    /// The `kid` of the key that the token claims to be made with.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn decrypt(mut self, key: &EncryptionKey) -> Result<String, TokenError> {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let text = key
            .0
            .open_in_place(nonce, Aad::from(self.protected.as_bytes()), &mut self.sealed)
            .map_err(|Unspecified| TokenError::Decryption)?;
        let length = text.len();
        self.sealed.truncate(length);
        String::from_utf8(self.sealed).map_err(|_| TokenError::Encoding("signed token"))
    }
}

/// Decodes base64url without padding. Stray bits are refused, so that a token has one spelling only.
fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Encoding(part))
}
