//! Finds the route by host and path: the most exact host first, then the longest prefix.

use std::{borrow::Cow, sync::Arc};

use percent_encoding::percent_decode;

use crate::{
    cache::Cache,
    limit::Limiter,
    pool::{Breaker, Pool, RequestPolicy},
};

/// A route: the pool of a request, and the policy that holds there.
#[derive(Debug)]
pub struct Route {
    /// The name in metrics and logs: the host, if any, and the path as configured.
    pub name: Box<str>,
    /// The hosts that the route is for.
    pub host: HostMatch,
    /// The prefix of paths, as nginx's `location`: `/api` is also the prefix of `/apiary`.
    pub path: Box<str>,
    /// The pool of servers.
    pub pool: Arc<Pool>,
    /// The policy of the route's requests.
    pub policy: RoutePolicy,
}

impl Route {
    /// The circuits that it has of its own, with itself.
    pub(crate) fn own_breaker(&self) -> Option<(&Self, &Breaker)> {
        let own = self.policy.breaker.as_deref().filter(|breaker| breaker.route().is_some());
        own.map(|breaker| (self, breaker))
    }
}

/// The policy of a route's requests. It is made once, together with a snapshot, and borrowed by every exchange.
#[derive(Debug, Default)]
pub struct RoutePolicy {
    /// Time-outs, retries and sizes: the pool's, but for those that the route sets.
    pub requests: RequestPolicy,
    /// The rate limit; it outlives a reload that does not change it.
    pub limiter: Option<Arc<Limiter>>,
    /// The circuits of the servers: the pool's, or the route's own, which outlive a reload that does not change them.
    pub breaker: Option<Arc<Breaker>>,
    /// The cache; it outlives a reload that does not change it.
    pub cache: Option<Arc<Cache>>,
}

/// The hosts of a route. They are compared without regard to case, and without the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostMatch {
    /// Any host.
    Any,
    /// `*.example.com`, kept as `.example.com`: any name below `example.com`.
    Below(Box<str>),
    /// This host.
    Exact(Box<str>),
}

impl HostMatch {
    /// Parses the configuration's `host`, in lower case.
    pub fn parse(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        match text.strip_prefix('*') {
            Some("") => Self::Any,
            Some(below) => Self::Below(below.into()),
            None => Self::Exact(text.into()),
        }
    }

    /// Whether this host, without a port, is one of the route's.
    pub fn matches(&self, host: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => host.eq_ignore_ascii_case(name.as_bytes()),
            Self::Below(below) => host
                .len()
                .checked_sub(below.len())
                .is_some_and(|cut| cut > 0 && host[cut..].eq_ignore_ascii_case(below.as_bytes())),
        }
    }

    /// The order of hosts: exact names before wild cards, longer wild cards before shorter ones.
    fn rank(&self) -> usize {
        match self {
            Self::Any => 0,
            Self::Below(below) => below.len(),
            Self::Exact(_) => usize::MAX,
        }
    }
}

/// All routes, in the order in which they are tried.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: Vec<Route>,
    /// Whether any route is for some hosts only.
    by_host: bool,
}

impl RouteTable {
    /// Puts routes in order: the most exact host, then the longest path.
    pub fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by(|a, b| b.host.rank().cmp(&a.host.rank()).then(b.path.len().cmp(&a.path.len())));
        let by_host = routes.iter().any(|route| route.host != HostMatch::Any);
        Self { routes, by_host }
    }

    /// The route for this host (as in `Host`, port and all; empty when there is none) and path (a query may
    /// follow). `None` is a 404.
    ///
    /// A path with escapes or dot segments is resolved before it is compared (RFC 3986 sections 6.2.2 and
    /// 5.2.4), so that `/api/../metrics` is not taken for something below `/api`.
    pub fn find(&self, host: &[u8], path: &[u8]) -> Option<&Route> {
        let host = if self.by_host { without_port(host) } else { b"" };
        let path = comparable(path);
        self.routes.iter().find(|route| path.starts_with(route.path.as_bytes()) && route.host.matches(host))
    }

    /// All routes.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }
}

