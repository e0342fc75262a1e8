//! A flow: a log-in at a provider, from its start to its callback.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ProviderName;
use crate::domain::Timestamp;

/// How long somebody may take at the provider.
pub const FLOW_LIFETIME: Duration = Duration::minutes(10);

/// What the way back is known by: 256 random bits in base64url (`state`, RFC 6749 section 4.1.1).
#[derive(Clone)]
pub struct State(Zeroizing<String>);

/// What the browser that began is known by, which it keeps in a cookie: 256 random bits in base64url.
#[derive(Clone)]
pub struct BrowserToken(Zeroizing<String>);

impl State {
    /// A state nobody had before.
    pub fn generate() -> Self {
        Self(random())
    }

    /// A state as it comes back. Any text will do: one that we never gave is not found.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The state in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl BrowserToken {
    /// A token nobody had before.
    pub fn generate() -> Self {
        Self(random())
    }

    /// A token as a cookie brings it.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The token in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

fn random() -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

/// A flow that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFlow {
    /// SHA-256 of the state.
    pub state_hash: [u8; 32],
    /// Which secret's key derives nonce and PKCE verifier (at most 64 characters).
    pub kid: String,
    /// SHA-256 of the browser's token.
    pub browser_hash: [u8; 32],
    /// Where the person was sent.
    pub provider: ProviderName,
    /// Whose account the identity is for; none for a log-in.
    pub user_id: Option<Uuid>,
    /// When it began.
    pub created_at: Timestamp,
    /// Until when it can be finished.
    pub expires_at: Timestamp,
}

/// A flow as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// How it began.
    pub begun: NewFlow,
    /// When it was finished or refused.
    pub used_at: Option<Timestamp>,
}

/// Whether a flow can be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowVerdict {
    /// It can.
    Good,
    /// It was begun by another browser, at another provider or for another purpose.
    Foreign,
    /// It was finished or refused before.
    Used,
    /// It has taken too long.
    Expired,
}

impl Flow {
    /// Judges the way back from `provider` at `now`, in a browser with one of `tokens`, for `user_id`. Whether it was used is
    /// told to nobody but the browser that began.
    pub fn verdict(
        &self,
        provider: &ProviderName,
        tokens: &[BrowserToken],
        user_id: Option<Uuid>,
        now: Timestamp,
    ) -> FlowVerdict {
        let NewFlow { browser_hash, provider: begun_at, user_id: begun_for, expires_at, .. } = &self.begun;
        let is_this = |token: &BrowserToken| verify_slices_are_equal(&token.hash(), browser_hash).is_ok();
        if !tokens.iter().any(is_this) || begun_at != provider || *begun_for != user_id {
            FlowVerdict::Foreign
        } else if self.used_at.is_some() {
            FlowVerdict::Used
        } else if *expires_at <= now {
            FlowVerdict::Expired
        } else {
            FlowVerdict::Good
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(…)")
    }
}

impl fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn only_the_browser_that_began_may_finish_once_and_in_time() {
        let (token, person) = (BrowserToken::generate(), Uuid::now_v7());
        let name = |text: &str| text.parse::<ProviderName>().unwrap();
        let begun = NewFlow {
            state_hash: State::generate().hash(),
            kid: "kid".into(),
            browser_hash: token.hash(),
            provider: name("google"),
            user_id: Some(person),
            created_at: NOW,
            expires_at: NOW + FLOW_LIFETIME,
        };
        let flow = Flow { begun, used_at: None };
        let others = [BrowserToken::generate(), token.clone()];
        let google = name("google");
        assert_eq!(flow.verdict(&google, &others, Some(person), NOW), FlowVerdict::Good);
        assert_eq!(flow.verdict(&google, &others[..1], Some(person), NOW), FlowVerdict::Foreign);
        assert_eq!(flow.verdict(&google, &[], Some(person), NOW), FlowVerdict::Foreign);
        assert_eq!(flow.verdict(&name("other"), &others, Some(person), NOW), FlowVerdict::Foreign);
        assert_eq!(flow.verdict(&google, &others, None, NOW), FlowVerdict::Foreign);
        let late = NOW + FLOW_LIFETIME;
        assert_eq!(flow.verdict(&google, &others, Some(person), late), FlowVerdict::Expired);
        let used = Flow { used_at: Some(NOW), ..flow };
        assert_eq!(used.verdict(&google, &others, Some(person), NOW), FlowVerdict::Used);
        assert_eq!(used.verdict(&google, &[], Some(person), NOW), FlowVerdict::Foreign);
    }
}
