//! Signs the links in mails that end reminders without a log-in (RFC 8058 section 2: whoever has the link may).
//!
//! A token names the account and is signed with a key from the secret of the access tokens. The token can only end
//! reminders, and works as long as its key is known.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::jwt::Keyring;
use uuid::Uuid;

const LABEL: &str = "end of reminders HMAC-SHA256 v1";

/// Signs and verifies the tokens of such links.
pub struct UnsubscribeSigner {
    /// The keys by `kid`. The first key signs.
    keys: Vec<(String, hmac::Key)>,
}

impl UnsubscribeSigner {
    /// A signer with keys from all secrets of `keyring`.
    pub fn new(keyring: &Keyring) -> Self {
        let key = |(kid, bytes): (String, [u8; 32])| (kid, hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        Self { keys: keyring.derive_all(LABEL).into_iter().map(key).collect() }
    }

    /// The token of an account: the key's `kid`, the account, and the account's HMAC, in base64url.
    pub fn sign(&self, user_id: Uuid) -> String {
        // A keyring always has a current secret.
        let Some((kid, key)) = self.keys.first() else { return String::new() };
        let tag = hmac::sign(key, user_id.as_bytes());
        format!("{kid}.{}.{}", URL_SAFE_NO_PAD.encode(user_id), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The account of a token; none where no known key has signed the token.
    pub fn verify(&self, token: &str) -> Option<Uuid> {
        let mut parts = token.splitn(3, '.');
        let (kid, user_id, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let (_, key) = self.keys.iter().find(|(known, _)| known == kid)?;
        let user_id = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(user_id).ok()?).ok()?;
        hmac::verify(key, user_id.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
        Some(user_id)
    }
}

impl std::fmt::Debug for UnsubscribeSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::Secret;

    use super::*;

    fn signer(current: char, others: &[char]) -> UnsubscribeSigner {
        let secret = |letter: &char| Secret::new(letter.to_string().repeat(32));
        let others: Vec<Secret> = others.iter().map(secret).collect();
        UnsubscribeSigner::new(&Keyring::new(&secret(&current), &others).unwrap())
    }

    #[test]
    fn a_link_names_its_account_as_long_as_its_secret_is_known() {
        let user_id = Uuid::now_v7();
        let token = signer('a', &[]).sign(user_id);
        assert_eq!(token, signer('a', &[]).sign(user_id), "each mail of a person brings the same");
        let path_safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(token.chars().all(path_safe), "{token}");
        assert_eq!(signer('b', &['a']).verify(&token), Some(user_id));
        assert_eq!(signer('b', &[]).verify(&token), None);
    }

    #[test]
    fn nobody_else_can_make_a_token() {
        let signer = signer('a', &[]);
        let (token, other) = (signer.sign(Uuid::now_v7()), signer.sign(Uuid::now_v7()));
        let parts: Vec<&str> = token.split('.').collect();
        let others: Vec<&str> = other.split('.').collect();
        let mixed = format!("{}.{}.{}", parts[0], others[1], parts[2]);
        for forged in ["", "..", "a.b.c", &token[..token.len() - 1], &format!("{token}x"), &mixed] {
            assert_eq!(signer.verify(forged), None, "{forged}");
        }
    }
}
