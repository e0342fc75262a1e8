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

/// The longest time between the start of a flow and its callback.
pub const FLOW_LIFETIME: Duration = Duration::minutes(10);

/// The `state` of a flow, by which the callback is recognized (RFC 6749 section 4.1.1): 256 random bits in base64url.
#[derive(Clone)]
pub struct State(Zeroizing<String>);

/// The token that recognizes the browser that began a flow: 256 random bits in base64url, kept in a cookie.
#[derive(Clone)]
pub struct BrowserToken(Zeroizing<String>);

impl State {
    /// A new random state.
    pub fn generate() -> Self {
        Self(random())
    }

    /// The state of a callback. Any text is taken; an unknown state is not found in the database.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The state in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the state, which is what the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl BrowserToken {
    /// A new random token.
    pub fn generate() -> Self {
        Self(random())
    }

    /// The token of a cookie. Any text is taken; an unknown token is not found in the database.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The token in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the token, which is what the database keeps.
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

/// A flow to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFlow {
    /// SHA-256 of the state.
    pub state_hash: [u8; 32],
    /// The name of the secret whose key derives nonce and PKCE verifier (at most 64 characters).
    pub kid: String,
    /// SHA-256 of the browser's token.
    pub browser_hash: [u8; 32],
    /// The provider that the person was sent to.
    pub provider: ProviderName,
    /// The account that the identity is to be linked to; none for a log-in.
    pub user_id: Option<Uuid>,
    /// The start of the flow.
    pub created_at: Timestamp,
    /// The end of the time in which the flow can be finished.
    pub expires_at: Timestamp,
}

/// A flow as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The flow as it began.
    pub begun: NewFlow,
    /// The time when the flow was finished or refused; none while it is open.
    pub used_at: Option<Timestamp>,
}

/// Whether a flow can be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowVerdict {
    /// The flow can be finished.
    Good,
    /// Another browser began the flow, or it was begun at another provider or for another purpose.
    Foreign,
    /// The flow was finished or refused before.
    Used,
    /// The flow's time is over.
    Expired,
}

impl Flow {
    /// Judges the callback from `provider` at `now`, in a browser with the tokens `tokens`, for the account
    /// `user_id`. Only the browser that began the flow is told that the flow was used before.
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
