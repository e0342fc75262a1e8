//! TLS and HTTP/2.

use crate::balancer::{Balancer, PATIENCE, get};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use load_balancer::internals::config::Certificate;
use load_balancer::internals::tls::{Certificates, TlsError, server_config};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use testkit::{Answer, RawClient, Script, Upstream, eventually};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate for a name, in files, and as a root to trust.
pub(crate) fn certificate(dir: &Path, name: &str) -> (Certificate, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (cert, key) = (dir.join(format!("{name}.crt")), dir.join(format!("{name}.key")));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (Certificate { cert, key }, made.cert.der().clone())
}

pub(crate) struct Site {
    pub(crate) upstream: Upstream,
    pub(crate) balancer: Balancer,
    roots: RootCertStore,
    _dir: tempfile::TempDir,
}

pub(crate) async fn site(script: impl Into<Script>) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let (files, ders): (Vec<_>, Vec<_>) =
        ["one.test", "two.test"].map(|name| certificate(dir.path(), name)).into_iter().unzip();
    let mut roots = RootCertStore::empty();
    for der in ders {
        roots.add(der).unwrap();
    }
    let upstream = Upstream::start(script).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.https = Some("127.0.0.1:0".parse().unwrap());
        setup.tls = Some(server_config(Arc::new(Certificates::load(&files).unwrap())).unwrap());
    });
    Site { upstream, balancer, roots, _dir: dir }
}

impl Site {
    pub(crate) async fn connect(
        &self,
        name: &'static str,
        protocols: &[&[u8]],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(self.balancer.workers.https().unwrap()).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
    }
}

#[tokio::test]
async fn the_certificate_is_chosen_by_name() {
    let site = site(Script::respond(|seen| Answer::ok(seen.body.clone()))).await;
    for name in ["one.test", "two.test"] {
        let stream = site.connect(name, &[]).await.expect(name);
        let mut client = RawClient::over(stream);
        let body = vec![b'x'; 1_000_000];
        client
            .send(format!("PUT / HTTP/1.1\r\nHost: {name}\r\nContent-Length: {}\r\n\r\n", body.len()))
            .await
            .unwrap();
        client.send(&body).await.unwrap();
        assert!(client.read_response().await.unwrap().body == body);
        assert_eq!(site.upstream.last().header("X-Forwarded-Proto"), Some("https"));
        client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 200);
        assert!(client.read_to_end().await.unwrap().is_empty(), "the end is announced");
    }
    assert!(site.connect("three.test", &[]).await.is_err());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_announced_as_ended() {
    let answer = Answer::ok("0123456789").until_close();
    let upstream = Script::steps([
        testkit::Step::Write(answer.to_bytes("GET")),
        testkit::Step::Pause(std::time::Duration::from_millis(50)),
        testkit::Step::Reset,
    ]);
    let site = site(upstream).await;
    let mut client = RawClient::over(site.connect("one.test", &[]).await.unwrap());
    client.send("GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(client.read_to_end().await.is_err());
}

#[tokio::test]
async fn bad_certificates_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (one, _) = certificate(dir.path(), "one.test");
    let (two, _) = certificate(dir.path(), "two.test");
    assert!(matches!(Certificates::load(&[]), Err(TlsError::NoCertificate)));
    let missing = Certificate { cert: dir.path().join("none"), key: one.key.clone() };
    assert!(
        matches!(Certificates::load(&[missing]), Err(TlsError::File { path, .. }) if path.ends_with("none"))
    );
    let mixed = Certificate { cert: one.cert, key: two.key };
    assert!(matches!(Certificates::load(&[mixed]), Err(TlsError::Pair { .. })));
}

pub(crate) type Sender = http2::SendRequest<Full<Bytes>>;

