//! An HTTP/1 client connection from its first byte to its last.

use crate::client::Client;
use crate::downstream::http1::client::Http1Client;
use crate::downstream::http1::forwarding;
use crate::downstream::stream::Stream;
use crate::downstream::{REFUSED_REQUEST, http2, refusal};
use crate::exchange;
use crate::forward::{Asked, Peer, Request};
use crate::http1::fields;
use crate::http1::{request, request::RequestHead};
use crate::linger::Linger;
use crate::record::Protocol;
use crate::respond::ErrorKind;
use crate::runtime::{READ, Scratch, Timer};
use crate::worker::{Handoff, Host, Phase, Place, Worker};
use socket2::SockRef;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::AsyncWrite;

/// The least body, in bytes, that is worth handing its buffer on instead of copying.
const MUCH: usize = 16 * 1024;

/// What comes next on a connection.
enum Next {
    Request(Request),
    /// Bytes that are no request, with the reason.
    Refused(ErrorKind),
    /// HTTP/2's preface, with the bytes that have come so far.
    Http2(Vec<u8>),
    /// The client has left, or its time is over.
    Gone,
    /// The connection is better off at the process that has taken over.
    Departs,
}

/// Serves requests, one after the other, until the client or the balancer ends the connection, or until the connection
/// is better off at another worker. A connection with a `place` has served requests before.
pub(crate) async fn serve(
    worker: &Rc<Worker>,
    stream: Stream,
    peer: Peer,
    mut place: Option<Place>,
) -> Option<Handoff> {
    let timer = worker.timers.timer();
    let mut client = Http1Client::new(stream);
    let settings = &worker.settings;
    let mut patience = if place.is_some() { settings.keepalive_timeout } else { settings.header_timeout };
    let mut requests = 0_u64;
    loop {
        let first = requests == 0 && place.is_none();
        let until = timer.now() + patience;
        let mut waiting =
            Waiting { worker, client: &mut client, peer: &peer, timer: &timer, until, begun: false, first };
        match std::future::poll_fn(|cx| waiting.poll(cx)).await {
            // Boxed, so that a connection that is idle does not hold the room of one that is not.
            Next::Request(request) => Box::pin(exchange::conduct(worker, &mut client, &timer, request)).await,
            Next::Refused(kind) => {
                let request = Asked::unknown(Protocol::Http11).refused(&peer, worker);
                end_with_refusal(worker, &mut client, &timer, request, kind).await;
                return None;
            }
            Next::Http2(begun) => {
                Box::pin(http2::serve(worker, client.stream, begun, peer)).await;
                return None;
            }
            Next::Gone => {
                client.say_goodbye().await;
                return None;
            }
            Next::Departs => {
                let to = Host::Successor { used: !first };
                return client.into_socket().map(|stream| Handoff { stream, to });
            }
        }
        if !client.is_reusable() {
            end(worker, &mut client, &timer).await;
            return None;
        }
        patience = settings.keepalive_timeout;
        requests += 1;
        let settles = requests.is_power_of_two() && client.ahead.is_empty() && client.owes_nothing();
        if settles && let Some(host) = better_host(worker, &client, &mut place) {
            let stream = client.into_socket();
            return stream
                .zip(place)
                .map(|(stream, place)| Handoff { stream, to: Host::Worker(host, place) });
        }
    }
}

/// Refuses the first request of a connection, in the protocol in which the request comes, and ends the connection. The
/// refusal also goes to a client that sends nothing in time, or nothing that is understood.
pub(crate) async fn refuse(worker: &Rc<Worker>, stream: Stream, peer: Peer, kind: ErrorKind) {
    let timer = worker.timers.timer();
    let mut client = Http1Client::new(stream);
    let until = timer.now() + REFUSED_REQUEST;
    let mut waiting =
        Waiting { worker, client: &mut client, peer: &peer, timer: &timer, until, begun: false, first: true };
    let request = match std::future::poll_fn(|cx| waiting.poll(cx)).await {
        Next::Request(request) => request,
        Next::Refused(_) | Next::Gone | Next::Departs => {
            Asked::unknown(Protocol::Http11).refused(&peer, worker)
        }
        Next::Http2(begun) => {
            return Box::pin(http2::refuse(worker, client.stream, begun, peer, kind)).await;
        }
    };
    end_with_refusal(worker, &mut client, &timer, request, kind).await;
}

