//! No bytes of one exchange reach another, however many run at once and however they end.

use crate::balancer::{Balancer, PATIENCE, get};
use std::sync::Arc;
use testkit::{Answer, Gate, RawClient, Script, Step, Upstream, eventually};

/// A body that no other request has, of a length that crosses the buffers' sizes now and then.
fn body(client: usize, number: usize) -> Vec<u8> {
    const LENGTHS: [usize; 7] = [0, 1, 700, 5_000, 17_000, 66_000, 140_000];
    let mark = format!("<{client}:{number}>").into_bytes();
    let len = LENGTHS[(client * 5 + number * 3) % LENGTHS.len()];
    mark.iter().copied().cycle().take(len.max(mark.len())).collect()
}

/// The request with its body in one piece or in chunks.
fn request(client: usize, number: usize) -> Vec<u8> {
    let body = body(client, number);
    let head = format!("PUT /{client}/{number} HTTP/1.1\r\nHost: h\r\n");
    if !(client + number).is_multiple_of(3) {
        return [head.as_bytes(), format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body]
            .concat();
    }
    let mut chunked = [head.as_bytes(), b"Transfer-Encoding: chunked\r\n\r\n"].concat();
    for chunk in body.chunks(9_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}

/// Asks in pairs, the second one before the first is answered, and leaves now and then without its answers.
async fn converse(balancer: Arc<Balancer>, client: usize) {
    let mut connection = balancer.client().await;
    for number in (0..24).step_by(2) {
        let pair = [request(client, number), request(client, number + 1)].concat();
        let (mut reader, sent) = (connection, pair);
        reader.send(&sent).await.unwrap();
        if (client + number).is_multiple_of(7) {
            reader.reset().unwrap();
            connection = balancer.client().await;
            continue;
        }
        for number in [number, number + 1] {
            let answer = reader.read_response().await.unwrap();
            assert_eq!(answer.header("X-Path"), Some(format!("/{client}/{number}").as_str()));
            assert!(answer.body == body(client, number), "{client}/{number}");
        }
        connection = reader;
    }
}

#[tokio::test]
async fn every_answer_belongs_to_its_request() {
    let echo = |seen: &testkit::Seen| {
        let answer = Answer::ok(seen.body.clone()).header("X-Path", &seen.target);
        if seen.body.len().is_multiple_of(2) { answer } else { answer.chunked(7_000) }
    };
    // One of three breaks now and then; what it breaks is sent again.
    let flaky =
        Script::by(move |seen| if seen.exchange % 5 == 4 { Script::reset() } else { Script::respond(echo) });
    let (one, two) =
        (Upstream::start(Script::respond(echo)).await, Upstream::start(Script::respond(echo)).await);
    let three = Upstream::start(flaky).await;
    let balancer =
        Arc::new(Balancer::start_with(&[one.address(), two.address(), three.address()], |setup| {
            setup.listen.workers = 2;
            setup.pool.passive.failures = u32::MAX;
            setup.pool.requests.retry.budget_percent = 100;
            setup.pool.requests.replay_body_max = 1 << 20;
        }));
    let clients: Vec<_> =
        (0..16).map(|client| tokio::spawn(converse(Arc::clone(&balancer), client))).collect();
    for client in clients {
        client.await.unwrap();
    }
    eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
}

#[tokio::test]
async fn a_new_client_sees_nothing_of_one_that_broke_off() {
    let upstream = Upstream::start(Script::respond(|seen| Answer::ok(seen.body.clone()))).await;
    let balancer = Balancer::before(&upstream);
    for _ in 0..20 {
        let mut broken: RawClient = balancer.client().await;
        broken.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsecret").await.unwrap();
        broken.reset().unwrap();
        let answer = balancer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nmine").await;
        assert_eq!(answer.body, b"mine");
    }
}

/// What was written of an answer that then turned out to be malformed goes nowhere.
#[tokio::test]
async fn a_malformed_answer_leaves_nothing_in_that_of_another() {
    let gate = Gate::closed();
    let of_script = gate.clone();
    let upstream = Upstream::start(Script::by(move |seen| {
        if seen.target == "/malformed" {
            let secret = "HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\nTransfer-Encoding: chunked\r\n\r\n";
            return Script::raw_then_close(format!("{secret}no chunk\r\n"));
        }
        Script::steps([
            Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello".to_vec()),
            Step::Wait(of_script.clone()),
            Step::Write(b"world".to_vec()),
        ])
    }))
    .await;
    let balancer = Balancer::before(&upstream);
    let mut other = balancer.client().await;
    other.send("GET /whole HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(other.read_exactly(12).await.unwrap(), b"HTTP/1.1 200");
    let mut malformed = balancer.client().await;
    malformed.send(get("/malformed")).await.unwrap();
    assert!(malformed.read_response().await.is_err());
    gate.open();
    let rest = other.read_to_end().await.unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(rest.ends_with("\r\n\r\nhelloworld"), "{rest}");
}