pub(crate) async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Sender {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // As browsers have it: longer than any head of an answer that is let through.
    builder.max_header_list_size(256 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(crate) fn request(method: &str, path: &str, body: impl Into<Bytes>) -> http::Request<Full<Bytes>> {
    let uri = format!("http://example.com{path}");
    http::Request::builder().method(method).uri(uri).body(Full::new(body.into())).unwrap()
}

#[tokio::test]
async fn http2_by_alpn_goes_the_same_way() {
    let site =
        site(Script::respond(|seen| Answer::ok(seen.body.clone()).header("X-Up", "1").chunked(1000))).await;
    let stream = site.connect("one.test", &[b"h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut sender = http2(stream).await;
    let body = Bytes::from(vec![b'x'; 1_000_000]);
    let mut asked = request("POST", "/a?b=c", body.clone());
    asked.headers_mut().append("cookie", "a=1".parse().unwrap());
    asked.headers_mut().append("cookie", "b=2".parse().unwrap());
    let answer = sender.send_request(asked).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-served-by"].as_bytes()),
        (200, &b"backend-1"[..])
    );
    assert_eq!(answer.headers()["x-up"], "1");
    assert!(answer.into_body().collect().await.unwrap().to_bytes() == body);
    let seen = site.upstream.last();
    assert_eq!((seen.target.as_str(), seen.header("Host")), ("/a?b=c", Some("example.com")));
    assert_eq!((seen.header("Cookie"), seen.count("Cookie")), (Some("a=1; b=2"), 1));
    assert_eq!(seen.header("X-Forwarded-Proto"), Some("https"));
}

#[tokio::test]
async fn http2_with_prior_knowledge_shares_connections_and_errors() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::before(&upstream);
    let stream = TcpStream::connect(balancer.workers.http()).await.unwrap();
    let mut sender = http2(stream).await;
    for _ in 0..3 {
        let answer = sender.send_request(request("GET", "/", "")).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.into_body().collect().await.unwrap();
    }
    balancer.ask(get("/")).await;
    assert_eq!(upstream.connections(), 1);
    let head = sender.send_request(request("HEAD", "/", "")).await.unwrap();
    assert!(head.into_body().collect().await.unwrap().to_bytes().is_empty());
    let dots = sender.send_request(request("GET", "/a/../b", "")).await.unwrap();
    assert_eq!(
        (dots.status().as_u16(), dots.headers()["content-type"].as_bytes()),
        (400, &b"application/problem+json"[..])
    );
    upstream.down().await;
    let gone = sender.send_request(request("GET", "/", "")).await.unwrap();
    assert_eq!(gone.status(), 503);
}

#[tokio::test]
async fn a_stream_that_is_given_up_takes_its_request_along() {
    let upstream = Upstream::start(Script::hang()).await;
    let balancer = Balancer::before(&upstream);
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    let asking = tokio::spawn(sender.send_request(request("GET", "/", "")));
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;
    asking.abort();
    eventually(PATIENCE, || async { upstream.open_connections() == 0 && balancer.in_flight() == 0 }).await;
}

#[tokio::test]
async fn a_stream_whose_answer_breaks_off_is_reset() {
    let answer = Answer::ok("0123456789");
    let upstream = Upstream::start(Script::cut(&answer, answer.to_bytes("GET").len() - 1)).await;
    let balancer = Balancer::before(&upstream);
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    let answer = sender.send_request(request("GET", "/", "")).await;
    let body = match answer {
        Ok(answer) => answer.into_body().collect().await.map(http_body_util::Collected::to_bytes),
        Err(error) => Err(error),
    };
    assert!(body.is_err());
}

#[tokio::test]
async fn a_drain_says_goodbye() {
    let upstream = Upstream::start(Script::echo()).await;
    let mut balancer = Balancer::before(&upstream);
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    sender.send_request(request("GET", "/", "")).await.unwrap().into_body().collect().await.unwrap();
    balancer.workers.close();
    balancer.workers.ended().await;
    assert!(sender.send_request(request("GET", "/", "")).await.is_err());
}
