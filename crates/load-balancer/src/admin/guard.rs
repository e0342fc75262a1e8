//! Who may change something.

use std::{net::IpAddr, sync::Arc};

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

use super::{Admin, problem::Problem};

/// Lets a change through, or refuses it before its body is read.
pub(super) async fn changes(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    permitted(request.headers(), admin.token.as_ref())?;
    Ok(next.run(request).await)
}

/// With a token, whoever has it. Without one the address is a loopback address, and then the only strangers who
/// can reach it are web pages in a browser of this machine; these are recognised by `Origin` and, when they have
/// a name of their own lead here, by `Host`.
fn permitted(headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Problem> {
    let Some(token) = token else { return from_this_machine(headers) };
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, given)| given.trim());
    let Some(given) = given else {
        return Err(Problem::new(
            401,
            "token_missing",
            "Changes need Authorization: Bearer <LB_ADMIN_TOKEN>.",
        ));
    };
    if bool::from(given.as_bytes().ct_eq(token.expose().as_bytes())) {
        return Ok(());
    }
    Err(Problem::new(401, "token_wrong", "The token is not LB_ADMIN_TOKEN."))
}

fn from_this_machine(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).unwrap_or_default();
    let same_origin =
        text(ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, of)| of == host));
    if same_origin && is_local(host) {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "foreign_origin",
        "Without a token, changes are taken from this machine's own pages only.",
    ))
}

/// Whether `Host` is `localhost` or an address, so that no name of somebody else's leads here.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name.is_empty() || name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_token_opens() {
        let token = Secret::new("s3cret".to_owned());
        let rows = [
            ("Bearer s3cret", true),
            ("bearer s3cret", true),
            ("Bearer s3cre", false),
            ("Bearer ", false),
            ("Basic s3cret", false),
            ("s3cret", false),
        ];
        for (value, good) in rows {
            let headers = headers(&[("authorization", value)]);
            assert_eq!(permitted(&headers, Some(&token)).is_ok(), good, "{value}");
        }
        assert!(permitted(&headers(&[("host", "localhost")]), Some(&token)).is_err());
    }

    #[test]
    fn without_a_token_only_this_machine() {
        let rows = [
            ("127.0.0.1:8081", None, true),
            ("localhost:8081", Some("http://localhost:8081"), true),
            ("[::1]:8081", None, true),
            ("127.0.0.1:8081", Some("http://evil.example"), false),
            ("127.0.0.1:8081", Some("null"), false),
            ("evil.example:8081", None, false),
            ("evil.example:8081", Some("http://evil.example:8081"), false),
        ];
        for (host, origin, good) in rows {
            let mut pairs = vec![("host", host)];
            pairs.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(permitted(&headers(&pairs), None).is_ok(), good, "{host} {origin:?}");
        }
    }
}
