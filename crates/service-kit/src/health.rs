//! Answering and asking "is it up?".

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

/// Since when a process runs.
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

/// Why a probe failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The address is not one that can be probed.
    #[error("{0:?} is not an address such as http://127.0.0.1:5000/health")]
    Url(String),
    /// The host has no address, does not listen, or went silent.
    #[error("{url} does not answer")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the network said.
        source: io::Error,
    },
    /// What came back is not HTTP/1.
    #[error("{0} does not answer in HTTP")]
    NotHttp(String),
    /// It answers, and is not well.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The status code of the answer.
        status: u16,
    },
}

/// Asks `url` (`http` only) once and is content with any 2xx within `timeout`.
///
/// For the `healthcheck` subcommands, so that images need neither shell nor curl. Blocking on purpose.
pub fn probe(url: &str, timeout: Duration) -> Result<(), ProbeError> {
    let (authority, path) = split(url).ok_or_else(|| ProbeError::Url(url.to_owned()))?;
    let answer = ask(&authority, path, Instant::now() + timeout)
        .map_err(|source| ProbeError::Unreachable { url: url.to_owned(), source })?;
    match status(&answer) {
        Some(200..=299) => Ok(()),
        Some(status) => Err(ProbeError::Status { url: url.to_owned(), status }),
        None => Err(ProbeError::NotHttp(url.to_owned())),
    }
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

fn ask(authority: &str, path: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = connect(authority, deadline)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
    let mut line = Vec::with_capacity(64);
    // "HTTP/1.1 200 " is all that matters of the answer.
    while line.len() < 13 {
        stream.set_read_timeout(Some(left(deadline)?))?;
        let mut chunk = [0; 64];
        match stream.read(&mut chunk)? {
            0 => break,
            read => line.extend_from_slice(&chunk[..read]),
        }
    }
    Ok(line)
}

fn connect(authority: &str, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The status of an answer, RFC 9112 section 4.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.")?;
    let digits = line.get(2..5).filter(|_| line[1] == b' ')?;
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that gives one answer, in pieces, and then waits for the client to go.
    fn serve(pieces: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
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
