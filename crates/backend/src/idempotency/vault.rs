//! The vault: makes idempotency records and reads them.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use service_kit::jwt::Keyring;

use super::reference::StateReference;
use super::unreadable::Unreadable;
use super::{Answer, IdempotencyKey, KEPT_FOR, Kept};
use crate::domain::Timestamp;
use crate::store::{Asker, IdempotencyRecord, KeptAnswer, Scope};

/// A request with a key, as records know it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The key of the request's record.
    pub scope: Scope,
    /// Whether a proxy made the key, and not the client.
    pub key_by_proxy: bool,
    /// The request's body, of which only a keyed hash is kept.
    pub body: bytes::Bytes,
}

/// Encrypts and decrypts records, with the keys of all secrets.
pub struct Vault {
    /// The keys by `kid`, those of the current secret first.
    keys: Vec<Key>,
}

struct Key {
    kid: String,
    body: hmac::Key,
    answer: RandomizedNonceKey,
}

/// The reason why a stored answer cannot be given again.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key was used with another body.
    #[error("the idempotency key was used before with another body")]
    OtherBody,
    /// The secret of the record is not known any more.
    #[error("the secret {kid} of a kept answer is not known any more")]
    UnknownSecret {
        /// The `kid` of the secret.
        kid: String,
    },
    /// The record was damaged or tampered with.
    #[error("a kept answer cannot be decrypted")]
    Damaged(#[from] Unspecified),
    /// The record was written by a version that this version does not understand.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Vault {
    /// A vault with keys from every secret of `keyring`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where a key cannot be made.
    pub fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        let answers = keyring.derive_all("idempotency answer A256GCM v1");
        let bodies = keyring.derive_all("idempotency body HMAC-SHA256 v1");
        let keys = bodies.into_iter().zip(answers).map(|((kid, body), (_, answer))| {
            let answer = RandomizedNonceKey::new(&AES_256_GCM, &answer)?;
            Ok(Key { kid, body: hmac::Key::new(hmac::HMAC_SHA256, &body), answer })
        });
        Ok(Self { keys: keys.collect::<Result<_, Unspecified>>()? })
    }

    /// The record of `request` and its `answer`.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] where the answer cannot be encrypted.
    pub fn seal(
        &self,
        request: &Request,
        answer: &Answer,
        asker: Option<Asker>,
        now: Timestamp,
    ) -> Result<IdempotencyRecord, OpenError> {
        // `Keyring` has a current secret by its making.
        let key = self.keys.first().ok_or(Unspecified)?;
        let mut text = match answer.tells {
            Some(state) => state.to_bytes(),
            None => answer.to_bytes()?,
        };
        let nonce = key.answer.seal_in_place_append_tag(Aad::from(request.scope), &mut text)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut text);
        let kept = KeptAnswer { kid: key.kid.clone(), body_hash: key.hash(&request.body), answer: sealed };
        Ok(IdempotencyRecord { scope: request.scope, asker, kept, expires_at: now + KEPT_FOR })
    }

    /// The asker by which live records of `who` are counted. `what` tells one count from another.
    pub fn asker(&self, what: &str, who: &[u8]) -> Asker {
        let mut asker = [0; 16];
        if let Some(key) = self.keys.first() {
            let hash = key.hash(&[b"asker v1 ", what.as_bytes(), b" ", who].concat());
            asker.copy_from_slice(&hash[..16]);
        }
        asker
    }

    /// The stored form of the answer to `request`.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] by cause.
    pub fn open(&self, request: &Request, kept: &KeptAnswer) -> Result<Kept, OpenError> {
        let key = self.keys.iter().find(|key| key.kid == kept.kid);
        let key = key.ok_or_else(|| OpenError::UnknownSecret { kid: kept.kid.clone() })?;
        if hmac::verify(&key.body, &request.body, &kept.body_hash).is_err() {
            return Err(OpenError::OtherBody);
        }
        let (nonce, sealed) = kept.answer.split_at_checked(NONCE_LEN).ok_or(Unspecified)?;
        let mut text = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let text = key.answer.open_in_place(nonce, Aad::from(request.scope), &mut text)?;
        Ok(match StateReference::from_bytes(text)? {
            Some(state) => Kept::State(state),
            None => Kept::Answer(Answer::from_bytes(text)?),
        })
    }
}

impl Key {
    fn hash(&self, body: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.body, body).as_ref());
        hash
    }
}

