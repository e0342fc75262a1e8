//! Asks whether a service works, and knows for how long this one runs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
    time::{Duration, Instant},
};

use crate::http::{Answer, AskError, Question, ask};

/// The start of a process.
#[derive(Debug, Clone, Copy)]
pub struct Uptime(Instant);

impl Uptime {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Whole seconds since the start.
    pub fn seconds(self) -> u64 {
        self.0.elapsed().as_secs()
    }
}

/// The address by which this machine reaches a socket that listens at `bound`: one that listens at every address is
/// reached by loopback.
pub fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => SocketAddr::from((Ipv4Addr::LOCALHOST, bound.port())),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => SocketAddr::from((Ipv6Addr::LOCALHOST, bound.port())),
        _ => bound,
    }
}

/// Why a probe failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The address is not one that can be probed.
    #[error("{0:?} is not an address such as http://127.0.0.1:5000/health")]
    Url(String),
    /// The host name has no address.
    #[error("{url} cannot be found")]
    Unknown {
        /// The host.
        url: String,
        /// The error of the resolver.
        source: io::Error,
    },
    /// The host does not listen, did not answer in time, or did not complete its answer.
    #[error("{url} does not answer")]
    Unreachable {
        /// The URL that was asked.
        url: String,
        /// The cause.
        source: AskError,
    },
    /// The answer is not HTTP/1.
    #[error("{0} does not answer in HTTP")]
    NotHttp(String),
    /// The service answers that it is not well.
    #[error("{url} answered {status}")]
    Status {
        /// The URL that was asked.
        url: String,
        /// The status code of the answer.
        status: u16,
    },
    /// This process has no means to ask.
    #[error("cannot ask")]
    Runtime(#[source] io::Error),
}

/// Asks `url` (`http` only) once. The probe succeeds with any 2xx that comes to its end within `timeout`.
///
/// The `healthcheck` subcommands use this probe, so that images need neither shell nor curl. The call blocks on
/// purpose, so it is not for code that runs on a tokio runtime.
pub fn probe(url: &str, timeout: Duration) -> Result<(), ProbeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(ProbeError::Runtime)?.block_on(get(url, timeout)).map(drop)
}

/// Asks as [`probe`] does, from code that runs on a tokio runtime, and gives the answer. `timeout` does not bound the
/// look-up of the name.
pub async fn get(url: &str, timeout: Duration) -> Result<Answer, ProbeError> {
    let (authority, path) = split(url).ok_or_else(|| ProbeError::Url(url.to_owned()))?;
    let answer = ask_any(url, &authority, path, Instant::now() + timeout).await?;
    match answer.status {
        200..=299 => Ok(answer),
        status => Err(ProbeError::Status { url: url.to_owned(), status }),
    }
}

/// Asks the addresses of a name one after the other until one lets itself be connected to.
async fn ask_any(url: &str, authority: &str, path: &str, deadline: Instant) -> Result<Answer, ProbeError> {
    let agent = concat!("healthcheck/", env!("CARGO_PKG_VERSION"));
    let question = Question { host: authority, path, agent };
    let mut last = ProbeError::Url(url.to_owned());
    for address in
        addresses(authority).map_err(|source| ProbeError::Unknown { url: url.to_owned(), source })?
    {
        let left = deadline.saturating_duration_since(Instant::now());
        match ask(address, question, left).await {
            Ok(answer) => return Ok(answer),
            Err(AskError::NotHttp) => return Err(ProbeError::NotHttp(url.to_owned())),
            Err(source) => last = ProbeError::Unreachable { url: url.to_owned(), source },
        }
    }
    Err(last)
}

fn addresses(authority: &str) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<_> = authority.to_socket_addrs()?.collect();
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(addresses)
}

/// `http://host[:port][/path]` as `host:port` and path.
fn split(url: &str) -> Option<(String, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let has_port = authority.rsplit(']').next().is_some_and(|end| end.contains(':'));
    let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    let safe = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    (!authority.starts_with(':') && safe(&authority) && safe(path))
        .then_some((authority, if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;

    /// A server that reads one request, gives one answer in pieces, and then waits for the client to go.
    fn serve(pieces: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // An answer that comes before the request is none (see `http`), so the whole request is read first.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            for piece in pieces {
                stream.write_all(piece.as_bytes()).unwrap();
            }
            let _ = stream.read_to_end(&mut Vec::new());
        });
        format!("http://{address}/health")
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_good_answer_is_good() {
        probe(&serve(&["HTTP/1.1 200 OK\r\n\r\n"]), LONG).unwrap();
        probe(&serve(&["HT", "TP/1.0 20", "4 No Content\r\n\r\n"]), LONG).unwrap();
        probe(&serve(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "k"]), LONG).unwrap();
    }

    #[test]
    fn a_bad_answer_is_named() {
        let sick = probe(&serve(&["HTTP/1.1 503 Service Unavailable\r\n\r\n"]), LONG);
        assert!(matches!(sick, Err(ProbeError::Status { status: 503, .. })), "{sick:?}");
        let strange = probe(&serve(&["SSH-2.0-OpenSSH_9.2\r\n"]), LONG);
        assert!(matches!(strange, Err(ProbeError::NotHttp(_))), "{strange:?}");
    }

    #[test]
    fn silence_and_absence_are_unreachable() {
        let silent = probe(&serve(&[]), Duration::from_millis(50));
        assert!(matches!(silent, Err(ProbeError::Unreachable { .. })), "{silent:?}");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let absent = probe(&format!("http://127.0.0.1:{port}"), LONG);
        assert!(matches!(absent, Err(ProbeError::Unreachable { .. })), "{absent:?}");
    }

    #[test]
    fn all_addresses_are_reached_by_loopback() {
        for (bound, expected) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:80", "10.0.0.1:80")]
        {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), expected);
        }
    }

    #[test]
    fn addresses() {
        let rows = [
            ("http://backend:5000/health", Some(("backend:5000", "/health"))),
            ("http://backend", Some(("backend:80", "/"))),
            ("http://[::1]/x", Some(("[::1]:80", "/x"))),
            ("http://[::1]:5000/x", Some(("[::1]:5000", "/x"))),
            ("https://backend/", None),
            ("http://:80/", None),
            ("http:///x", None),
            ("http://a/\r\nX: y", None),
        ];
        for (url, expected) in rows {
            let found = split(url);
            assert_eq!(found.as_ref().map(|(host, path)| (host.as_str(), *path)), expected, "{url}");
        }
    }
}
