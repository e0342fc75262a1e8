//! The refresh token as a cookie (RFC 6265), for pages whose scripts must not see the token.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::client::ClientInfo;
use crate::app::AppState;
use crate::domain::session::RefreshToken;

/// The name of the cookie over HTTPS. A browser takes a cookie with this prefix by HTTPS only, for the whole host and
/// for no other host (RFC 6265bis section 4.1.3.2). So no neighbouring host can plant one.
const HOST_NAME: &str = "__Host-refresh_token";

/// The name of the cookie over plain HTTP, and the only name of earlier versions.
const PLAIN_NAME: &str = "refresh_token";

/// The largest number of cookies of these names that are read.
const MOST: usize = 8;

/// The attributes of a session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionCookie {
    kind: Kind,
    secure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    Plain,
}

/// All refresh tokens that the browser sent, those first that no neighbour can have planted. One name may occur
/// several times: for other paths, for a domain above, and in two lines of a proxy.
pub(super) fn read(headers: &HeaderMap) -> Vec<(RefreshToken, SessionCookie)> {
    let pairs = || {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='))
    };
    let named = |kind: Kind| {
        let values = pairs().filter(move |(name, _)| *name == kind.name()).map(|(_, value)| value);
        values.map(move |value| (RefreshToken::presented(value), SessionCookie { kind, secure: false }))
    };
    named(Kind::Host).chain(named(Kind::Plain)).take(MOST).collect()
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Host => HOST_NAME,
            Self::Plain => PLAIN_NAME,
        }
    }
}

impl SessionCookie {
    /// The cookie of a new session of the client.
    pub(super) fn new(app: &AppState, client: &ClientInfo) -> Self {
        let secure = app.cookie_security.is_secure(client.https);
        Self { kind: if secure { Kind::Host } else { Kind::Plain }, secure }
    }

    /// The renewed cookie of the browser. The name stays, because an instance of an earlier version may answer the
    /// next request during a roll-out and knows only the plain name.
    pub(super) fn renewed(self, app: &AppState, client: &ClientInfo) -> Self {
        let secure = self.kind == Kind::Host || app.cookie_security.is_secure(client.https);
        Self { secure, ..self }
    }

    /// The `Set-Cookie` with `token`. The browser forgets the cookie after `ttl`.
    pub(super) fn set(self, token: &RefreshToken, ttl: Duration) -> HeaderValue {
        self.header(token.expose(), ttl.as_secs())
    }

    /// The `Set-Cookie` that makes the browser forget the token.
    pub(super) fn clear(self) -> HeaderValue {
        self.header("", 0)
    }

    /// The header's value. No script may read the cookie, and no other site may send it. Only calls under `/api/auth`
    /// need the cookie, but the prefix demands the whole host.
    fn header(self, value: &str, max_age: u64) -> HeaderValue {
        let (name, path) = (self.kind.name(), if self.kind == Kind::Host { "/" } else { "/api/auth" });
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
        // A token is base64url, so all of it is visible ASCII.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cookies_of_our_names_are_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(read(&headers).is_empty());
        headers.append(COOKIE, "theme=dark; refresh_token=abc-_;refresh_token=two".parse().unwrap());
        headers.append(COOKIE, "__Host-refresh_token=host".parse().unwrap());
        let found: Vec<_> = read(&headers);
        let texts: Vec<_> = found.iter().map(|(token, _)| token.expose()).collect();
        assert_eq!(texts, ["host", "abc-_", "two"]);
        headers.append(COOKIE, "refresh_token=x; ".repeat(50).parse().unwrap());
        assert_eq!(read(&headers).len(), MOST);
    }

    #[test]
    fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let token = RefreshToken::presented("abc");
        let host = SessionCookie { kind: Kind::Host, secure: true };
        let expected = "__Host-refresh_token=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(host.set(&token, Duration::from_mins(1)), expected);
        let plain = SessionCookie { kind: Kind::Plain, secure: false };
        assert_eq!(plain.clear(), "refresh_token=; Path=/api/auth; Max-Age=0; HttpOnly; SameSite=Strict");
    }
}