impl Request {
    /// A request of `who` with `key`. `who` is any text that tells askers apart.
    pub fn new(who: &[u8], method: &str, path: &str, key: &IdempotencyKey, body: bytes::Bytes) -> Self {
        let mut context = Context::new(&SHA256);
        for part in
            [b"idempotency scope v1", who, method.as_bytes(), path.as_bytes(), key.as_str().as_bytes()]
        {
            // With its length before it, no part can reach into the next.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut scope = [0; 32];
        scope.copy_from_slice(context.finish().as_ref());
        Self { scope, key_by_proxy: key.made_by_proxy(), body }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::now;
    use crate::idempotency::Completion;
    use http::{HeaderMap, StatusCode, header};
    use service_kit::config::Secret;

    const OLD: &str = "the old secret, of sufficient length";
    const NEW: &str = "the new secret, of sufficient length";

    fn vault(current: &str, others: &[&str]) -> Vault {
        let others: Vec<Secret> = others.iter().map(|text| Secret::new(*text)).collect();
        Vault::new(&Keyring::new(&Secret::new(current), &others).unwrap()).unwrap()
    }

    fn request(who: &str, path: &str, key: &str, body: &'static str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", key.parse().unwrap());
        let key = IdempotencyKey::read(&headers).unwrap().unwrap();
        Request::new(who.as_bytes(), "POST", path, &key, body.into())
    }

    fn answer() -> Answer {
        Answer::json(StatusCode::CREATED, &serde_json::json!({"access_token": "tell-tale"}))
            .unwrap()
            .with(header::ETAG, "\"7\"".parse().unwrap())
    }

    #[test]
    fn an_answer_comes_back_as_it_was_and_the_record_tells_nothing() {
        let vault = vault(NEW, &[]);
        let request = request("anonymous", "/api/x", "k", "tell-tale body");
        let record = vault.seal(&request, &answer(), None, now()).unwrap();
        assert_eq!(vault.open(&request, &record.kept).unwrap(), Kept::Answer(answer()));
        let stored = format!("{:?}", String::from_utf8_lossy(&record.kept.answer));
        assert!(!stored.contains("tell-tale"), "{stored}");
    }

    #[test]
    fn another_body_a_moved_record_and_a_lost_secret_are_told() {
        let old = vault(OLD, &[]);
        let first = request("anonymous", "/api/x", "k", "body");
        let kept = old.seal(&first, &answer(), None, now()).unwrap().kept;
        let other_body = request("anonymous", "/api/x", "k", "other");
        assert!(matches!(old.open(&other_body, &kept), Err(OpenError::OtherBody)));
        let moved = request("somebody", "/api/x", "k", "body");
        assert!(matches!(old.open(&moved, &kept), Err(OpenError::Damaged(_))));
        assert!(matches!(vault(NEW, &[]).open(&first, &kept), Err(OpenError::UnknownSecret { .. })));
        assert_eq!(vault(NEW, &[OLD]).open(&first, &kept).unwrap(), Kept::Answer(answer()));
    }

    #[test]
    fn an_answer_that_tells_a_state_is_kept_as_its_name() {
        let (vault, user_id) = (vault(NEW, &[]), uuid::Uuid::now_v7());
        let request = request("somebody", "/api/x", "k", "body");
        let large =
            Answer::json(StatusCode::OK, &"x".repeat(80_000)).unwrap().telling(user_id, 7, Completion::Never);
        let kept = vault.seal(&request, &large, None, now()).unwrap().kept;
        assert!(kept.answer.len() <= 100, "{} bytes", kept.answer.len());
        let Kept::State(state) = vault.open(&request, &kept).unwrap() else { panic!("no reference") };
        assert_eq!((state.user_id, state.version, state.completion), (user_id, 7, Completion::Never));
        assert!(large.is_the_one_of(&state) && !answer().is_the_one_of(&state));
    }

    #[test]
    fn askers_are_told_apart_and_not_told() {
        let vault = vault(NEW, &[]);
        let ada = vault.asker("refusals", b"ada");
        assert_eq!(ada, vault.asker("refusals", b"ada"));
        assert_ne!(ada, vault.asker("refusals", b"bob"));
        assert_ne!(ada, vault.asker("changes", b"ada"));
        assert_ne!(ada, self::vault(OLD, &[]).asker("refusals", b"ada"));
    }

    #[test]
    fn scopes_differ_in_each_part() {
        let scopes = [
            request("ab", "/c", "k", "").scope,
            request("a", "b/c", "k", "").scope,
            request("ab", "/c", "l", "").scope,
            request("ab", "/", "ck", "").scope,
        ];
        for (index, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..index].contains(scope), "{index}");
        }
        assert_eq!(request("a", "/c", "k", "x").scope, request("a", "/c", "k", "y").scope);
    }
}
