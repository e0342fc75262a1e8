//! The cookie of a flow, by which a browser shows that it began the log-in at a provider.
//!
//! Each flow has its own cookie, so that two tabs do not disturb each other. The cookie only comes with a request of
//! the page, because the provider sends people to the page and not to the API.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::client::ClientInfo;
use crate::app::AppState;
use crate::domain::oidc::{BrowserToken, FLOW_LIFETIME};

/// The largest number of cookies of one name that are read.
const MOST: usize = 4;

/// The cookie of one flow.
#[derive(Debug, Clone)]
pub(super) struct FlowCookie {
    /// The first half of the state's hash, in hexadecimal.
    flow: String,
    secure: bool,
}

impl FlowCookie {
    /// The cookie of the flow with the state's hash `state_hash`, for the client.
    pub(super) fn new(app: &AppState, client: &ClientInfo, state_hash: &[u8; 32]) -> Self {
        let flow = state_hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { flow, secure: app.cookie_security.is_secure(client.https) }
    }

    /// The name of the cookie. With the prefix, no neighbouring host can plant one (RFC 6265bis section 4.1.3.2).
    fn name(&self, secure: bool) -> String {
        format!("{}oidc_{}", if secure { "__Host-" } else { "" }, self.flow)
    }

    /// The tokens that the browser sent. A cookie without the prefix counts only where people come by plain HTTP.
    pub(super) fn read(&self, headers: &HeaderMap) -> Vec<BrowserToken> {
        let name = self.name(self.secure);
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let found =
            pairs.filter(|(given, _)| *given == name).map(|(_, value)| BrowserToken::presented(value));
        found.take(MOST).collect()
    }

    /// The `Set-Cookie` with `token`.
    pub(super) fn set(&self, token: &BrowserToken) -> HeaderValue {
        self.header(token.expose(), FLOW_LIFETIME.whole_seconds())
    }

    /// The `Set-Cookie` that makes the browser forget the cookie.
    pub(super) fn clear(&self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age: i64) -> HeaderValue {
        let (name, secure) = (self.name(self.secure), if self.secure { "; Secure" } else { "" });
        let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
        // A token is base64url, so all of it is visible ASCII.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_finds_its_own_cookie_only() {
        let cookie = |flow: &str, secure| FlowCookie { flow: flow.to_owned(), secure };
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            "a=b; __Host-oidc_01=mine; oidc_01=neighbours; __Host-oidc_02=x".parse().unwrap(),
        );
        let texts = |cookie: FlowCookie| {
            cookie.read(&headers).iter().map(|token| token.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(cookie("01", true)), ["mine"]);
        assert_eq!(texts(cookie("01", false)), ["neighbours"]);
        assert!(texts(cookie("03", true)).is_empty());
        let set = cookie("01", true).set(&BrowserToken::presented("abc"));
        assert_eq!(set, "__Host-oidc_01=abc; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure");
        let clear = cookie("01", false).clear();
        assert_eq!(clear, "oidc_01=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    }
}
