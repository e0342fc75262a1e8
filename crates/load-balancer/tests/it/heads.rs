//! Heads of answers of every length, split wherever the network may split them.

use crate::balancer::{Balancer, get};
use crate::ways::Ways;
use std::time::Duration;
use testkit::{Script, Step, Upstream};

/// The longest head of an answer that is let through.
const LONGEST: usize = 64 * 1024;
/// Long enough for the first part to be read before the second is sent.
const GAP: Duration = Duration::from_millis(3);

/// An answer whose head has exactly so many bytes, or as few as it can have; its content is `content`.
fn answer(head: usize, framing: &str, content: &str) -> String {
    let mut text = format!("HTTP/1.1 200 OK\r\n{framing}\r\nX-First: 1\r\n");
    let end = "X-Last: 1\r\n\r\n";
    while text.len() + end.len() < head {
        let left = head - text.len() - end.len();
        // No more than a field can hold, and no rest that is too short for a field of its own.
        let line = if left > 5000 { 4000 } else { left };
        text = format!("{text}X-Long: {}\r\n", "v".repeat(line - 10));
    }
    text + end + content
}

/// Writes the answer that the path names, in two parts: `/NUMBER/SPLIT`.
fn in_two(answers: Vec<String>) -> Script {
    Script::by(move |seen| {
        let mut words = seen.target[1..].split('/').map(|word| word.parse::<usize>().unwrap());
        let answer = answers[words.next().unwrap()].as_bytes();
        let (first, second) = answer.split_at(words.next().unwrap());
        let steps = [Step::Write(first.to_vec()), Step::Pause(GAP), Step::Write(second.to_vec())];
        let close = (!answer.windows(8).any(|bytes| bytes == b"chunked\r" || bytes == b"-Length:"))
            .then_some(Step::Close);
        Script::steps(steps.into_iter().chain(close).collect::<Vec<_>>())
    })
}

#[tokio::test]
async fn an_answer_comes_whole_wherever_it_is_split() {
    let answers = vec![
        answer(0, "Content-Length: 5", "hello"),
        answer(0, "Transfer-Encoding: chunked", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        answer(0, "X-Until: close", "hello"),
        format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{}", answer(0, "Content-Length: 5", "hello")),
    ];
    let lengths: Vec<_> = answers.iter().map(String::len).collect();
    let ways = Ways::before(in_two(answers)).await;
    let places = lengths.iter().enumerate().flat_map(|(number, len)| (1..*len).map(move |at| (number, at)));
    ways.ask_all(places.map(|(number, at)| format!("/{number}/{at}")), |answer| {
        assert_eq!(
            (answer.status, answer.header("x-last"), answer.text().as_str()),
            (200, Some("1"), "hello")
        );
    })
    .await;
}

#[tokio::test]
async fn a_head_may_be_as_long_as_64_kib_however_it_comes() {
    let lengths = [3900, 4000, 4096, 4200, 8192, 16_384, 60_000, LONGEST - 1, LONGEST];
    let answers = lengths.map(|head| answer(head, "Content-Length: 5", "hello"));
    let ways = Ways::before(in_two(answers.to_vec())).await;
    let places = lengths.iter().enumerate().flat_map(|(number, len)| {
        let ends = [1, 16, len / 2, len - 3, len - 2, len - 1, *len, len + 1, len + 4];
        let rooms = [3900, 4095, 4096, 4097, 4160].into_iter().filter(|at| at < len);
        ends.into_iter().chain(rooms).map(move |at| (number, at)).collect::<Vec<_>>()
    });
    ways.ask_all(places.map(|(number, at)| format!("/{number}/{at}")), |answer| {
        assert_eq!(
            (answer.status, answer.header("x-last"), answer.text().as_str()),
            (200, Some("1"), "hello")
        );
    })
    .await;
}

#[tokio::test]
async fn a_long_content_may_follow_a_long_head_that_came_in_pieces() {
    let content = "0123456789abcdef".repeat(20_000);
    let answers = [
        answer(LONGEST, &format!("Content-Length: {}", content.len()), &content),
        answer(
            LONGEST,
            "Transfer-Encoding: chunked",
            &format!("{:x}\r\n{content}\r\n0\r\n\r\n", content.len()),
        ),
        answer(LONGEST, "X-Until: close", &content),
    ];
    let ways = Ways::before(in_two(answers.to_vec())).await;
    let places = (0..answers.len()).flat_map(|number| [100, 5000, LONGEST - 1].map(|at| (number, at)));
    ways.ask_all(places.map(|(number, at)| format!("/{number}/{at}")), |answer| {
        assert!(answer.status == 200 && answer.text() == content);
    })
    .await;
}

#[tokio::test]
async fn a_longer_head_is_refused_however_it_comes() {
    let long = answer(LONGEST + 1, "Content-Length: 5", "hello");
    let ways = Ways::before(in_two(vec![long])).await;
    let places = [1, 4200, LONGEST - 1, LONGEST, LONGEST + 1];
    ways.ask_all(places.into_iter().map(|at| format!("/0/{at}")), |answer| assert_eq!(answer.status, 502))
        .await;
}

/// What was prepared of an answer that broke off goes to nobody.
#[tokio::test]
async fn the_head_of_an_answer_that_broke_off_is_not_seen_by_the_next_client() {
    let upstream = Upstream::start(Script::by(|seen| {
        Script::raw(match seen.target.as_str() {
            "/bad" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Whose: another\r\n\r\nno chunk\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine",
        })
    }))
    .await;
    let balancer = Balancer::before(&upstream);
    let mut bad = balancer.client().await;
    bad.send(get("/bad")).await.unwrap();
    let _ = bad.read_response().await;
    let mut good = balancer.client().await;
    good.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
    let all = String::from_utf8(good.read_to_end().await.unwrap()).unwrap();
    assert!(!all.contains("X-Whose") && all.matches("HTTP/1.1 ").count() == 1, "{all}");
}

#[test]
fn answers_have_the_length_that_is_asked_for() {
    for head in [3900, 4000, 5030, 9000, LONGEST, LONGEST + 1] {
        let text = answer(head, "Content-Length: 5", "hello");
        assert_eq!(text.find("\r\n\r\n"), Some(head - 4));
        assert!(text.matches("\r\n").count() < 100);
    }
}
