//! Guards changes: who may change something.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, HOST, ORIGIN},
};
use service_kit::config::Secret;
use subtle::ConstantTimeEq;

use super::{Admin, peer::Peer, problem::Problem};

/// Lets a change through, or refuses it before its body is read.
///
/// With a token configured, a caller with the token may change something. Without a token the address is a loopback
/// address. Then the only strangers that reach it are web pages in a browser of this machine, and these are recognised
/// by `Origin`.
pub(super) async fn changes(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match &admin.token {
        None => from_own_page(request.headers())?,
        Some(token) => {
            let address = Peer::of(request.extensions()).0;
            with_token(&admin, request.headers(), address, &token.load_full()).await?;
        }
    }
    Ok(next.run(request).await)
}

/// Compares the token, after a pause where the same address has given wrong ones.
async fn with_token(
    admin: &Admin,
    headers: &HeaderMap,
    address: IpAddr,
    token: &Secret,
) -> Result<(), Problem> {
    let Some(given) = bearer(headers) else {
        return Err(Problem::new(
            401,
            "token_missing",
            "Changes need Authorization: Bearer <LB_ADMIN_TOKEN>.",
        ));
    };
    let wait = admin.throttle.admit(address, Instant::now()).map_err(too_many)?;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if bool::from(given.as_bytes().ct_eq(token.expose().as_bytes())) {
        admin.throttle.right(address);
        return Ok(());
    }
    let pause = admin.throttle.wrong(address, Instant::now());
    tracing::warn!(%address, "a change was asked for with a wrong token");
    if pause.is_zero() {
        return Err(Problem::new(401, "token_wrong", "The token is not LB_ADMIN_TOKEN."));
    }
    Err(too_many(pause))
}

fn too_many(wait: Duration) -> Problem {
    let detail = "The token is not LB_ADMIN_TOKEN, or others of this address gave too many that are not.";
    Problem::new(429, "too_many_wrong_tokens", detail).retry_after(wait)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, given) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| given.trim())
}

/// `Origin` is missing, or is that of the page itself.
fn from_own_page(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).unwrap_or_default();
    let same_origin =
        text(ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, of)| of == host));
    if same_origin {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "foreign_origin",
        "Without a token, changes are taken from this machine's own pages only.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn tokens_are_read() {
        let rows = [
            ("Bearer s3cret", Some("s3cret")),
            ("bearer  s3cret ", Some("s3cret")),
            ("Bearer ", Some("")),
            ("Basic s3cret", None),
            ("s3cret", None),
        ];
        for (value, expected) in rows {
            assert_eq!(bearer(&headers(&[("authorization", value)])), expected, "{value}");
        }
    }

    #[test]
    fn without_a_token_only_own_pages_change_something() {
        let rows = [
            ("127.0.0.1:8081", None, true),
            ("localhost:8081", Some("http://localhost:8081"), true),
            ("[::1]:8081", None, true),
            ("127.0.0.1:8081", Some("http://evil.example"), false),
            ("127.0.0.1:8081", Some("http://127.0.0.1:3000"), false),
            ("127.0.0.1:8081", Some("null"), false),
        ];
        for (host, origin, good) in rows {
            let mut pairs = vec![("host", host)];
            pairs.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(from_own_page(&headers(&pairs)).is_ok(), good, "{host} {origin:?}");
        }
    }
}
