//! How an exchange ends where no server's answer reaches the client whole, and its record.

use super::Exchange;
use super::retry_state::RetryState;
use crate::answer::Answer;
use crate::client::{Client, ClientError, Own};
use crate::forward::{ExchangeError, Peer, UpstreamError};
use crate::pool::Server;
use crate::record::{Attempts, Entry, Protocol};
use crate::respond::{self, ErrorKind};
use crate::route::Route;
use crate::runtime::Timer;
use crate::worker::Worker;
use std::time::{Duration, Instant};
use uuid::fmt::Hyphenated;

/// The status in records of a request whose client left before its answer.
const CLIENT_LEFT: u16 = 499;
/// How long a client may take to read an answer of the balancer's own.
const OWN_ANSWER: Duration = Duration::from_secs(10);

/// What the record says of the end.
pub(super) struct Conclusion<'p> {
    status: u16,
    /// Whose answer the client got.
    server: Option<&'p Server>,
    attempts: Attempts,
    ended: Instant,
}

impl Conclusion<'_> {
    fn without_server(status: u16, attempts: Attempts) -> Self {
        Self { status, server: None, attempts, ended: Instant::now() }
    }

    /// The same, with attempts that came before.
    pub(super) fn after(mut self, earlier: Self) -> Self {
        let mut attempts = earlier.attempts;
        attempts.append(&mut self.attempts);
        Self { attempts, ..self }
    }

    /// Whether the client has got an answer that tells of success.
    pub(super) fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }
}

impl<'p> RetryState<'p> {
    /// The client has got this server's answer.
    pub(super) fn concluded(self, status: u16, server: &'p Server) -> Conclusion<'p> {
        Conclusion { status, server: Some(server), attempts: self.attempts, ended: self.ended }
    }
}

impl<C: Client> Exchange<'_, C> {
    /// Gives an answer of the balancer's own.
    pub(super) async fn answer<'p>(&mut self, answer: &Answer) -> Conclusion<'p> {
        let (date, request_id) = (self.worker.clock.date(), self.request.request_id());
        let own = Own { request_id, date: &date, is_head: self.request.facts.is_head };
        self.client.answer(answer, &own);
        let flush = std::future::poll_fn(|cx| self.client.poll_flush(cx));
        let taken = self.timer.within(self.timer.now() + OWN_ANSWER, flush).await;
        let status = if matches!(taken, Some(Ok(()))) { answer.status } else { CLIENT_LEFT };
        Conclusion::without_server(status, Attempts::new())
    }

    /// Answers with an error.
    pub(super) async fn refuse<'p>(&mut self, kind: ErrorKind) -> Conclusion<'p> {
        let answer = respond::error(kind, self.request.request_id());
        self.answer(&answer).await
    }

    /// Answers with an error after attempts.
    pub(super) async fn fail<'p>(&mut self, kind: ErrorKind, state: RetryState<'p>) -> Conclusion<'p> {
        Conclusion { attempts: state.attempts, ..self.refuse(kind).await }
    }

    /// Ends an exchange whose client left before the first attempt.
    pub(super) fn leave<'p>(&mut self) -> Conclusion<'p> {
        self.client.abort();
        Conclusion::without_server(CLIENT_LEFT, Attempts::new())
    }

    /// Ends an exchange of which the client has had nothing yet.
    pub(super) async fn break_off<'p>(
        &mut self,
        error: &ExchangeError,
        state: RetryState<'p>,
    ) -> Conclusion<'p> {
        self.report(error);
        if let Some(kind) = error_kind(error) {
            tracing::debug!(error = error as &dyn std::error::Error, request_id = self.request.request_id());
            return self.fail(kind, state).await;
        }
        self.client.abort();
        Conclusion::without_server(CLIENT_LEFT, state.attempts)
    }

    /// Ends an exchange in the middle of an answer: the client must see that it is not whole.
    pub(super) fn cut_off<'p>(
        &mut self,
        error: &ExchangeError,
        status: u16,
        state: RetryState<'p>,
        server: &'p Server,
    ) -> Conclusion<'p> {
        self.report(error);
        self.client.abort();
        state.concluded(if error.has_left() { CLIENT_LEFT } else { status }, server)
    }

    /// Tells the balancer's log of an error of the balancer's own.
    fn report(&self, error: &ExchangeError) {
        if let ExchangeError::Internal(what) = error {
            tracing::error!(error = what, request_id = self.request.request_id(), "an error of our own");
        }
    }

    /// Records the request: once, whatever ended it.
    pub(super) fn record(&self, began: Instant, route: Option<&Route>, conclusion: Conclusion<'_>) {
        let request = &self.request;
        self.worker.recorder.finish(Entry {
            request_id: request.request_id(),
            client: request.facts.client,
            method: request.method(),
            target: request.target(),
            host: request.host(),
            protocol: self.protocol,
            user_agent: request.user_agent(),
            referer: request.referer(),
            status: conclusion.status,
            bytes_in: request.received(),
            bytes_out: self.client.content_out(),
            began,
            ended: conclusion.ended,
            route,
            server: conclusion.server,
            attempts: conclusion.attempts,
            trace_id: request.trace_id(),
            trace: request.trace(),
        });
    }
}

/// The answer to a client that is still there; `None` when it is not.
fn error_kind(error: &ExchangeError) -> Option<ErrorKind> {
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

/// What is known of a request that is refused by its head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) protocol: Protocol,
    /// Empty, as the others, where the head was not understood.
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) host: &'a [u8],
}

impl Asked<'_> {
    /// A head that was not understood.
    pub(crate) fn unknown(protocol: Protocol) -> Self {
        Self { protocol, method: b"", target: b"", host: b"" }
    }
}

/// Refuses what is not a request, and records it.
pub(crate) async fn refuse<C: Client>(
    worker: &Worker,
    client: &mut C,
    peer: &Peer,
    timer: &Timer,
    asked: Asked<'_>,
    kind: ErrorKind,
) {
    let began = Instant::now();
    let mut request_id = [0; Hyphenated::LENGTH];
    let request_id =
        &*worker.ids.request_id(worker.clock.unix_millis()).hyphenated().encode_lower(&mut request_id);
    let (answer, date) = (respond::error(kind, request_id), worker.clock.date());
    client.answer(&answer, &Own { request_id, date: &date, is_head: asked.method == b"HEAD" });
    let flush = std::future::poll_fn(|cx| client.poll_flush(cx));
    let taken = timer.within(timer.now() + OWN_ANSWER, flush).await;
    worker.recorder.finish(Entry {
        request_id,
        client: peer.address,
        method: asked.method,
        target: asked.target,
        host: asked.host,
        protocol: asked.protocol,
        user_agent: b"",
        referer: b"",
        status: if matches!(taken, Some(Ok(()))) { answer.status } else { CLIENT_LEFT },
        bytes_in: 0,
        bytes_out: client.content_out(),
        began,
        ended: Instant::now(),
        route: None,
        server: None,
        attempts: Attempts::new(),
        trace_id: b"",
        trace: None,
    });
}
