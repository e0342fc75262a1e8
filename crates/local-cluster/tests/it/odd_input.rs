//! No input of a client is answered by a 5xx: by the page's server, the balancer itself, or its admin interface.

use std::net::SocketAddr;

use testkit::RawClient;

use crate::cluster::TestCluster;

/// What RFC 9110 (15.6.2, 15.6.6) and RFC 9112 (6.1) answer with a 5xx: methods, codings and versions that nobody speaks.
const BY_THE_RFC: [u16; 2] = [501, 505];

fn targets() -> Vec<Vec<u8>> {
    let plain: [&[u8]; 30] = [
        b"/%00",
        b"/a%00b",
        b"/..",
        b"/../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/%ff",
        b"/%zz",
        b"/%",
        b"/assets",
        b"/assets/",
        b"//assets",
        b"/index.html/x",
        b"/assets/a.js/x",
        b"/a%2fb",
        b"/a%5cb",
        b"/c:%5cx",
        b"/?%00",
        b"/?%ff",
        b"*",
        b"/api",
        b"/api/",
        b"/api/%00",
        b"/api/%ff",
        b"/api/../health",
        b"/api/%2e%2e/health",
        b"/api/\"<>",
        b"/api/{}|^`",
        b"/api/auth/me?a=%zz",
        b"http://x:99999/",
        b"http://[::1/x",
    ];
    let long = |start: &str, part: &str, times: usize| format!("{start}{}", part.repeat(times)).into_bytes();
    let mut targets: Vec<Vec<u8>> = plain.iter().map(|target| target.to_vec()).collect();
    targets.extend([
        long("/", "x", 256),
        long("/assets/", "x", 300),
        long("/", "a/", 3000),
        long("/", "x", 65_000),
    ]);
    targets.extend([
        long("/", "%41", 400),
        long("/api/", "x", 8000),
        long("/api/", "x", 65_520),
        long("/", "x", 70_000),
    ]);
    targets.push(b"/\xff".to_vec());
    targets
}

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"];

fn fields() -> Vec<Vec<u8>> {
    let fields: [&[u8]; 22] = [
        b"Range: bytes=0-1",
        b"Range: bytes=99-1",
        b"Range: bytes=0-1,3-4",
        b"Range: x",
        b"Range: bytes=-0",
        b"Range: bytes=99999999999999999999-",
        b"If-Range: x\r\nRange: bytes=0-0",
        b"If-Match: \"",
        b"If-None-Match: \xff",
        b"If-Modified-Since: x",
        b"If-Modified-Since: Thu, 01 Jan 0000 00:00:00 GMT",
        b"If-Unmodified-Since: Mon",
        b"Accept-Encoding: gzip;q=9,*;q=-1",
        b"Accept-Encoding: \xff",
        b"Cookie: \xff",
        b"X-Forwarded-For: \xff",
        b"Forwarded: for=\"",
        b"X-Request-Id: \xff",
        b"Authorization: Bearer \xff",
        b"Idempotency-Key: \xff",
        b"Upgrade: websocket\r\nConnection: upgrade",
        b"Connection: close, \xff",
    ];
    let mut fields: Vec<Vec<u8>> = fields.iter().map(|field| field.to_vec()).collect();
    fields.extend([60_000, 600_000].map(|length| [b"X: ".to_vec(), vec![b'y'; length]].concat()));
    fields.extend([90, 300].map(|count| "A: b\r\n".repeat(count).trim_end().as_bytes().to_vec()));
    fields
}

const BODIES: [&str; 9] = [
    "Content-Length: 10\r\n\r\n{}",
    "Content-Length: x\r\n\r\n{}",
    "Content-Length: -1\r\n\r\n{}",
    "Content-Length: 99999999999999999999\r\n\r\n{}",
    "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nbad trailer\r\n\r\n",
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

/// Every request as bytes. The last ones end before they are whole.
fn requests() -> Vec<Vec<u8>> {
    const HOST: &[u8] = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut add = |start: &[&[u8]]| requests.push(start.concat());
    for target in targets() {
        add(&[b"GET ", &target, HOST, b"\r\n"]);
    }
    for (method, target) in
        METHODS.iter().flat_map(|method| [(method, "/"), (method, "/api/health"), (method, "/api/status")])
    {
        add(&[method.as_bytes(), b" ", target.as_bytes(), HOST, b"\r\n"]);
    }
    add(&[b"CONNECT x:80", HOST, b"\r\n"]);
    for (field, target) in
        fields().iter().flat_map(|field| [(field, "/"), (field, "/api/onboarding"), (field, "/metrics")])
    {
        add(&[b"GET ", target.as_bytes(), HOST, field, b"\r\n\r\n"]);
    }
    for (body, target) in
        BODIES.iter().flat_map(|body| [(body, "/api/auth/login"), (body, "/api/reload"), (body, "/")])
    {
        add(&[b"POST ", target.as_bytes(), HOST, b"Content-Type: application/json\r\n", body.as_bytes()]);
    }
    requests
}

/// The status of the answer; none where the connection was ended instead, for there was no telling what was meant.
async fn status(address: SocketAddr, request: &[u8]) -> Option<u16> {
    let mut client = RawClient::connect(address).await.unwrap();
    // The answer may come before the request is taken, and the connection end with it.
    client.send(request).await.ok();
    client.half_close().await.ok();
    let method = if request.starts_with(b"HEAD") { "HEAD" } else { "GET" };
    client.read_response_to(method).await.ok().map(|answer| answer.status)
}

#[tokio::test]
async fn odd_requests_are_their_senders_errors_everywhere() {
    let page = tempfile::tempdir().unwrap();
    std::fs::create_dir(page.path().join("assets")).unwrap();
    std::fs::write(page.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(page.path().join("assets/a.js"), "1").unwrap();
    let folder = page.path().to_str().unwrap();
    let cluster = TestCluster::ready_with(&["--instances", "1", "--frontend-dir", folder]).await;
    let manifest = cluster.manifest();
    let mut failures = Vec::new();
    for url in [&manifest.frontend, &manifest.load_balancer, &manifest.admin] {
        let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        for request in requests() {
            let status = status(address, &request).await;
            if status.is_some_and(|status| status >= 500 && !BY_THE_RFC.contains(&status)) {
                let shown = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
                failures.push(format!("{url} {status:?} {shown:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    let answer = reqwest::get(format!("{}/{}", manifest.frontend, "x".repeat(300))).await.unwrap();
    assert_eq!(answer.status(), 404);
    // What looks like the API's is never asked for outside of it.
    let mut client =
        RawClient::connect(manifest.frontend.trim_start_matches("http://").parse().unwrap()).await.unwrap();
    client.send("GET /api/%2e%2e/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 400);
}
