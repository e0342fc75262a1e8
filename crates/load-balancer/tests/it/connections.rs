//! Client connections: kept, pipelined, timed, limited, drained.

use crate::balancer::{Balancer, PATIENCE, get};
use std::time::Duration;
use testkit::{Answer, Gate, RawClient, Script, Upstream, eventually};
use tokio::net::TcpSocket;

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::start(Script::respond(|seen| Answer::ok(seen.target.clone()))).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    let post = "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n".to_owned() + &"x".repeat(300);
    let all: String = [get("/1"), post, get("/3"), get("/4")].concat();
    let (first, second) = all.split_at(all.len() / 2);
    client.send(first).await.unwrap();
    client.send(second).await.unwrap();
    for number in 1..=4 {
        assert_eq!(client.read_response().await.unwrap().text(), format!("/{number}"));
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn requests_sent_while_an_answer_is_awaited_are_not_lost() {
    let gate = Gate::closed();
    let upstream = Upstream::start(Script::gated(gate.clone(), Answer::ok("done"))).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send(get("/1")).await.unwrap();
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;
    // More than is taken in ahead of time.
    let later: String = (0..400).map(|n| get(&format!("/{n}-{}", "x".repeat(60)))).collect();
    let (mut reader, sending) = (client, later.clone());
    reader.send(&sending).await.unwrap();
    gate.open();
    for _ in 0..401 {
        assert_eq!(reader.read_response().await.unwrap().text(), "done");
    }
}

/// Each request comes alone, until the answers have filled every buffer on the way and the balancer asks no more.
#[tokio::test]
async fn a_client_that_asks_and_asks_before_it_reads_gets_every_answer_in_order() {
    let upstream = Upstream::start(Script::respond(|seen| Answer::ok(seen.target.repeat(300)))).await;
    let balancer = Balancer::before(&upstream);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = RawClient::over(socket.connect(balancer.workers.http()).await.unwrap());
    let mut asked = 0;
    loop {
        client.send(get(&format!("/{asked}"))).await.unwrap();
        asked += 1;
        let heard = async {
            while upstream.requests() < asked {
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(1), heard).await.is_err() {
            break;
        }
    }
    for number in 0..asked {
        assert_eq!(client.read_response().await.unwrap().text(), format!("/{number}").repeat(300));
    }
}

#[tokio::test]
async fn close_means_close() {
    let upstream = Upstream::start(Answer::ok("bye")).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().header("Connection"), Some("close"));
    assert!(client.read_to_end().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_head_must_come_in_time() {
    let balancer = Balancer::start_with(&[], |setup| {
        setup.listen.header_timeout = Duration::from_millis(200);
    });
    let mut slow = balancer.client().await;
    slow.send("GET / HTTP/1.1\r\nHos").await.unwrap();
    assert_eq!(slow.read_response().await.unwrap().status, 408);
    let mut silent = balancer.client().await;
    assert!(silent.read_to_end().await.unwrap().is_empty(), "nothing was asked, nothing is answered");
}

#[tokio::test]
async fn a_body_must_come_in_time() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.pool.requests.timeouts.request_idle = Duration::from_millis(300);
    });
    let answer = balancer.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe").await;
    assert_eq!((answer.status, answer.header("Connection")), (408, Some("close")));
    assert!(balancer.servers[0].usable());
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.keepalive_timeout = Duration::from_millis(200);
    });
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    client.read_response().await.unwrap();
    assert!(client.read_to_end().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_body_may_be_too_large() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer =
        Balancer::start_with(&[upstream.address()], |setup| setup.pool.requests.max_body = Some(4));
    for request in [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
    ] {
        let answer = balancer.ask(request).await;
        assert_eq!(answer.status, 413, "{request:?}");
        let whole =
            request.ends_with("hello") && !request.contains("chunked") || request.ends_with("0\r\n\r\n");
        assert_eq!(answer.header("Connection").is_none(), whole, "{request:?}");
    }
    assert_eq!(upstream.requests(), 0);
    assert_eq!(balancer.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nfour").await.status, 200);
}

#[tokio::test]
async fn more_connections_than_allowed_are_told_so() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| setup.listen.max_connections = 2);
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = balancer.client().await;
        client.send(get("/")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 200);
        clients.push(client);
    }
    let answer = balancer.client().await.read_response().await.unwrap();
    assert_eq!((answer.status, answer.header("Connection")), (503, Some("close")));
    drop(clients);
    eventually(PATIENCE, || async { balancer.ask(get("/")).await.status == 200 }).await;
}

