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

use crate::{
    config::is_name,
    http1::{body::Body, fields, response},
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
    /// What the server says that its name is; only a server that is well is listened to.
    pub(super) instance: Option<String>,
    /// Why the server is not well; `None` when it is.
    pub(super) error: Option<String>,
}

/// A good answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Well {
    status: Option<u16>,
    instance: Option<String>,
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
    let latency = began.elapsed();
    match outcome {
        Ok(Well { status, instance }) => Finding { status, latency, instance, error: None },
        Err(error) => {
            let status = if let CheckError::Status(status) = error { Some(status) } else { None };
            Finding { status, latency, instance: None, error: Some(error.to_string()) }
        }
    }
}

async fn ask(address: SocketAddr, host: &str, path: Option<&str>) -> Result<Well, CheckError> {
    let mut stream = TcpStream::connect(address).await.map_err(CheckError::Connect)?;
    let Some(path) = path else { return Ok(Well::default()) };
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
        Some(status @ 200..=399) => Ok(Well { status: Some(status), instance: instance(&mut answer) }),
        Some(status) => Err(CheckError::Status(status)),
        None => Err(CheckError::NotHttp),
    }
}

/// The status of an answer (RFC 9112 section 4).
fn status(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.")?.get(1..5)?.strip_prefix(b" ")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The name of the instance that a whole answer bears: `instance` of a JSON object, if it can be a name.
fn instance(answer: &mut [u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Health {
        instance: String,
    }
    let (head, length) = {
        let slots = &mut fields::slots();
        let head = response::parse(answer, slots, false).ok()??;
        (head.len, head.length)
    };
    let body = answer.get_mut(head..)?;
    let content = Body::new(length).decode(body).ok()?.data;
    let health: Health = serde_json::from_slice(body.get(..content)?).ok()?;
    is_name(&health.instance).then_some(health.instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_instances() {
        let rows = [
            ("Content-Length: 34\r\n\r\n{\"status\":\"ok\",\"instance\":\"b-2\"}", Some("b-2")),
            ("Transfer-Encoding: chunked\r\n\r\n8\r\n{\"instan\r\n8\r\nce\":\"b\"}\r\n0\r\n\r\n", Some("b")),
            ("Connection: close\r\n\r\n{\"instance\":\"b\"}", Some("b")),
            ("Content-Length: 16\r\n\r\n{\"instance\":\"b\"}", Some("b")),
            ("Content-Length: 2\r\n\r\nok", None),
            ("Content-Length: 14\r\n\r\n{\"instance\":1}", None),
            ("Connection: close\r\n\r\n{\"instance\":\"two words\"}", None),
            ("Connection: close\r\n\r\n{\"instance\":\"\"}", None),
            ("Connection: close\r\n\r\n{\"instance\":\"cut", None),
            ("", None),
        ];
        for (rest, expected) in rows {
            let mut answer = format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
            assert_eq!(instance(&mut answer).as_deref(), expected, "{rest}");
        }
    }

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
