//! The client of a request: its address, and the name that the client gives itself.

use std::net::IpAddr;

/// The longest `User-Agent` that is kept, in characters. Real browsers send shorter ones.
const MAX_USER_AGENT_CHARS: usize = 255;

/// What is kept of a request's client, for the list of sessions, for limits and for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The address of the last hop that is no trusted proxy. An IPv4 address is never in its IPv6-mapped form.
    pub address: IpAddr,
    /// The `User-Agent` header; none where the client has sent none.
    pub user_agent: Option<UserAgent>,
}

/// A `User-Agent` header (RFC 9110 section 10.1.5): 1 to 255 characters without control characters. Anybody may forge
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// The user agent `text`, from a client or from the database, without control characters and cut to 255
    /// characters. None where nothing is left.
    pub fn cut(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The user agent as a text.
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
