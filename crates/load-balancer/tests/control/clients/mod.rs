//! What clients that others wrote get to see, over TLS, by HTTP/2 and by HTTP/1.1: curl, Node, Python's httpx and
//! Java's own. Each uploads more than it is let, and less.

mod hints;
mod program;
mod site;

use self::program::{PROGRAMS, Program};
use self::site::Site;
use std::fmt::Write as _;

/// Sizes of bodies around what a client may send before it must look at what comes back.
const SIZES: [usize; 5] = [1, 65_536, 65_537, 1 << 20, 8 << 20];

/// An upload: to where, how long, how, and the status that has to come.
type Row = (&'static str, usize, &'static str, u16);

/// Answers that are given before the body has come, by the balancer (413, 429, 404) and by a server (401).
fn early() -> Vec<Row> {
    let mut rows = Vec::new();
    for (path, status) in [("/small", 413), ("/limited", 429), ("/nowhere", 404), ("/early", 401)] {
        for size in SIZES {
            let status = if (path, size) == ("/small", 1) { 200 } else { status };
            rows.extend(["plain", "stream"].map(|mode| (path, size, mode, status)));
        }
    }
    rows
}

/// Uploads whose clients wait for a word before they send their bodies, where they can.
fn expecting(program: &Program) -> Vec<Row> {
    let mut rows = vec![("/continue", 100_000, "expect", 200), ("/continue", 1 << 20, "expect", 200)];
    // Java 17 hangs for ever when the word is another than 100, whoever says it (JDK-8286171).
    if program.name != "Java" {
        rows.extend(
            [("/small", 413), ("/limited", 429), ("/nowhere", 404), ("/early", 401)]
                .map(|(path, status)| (path, 1 << 20, "expect", status)),
        );
    }
    // The connection is still good for others.
    rows.push(("/continue", 1 << 20, "plain", 200));
    // httpx never waits.
    rows.retain(|(_, _, mode, _)| program.expects || *mode != "expect");
    rows
}

async fn try_all(rows: impl Fn(&Program) -> Vec<Row>) {
    let site = Site::start().await;
    let mut wrong = String::new();
    for program in PROGRAMS {
        for protocol in ["2", "1.1"] {
            let rows = rows(program);
            let Some(lines) = program.run(&site, protocol, &rows) else { break };
            for ((path, size, mode, status), line) in rows.iter().zip(&lines) {
                if !line.starts_with(&format!("{protocol} {status} ")) || line.ends_with(" 0") {
                    let _ = writeln!(wrong, "{} HTTP/{protocol} {path} {size} {mode}: {line}", program.name);
                }
            }
            assert_eq!(lines.len(), rows.len(), "{} HTTP/{protocol}: {lines:?}", program.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn early_answers_reach_clients_that_are_still_sending() {
    try_all(|_| early()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_wait_for_a_word_before_they_send_get_it() {
    try_all(expecting).await;
}
