//! The errors of an attempt.

use crate::client::ClientError;
use crate::http1::chunked::ChunkError;
use crate::http1::response::ResponseError;
use crate::resources;
use crate::retry::{Failure, Outcome};
use std::io;
use thiserror::Error;

/// Why an upstream gave no whole answer.
#[derive(Debug, Error)]
pub(crate) enum UpstreamError {
    /// The server's name has not been resolved yet.
    #[error("the server's address is not known")]
    Unresolved,
    /// The connection could not be made.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// No connection was made, because this process has no descriptor, port or memory left.
    #[error("this process has nothing left to connect with")]
    Exhausted(#[source] io::Error),
    /// No connection was made in time.
    #[error("no connection in time")]
    ConnectTimeout,
    /// A connection that had served before was closed before a byte of the answer.
    #[error("the idle connection had been closed")]
    Stale,
    /// The connection ended before the answer did.
    #[error("the connection broke")]
    Reset(#[source] Option<io::Error>),
    /// No answer came in time, nor one to the question for the server's health; or the server was silent within the
    /// answer.
    #[error("the server is silent")]
    TimedOut,
    /// The head is not HTTP/1, or is ambiguous.
    #[error(transparent)]
    Head(#[from] ResponseError),
    /// The body does not fit its framing.
    #[error("the upstream's body: {0}")]
    Body(#[from] ChunkError),
    /// A 101 came that the client did not ask for, or before the whole request was sent.
    #[error("an answer that does not fit the request")]
    Unexpected,
}

impl UpstreamError {
    /// The error of a connection that could not be made.
    pub(super) fn of_connect(error: io::Error) -> Self {
        if resources::is_exhausted(&error) { Self::Exhausted(error) } else { Self::Connect(error) }
    }

    /// The outcome for passive health and records.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Unresolved | Self::Connect(_) | Self::ConnectTimeout => Outcome::ConnectFailed,
            Self::Exhausted(_) => Outcome::Exhausted,
            Self::Stale => Outcome::Stale,
            Self::Reset(_) => Outcome::Reset,
            Self::TimedOut => Outcome::TimedOut,
            Self::Head(_) | Self::Body(_) | Self::Unexpected => Outcome::Invalid,
        }
    }

    /// The failure that decides about a further attempt.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Unresolved | Self::Connect(_) | Self::ConnectTimeout => Failure::Connect,
            Self::Exhausted(_) => Failure::Exhausted,
            Self::Stale => Failure::Stale,
            Self::Reset(_) => Failure::Reset,
            Self::TimedOut => Failure::TimedOut,
            Self::Head(_) | Self::Body(_) | Self::Unexpected => Failure::Invalid,
        }
    }
}

/// Why an exchange stopped before its end.
#[derive(Debug, Error)]
pub(crate) enum ExchangeError {
    /// The client's side failed.
    #[error(transparent)]
    Client(ClientError),
    /// The upstream's side failed.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The client does not read its answer.
    #[error("the client does not take its answer")]
    ClientStalled,
    /// The request's body grew longer than the pool allows.
    #[error("the request's body is too large")]
    TooLarge,
    /// The server was at work for longer than `total` allows.
    #[error("no answer within the time for the whole request")]
    Expired,
    /// Neither side has sent anything for too long.
    #[error("neither side has sent anything for long")]
    Idle,
    /// The client does not send the rest of its request.
    #[error("the client does not send its request")]
    RequestStalled,
    /// An error of the balancer itself: an invariant does not hold.
    #[error("an error of the load balancer's own: {0}")]
    Internal(&'static str),
}

impl From<ClientError> for ExchangeError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Internal(what) => Self::Internal(what),
            error => Self::Client(error),
        }
    }
}

impl ExchangeError {
    /// The outcome for passive health and records.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Upstream(error) => error.outcome(),
            Self::Client(ClientError::Left(_)) | Self::ClientStalled => Outcome::ClientLeft,
            Self::Client(ClientError::Malformed(_)) | Self::TooLarge | Self::RequestStalled => {
                Outcome::RequestFailed
            }
            Self::Expired => Outcome::Expired,
            Self::Idle => Outcome::Idle,
            Self::Client(ClientError::Internal(_)) | Self::Internal(_) => Outcome::Internal,
        }
    }

    /// Whether the client is not there any more, as far as the balancer can tell.
    pub(crate) fn has_left(&self) -> bool {
        matches!(self, Self::Client(ClientError::Left(_)) | Self::ClientStalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::length::LengthError;
    use Outcome::{ClientLeft, ConnectFailed, Internal, Invalid, RequestFailed, Reset, Stale, TimedOut};

    fn reset() -> io::Error {
        io::ErrorKind::ConnectionReset.into()
    }

    #[test]
    fn what_each_failure_of_an_upstream_is_called() {
        for (error, outcome, failure) in [
            (UpstreamError::Unresolved, ConnectFailed, Failure::Connect),
            (UpstreamError::Connect(reset()), ConnectFailed, Failure::Connect),
            (UpstreamError::ConnectTimeout, ConnectFailed, Failure::Connect),
            (UpstreamError::Stale, Stale, Failure::Stale),
            (UpstreamError::Reset(None), Reset, Failure::Reset),
            (UpstreamError::TimedOut, TimedOut, Failure::TimedOut),
            (UpstreamError::Head(ResponseError::HeadTooLarge), Invalid, Failure::Invalid),
            (ResponseError::Length(LengthError::InvalidLength).into(), Invalid, Failure::Invalid),
            (UpstreamError::Unexpected, Invalid, Failure::Invalid),
        ] {
            assert_eq!((error.outcome(), error.failure()), (outcome, failure), "{error}");
            assert_eq!(ExchangeError::from(error).outcome(), outcome);
        }
    }

    #[test]
    fn only_a_client_that_has_left_has_left() {
        for (error, outcome, left) in [
            (ClientError::Left(None).into(), ClientLeft, true),
            (ClientError::from(reset()).into(), ClientLeft, true),
            (ExchangeError::ClientStalled, ClientLeft, true),
            (ExchangeError::TooLarge, RequestFailed, false),
            (ExchangeError::RequestStalled, RequestFailed, false),
            (ClientError::Internal("what").into(), Internal, false),
            (ExchangeError::Internal("what"), Internal, false),
            (UpstreamError::Reset(None).into(), Reset, false),
        ] {
            assert_eq!((error.outcome(), error.has_left()), (outcome, left), "{error}");
        }
    }
}
