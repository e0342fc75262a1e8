//! Heads of HTTP/2 requests that are refused as those of HTTP/1 are, never passed on for a server's parser to refuse.

use crate::balancer::Balancer;
use crate::hyper::Hyper;
use crate::secure::{Sender, http2, request};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use load_balancer::internals::record::Protocol;
use tokio::net::TcpStream;

/// Status, type and body of an answer.
async fn ask(sender: &mut Sender, request: http::Request<Full<Bytes>>) -> (u16, String, String) {
    let answer = sender.send_request(request).await.unwrap();
    let content_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, content_type.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn heads_that_no_backend_should_see_are_refused_with_a_problem() {
    let backend = Hyper::start().await;
    let balancer = Balancer::start(&[backend.address]);
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    let get = |path: &str| request("GET", path, "");
    let with_fields = |count: usize, name: &'static str| {
        let mut request = get("/");
        for number in 0..count {
            request.headers_mut().append(name, number.to_string().parse().unwrap());
        }
        request
    };
    let long = |length: usize| {
        let mut request = get("/");
        request.headers_mut().insert("x-long", "v".repeat(length).parse().unwrap());
        request
    };
    let port = http::Request::get("http://one.test:65536/").body(Full::default()).unwrap();
    for (request, status) in [
        (get("/a?b=c"), 200),
        (get("/a\"b"), 400),
        (get("/a{b}"), 400),
        (get("/a|b"), 400),
        (get("/a\\b"), 400),
        (get("/a^b"), 400),
        (get("/a?b={c}"), 400),
        (get("/a?b=`c`"), 400),
        (get(&format!("/{}", "a".repeat(9000))), 414),
        (port, 400),
        (with_fields(99, "x-many"), 200),
        (with_fields(100, "x-many"), 431),
        (with_fields(150, "cookie"), 200),
        (long(30 * 1024), 200),
        (long(40 * 1024), 431),
    ] {
        let what = request.uri().to_string().chars().take(60).collect::<String>();
        let (answered, content_type, body) = ask(&mut sender, request).await;
        let expected_type = if status == 200 { "" } else { "application/problem+json" };
        assert_eq!((answered, content_type.as_str()), (status, expected_type), "{what}: {body}");
    }
}

#[tokio::test]
async fn refusals_are_recorded_with_their_protocol_and_what_was_asked() {
    let backend = Hyper::start().await;
    let balancer = Balancer::start(&[backend.address]);
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    let mut expecting = request("POST", "/expects", "x");
    expecting.headers_mut().insert("expect", "a-miracle".parse().unwrap());
    for (request, status) in
        [(request("GET", "/a/../b?c=d", ""), 400), (expecting, 417), (request("DELETE", "/a\"b", ""), 400)]
    {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let recorded = balancer.recorded(&id).await;
        assert_eq!((recorded.protocol, recorded.status), (Protocol::Http2, status));
        assert_eq!((recorded.method, recorded.path), (method, path));
    }
}