#[tokio::test]
async fn one_address_may_not_have_all_connections_and_trusted_proxies_may() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    for (trusted, allowed) in [(false, 3), (true, 6)] {
        let balancer = Balancer::start_with(&[upstream.address()], |setup| {
            // With several workers, connections move from one to another and are counted on.
            setup.listen.workers = 2;
            setup.listen.max_connections = 6;
            setup.listen.max_connections_per_address = 3;
            setup.listen.trusted_proxies =
                if trusted { vec!["127.0.0.1".parse().unwrap()] } else { Vec::new() };
        });
        let mut clients = Vec::new();
        for _ in 0..allowed {
            let mut client = balancer.client().await;
            for _ in 0..4 {
                client.send(get("/")).await.unwrap();
                assert_eq!(client.read_response().await.unwrap().status, 200);
            }
            clients.push(client);
        }
        let refused = balancer.client().await.read_response().await.unwrap();
        let code = if trusted { "overloaded" } else { "too_many_connections" };
        assert_eq!((refused.status, refused.header("Connection")), (503, Some("close")));
        assert_eq!(refused.json()["code"], code);
        let count = balancer.stats(|stats| &stats.refused_by_address);
        assert_eq!(count, u64::from(!trusted));
        drop(clients);
        eventually(PATIENCE, || async { balancer.ask(get("/")).await.status == 200 }).await;
    }
}

#[tokio::test]
async fn a_drain_ends_what_is_idle_and_waits_for_what_is_not() {
    let gate = Gate::closed();
    let upstream = Upstream::start(Script::gated(gate.clone(), Answer::ok("done"))).await;
    let mut balancer = Balancer::before(&upstream);
    assert_eq!(balancer.ask(get("/lb-health")).await.text(), "Load balancer is healthy");
    let (mut idle, mut busy) = (balancer.client().await, balancer.client().await);
    idle.send(get("/lb-health")).await.unwrap();
    idle.read_response().await.unwrap();
    busy.send(get("/")).await.unwrap();
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;

    balancer.workers.drain();
    assert_eq!(balancer.ask(get("/lb-health")).await.status, 503);
    balancer.workers.close();
    assert!(idle.read_to_end().await.unwrap().is_empty());
    let address = balancer.workers.http();
    eventually(PATIENCE, || async { RawClient::connect(address).await.is_err() }).await;
    gate.open();
    assert_eq!(busy.read_response().await.unwrap().text(), "done");
    balancer.workers.ended().await;
}

#[tokio::test]
async fn few_connections_are_spread_over_the_workers() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| setup.listen.workers = 2);
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = balancer.client().await;
        client.send(get("/")).await.unwrap();
        client.read_response().await.unwrap();
        clients.push(client);
    }
    // One may still be on its way from one worker to the other.
    eventually(PATIENCE, || async {
        let open = balancer.client_connections();
        if open.iter().all(|count| (3..=5).contains(count)) { Ok(()) } else { Err(open) }
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_slows_its_upstream() {
    let upstream = Upstream::start(Answer::ok(vec![b'x'; 64 << 20])).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;
    // It reads nothing for a while, and then all of it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.read_response().await.unwrap().body.len(), 64 << 20);
}

#[tokio::test]
async fn requests_sent_behind_the_last_one_do_not_cost_its_answer() {
    let upstream = Upstream::start(Answer::ok(vec![b'x'; 300_000])).await;
    let balancer = Balancer::before(&upstream);
    balancer.workers.drain();
    let mut client = balancer.client().await;
    let more: String = (0..2000).map(|_| get("/more")).collect();
    client.send(get("/") + &more).await.unwrap();
    let answer = client.read_response().await.unwrap();
    assert_eq!((answer.body.len(), answer.header("Connection")), (300_000, Some("close")));
    assert_eq!(upstream.requests(), 1);
}
