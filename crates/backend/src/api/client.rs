//! The client as an argument of the handler: address and scheme, as trusted proxies tell them.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::header::USER_AGENT;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue};

use crate::app::App;
use crate::config::TrustedProxies;
use crate::domain::{Client, UserAgent};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

tokio::task_local! {
    static CURRENT: IpAddr;
}

/// Runs `work` as the work for a client at `address`.
pub(super) async fn scope<T>(address: IpAddr, work: impl Future<Output = T>) -> T {
    CURRENT.scope(address, work).await
}

/// The address of this task's client, for audit rows.
pub(super) fn current_address() -> Option<IpAddr> {
    CURRENT.try_with(|address| *address).ok()
}

/// The facts about the client of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientInfo {
    /// The client's address and name.
    pub(super) client: Client,
    /// Whether the client came by HTTPS.
    pub(super) https: bool,
    /// The host name that a trusted proxy was asked for.
    pub(super) forwarded_host: Option<String>,
}

impl ClientInfo {
    /// The client of a request with `headers` that came from `peer`.
    ///
    /// The forwarding fields of a peer that is no trusted proxy are ignored. Behind a trusted proxy, the client is
    /// the rightmost address of `X-Forwarded-For` that no trusted proxy has. Everything left of that address, or of
    /// an entry that is no address, may be forged.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let peer = peer.to_canonical();
        let (address, https, forwarded_host) = if trusted.contains(peer) {
            let host = nearest(headers, FORWARDED_HOST).map(str::to_owned);
            (forwarded_for(peer, headers, trusted), is_forwarded_https(headers), host)
        } else {
            (peer, false, None)
        };
        let agent = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let user_agent = agent.and_then(|agent| UserAgent::cut(&agent));
        Self { client: Client { address, user_agent }, https, forwarded_host }
    }
}

fn forwarded_for(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let values: Vec<&str> = texts(headers, FORWARDED_FOR).collect();
    let mut client = peer;
    for entry in values.iter().rev().flat_map(|value| value.rsplit(',')).map(str::trim) {
        if entry.is_empty() {
            continue;
        }
        let Some(address) = address(entry) else { break };
        client = address;
        if !trusted.contains(client) {
            break;
        }
    }
    client
}

/// The address of an entry, which may have a port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_matches('"');
    let without_brackets = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
    let address = without_brackets.parse().or_else(|_| bare.parse::<SocketAddr>().map(|both| both.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Whether a trusted proxy says that the client came by HTTPS. Backends speak plain HTTP.
fn is_forwarded_https(headers: &HeaderMap) -> bool {
    nearest(headers, FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// The last member of a list, which the nearest proxy has written.
fn nearest<'h>(headers: &'h HeaderMap, name: &'static str) -> Option<&'h str> {
    texts(headers, name).last().and_then(|value| value.rsplit(',').next()).map(str::trim)
}

/// The values of a field, in order. A value that is no text is replaced by one that is no address, which ends the chain.
fn texts<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().map(|value: &HeaderValue| value.to_str().unwrap_or("unknown"))
}

/// The address at the other end of the connection.
pub(super) fn peer(extensions: &Extensions) -> IpAddr {
    // Every connection bears its peer (`app::serve`); without one, nobody is trusted.
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(peer)| peer.ip())
}

impl FromRequestParts<App> for ClientInfo {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(peer(&parts.extensions), &parts.headers, &app.trusted_proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let headers: HeaderMap = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let trusted = "10.0.0.0/8, ::1".parse().unwrap();
        ClientInfo::of(peer.parse().unwrap(), &headers, &trusted).client.address.to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_no_trusted_proxy_has() {
        for (forwarded, expected) in [
            (&[][..], "10.0.0.1"),
            (&["198.51.100.7"], "198.51.100.7"),
            (&["6.6.6.6, 198.51.100.7,10.0.0.2"], "198.51.100.7"),
            (&["6.6.6.6", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            (&["10.0.0.5, 10.0.0.2"], "10.0.0.5"),
            (&["198.51.100.7, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["198.51.100.7:99, 10.0.0.2:1"], "198.51.100.7"),
            (&["6.6.6.6, \"[2001:db8::1]:5\" , [::1]"], "2001:db8::1"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&[" , ,"], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", forwarded), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["198.51.100.7"]), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9", &["198.51.100.7"]), "203.0.113.9");
        let headers: HeaderMap =
            [(FORWARDED_PROTO.parse().unwrap(), HeaderValue::from_static("https"))].into_iter().collect();
        let https =
            |peer: &str| ClientInfo::of(peer.parse().unwrap(), &headers, &"10.0.0.1".parse().unwrap()).https;
        assert!(https("10.0.0.1") && !https("203.0.113.9"));
    }

    #[test]
    fn the_scheme_is_the_nearest_proxys_word() {
        for (value, expected) in [("https", true), ("http, HTTPS", true), ("https,http", false), ("", false)]
        {
            let headers: HeaderMap =
                [(FORWARDED_PROTO.parse().unwrap(), HeaderValue::from_static(value))].into_iter().collect();
            assert_eq!(is_forwarded_https(&headers), expected, "{value}");
        }
    }
}
