//! One check of one server: the I/O of active health.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// More of an answer than this is not read; a health answer is short.
const MOST_READ: u64 = 64 * 1024;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// The status of the answer, where one came.
    pub(super) status: Option<u16>,
    /// How long it took.
    pub(super) latency: Duration,
    /// Why the server is not well; `None` when it is.
    pub(super) error: Option<String>,
}

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
    #[error("no answer within {}", humantime(.0))]
    Silent(Duration),
    #[error("the answer is not HTTP")]
    NotHttp,
    #[error("answered {0}")]
    Status(u16),
}

fn humantime(duration: &Duration) -> String {
    service_kit::duration::HumanDuration(*duration).to_string()
}

/// Asks for `path` and is content with any 2xx or 3xx; without a path, with a connection.
///
/// `host` goes into the `Host` field. The whole check takes at most `limit`.
pub(super) async fn check(address: SocketAddr, host: &str, path: Option<&str>, limit: Duration) -> Finding {
    let began = Instant::now();
    let outcome = timeout(limit, ask(address, host, path)).await.unwrap_or(Err(CheckError::Silent(limit)));
    let status = match outcome {
        Ok(status) => status,
        Err(CheckError::Status(status)) => Some(status),
        Err(_) => None,
    };
    Finding { status, latency: began.elapsed(), error: outcome.err().map(|error| error.to_string()) }
}

async fn ask(address: SocketAddr, host: &str, path: Option<&str>) -> Result<Option<u16>, CheckError> {
    let mut stream = TcpStream::connect(address).await.map_err(CheckError::Connect)?;
    let Some(path) = path else { return Ok(None) };
    let version = env!("CARGO_PKG_VERSION");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: load-balancer-health/{version}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(CheckError::Broken)?;
    let mut answer = Vec::with_capacity(1024);
    // To the end, so that the server is not cut off in the middle of its answer.
    stream.take(MOST_READ).read_to_end(&mut answer).await.map_err(CheckError::Broken)?;
    match status(&answer) {
        Some(status @ 200..=399) => Ok(Some(status)),
        Some(status) => Err(CheckError::Status(status)),
        None => Err(CheckError::NotHttp),
    }
}

/// The status of an answer (RFC 9112 section 4).
fn status(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.")?.get(1..5)?.strip_prefix(b" ")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines() {
        let rows = [
            ("HTTP/1.1 200 OK\r\n\r\n", Some(200)),
            ("HTTP/1.0 503 Busy\r\n", Some(503)),
            ("HTTP/1.1 20", None),
            ("HTTP/2 200", None),
            ("SSH-2.0-x", None),
            ("", None),
        ];
        for (answer, expected) in rows {
            assert_eq!(status(answer.as_bytes()), expected, "{answer}");
        }
    }
}