/// Refuses a request, which is the connection's last.
async fn end_with_refusal(
    worker: &Worker,
    client: &mut Http1Client,
    timer: &Timer,
    request: Request,
    kind: ErrorKind,
) {
    client.close();
    Box::pin(exchange::refuse(worker, client, timer, request, kind)).await;
    linger(worker, client, timer).await;
}

/// Finds out whether an idle connection is better off at another worker. Takes a place for the connection there, or
/// here.
fn better_host(worker: &Worker, client: &Http1Client, place: &mut Option<Place>) -> Option<usize> {
    // With its own place given up, a connection that is alone here does not move back and forth.
    *place = None;
    let host = worker.common.lighter(worker.index).filter(|_| !client.stream.is_tls());
    *place = Some(worker.common.place(host.unwrap_or(worker.index)));
    host
}

/// Waits for the next request.
struct Waiting<'a> {
    worker: &'a Worker,
    client: &'a mut Http1Client,
    peer: &'a Peer,
    timer: &'a Timer,
    until: Instant,
    /// Part of the head has come.
    begun: bool,
    /// No request has come on this connection yet.
    first: bool,
}

impl Waiting<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        match self.poll_request(cx) {
            Poll::Ready(Ok(next)) => return Poll::Ready(next),
            Poll::Ready(Err(kind)) => return Poll::Ready(Next::Refused(kind)),
            Poll::Pending => {}
        }
        if !self.begun
            && self.worker.is_closing()
            && let Some(next) = self.leave()
        {
            return Poll::Ready(next);
        }
        ready!(self.timer.poll_until(cx, self.until));
        Poll::Ready(if self.begun { Next::Refused(ErrorKind::RequestTimeout) } else { Next::Gone })
    }

    /// Has an idle connection leave: to the process that has taken over, as soon as it can go there, or for good.
    #[cold]
    fn leave(&self) -> Option<Next> {
        let departs = self.worker.common.departures().is_some() && self.client.can_move();
        match self.worker.common.phase() {
            _ if departs => Some(Next::Departs),
            Phase::HandedOn => None,
            Phase::Running | Phase::Closing | Phase::Ended => Some(Next::Gone),
        }
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, ErrorKind>> {
        if !self.begun && !self.client.ahead.is_empty() {
            // Sent ahead of the last answer.
            let bytes = std::mem::take(&mut self.client.ahead);
            if let Some(next) = self.read_held(bytes)? {
                return Poll::Ready(Ok(next));
            }
        }
        loop {
            let filled = self.worker.scratch.borrow_mut().poll_fill(&mut self.client.stream, cx, READ);
            let range = match ready!(filled) {
                Ok(range) if !range.is_empty() => range,
                Ok(_) | Err(_) => return Poll::Ready(Ok(Next::Gone)),
            };
            let next = if self.client.ahead.is_empty() {
                self.read_scratch(range)?
            } else {
                let mut bytes = std::mem::take(&mut self.client.ahead);
                bytes.extend_from_slice(self.worker.scratch.borrow().bytes(&range));
                self.read_held(bytes)?
            };
            if let Some(next) = next {
                return Poll::Ready(Ok(next));
            }
        }
    }

    /// Reads a request in the scratch, where it was received: the common case, in which the whole head came at once.
    fn read_scratch(&mut self, range: Range<usize>) -> Result<Option<Next>, ErrorKind> {
        let mut scratch = self.worker.scratch.borrow_mut();
        if self.may_be_http2(scratch.bytes(&range)) {
            let bytes = scratch.bytes(&range).to_vec();
            return Ok(self.read_preface(bytes));
        }
        let Some((mut request, head)) = self.read_head(scratch.bytes(&range))? else {
            self.hold(scratch.bytes(&range).to_vec());
            return Ok(None);
        };
        if range.len() > head {
            let rest = range.start + head..range.end;
            let content = self.client.decode(&mut scratch, rest).map_err(|error| refusal::client(&error))?;
            self.take_body(&mut request, &mut scratch, content);
        }
        if self.client.request_ended() {
            request.end(self.client.trailers());
        }
        Ok(Some(Next::Request(request)))
    }

    /// Keeps the part of the body that came with the head. A long body that is whole is kept in its own buffer, without
    /// a copy.
    fn take_body(&self, request: &mut Request, scratch: &mut Scratch, content: Range<usize>) {
        let buffers = &self.worker.buffers;
        let at_once = self.client.request_ended() && content.len() >= MUCH && request.is_unframed();
        if let Some(page) = at_once.then(|| buffers.lend()).flatten() {
            request.hold(scratch.hand_out(content, page));
        } else {
            request.expect_body(buffers);
            request.push(scratch.bytes(&content), usize::MAX);
        }
    }

    /// Reads a request from bytes that came in pieces or ahead of time. The body is left for later.
    fn read_held(&mut self, mut bytes: Vec<u8>) -> Result<Option<Next>, ErrorKind> {
        if self.may_be_http2(&bytes) {
            return Ok(self.read_preface(bytes));
        }
        let Some((mut request, head)) = self.read_head(&bytes)? else {
            self.hold(bytes);
            return Ok(None);
        };
        request.expect_body(&self.worker.buffers);
        bytes.drain(..head);
        self.client.keep_ahead(bytes);
        if self.client.request_ended() {
            request.end(&[]);
        }
        Ok(Some(Next::Request(request)))
    }

    /// Whether the first bytes of the connection begin HTTP/2's preface.
    fn may_be_http2(&self, bytes: &[u8]) -> bool {
        self.first && bytes.iter().zip(http2::PREFACE).all(|(byte, expected)| byte == expected)
    }

    fn read_preface(&mut self, bytes: Vec<u8>) -> Option<Next> {
        if bytes.len() >= http2::PREFACE.len() {
            return Some(Next::Http2(bytes));
        }
        self.hold(bytes);
        None
    }

    /// Keeps part of a head. The time for the rest begins with its first byte.
    fn hold(&mut self, bytes: Vec<u8>) {
        self.client.ahead = bytes;
        if !std::mem::replace(&mut self.begun, true) {
            self.until = self.timer.now() + self.worker.settings.header_timeout;
        }
    }

    /// Reads a head, prepares the client for the request, and writes the head anew for the upstream.
    fn read_head(&mut self, bytes: &[u8]) -> Result<Option<(Request, usize)>, ErrorKind> {
        let mut slots = fields::slots();
        let head = request::parse(bytes, &mut slots).map_err(refusal::request)?;
        Ok(head.map(|head| self.accept(&head)))
    }

    /// Whether the connection goes on, at the process that has taken over.
    #[cold]
    fn departs_later(&self) -> bool {
        self.worker.common.departures().is_some() && !self.client.stream.is_tls()
    }

    fn accept(&mut self, head: &RequestHead<'_, '_>) -> (Request, usize) {
        self.client.begin_request(head.length, head.http10, head.keep_alive);
        if self.worker.is_draining() && !self.departs_later() {
            self.client.close();
        }
        (forwarding::draft(head, self.peer, self.worker), head.len)
    }
}

/// Ends a connection after its last answer.
async fn end(worker: &Worker, client: &mut Http1Client, timer: &Timer) {
    if !client.is_answered() {
        // Cut off: the client must not take the end of the connection for the end of an answer.
        let _ = SockRef::from(client.stream.tcp()).set_linger(Some(Duration::ZERO));
    } else if client.may_send_more() || client.stream.is_tls() {
        // It may be sending already what comes next.
        linger(worker, client, timer).await;
    }
}

/// Ends the sending side, then reads and drops bytes for a while (lingering close).
async fn linger(worker: &Worker, client: &mut Http1Client, timer: &Timer) {
    let (mut shut, mut bounds) = (false, Linger::new(timer.now()));
    std::future::poll_fn(|cx| {
        if !shut {
            shut = match Pin::new(&mut client.stream).poll_shutdown(cx) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => false,
            };
        }
        loop {
            match worker.scratch.borrow_mut().poll_fill(&mut client.stream, cx, READ) {
                Poll::Ready(Ok(range)) if !range.is_empty() && bounds.goes_on(range.len(), timer.now()) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return timer.poll_until(cx, bounds.until()),
            }
        }
    })
    .await;
}
