//! The four ways in which clients come: HTTP/1.1 and HTTP/2, each in clear and over TLS.

use crate::balancer::Balancer;
use crate::secure::{self, Site};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use testkit::{RawClient, Script};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// How a client comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Http1,
    Http1Tls,
    Http2,
    Http2Tls,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Http1, Self::Http1Tls, Self::Http2, Self::Http2Tls];
}

/// An answer, whichever way it came.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One balancer that can be reached in all ways.
pub(crate) struct Ways(Site);

impl Ways {
    pub(crate) async fn before(script: impl Into<Script>) -> Self {
        Self(secure::site(script).await)
    }

    pub(crate) fn balancer(&self) -> &Balancer {
        &self.0.balancer
    }

    /// Asks for each path in each way, many at a time, each on a connection of its own, and looks at what comes.
    pub(crate) async fn ask_all(&self, paths: impl Iterator<Item = String>, look: impl Fn(&Came)) {
        let all = paths.flat_map(|path| Way::ALL.map(|way| (way, path.clone())));
        let mut answers = stream::iter(all)
            .map(|(way, path)| async move { (way, self.ask(way, &path).await, path) })
            .buffer_unordered(64);
        while let Some((way, answer, path)) = answers.next().await {
            let answer = answer.unwrap_or_else(|error| panic!("{way:?} {path}: {error}"));
            look(&answer);
        }
    }

    /// A GET of this path on a connection of its own.
    pub(crate) async fn ask(&self, way: Way, path: &str) -> Result<Came, Box<dyn std::error::Error>> {
        let plain = || TcpStream::connect(self.balancer().workers.http());
        match way {
            Way::Http1 => http1(plain().await?, path).await,
            Way::Http1Tls => http1(self.0.connect("one.test", &[b"http/1.1"]).await?, path).await,
            Way::Http2 => http2(plain().await?, path).await,
            Way::Http2Tls => http2(self.0.connect("one.test", &[b"h2"]).await?, path).await,
        }
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    path: &str,
) -> Result<Came, Box<dyn std::error::Error>> {
    let mut client = RawClient::over(stream);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await?;
    let answer = client.read_response().await?;
    Ok(Came { status: answer.status, headers: answer.headers, body: answer.body })
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    path: &str,
) -> Result<Came, Box<dyn std::error::Error>> {
    let mut sender = secure::http2(stream).await;
    let answer = sender.send_request(secure::request("GET", path, "")).await?;
    let (parts, body) = answer.into_parts();
    let headers = parts.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let headers = headers.collect();
    Ok(Came { status: parts.status.as_u16(), headers, body: body.collect().await?.to_bytes().into() })
}
