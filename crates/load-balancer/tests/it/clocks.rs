//! Each clock runs against whoever is awaited, and only a server's own silence is held against it.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::secure::certificate;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use load_balancer::internals::pool::{Health, Timeouts};
use load_balancer::internals::tls::{Certificates, server_config};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use testkit::{Answer, Script, Step, Upstream, eventually};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Interval, interval};
use tokio_rustls::TlsConnector;

const MOMENT: Duration = Duration::from_millis(100);
/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(5);

/// Clocks that never ring.
const PATIENT: Timeouts = Timeouts {
    connect: LONG,
    inquiry: LONG,
    first_byte: LONG,
    response_idle: LONG,
    request_idle: LONG,
    total: LONG,
};

/// A body of one byte each moment; with `stalls`, it never ends.
struct Paced {
    left: usize,
    stalls: bool,
    pace: Interval,
}

impl Paced {
    fn new(bytes: usize) -> Self {
        Self { left: bytes, stalls: false, pace: interval(MOMENT) }
    }

    fn stalling() -> Self {
        Self { stalls: true, ..Self::new(1) }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match (self.left, self.stalls) {
            (0, true) => return Poll::Pending,
            (0, false) => return Poll::Ready(None),
            _ => {}
        }
        ready!(self.pace.poll_tick(cx));
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}

/// How a client comes.
#[derive(Debug, Clone, Copy)]
struct Way {
    http2: bool,
    tls: bool,
}

const WAYS: [Way; 4] = [
    Way { http2: false, tls: false },
    Way { http2: false, tls: true },
    Way { http2: true, tls: false },
    Way { http2: true, tls: true },
];

struct Site {
    balancer: Balancer,
    root: CertificateDer<'static>,
    _dir: tempfile::TempDir,
}

/// A balancer with these clocks in front of these servers.
fn site(upstreams: &[&Upstream], timeouts: Timeouts) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let (files, root) = certificate(dir.path(), "site.test");
    let addresses: Vec<_> = upstreams.iter().map(|upstream| upstream.address()).collect();
    let balancer = Balancer::start_with(&addresses, |setup| {
        setup.pool.requests.timeouts = timeouts;
        setup.listen.https = Some("127.0.0.1:0".parse().unwrap());
        setup.tls = Some(server_config(Arc::new(Certificates::load(&[files]).unwrap())).unwrap());
    });
    Site { balancer, root, _dir: dir }
}

impl Site {
    /// Sends a POST with this body and gives the answer's head.
    async fn post(&self, way: Way, body: Paced) -> hyper::Result<Response<Incoming>> {
        if !way.tls {
            let stream = TcpStream::connect(self.balancer.workers.http()).await.unwrap();
            return post(way, stream, body).await;
        }
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![if way.http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let stream = TcpStream::connect(self.balancer.workers.https().unwrap()).await.unwrap();
        let name = ServerName::try_from("site.test").unwrap();
        post(way, TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap(), body).await
    }

    /// Failures that traffic has counted against the servers.
    fn blamed(&self) -> u32 {
        self.balancer.servers.iter().map(|server| server.traffic_failures()).sum()
    }
}

async fn post<S>(way: Way, stream: S, body: Paced) -> hyper::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::post("http://site.test/").header("host", "site.test").body(body).unwrap();
    if way.http2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        return sender.send_request(request).await;
    }
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    sender.send_request(request).await
}

async fn whole(answer: Response<Incoming>) -> hyper::Result<Bytes> {
    Ok(answer.into_body().collect().await?.to_bytes())
}

#[tokio::test]
async fn a_slow_upload_is_answered_however_long_it_takes() {
    let upstream = Upstream::start(Script::delayed(MOMENT, Answer::ok("done"))).await;
    let site = site(&[&upstream], Timeouts { first_byte: 6 * MOMENT, total: 8 * MOMENT, ..PATIENT });
    for way in WAYS {
        for _ in 0..3 {
            let answer = site.post(way, Paced::new(12)).await.unwrap();
            assert_eq!(answer.status(), 200, "{way:?}");
            assert_eq!(whole(answer).await.unwrap(), "done", "{way:?}");
        }
    }
    assert_eq!((upstream.requests(), site.blamed()), (3 * WAYS.len(), 0), "each was sent once");
}

#[tokio::test]
async fn a_client_that_stops_sending_is_told_and_no_server_is_blamed() {
    let upstream = Upstream::start(Script::echo()).await;
    let site = site(&[&upstream], Timeouts { request_idle: 3 * MOMENT, ..PATIENT });
    for way in WAYS {
        let answer = site.post(way, Paced::stalling()).await.unwrap();
        assert_eq!(answer.status(), 408, "{way:?}");
        // One that goes on sending may take as long as it likes.
        assert_eq!(site.post(way, Paced::new(8)).await.unwrap().status(), 200, "{way:?}");
    }
    assert_eq!(site.blamed(), 0);
}

