//! Makes one-time codes and verifies their digits.

use std::fmt;

use aws_lc_rs::hmac;
use service_kit::jwt::Keyring;
use uuid::Uuid;

use crate::domain::one_time_code::{CodePurpose, CodeState, Digits, LIFETIME, LinkToken, NewCode};
use crate::domain::{Email, Timestamp};

/// Makes codes with the key of the current secret, and verifies codes with the keys of all secrets.
pub struct CodeMaker {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, hmac::Key)>,
}

/// A code to be stored and mailed.
#[derive(Debug, Clone)]
pub struct IssuedCode {
    /// The code as the database keeps it.
    pub stored: NewCode,
    /// The digits in the mail.
    pub digits: Digits,
    /// The token in the link of the mail.
    pub token: LinkToken,
}

impl CodeMaker {
    /// A maker with keys from every secret of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let keys = keyring.derive_all("one-time code HMAC-SHA256 v1").into_iter();
        Self { keys: keys.map(|(kid, key)| (kid, hmac::Key::new(hmac::HMAC_SHA256, &key))).collect() }
    }

    /// A code for the account `user_id`, which is mailed to `email`.
    pub fn issue(&self, user_id: Uuid, purpose: CodePurpose, email: Email, now: Timestamp) -> IssuedCode {
        let (id, digits, token) = (Uuid::now_v7(), Digits::generate(), LinkToken::generate());
        // A keyring has a current secret by its making. Without one, no digits would ever fit.
        let (kid, hash) = self.keys.first().map(|(kid, key)| (kid.clone(), sign(key, id, &digits))).unzip();
        // Whoever resets a password is not logged in, so that nothing would bind digits to them.
        let code_hash = hash.filter(|_| purpose != CodePurpose::ResetPassword);
        let stored = NewCode {
            id,
            user_id,
            purpose,
            email,
            kid: kid.unwrap_or_default(),
            code_hash,
            token_hash: token.hash(),
            created_at: now,
            expires_at: now + LIFETIME,
        };
        IssuedCode { stored, digits, token }
    }

    /// Whether `digits` are those of the code. Right and wrong digits take the same time.
    pub fn fits(&self, code: &CodeState, digits: &Digits) -> bool {
        let key = self.keys.iter().find(|(kid, _)| *kid == code.kid);
        let (Some((_, key)), Some(hash)) = (key, code.code_hash) else { return false };
        hmac::verify(key, &message(code.id, digits), &hash).is_ok()
    }
}

/// The text whose HMAC is stored. It has the code's id, so that equal digits of two codes have different hashes.
fn message(id: Uuid, digits: &Digits) -> Vec<u8> {
    [id.as_bytes().as_slice(), digits.expose().as_bytes()].concat()
}

fn sign(key: &hmac::Key, id: Uuid, digits: &Digits) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(hmac::sign(key, &message(id, digits)).as_ref());
    hash
}

impl fmt::Debug for CodeMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::now;
    use service_kit::config::Secret;

    fn maker(current: &str, others: &[&str]) -> CodeMaker {
        let others: Vec<Secret> = others.iter().map(|text| Secret::new(*text)).collect();
        CodeMaker::new(&Keyring::new(&Secret::new(current), &others).unwrap())
    }

    fn as_read(code: &NewCode) -> CodeState {
        let NewCode { id, user_id, purpose, email, kid, code_hash, created_at, expires_at, .. } =
            code.clone();
        let (attempts, used_at, superseded_at) = (0, None, None);
        CodeState {
            id,
            user_id,
            purpose,
            email,
            kid,
            code_hash,
            created_at,
            expires_at,
            attempts,
            used_at,
            superseded_at,
        }
    }

    #[test]
    fn a_code_is_known_by_its_digits_alone_and_by_the_secret_that_made_it() {
        const OLD: &str = "the old secret, of sufficient length";
        const NEW: &str = "the new secret, of sufficient length";
        let email: Email = "ada@example.com".parse().unwrap();
        let old = maker(OLD, &[]);
        let code = old.issue(Uuid::now_v7(), CodePurpose::VerifyEmail, email, now());
        let state = as_read(&code.stored);
        assert!(old.fits(&state, &code.digits));
        let other = if code.digits.expose() == "000000" { "000001" } else { "000000" };
        assert!(!old.fits(&state, &other.parse().unwrap()));
        let another_row = CodeState { id: Uuid::now_v7(), ..state.clone() };
        assert!(!old.fits(&another_row, &code.digits));
        assert!(maker(NEW, &[OLD]).fits(&state, &code.digits), "the secret was changed meanwhile");
        assert!(!maker(NEW, &[]).fits(&state, &code.digits));
    }
}
