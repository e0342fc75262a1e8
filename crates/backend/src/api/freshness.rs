//! Read-your-writes: a cookie has the time of its holder's last write at any instance.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use time::OffsetDateTime;

use crate::app::{App, AppState, Freshness};
use crate::domain::Timestamp;

const NAME: &str = "last_write";

/// The lifetime of the cookie. The primary database answers requests without it.
const MAX_AGE_SECONDS: u32 = 86_400;

/// The freshness that the answer needs. `Cache-Control: no-cache` (RFC 9111 section 5.2.1.4) asks for a current
/// answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked(pub(super) Freshness);

impl FromRequestParts<App> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Some(replica) = &app.replica else { return Ok(Self(Freshness::Current)) };
        if wants_current(&parts.headers) {
            return Ok(Self(Freshness::Current));
        }
        Ok(Self(replica.freshness(last_write(&parts.headers), app.now())))
    }
}

fn wants_current(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
}

/// The newest time of all cookies of this name; none where one of them is no time.
fn last_write(headers: &HeaderMap) -> Option<Timestamp> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let times = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| moment(value));
    times.collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn moment(millis: &str) -> Option<Timestamp> {
    let millis: i64 = millis.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

/// Sets the cookie with the time of the change, where a replica may lag behind it.
pub(super) fn note_write(app: &AppState, response: &mut Response) {
    if app.replica.is_none() || !response.status().is_success() {
        return;
    }
    let millis = app.now().unix_timestamp_nanos() / 1_000_000;
    // It tells nothing and proves nothing: whoever changes it only reads older or newer answers.
    let text = format!("{NAME}={millis}; Path=/api; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Strict");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &http::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn the_newest_cookie_counts_and_a_bad_one_is_none() {
        let at = |values: &[&str]| last_write(&with(&COOKIE, values)).map(OffsetDateTime::unix_timestamp);
        assert_eq!(at(&[]), None);
        assert_eq!(at(&["a=b; last_write=5000", "last_write=7000; c=d"]), Some(7));
        assert_eq!(at(&["last_write=5000; last_write=soon"]), None);
        assert_eq!(at(&["last_write=99999999999999999999"]), None);
    }

    #[test]
    fn a_client_may_ask_for_a_current_answer() {
        assert!(wants_current(&with(&CACHE_CONTROL, &["max-age=5, No-Cache"])));
        assert!(!wants_current(&with(&CACHE_CONTROL, &["max-age=0"])));
    }
}
