//! Guards against strangers' pages: checks the name by which the admin interface is asked, and the page that asks. A
//! browser runs strangers' pages behind every firewall, and a name of theirs may come to resolve to this address (DNS
//! rebinding).

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, Method, header::HOST};

use super::{Admin, problem::Problem};
use crate::{http1::target::check_host, route::HostMatch};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Lets requests through that ask by a known name and come from no stranger's page.
pub(super) async fn check(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    known_host(request.headers(), authority, &admin.hosts)?;
    own_page(request.method(), request.headers())?;
    Ok(next.run(request).await)
}

/// Whether `Host`, and the authority of the target where there is one, is an address, a name of this machine's own, or
/// one of `hosts`.
fn known_host(headers: &HeaderMap, authority: Option<&str>, hosts: &[HostMatch]) -> Result<(), Problem> {
    let mut fields = headers.get_all(HOST).iter();
    let host = fields.next().map_or(&b""[..], |host| host.as_bytes());
    if fields.next().is_some() {
        return Err(Problem::new(400, "host_repeated", "There is more than one Host field."));
    }
    for host in [Some(host), authority.map(str::as_bytes)].into_iter().flatten() {
        let host =
            check_host(host).map_err(|error| Problem::new(400, "host_invalid", format!("{error}.")))?;
        if !is_known(name_of(host), hosts) {
            return Err(Problem::new(
                403,
                "foreign_host",
                format!("The admin interface is not asked as {host:?}; listen.admin_hosts has its names."),
            ));
        }
    }
    Ok(())
}

/// The host without the port, the brackets of an address, and the dot at the end of a name.
fn name_of(host: &str) -> &str {
    if let Some(address) = host.strip_prefix('[') {
        return address.split_once(']').map_or(address, |(address, _)| address);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether the host is an address or `localhost` (RFC 6761 section 6.3): no stranger's name resolves to an address that
/// is asked for as such.
fn is_known(name: &str, hosts: &[HostMatch]) -> bool {
    let lower = name.to_ascii_lowercase();
    name.is_empty()
        || lower == "localhost"
        || lower.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok()
        || hosts.iter().any(|host| host.matches(name.as_bytes()))
}

/// Whether a request comes from this interface's own page, or from a person who follows a link. Browsers say where a
/// request comes from (W3C Fetch Metadata).
fn own_page(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|given| given == value);
    let follows_a_link = *method == Method::GET && is(&FETCH_MODE, "navigate") && is(&FETCH_DEST, "document");
    let mut sites = headers.get_all(FETCH_SITE).iter();
    if follows_a_link || sites.all(|site| site == "same-origin" || site == "none") {
        return Ok(());
    }
    Err(Problem::new(403, "cross_site", "Pages of other sites may not ask the admin interface."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn names_by_which_it_may_be_asked() {
        let hosts = ["load-balancer", "*.ops.example"].map(HostMatch::parse);
        for (host, expected) in [
            ("", true),
            ("localhost:8081", true),
            ("LocalHost", true),
            ("lb.localhost.:8081", true),
            ("127.0.0.1:8081", true),
            ("10.1.2.3:8081", true),
            ("[::1]:8081", true),
            ("load-balancer:8081", true),
            ("Load-Balancer.", true),
            ("a.ops.example", true),
            ("ops.example", false),
            ("evil.example:8081", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("load-balancer.evil.example", false),
            ("notlocalhost", false),
            ("localhost:99999", false),
            ("evil.example@localhost", false),
        ] {
            let found = known_host(&headers(&[("host", host)]), None, &hosts);
            assert_eq!(found.is_ok(), expected, "{host}");
            let found = known_host(&headers(&[("host", "localhost")]), Some(host), &hosts);
            assert_eq!(found.is_ok(), expected, "{host} as authority");
        }
        let mut two = headers(&[("host", "localhost")]);
        two.append(HOST, "localhost".parse().unwrap());
        assert!(known_host(&two, None, &hosts).is_err());
    }

    #[test]
    fn pages_of_other_sites_may_not_ask() {
        type Fields = [(&'static str, &'static str)];
        let rows: [(Method, &Fields, bool); 8] = [
            (Method::GET, &[], true),
            (Method::PUT, &[("sec-fetch-site", "same-origin")], true),
            (Method::GET, &[("sec-fetch-site", "none")], true),
            (Method::GET, &[("sec-fetch-site", "cross-site")], false),
            (Method::GET, &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")], false),
            (
                Method::GET,
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
                true,
            ),
            (
                Method::GET,
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "iframe"),
                ],
                false,
            ),
            (
                Method::POST,
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
                false,
            ),
        ];
        for (method, pairs, expected) in rows {
            assert_eq!(own_page(&method, &headers(pairs)).is_ok(), expected, "{method} {pairs:?}");
        }
    }
}
