//! The end of an exchange: its record, and the client's answer where no server's answer came.

use crate::client::ClientError;
use crate::forward::{ExchangeError, Request, UpstreamError};
use crate::pool::Server;
use crate::record::{Attempts, Entry};
use crate::respond::ErrorKind;
use crate::route::Route;
use std::time::Instant;

/// The status in records of a request whose client left before its answer.
pub(super) const CLIENT_LEFT: u16 = 499;

/// The facts of the end that are recorded.
pub(super) struct Conclusion<'p> {
    pub(super) status: u16,
    /// The server whose answer the client got.
    pub(super) server: Option<&'p Server>,
    pub(super) attempts: Attempts,
    pub(super) ended: Instant,
}

impl<'p> Conclusion<'p> {
    /// An end with an answer of the balancer's own, or with none.
    pub(super) fn own(status: u16) -> Self {
        Self { status, server: None, attempts: Attempts::new(), ended: Instant::now() }
    }

    /// Adds the attempts that came before.
    pub(super) fn after(mut self, mut earlier: Attempts) -> Self {
        earlier.append(&mut self.attempts);
        Self { attempts: earlier, ..self }
    }

    /// Whether the client has got a successful answer.
    pub(super) fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }

    /// The record of the request.
    pub(super) fn entry(
        self,
        request: &'p Request,
        route: Option<&'p Route>,
        began: Instant,
        bytes_out: u64,
    ) -> Entry<'p> {
        Entry {
            request_id: request.request_id(),
            client: request.facts.client,
            method: request.method(),
            target: request.target(),
            host: request.host(),
            protocol: request.facts.protocol,
            user_agent: request.user_agent(),
            referer: request.referer(),
            status: self.status,
            bytes_in: request.received(),
            bytes_out,
            began,
            ended: self.ended,
            route,
            server: self.server,
            attempts: self.attempts,
            trace_id: request.trace_id(),
            trace: request.trace(),
        }
    }
}

/// The answer to a client that is still there; `None` when the client has left.
pub(super) fn error_kind(error: &ExchangeError) -> Option<ErrorKind> {
    match error {
        ExchangeError::Client(ClientError::Left(_)) | ExchangeError::ClientStalled | ExchangeError::Idle => {
            None
        }
        ExchangeError::Client(ClientError::Malformed(error)) => Some(ErrorKind::BadRequest(error.detail())),
        ExchangeError::Client(ClientError::Internal(_)) | ExchangeError::Internal(_) => {
            Some(ErrorKind::Internal)
        }
        ExchangeError::TooLarge => Some(ErrorKind::BodyTooLarge),
        ExchangeError::RequestStalled => Some(ErrorKind::RequestTimeout),
        ExchangeError::Expired
        | ExchangeError::Upstream(UpstreamError::TimedOut | UpstreamError::ConnectTimeout) => {
            Some(ErrorKind::GatewayTimeout)
        }
        ExchangeError::Upstream(UpstreamError::Exhausted(_)) => Some(ErrorKind::OutOfResources),
        ExchangeError::Upstream(
            UpstreamError::Unresolved
            | UpstreamError::Connect(_)
            | UpstreamError::Stale
            | UpstreamError::Reset(_)
            | UpstreamError::Head(_)
            | UpstreamError::Body(_)
            | UpstreamError::Unexpected,
        ) => Some(ErrorKind::BadGateway),
    }
}

/// Logs an error of the balancer's own.
pub(super) fn report(error: &ExchangeError, request: &Request) {
    if let ExchangeError::Internal(what) = error {
        tracing::error!(error = what, request_id = request.request_id(), "an error of our own");
    }
}
