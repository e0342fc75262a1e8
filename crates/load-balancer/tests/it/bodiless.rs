//! Answers that can have no content, whatever their heads say of it: 1xx, 204, 304 (RFC 9110 sections 8.6 and 15).

use crate::balancer::{Balancer, get};
use crate::ways::Ways;
use testkit::{Script, Step, Upstream};

/// What heads must not say there, and whether a connection that said so can be used again.
const FRAMING: [(&str, bool); 10] = [
    ("", true),
    ("Content-Length: 0\r\n", true),
    ("Content-Length: 5\r\n", false),
    ("Transfer-Encoding: chunked\r\n", false),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", false),
    ("Content-Length: 5\r\nContent-Length: 6\r\n", false),
    ("Content-Length: five\r\n", false),
    ("Content-Length: 0\r\nContent-Length: 5\r\n", false),
    ("Transfer-Encoding: gzip, chunked\r\n", false),
    ("Transfer-Encoding: identity\r\n", false),
];

/// What may follow such a head all the same.
const SURPLUS: [&str; 3] = ["", "hello", "5\r\nhello\r\n0\r\n\r\n"];

fn answers() -> Vec<(String, bool)> {
    let heads = [
        "HTTP/1.1 204 No Content\r\nETag: \"a\"\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nVary: Accept\r\n",
    ];
    let all = heads.iter().flat_map(|head| {
        let framed = FRAMING.iter().map(move |(framing, kept)| (format!("{head}{framing}\r\n"), *kept));
        framed.flat_map(|(head, kept)| {
            SURPLUS.map(|surplus| (format!("{head}{surplus}"), kept && surplus.is_empty()))
        })
    });
    all.collect()
}

#[tokio::test]
async fn they_pass_without_the_fields_that_speak_of_content() {
    let all = answers();
    let count = all.len();
    let script = move |number: usize| Script::raw(all[number].0.clone());
    let ways = Ways::before(Script::by(move |seen| script(seen.target[1..].parse().unwrap()))).await;
    ways.ask_all((0..count).map(|number| format!("/{number}")), |answer| {
        assert!(matches!(answer.status, 204 | 304) && answer.text().is_empty(), "{answer:?}");
        assert_eq!(answer.header("etag"), Some("\"a\""));
        for name in ["content-length", "transfer-encoding"] {
            assert_eq!(answer.header(name), None, "{answer:?}");
        }
    })
    .await;
    assert!(ways.balancer().servers[0].usable());
}

#[tokio::test]
async fn a_connection_that_is_in_doubt_is_not_used_again() {
    for (raw, kept) in answers() {
        for request in [get("/"), get("/").replace("GET", "HEAD")] {
            let upstream = Upstream::start(Script::raw(raw.clone())).await;
            let balancer = Balancer::before(&upstream);
            let mut client = balancer.client().await;
            for _ in 0..3 {
                client.send(&request).await.unwrap();
                let answer = client.read_response().await.expect(&raw);
                assert!(answer.body.is_empty() && answer.header("Connection").is_none(), "{raw}");
            }
            assert_eq!(upstream.connections(), if kept { 1 } else { 3 }, "{raw:?}");
        }
    }
}

#[tokio::test]
async fn an_interim_answer_passes_without_them_too() {
    for (framing, kept) in FRAMING {
        let raw = format!(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n{framing}\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        );
        let upstream = Upstream::start(Script::raw(raw.clone())).await;
        let balancer = Balancer::before(&upstream);
        let mut client = balancer.client().await;
        for _ in 0..2 {
            client.send(get("/")).await.unwrap();
            let (status, fields) = client.read_interim().await.unwrap();
            assert_eq!((status, fields.len()), (103, 1), "{raw:?}");
            assert_eq!(client.read_response().await.unwrap().text(), "ok");
        }
        assert_eq!(upstream.connections(), if kept { 1 } else { 2 }, "{raw:?}");
    }
}

/// The content of another answer must not be taken for this one's.
#[tokio::test]
async fn content_that_comes_late_reaches_nobody() {
    let late = Script::by(|seen| match seen.target.as_str() {
        "/odd" => Script::steps([
            Step::Write(b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()),
            Step::Pause(std::time::Duration::from_millis(20)),
            Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison".to_vec()),
        ]),
        _ => Script::raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"),
    });
    let upstream = Upstream::start(late).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    for _ in 0..5 {
        client.send(get("/odd")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 204);
        client.send(get("/")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().text(), "mine");
    }
}