/// An answer of two events with so long a silence between them.
fn events(silence: Duration) -> Script {
    let mut bytes = Answer::ok("event event ").until_close().to_bytes("GET");
    let second = bytes.split_off(bytes.len() - 6);
    Script::steps([
        Step::ReadBody,
        Step::Write(bytes),
        Step::Pause(silence),
        Step::Write(second),
        Step::Close,
    ])
}

#[tokio::test]
async fn an_answer_may_be_silent_for_response_idle_and_no_longer() {
    let upstream = Upstream::start(events(10 * MOMENT)).await;
    let short = Timeouts { first_byte: 3 * MOMENT, total: 4 * MOMENT, request_idle: 3 * MOMENT, ..PATIENT };
    let site_of = |response_idle| site(&[&upstream], Timeouts { response_idle, ..short });
    let (patient, hasty) = (site_of(LONG), site_of(3 * MOMENT));
    for way in WAYS {
        let answer = patient.post(way, Paced::new(1)).await.unwrap();
        assert_eq!(whole(answer).await.unwrap(), "event event ", "{way:?}");
        let answer = hasty.post(way, Paced::new(1)).await.unwrap();
        assert!(whole(answer).await.is_err(), "{way:?}");
        assert_eq!(hasty.blamed(), 1, "{way:?}: the silence is the server's own");
        hasty.balancer.servers[0].set_health(Health::Up);
    }
    assert_eq!(patient.blamed(), 0);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up_and_no_server_is_blamed() {
    let upstream = Upstream::start(Answer::ok(vec![b'x'; 64 << 20])).await;
    let site = site(&[&upstream], Timeouts { response_idle: 4 * MOMENT, ..PATIENT });
    for way in WAYS {
        let answer = site.post(way, Paced::new(1)).await.unwrap();
        eventually(PATIENCE, || async { site.balancer.in_flight() == 0 }).await;
        assert!(whole(answer).await.is_err(), "{way:?}");
    }
    assert_eq!(site.blamed(), 0);
}

#[tokio::test]
async fn when_each_side_may_wait_for_the_other_nobody_is_blamed() {
    let mut head = Answer::ok("early").until_close().to_bytes("GET");
    head.truncate(head.len() - 2);
    let upstream = Upstream::start(Script::steps([Step::Write(head), Step::Hang])).await;
    let site = site(&[&upstream], Timeouts { response_idle: 4 * MOMENT, ..PATIENT });
    for way in WAYS {
        let answer = site.post(way, Paced::stalling()).await.unwrap();
        assert_eq!(answer.status(), 200, "{way:?}");
        assert!(whole(answer).await.is_err(), "{way:?}");
    }
    assert_eq!(site.blamed(), 0);
}

#[tokio::test]
async fn an_interim_answer_is_a_sign_of_work() {
    let hint = || Step::Write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".to_vec());
    let mut steps = vec![Step::ReadBody];
    for _ in 0..4 {
        steps.extend([Step::Pause(2 * MOMENT), hint()]);
    }
    steps.push(Step::Answer(Answer::ok("at last")));
    let upstream = Upstream::start(Script::steps(steps)).await;
    let site = site(&[&upstream], Timeouts { first_byte: 5 * MOMENT, ..PATIENT });
    let answer = site.balancer.ask(get("/")).await;
    assert_eq!((answer.status, answer.text().as_str(), answer.interim.len()), (200, "at last", 4));
    assert_eq!((upstream.requests(), site.blamed()), (1, 0));
}

#[tokio::test]
async fn the_whole_time_counts_over_all_attempts_and_from_the_last_byte_sent() {
    let servers = [Upstream::start(Script::hang()).await, Upstream::start(Script::hang()).await];
    let timeouts = Timeouts { first_byte: 6 * MOMENT, total: 9 * MOMENT, ..PATIENT };
    let site = site(&[&servers[0], &servers[1]], timeouts);
    for way in WAYS {
        let began = tokio::time::Instant::now();
        let answer = site.post(way, Paced::new(8)).await.unwrap();
        assert_eq!(answer.status(), 504, "{way:?}");
        assert!(began.elapsed() >= 7 * MOMENT + 5 * MOMENT, "{way:?}: {:?}", began.elapsed());
    }
    let began = tokio::time::Instant::now();
    assert_eq!(site.balancer.ask(get("/")).await.status, 504);
    assert!(began.elapsed() >= timeouts.total, "{:?}", began.elapsed());
    assert_eq!(servers.iter().map(Upstream::requests).sum::<usize>(), WAYS.len() + 2, "a GET is tried twice");
}
