//! The client of a request, as far as the network and the client itself tell.

use std::net::IpAddr;

/// No browser says more of itself that anybody would read.
const MAX_USER_AGENT_CHARS: usize = 255;

/// What is remembered of whoever sent a request: for the list of sessions, for limits, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The address that no trusted proxy has. IPv4 is never in its IPv6 form.
    pub address: IpAddr,
    /// What the client calls itself.
    pub user_agent: Option<UserAgent>,
}

/// The `User-Agent` header, which anybody may forge: at most 255 characters, none of them a control character, and not
/// empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// As a client sent it, or as it was stored: cut to what is kept of it. None where nothing is left.
    pub fn cut(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_bounded() {
        let cut = |text: &str| UserAgent::cut(text).map(|agent| agent.as_str().to_owned());
        assert_eq!(cut(" curl/8.5\t\u{7}"), Some("curl/8.5".into()));
        assert_eq!(cut(&"ü".repeat(300)).map(|text| text.chars().count()), Some(255));
        assert_eq!(cut("\n \t"), None);
    }
}
