//! Checks that a request that only a cookie authorizes comes from this site's own pages.
//!
//! `SameSite=Strict` keeps browsers from sending the cookie for other sites. This check is the second lock. It also
//! holds for browsers without the attribute, and against neighbours on the same site, such as another port or another
//! name below the same domain.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

use super::client::ClientInfo;

/// The header that browsers send with every request in a secure context, and that no script can change (Fetch
/// Metadata).
const FETCH_SITE: &str = "sec-fetch-site";

/// Whether the request comes from this site's own page, from a person (the address bar), or from a client that is no
/// browser.
pub(super) fn is_own(headers: &HeaderMap, client: &ClientInfo) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else {
        // Every browser says one of the two with a POST.
        return true;
    };
    let origin = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
    let Some(origin) = origin.as_ref().and_then(Uri::authority) else { return false };
    asked_hosts(headers, client).any(|host| host.eq_ignore_ascii_case(origin.as_str()))
}

/// The host names that the client asked for: as trusted proxies tell, or as the request has them.
fn asked_hosts<'h>(headers: &'h HeaderMap, client: &'h ClientInfo) -> impl Iterator<Item = &'h str> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    client.forwarded_host.as_deref().or(host).into_iter()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use http::HeaderName;

    fn own(peer: &str, fields: &[(&str, &str)]) -> bool {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let peer: IpAddr = peer.parse().unwrap();
        is_own(&headers, &ClientInfo::of(peer, &headers, &"10.0.0.1".parse().unwrap()))
    }

    #[test]
    fn other_sites_and_neighbours_are_told_apart() {
        let host = ("host", "app.example.com");
        let forwarded = ("x-forwarded-host", "app.example.com");
        for (fields, expected) in [
            (&[host][..], true),
            (&[host, ("sec-fetch-site", "same-origin")], true),
            (&[host, ("sec-fetch-site", "none")], true),
            (&[host, ("sec-fetch-site", "same-site")], false),
            (&[host, ("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com")], false),
            (&[host, ("origin", "https://app.example.com")], true),
            (&[host, ("origin", "https://APP.example.com")], true),
            (&[host, ("origin", "https://app.example.com:8443")], false),
            (&[host, ("origin", "https://evil.example.com")], false),
            (&[host, ("origin", "null")], false),
            (&[("host", "backend:5000"), forwarded, ("origin", "https://app.example.com")], true),
            (&[host, ("x-forwarded-host", "evil.org"), ("origin", "https://evil.org")], true),
        ] {
            assert_eq!(own("10.0.0.1", fields), expected, "{fields:?}");
        }
        let forged = [host, ("x-forwarded-host", "evil.org"), ("origin", "https://evil.org")];
        assert!(!own("203.0.113.9", &forged), "a stranger's word on the host");
    }
}
