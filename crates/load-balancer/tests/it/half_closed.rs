//! Clients that say that they have nothing more to ask: they get their answers; those that are gone do not.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::secure::site;
use std::time::Duration;
use testkit::{Answer, Gate, RawClient, Script, Step, Upstream, eventually};
use tokio::io::{AsyncRead, AsyncWrite};

/// A balancer that lets its clients name their requests.
fn believing(upstream: &Upstream) -> Balancer {
    Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
}

/// Answers with the target after a while, which is longer than it takes to see that a client has ended its side.
fn slow(pause: u64) -> Script {
    Script::by(move |seen| {
        let answer = Answer::ok(seen.target.clone());
        Script::steps([Step::ReadBody, Step::Pause(Duration::from_millis(pause)), Step::Answer(answer)])
    })
}

/// Sends these requests and nothing more, and reads as many answers and then the end.
async fn all_answered<S: AsyncRead + AsyncWrite + Unpin>(
    mut client: RawClient<S>,
    requests: &[String],
    expected: &[&str],
) {
    client.send(requests.concat()).await.unwrap();
    client.half_close().await.unwrap();
    for text in expected {
        let answer = client.read_response().await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, *text), "{requests:?}");
    }
    assert!(client.read_to_end().await.unwrap().is_empty(), "the end is announced");
}

#[tokio::test]
async fn a_client_that_only_stops_sending_gets_all_its_answers() {
    let post = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    let chunked = "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n";
    let cases: [(&[&str], &[&str]); 6] = [
        (&[&get("/1")], &["/1"]),
        (&[post], &["/p"]),
        (&[chunked], &["/c"]),
        (&["GET /old HTTP/1.0\r\n\r\n"], &["/old"]),
        (&[&get("/1"), post, &get("/3")], &["/1", "/p", "/3"]),
        (&[&get("/1"), "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"], &["/1", "/2"]),
    ];
    for pause in [0, 900] {
        let site = site(slow(pause)).await;
        let asking = cases.iter().flat_map(|(requests, expected)| {
            let requests: Vec<_> = requests.iter().map(|request| (*request).to_owned()).collect();
            [false, true].map(|tls| (tls, requests.clone(), *expected))
        });
        futures::future::join_all(asking.map(async |(tls, requests, expected)| {
            if tls {
                let stream = site.connect("one.test", &[]).await.unwrap();
                all_answered(RawClient::over(stream), &requests, expected).await;
            } else {
                all_answered(site.balancer.client().await, &requests, expected).await;
            }
        }))
        .await;
    }
}

#[tokio::test]
async fn what_the_balancer_itself_says_is_given_too() {
    let site = site(Script::hang()).await;
    for tls in [false, true] {
        let (requests, status) = (get("/lb-health"), 200);
        let answer = if tls {
            let mut client = RawClient::over(site.connect("one.test", &[]).await.unwrap());
            client.send(requests).await.unwrap();
            client.half_close().await.unwrap();
            client.read_response().await.unwrap()
        } else {
            let mut client = site.balancer.client().await;
            client.send(requests).await.unwrap();
            client.half_close().await.unwrap();
            client.read_response().await.unwrap()
        };
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_request_that_is_not_whole_ends_with_the_clients_side() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = believing(&upstream);
    for part in
        ["POST / HTTP/1.1\r\nHost: h\r\nX-Request-Id: part\r\nContent-Length: 5\r\n\r\nhe", "GET / HT"]
    {
        let mut client = balancer.client().await;
        client.send(part).await.unwrap();
        client.half_close().await.unwrap();
        assert!(client.read_to_end().await.is_ok_and(|bytes| bytes.is_empty()) || part.starts_with("POST"));
    }
    assert_eq!(balancer.recorded("part").await.status, 499);
}

#[tokio::test]
async fn one_that_is_gone_after_it_has_stopped_sending_takes_its_request_along() {
    let upstream = Upstream::start(Script::hang()).await;
    let balancer = believing(&upstream);
    // The end of the client's side is seen, or hidden behind more than is taken in ahead of time.
    for (id, more) in [("ended", String::new()), ("behind", get("/more").repeat(2000))] {
        let mut client = balancer.client().await;
        let before = upstream.requests();
        client.send(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: {id}\r\n\r\n{more}")).await.unwrap();
        client.half_close().await.unwrap();
        eventually(PATIENCE, || async { upstream.requests() == before + 1 }).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(balancer.in_flight(), 1, "{id}: it is still waited for");
        client.reset().unwrap();
        eventually(PATIENCE, || async { upstream.open_connections() == 0 && balancer.in_flight() == 0 })
            .await;
        assert_eq!(balancer.recorded(id).await.status, 499);
    }
    assert!(balancer.servers[0].usable());
}

/// It has read a part of its answer and is gone; that shows when more is sent to it.
#[tokio::test]
async fn one_that_closes_in_the_middle_of_its_answer_takes_its_request_along() {
    let gate = Gate::closed();
    let part = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nab".to_vec();
    let more = std::iter::repeat_n(Step::Write(vec![b'x'; 100_000]), 10_000);
    let steps = [Step::Write(part), Step::Wait(gate.clone())].into_iter().chain(more);
    let upstream = Upstream::start(Script::steps(steps.collect::<Vec<_>>())).await;
    let balancer = believing(&upstream);
    let mut client = balancer.client().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: middle\r\n\r\n").await.unwrap();
    client.half_close().await.unwrap();
    client.read_interim().await.unwrap();
    client.read_exactly(2).await.unwrap();
    drop(client);
    gate.open();
    eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
    assert_eq!(balancer.recorded("middle").await.status, 499);
    assert!(balancer.servers[0].usable());
}

#[tokio::test]
async fn it_does_not_wait_for_ever() {
    let upstream = Upstream::start(Script::hang()).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.pool.requests.timeouts.first_byte = Duration::from_millis(900);
        setup.pool.requests.retry.max_retries = 0;
    });
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    client.half_close().await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 504);
}
