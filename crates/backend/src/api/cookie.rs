//! The refresh token as a cookie (RFC 6265), for pages that must not see it.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::domain::session::RefreshToken;

const NAME: &str = "refresh_token";

/// The refresh token that the browser sent, if any.
pub(super) fn read(headers: &HeaderMap) -> Option<RefreshToken> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == NAME);
    named.next().map(|(_, value)| RefreshToken::presented(value))
}

/// `Set-Cookie` with `token`, which the browser forgets after `ttl`.
pub(super) fn set(token: &RefreshToken, ttl: Duration, secure: bool) -> HeaderValue {
    header(token.expose(), ttl.as_secs(), secure)
}

/// `Set-Cookie` that makes the browser forget the token.
pub(super) fn clear(secure: bool) -> HeaderValue {
    header("", 0, secure)
}

/// Only the calls under `/api/auth` need it, no script may read it, no other site may send it.
fn header(value: &str, max_age: u64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text =
        format!("{NAME}={value}; Path=/api/auth; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    // A token is base64url, so all of it is visible ASCII.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(read(&headers).is_none());
        headers.append(COOKIE, "theme=dark; refresh_token=abc-_".parse().unwrap());
        assert_eq!(read(&headers).unwrap().expose(), "abc-_");
    }

    #[test]
    fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let token = RefreshToken::presented("abc");
        let set = set(&token, Duration::from_mins(1), true);
        assert_eq!(set, "refresh_token=abc; Path=/api/auth; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
        assert!(!clear(false).to_str().unwrap().contains("Secure"));
    }
}