fn without_port(host: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', host) {
        // A colon inside of brackets belongs to an IPv6 address.
        Some(colon) if memchr::memchr(b']', &host[colon..]).is_none() => &host[..colon],
        _ => host,
    }
}

/// The path alone, resolved where it must be; nearly all paths are borrowed.
fn comparable(path: &[u8]) -> Cow<'_, [u8]> {
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'?', b'%', b'.', &path[from..]).map(|at| from + at) {
        match path[at] {
            b'?' => return Cow::Borrowed(&path[..at]),
            // A dot within a segment means nothing.
            b'.' if at > 0 && path[at - 1] != b'/' => from = at + 1,
            _ => return Cow::Owned(resolved(path)),
        }
    }
    Cow::Borrowed(path)
}

fn resolved(path: &[u8]) -> Vec<u8> {
    let path = memchr::memchr(b'?', path).map_or(path, |query| &path[..query]);
    without_dot_segments(&Cow::from(percent_decode(path)))
}

/// Removes dot segments (RFC 3986 section 5.2.4).
fn without_dot_segments(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|byte| *byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            other => {
                kept.push(other);
                continue;
            }
        }
        if last {
            kept.push(b"");
        }
    }
    kept.iter().flat_map(|segment| [b"/".as_slice(), segment]).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{PoolSettings, PoolState};

    fn table(routes: &[(&str, &str)]) -> RouteTable {
        let route = |(host, path): &(&str, &str)| Route {
            name: format!("{host}{path}").into(),
            host: HostMatch::parse(host),
            path: (*path).into(),
            pool: Arc::new(Pool::new("p", PoolSettings::default(), Vec::new(), Arc::new(PoolState::new(1)))),
            policy: RoutePolicy::default(),
        };
        RouteTable::new(routes.iter().map(route).collect())
    }

    #[test]
    fn the_longest_prefix_of_the_most_exact_host() {
        let table = table(&[
            ("*", "/"),
            ("*", "/api"),
            ("*", "/api/static-data"),
            ("example.com", "/"),
            ("*.example.com", "/"),
            ("*.eu.example.com", "/"),
        ]);
        let rows = [
            ("", "/", "*/"),
            ("a.b", "/index.html", "*/"),
            ("a.b", "/api", "*/api"),
            ("a.b", "/api?x=/api/static-data", "*/api"),
            ("a.b", "/api/static-data?lang=de", "*/api/static-data"),
            ("a.b", "/apiary", "*/api"),
            ("EXAMPLE.com:8080", "/api", "example.com/"),
            ("www.example.com", "/", "*.example.com/"),
            ("www.eu.example.com", "/", "*.eu.example.com/"),
            ("badexample.com", "/", "*/"),
            ("[::1]:8080", "/", "*/"),
        ];
        for (host, path, expected) in rows {
            let route = table.find(host.as_bytes(), path.as_bytes()).unwrap();
            assert_eq!(route.name.as_ref(), expected, "{host} {path}");
        }
    }

    #[test]
    fn what_has_no_route_is_not_found() {
        let table = table(&[("*", "/api"), ("[::1]", "/six")]);
        let none = [
            "/",
            "/metrics",
            "/ap",
            "*",
            "",
            "/api/../metrics",
            "/api/%2e%2E/metrics",
            "/api/./../ready",
            "/../../etc",
        ];
        for path in none {
            assert!(table.find(b"h", path.as_bytes()).is_none(), "{path}");
        }
        let found =
            ["/api", "/x/../api/me", "/%61pi", "/api/..", "/api/.well-known", "/api/100%", "/api/%zz"];
        for path in found {
            assert_eq!(table.find(b"h", path.as_bytes()).is_some(), path != "/api/..", "{path}");
        }
        assert!(table.find(b"[::1]:80", b"/six").is_some());
    }
}
