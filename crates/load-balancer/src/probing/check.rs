//! One check of one server: the I/O of active health.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use service_kit::http::{Answer, AskError, Question, ask};
use tokio::{net::TcpStream, time::timeout};

use crate::{config::is_name, resources};

const AGENT: &str = concat!("load-balancer-health/", env!("CARGO_PKG_VERSION"));

/// The finding of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// The status of the answer, where one came.
    pub(super) status: Option<u16>,
    /// How long the check took.
    pub(super) latency: Duration,
    /// The name that the server gives itself; `None` for a server that is not well.
    pub(super) instance: Option<String>,
    /// Why the server is not well; `None` when it is.
    pub(super) error: Option<String>,
    /// Whether the server was not even asked, because this process has no descriptor, port or memory left to connect
    /// with.
    pub(super) unasked: bool,
}

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("not asked, for want of descriptors, ports or memory: {0}")]
    Exhausted(#[source] io::Error),
    #[error(transparent)]
    Unanswered(AskError),
    #[error("answered {0}")]
    Status(u16),
}

/// Checks a server. A check is good when `path` answers with any 2xx or 3xx that comes to its end; without a path, when
/// a connection can be made.
///
/// `host` goes into the `Host` field. The whole check takes at most `limit`.
pub(super) async fn check(address: SocketAddr, host: &str, path: Option<&str>, limit: Duration) -> Finding {
    let began = Instant::now();
    let outcome = match path {
        Some(path) => question(address, host, path, limit).await.map(Some),
        None => connect(address, limit).await.map(|()| None).map_err(CheckError::from),
    };
    let latency = began.elapsed();
    match outcome {
        Ok(answer) => {
            let instance = answer.as_ref().and_then(|answer| instance(&answer.content));
            let status = answer.map(|answer| answer.status);
            Finding { status, latency, instance, error: None, unasked: false }
        }
        Err(error) => {
            let status = if let CheckError::Status(status) = error { Some(status) } else { None };
            let unasked = matches!(error, CheckError::Exhausted(_));
            Finding { status, latency, instance: None, error: Some(error.to_string()), unasked }
        }
    }
}

async fn question(
    address: SocketAddr,
    host: &str,
    path: &str,
    limit: Duration,
) -> Result<Answer, CheckError> {
    let answer = ask(address, Question { host, path, agent: AGENT }, limit).await?;
    if (200..400).contains(&answer.status) { Ok(answer) } else { Err(CheckError::Status(answer.status)) }
}

async fn connect(address: SocketAddr, limit: Duration) -> Result<(), AskError> {
    let connected = timeout(limit, TcpStream::connect(address)).await;
    let connected: io::Result<_> = connected.map_err(|_| AskError::Silent(limit))?;
    connected.map(drop).map_err(AskError::Connect)
}

impl From<AskError> for CheckError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Connect(error) if resources::is_exhausted(&error) => Self::Exhausted(error),
            other => Self::Unanswered(other),
        }
    }
}

/// The name of the instance in an answer's content: `instance` of a JSON object, if it can be a name.
fn instance(content: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Health {
        instance: String,
    }
    let health: Health = serde_json::from_slice(content).ok()?;
    is_name(&health.instance).then_some(health.instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_instances() {
        let rows = [
            ("{\"status\":\"ok\",\"instance\":\"b-2\"}", Some("b-2")),
            ("{\"instance\":1}", None),
            ("{\"instance\":\"two words\"}", None),
            ("{\"instance\":\"\"}", None),
            ("{\"instance\":\"cut", None),
            ("ok", None),
            ("", None),
        ];
        for (content, expected) in rows {
            assert_eq!(instance(content.as_bytes()).as_deref(), expected, "{content}");
        }
    }
}
