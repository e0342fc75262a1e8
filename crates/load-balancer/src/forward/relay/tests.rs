//! A relay between a scripted client and a scripted server: no socket, no protocol, no runtime.

use super::*;
use crate::answer::Answer;
use crate::client::Own;
use crate::forward::draft::Draft;
use crate::forward::failure::UpstreamError;
use crate::forward::request::Facts;
use crate::forward::upstream::{Accepted, Heads, Part};
use crate::http1::chunked::ChunkError;
use crate::http1::fields::slots;
use crate::http1::length::Length;
use crate::http1::response::{self, ResponseHead};
use crate::http1::write::Added;
use crate::record::Protocol;
use crate::runtime::Timers;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::task::Waker;

/// What a server does next; without one it is silent.
enum Step {
    Head(&'static str),
    Content(&'static [u8]),
    /// The last content, and with it a trailer.
    Last(&'static [u8]),
    Break,
}

#[derive(Default)]
struct Server {
    steps: VecDeque<Step>,
    /// What has come of the request.
    request: Vec<u8>,
    /// It takes no more of the request.
    deaf: bool,
    /// It was told that the client has ended its side.
    told_of_end: bool,
}

impl Upstream for Server {
    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 1).into()
    }

    fn poll_send(&mut self, _: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>> {
        if self.deaf {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let (head, body) = request.unsent();
        self.request.extend_from_slice(&[head, body].concat());
        request.advance(request.unsent_len());
        Poll::Ready(Ok(()))
    }

    fn takes_more(&self) -> bool {
        !self.deaf
    }

    fn end(&mut self, _: &mut Context<'_>) {
        self.told_of_end = true;
    }

    fn poll_answer<H: Heads>(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        _: usize,
        heads: &mut H,
    ) -> Poll<Result<Part, ExchangeError>> {
        let Some(step) = self.steps.pop_front() else { return Poll::Pending };
        Poll::Ready(Ok(match step {
            Step::Content(content) => Part::Content(scratch.put(content)),
            Step::Last(content) => Part::Last(scratch.put(content)),
            Step::Break => return Poll::Ready(Err(UpstreamError::Reset(None).into())),
            Step::Head(text) => {
                let mut slots = slots();
                let head = response::parse(text.as_bytes(), &mut slots, false).unwrap().unwrap();
                if head.status < 200 && head.status != 101 {
                    heads.interim(cx, &head)?;
                    return Poll::Ready(Ok(Part::Incomplete));
                }
                match heads.accept(&head, scratch.head())? {
                    Accepted::Yes => Part::Content(scratch.put(b"")),
                    Accepted::No(answered) => Part::Refused(answered),
                }
            }
        }))
    }

    fn has_begun(&self) -> bool {
        false
    }

    fn trailers(&self) -> &[u8] {
        b"x-checked: yes\r\n"
    }

    fn is_reusable(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct Reader {
    /// What is to come of its request.
    request: VecDeque<&'static [u8]>,
    statuses: Vec<u16>,
    content: Vec<u8>,
    trailers: Vec<u8>,
    /// So much it takes of an answer before it stops reading.
    room: usize,
    backlog: usize,
    left: bool,
}

impl Client for Reader {
    fn poll_content(
        &mut self,
        _: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<Range<usize>, ClientError>> {
        self.request.pop_front().map_or(Poll::Pending, |content| Poll::Ready(Ok(scratch.put(content))))
    }

    fn request_ended(&self) -> bool {
        self.request.is_empty()
    }

    fn trailers(&self) -> &[u8] {
        b""
    }

    fn poll_left(&mut self, _: &mut Context<'_>, _: &mut Scratch, _: &Timer) -> Poll<()> {
        if self.left { Poll::Ready(()) } else { Poll::Pending }
    }

    fn interim(&mut self, _: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ClientError> {
        self.statuses.push(head.status);
        Ok(())
    }

    fn switch(&mut self) {
        self.request.push_back(b"said after the switch");
    }

    fn begin(&mut self, head: &ResponseHead<'_, '_>, _: &Added<'_>, out: &mut Vec<u8>) {
        self.statuses.push(head.status);
        out.extend_from_slice(b"HEAD ");
    }

    fn offer(
        &mut self,
        _: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        let message = scratch.frame(content, b"", b"").concat();
        self.backlog += message.len();
        self.content.extend_from_slice(&message);
        self.trailers.extend_from_slice(end.unwrap_or_default());
        Ok(())
    }

    fn backlog(&self) -> usize {
        self.backlog
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        let taken = self.backlog.min(self.room);
        (self.backlog, self.room) = (self.backlog - taken, self.room - taken);
        if self.backlog > 0 { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn answer(&mut self, _: &Answer, _: &Own<'_>) {}

    fn content_out(&self) -> u64 {
        self.content.len() as u64
    }

    fn abort(&mut self) {}
}

/// What a relay is made of, apart from its ends.
struct Site {
    request: Request,
    policy: RequestPolicy,
    timers: Rc<Timers>,
    timer: Timer,
    scratch: Scratch,
    /// What the server says of its health.
    at_work: bool,
    /// Whether there is another server.
    leaves: bool,
    /// When the server was asked for its health, in seconds since the start, and whether early.
    asked: RefCell<Vec<(u64, bool)>>,
}

impl Site {
    fn new(length: Length) -> Self {
        let facts = Facts {
            client: Ipv4Addr::LOCALHOST.into(),
            protocol: Protocol::Http11,
            length,
            is_head: false,
            idempotent: true,
            has_key: false,
            upgrade: true,
        };
        let timers = Timers::new();
        Self {
            request: Draft::new(Vec::new(), "PUT", "/", "site").finish(facts),
            policy: RequestPolicy::default(),
            timer: timers.timer(),
            timers,
            scratch: Scratch::new(),
            at_work: true,
            leaves: false,
            asked: RefCell::default(),
        }
    }

    /// Polls a relay once for each of `seconds` more that have passed, until it has come to its end.
    fn run(
        &mut self,
        client: &mut Reader,
        server: &mut impl Upstream,
        seconds: &[u64],
        accept_head: impl FnMut(Answered) -> bool,
    ) -> (Option<u16>, Poll<Result<End, ExchangeError>>) {
        let (start, at_work) = (self.timer.now(), self.at_work);
        let whole = self.request.is_whole();
        let answer_by = Cell::new(whole.then(|| start + self.policy.timeouts.total));
        let limits = Limits { policy: &self.policy, answer_by, tunnel: Duration::from_hours(1) };
        let (asked, leaves) = (&self.asked, self.leaves);
        let ask = |_: SocketAddr, early: bool| -> Question {
            asked.borrow_mut().push((self.timer.now().duration_since(start).as_secs(), early));
            Box::pin(std::future::ready(at_work))
        };
        let mut relay = Relay {
            client,
            request: &mut self.request,
            timer: &self.timer,
            buffers: &Buffers::default(),
            limits: &limits,
            served_by: "server",
            date: b"today",
            accept_head,
            inquiry: self.policy.timeouts.inquiry,
            ask: &ask,
            leave: &|| leaves,
            state: State::new(start),
        };
        let (mut cx, mut end) = (Context::from_waker(Waker::noop()), Poll::Pending);
        for seconds in seconds {
            self.timers.sweep(start + Duration::from_secs(*seconds));
            end = relay.poll(server, &mut cx, &mut self.scratch);
            if end.is_ready() {
                break;
            }
        }
        (relay.state.status(), end)
    }
}

fn server(steps: impl Into<VecDeque<Step>>) -> Server {
    Server { steps: steps.into(), ..Server::default() }
}

fn reader() -> Reader {
    Reader { room: usize::MAX, ..Reader::default() }
}

const OK: Step = Step::Head("HTTP/1.1 200 OK\r\n\r\n");

#[test]
fn a_request_goes_up_in_pieces_and_its_answer_comes_down() {
    let hints = Step::Head("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    let mut server = server([hints, OK, Step::Content(b"hello "), Step::Last(b"world")]);
    let mut client = Reader { request: [&b"ab"[..], b"c"].into(), ..reader() };
    let mut site = Site::new(Length::Exact(3));
    let (status, end) = site.run(&mut client, &mut server, &[0], |_| true);
    assert!(matches!(end, Poll::Ready(Ok(End::Passed))), "{end:?}");
    assert_eq!((status, &client.statuses[..]), (Some(200), &[103, 200][..]));
    assert_eq!(
        (&client.content[..], &client.trailers[..]),
        (&b"HEAD hello world"[..], &b"x-checked: yes\r\n"[..])
    );
    assert_eq!(server.request, b"PUT / HTTP/1.1\r\nHost: site\r\nContent-Length: 3\r\n\r\nabc");
}

#[test]
fn of_a_head_that_is_refused_the_client_hears_nothing() {
    let head = "HTTP/1.1 503 Service Unavailable\r\nx-retry-safe: 1\r\n\r\n";
    let (mut server, mut client) = (server([Step::Head(head), Step::Last(b"busy")]), reader());
    let (status, end) = Site::new(Length::Empty).run(&mut client, &mut server, &[0], |_| false);
    let answered = Answered { status: 503, retry_safe: true, shared_want: false, replayable: true };
    assert!(matches!(end, Poll::Ready(Ok(End::Refused(found))) if found == answered), "{end:?}");
    assert_eq!((status, client.statuses.len(), client.content_out()), (None, 0, 0));
}

#[test]
fn a_server_that_breaks_before_or_within_its_answer() {
    for (steps, passed) in
        [(vec![Step::Break], None), (vec![OK, Step::Content(b"hel"), Step::Break], Some(200))]
    {
        let (mut server, mut client) = (server(steps), reader());
        let (status, end) = Site::new(Length::Empty).run(&mut client, &mut server, &[0], |_| true);
        let broke = Poll::Ready(Err::<End, ExchangeError>(UpstreamError::Reset(None).into()));
        assert_eq!((status, format!("{end:?}")), (passed, format!("{broke:?}")));
    }
}

/// A server whose head is good and whose content, in the same read, is not.
struct Malformed;

impl Upstream for Malformed {
    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 1).into()
    }

    fn poll_send(&mut self, _: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>> {
        request.advance(request.unsent_len());
        Poll::Ready(Ok(()))
    }

    fn takes_more(&self) -> bool {
        true
    }

    fn end(&mut self, _: &mut Context<'_>) {}

    fn poll_answer<H: Heads>(
        &mut self,
        _: &mut Context<'_>,
        scratch: &mut Scratch,
        _: usize,
        heads: &mut H,
    ) -> Poll<Result<Part, ExchangeError>> {
        let mut slots = slots();
        let head = response::parse(b"HTTP/1.1 200 OK\r\n\r\n", &mut slots, false).unwrap().unwrap();
        heads.accept(&head, scratch.head())?;
        Poll::Ready(Err(UpstreamError::Body(ChunkError::LineEnd).into()))
    }

    fn has_begun(&self) -> bool {
        false
    }

    fn trailers(&self) -> &[u8] {
        b""
    }

    fn is_reusable(&self) -> bool {
        false
    }
}

#[test]
fn a_head_that_is_not_sent_meets_no_other_content() {
    let mut site = Site::new(Length::Empty);
    let (status, end) = site.run(&mut reader(), &mut Malformed, &[0], |_| true);
    assert_eq!((status, end.is_ready()), (Some(200), true));
    let content = site.scratch.put(b"of somebody else");
    assert_eq!(site.scratch.frame(content, b"", b"").concat(), b"of somebody else");
}

#[test]
fn a_server_that_takes_no_more_of_the_request_may_still_answer() {
    let mut server = Server { deaf: true, ..server([OK, Step::Last(b"enough")]) };
    let mut client = Reader { request: [&b"abc"[..]].into(), ..reader() };
    let (status, end) = Site::new(Length::Exact(3)).run(&mut client, &mut server, &[0], |_| true);
    assert!(matches!(end, Poll::Ready(Ok(End::Passed))), "{end:?}");
    assert_eq!((status, client.content.as_slice()), (Some(200), &b"HEAD enough"[..]));
}

#[test]
fn a_slow_reader_slows_the_server_and_is_given_up_when_it_reads_nothing() {
    let mut server = server([OK, Step::Content(b"hello "), Step::Content(b"world"), Step::Last(b"")]);
    let mut client = Reader { room: 7, ..Reader::default() };
    let mut site = Site::new(Length::Empty);
    let (_, end) = site.run(&mut client, &mut server, &[0, 1, 59], |_| true);
    assert!(end.is_pending(), "{end:?}");
    assert_eq!((server.steps.len(), client.content.as_slice()), (2, &b"HEAD hello "[..]));
    let (_, end) = site.run(&mut client, &mut server, &[60, 121], |_| true);
    assert!(matches!(end, Poll::Ready(Err(ExchangeError::ClientStalled))), "{end:?}");
}

#[test]
fn a_silent_server_is_asked_and_given_up_when_it_is_not_at_work() {
    for (at_work, expected) in [(true, ExchangeError::Expired), (false, UpstreamError::TimedOut.into())] {
        let (mut server, mut client) = (server([]), reader());
        let mut site = Site { at_work, ..Site::new(Length::Empty) };
        let (_, end) = site.run(&mut client, &mut server, &[0, 9], |_| true);
        assert!(end.is_pending(), "{end:?}");
        let mut site = Site { at_work, ..Site::new(Length::Empty) };
        let (_, end) = site.run(&mut client, &mut server, &[0, 9, 11, 21, 31, 41, 51, 61], |_| true);
        assert_eq!(format!("{end:?}"), format!("{:?}", Poll::Ready(Err::<End, _>(expected))));
    }
}

#[test]
fn a_silent_server_is_asked_early_and_left_when_another_one_can_be_asked() {
    let seconds: Vec<u64> = (0..=60).collect();
    let first = |site: &Site, count: usize| site.asked.borrow()[..count].to_vec();
    for (at_work, leaves, expected, asked) in [
        // Another server takes the request.
        (false, true, Ok(End::Left), vec![(1, true)]),
        // Alone, the server keeps the whole of `first_byte`.
        (false, false, Err(UpstreamError::TimedOut.into()), vec![(1, true), (2, true), (3, true)]),
        // At work, it has until `total`.
        (true, true, Err(ExchangeError::Expired), vec![(1, true), (2, true), (3, true)]),
    ] {
        let (mut server, mut client) = (server([]), reader());
        let mut site = Site { at_work, leaves, ..Site::new(Length::Empty) };
        let (_, end) = site.run(&mut client, &mut server, &seconds, |_| true);
        assert_eq!(format!("{end:?}"), format!("{:?}", Poll::Ready(expected)));
        assert_eq!(first(&site, asked.len()), asked);
        let late = site.asked.borrow().iter().find(|(_, early)| !early).copied();
        assert_eq!(
            late,
            (!at_work && !leaves).then_some((10, false)),
            "the last question has its whole time"
        );
    }
}

#[test]
fn a_request_that_cannot_be_sent_again_is_not_taken_from_a_silent_server() {
    let (mut server, mut client) = (server([]), Reader { request: [&b"abc"[..]].into(), ..reader() });
    let mut site = Site { at_work: false, leaves: true, ..Site::new(Length::Exact(3)) };
    site.policy.replay_body_max = 2;
    let (_, end) = site.run(&mut client, &mut server, &[0, 1, 2, 9], |_| true);
    assert!(end.is_pending(), "{end:?}");
    let mut site = Site { at_work: false, leaves: true, ..Site::new(Length::Exact(3)) };
    let (mut server, mut client) = (self::server([]), Reader { request: [&b"abc"[..]].into(), ..reader() });
    let (_, end) = site.run(&mut client, &mut server, &[0, 1, 2, 9], |_| true);
    assert!(matches!(end, Poll::Ready(Ok(End::Left))), "{end:?}");
}

#[test]
fn a_client_that_leaves_while_it_waits_ends_the_attempt() {
    let (mut server, mut client) = (server([]), Reader { left: true, ..reader() });
    let (_, end) = Site::new(Length::Empty).run(&mut client, &mut server, &[0, 1], |_| true);
    assert!(matches!(end, Poll::Ready(Err(ExchangeError::Client(ClientError::Left(None))))), "{end:?}");
}

#[test]
fn after_a_switch_of_protocols_both_sides_go_through_as_they_are() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    let (mut server, mut client) = (server([Step::Head(head), Step::Content(b"hi")]), reader());
    let mut site = Site::new(Length::Empty);
    // Nobody is awaited for an hour.
    let (status, end) = site.run(&mut client, &mut server, &[0, 3599], |_| true);
    assert!(end.is_pending(), "{end:?}");
    assert_eq!((status, client.content.as_slice()), (Some(101), &b"HEAD hi"[..]));
    assert!(server.request.ends_with(b"\r\n\r\nsaid after the switch") && server.told_of_end);
}
