//! How an attempt can fail.

use super::client::ClientError;
use crate::http1::chunked::ChunkError;
use crate::http1::response::ResponseError;
use crate::{pool, resources, retry};
use std::io;
use thiserror::Error;

/// Why an upstream gave no whole answer.
#[derive(Debug, Error)]
pub(crate) enum UpstreamError {
    /// The server's name has not been resolved yet.
    #[error("the server's address is not known")]
    Unresolved,
    /// No connection.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// No connection, because this process has no descriptor, port or memory left for one.
    #[error("this process has nothing left to connect with")]
    Exhausted(#[source] io::Error),
    /// No connection in time.
    #[error("no connection in time")]
    ConnectTimeout,
    /// A connection that had served before was closed before a byte of the answer.
    #[error("the idle connection had been closed")]
    Stale,
    /// The connection ended before the answer did.
    #[error("the connection broke")]
    Reset(#[source] Option<io::Error>),
    /// No answer in time, nor one to a question for the server's health; or a silence within the answer.
    #[error("the server is silent")]
    TimedOut,
    /// A head that is not HTTP/1, or not unambiguous.
    #[error(transparent)]
    Head(#[from] ResponseError),
    /// A body that is not what its head says.
    #[error("the upstream's body: {0}")]
    Body(#[from] ChunkError),
    /// A 101 that nobody asked for, or before all of the request was sent.
    #[error("an answer that does not fit the request")]
    Unexpected,
}

impl UpstreamError {
    /// The error of a connection that was not made.
    pub(super) fn of_connect(error: io::Error) -> Self {
        if resources::is_exhausted(&error) { Self::Exhausted(error) } else { Self::Connect(error) }
    }

    /// What it says of the server.
    pub(crate) fn outcome(&self) -> pool::Outcome {
        match self {
            Self::Unresolved | Self::Connect(_) | Self::ConnectTimeout => pool::Outcome::ConnectFailed,
            Self::Exhausted(_) => pool::Outcome::Exhausted,
            Self::Stale => pool::Outcome::Stale,
            Self::Reset(_) => pool::Outcome::Reset,
            Self::TimedOut => pool::Outcome::TimedOut,
            Self::Head(_) | Self::Body(_) | Self::Unexpected => pool::Outcome::Invalid,
        }
    }

    /// What it says of a further attempt.
    pub(crate) fn failure(&self) -> retry::Failure {
        match self {
            Self::Unresolved | Self::Connect(_) | Self::ConnectTimeout => retry::Failure::Connect,
            Self::Exhausted(_) => retry::Failure::Exhausted,
            Self::Stale => retry::Failure::Stale,
            Self::Reset(_) => retry::Failure::Reset,
            Self::TimedOut => retry::Failure::TimedOut,
            Self::Head(_) | Self::Body(_) | Self::Unexpected => retry::Failure::Invalid,
        }
    }
}

/// Why an exchange stopped before its end.
#[derive(Debug, Error)]
pub(crate) enum Broken {
    /// The client's doing.
    #[error(transparent)]
    Client(ClientError),
    /// The upstream's doing.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The client does not read its answer.
    #[error("the client does not take its answer")]
    ClientStalled,
    /// The request's body grew longer than the pool allows.
    #[error("the request's body is too large")]
    TooLarge,
    /// The server was at work for longer than a request may take.
    #[error("no answer within the time for the whole request")]
    Expired,
    /// Neither side has sent anything for too long.
    #[error("neither side has sent anything for long")]
    Idle,
    /// The client does not send the rest of its request.
    #[error("the client does not send its request")]
    RequestStalled,
    /// Nobody's doing but the balancer's own: something that always holds does not.
    #[error("an error of the load balancer's own: {0}")]
    Internal(&'static str),
}

impl From<ClientError> for Broken {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Internal(what) => Self::Internal(what),
            error => Self::Client(error),
        }
    }
}

impl Broken {
    /// What it says of the server, and what records call it.
    pub(crate) fn outcome(&self) -> pool::Outcome {
        match self {
            Self::Upstream(error) => error.outcome(),
            Self::Client(ClientError::Left(_)) | Self::ClientStalled => pool::Outcome::ClientLeft,
            Self::Client(ClientError::Malformed(_)) | Self::TooLarge | Self::RequestStalled => {
                pool::Outcome::RequestFailed
            }
            Self::Expired => pool::Outcome::Expired,
            Self::Idle => pool::Outcome::Idle,
            Self::Client(ClientError::Internal(_)) | Self::Internal(_) => pool::Outcome::Internal,
        }
    }

    /// Whether the client is not there any more, as far as the balancer can tell.
    pub(crate) fn has_left(&self) -> bool {
        matches!(self, Self::Client(ClientError::Left(_)) | Self::ClientStalled)
    }
}
