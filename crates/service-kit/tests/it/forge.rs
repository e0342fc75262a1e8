//! Makes tokens of any kind, good and bad, with OpenSSL and nothing of service-kit.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    hash::MessageDigest,
    md::Md,
    pkey::{Id, PKey},
    pkey_ctx::PkeyCtx,
    sign::Signer,
    symm::{Cipher, encrypt_aead},
};
use serde_json::{Value, json};

/// The keys that a secret stands for, derived as the documentation of `jwt` says.
pub(crate) struct Forge {
    pub(crate) kid: String,
    pub(crate) encryption: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Forge {
    pub(crate) fn new(secret: &str) -> Self {
        Self {
            kid: b64(hkdf(secret, "token key id v1", 12)),
            encryption: hkdf(secret, "token encryption A256GCM v1", 32),
            signature: hkdf(secret, "token signature HS256 v1", 32),
        }
    }

    pub(crate) fn jws_header(&self) -> Value {
        json!({"alg": "HS256", "typ": "at+jwt", "kid": self.kid})
    }

    pub(crate) fn jwe_header(&self) -> Value {
        json!({"alg": "dir", "enc": "A256GCM", "cty": "JWT", "kid": self.kid})
    }

    /// A JWS with any header and payload, rightly signed.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(payload));
        let key = PKey::hmac(&self.signature).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(message.as_bytes()).unwrap();
        format!("{message}.{}", b64(signature))
    }

    /// A JWE with any header and content, rightly encrypted.
    pub(crate) fn encrypt(&self, header: &str, content: &str) -> String {
        let (protected, nonce) = (b64(header), [7; 12]);
        let mut tag = [0; 16];
        let cipher = Cipher::aes_256_gcm();
        let aad = protected.as_bytes();
        let sealed =
            encrypt_aead(cipher, &self.encryption, Some(&nonce), aad, content.as_bytes(), &mut tag).unwrap();
        format!("{protected}..{}.{}.{}", b64(nonce), b64(sealed), b64(tag))
    }

    /// A nested token with good headers around any claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.jwe_header().to_string(), &self.jws_header().to_string(), &claims.to_string())
    }

    /// A nested token with any headers around any claims.
    pub(crate) fn token_with(&self, outer: &str, inner: &str, claims: &str) -> String {
        self.encrypt(outer, &self.sign(inner, claims))
    }
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hkdf(secret: &str, info: &str, length: usize) -> Vec<u8> {
    let mut context = PkeyCtx::new_id(Id::HKDF).unwrap();
    context.derive_init().unwrap();
    context.set_hkdf_md(Md::sha256()).unwrap();
    context.set_hkdf_key(secret.as_bytes()).unwrap();
    context.set_hkdf_salt(b"user-onboarding").unwrap();
    context.add_hkdf_info(info.as_bytes()).unwrap();
    let mut key = vec![0; length];
    context.derive(Some(&mut key)).unwrap();
    key
}
