//! Answers and how their ends are told (RFC 9112 section 6), for every HTTP client that there is.
//!
//! A client is right when it takes each [`Ending::whole`] answer at once, though the connection stays open, and never
//! takes one that is cut short, though the connection ends.

use crate::{Script, Step};

/// The content of a whole answer that a probe looks for.
pub const CONTENT: &str = "{\"instance\":\"b-2\"}";

/// The bytes of an answer to a GET, and what follows them.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub struct Ending {
    /// The peculiarity of the answer.
    pub name: &'static str,
    /// Whether it is a good answer that has come to its end.
    pub whole: bool,
    /// Whether [`CONTENT`] is its content.
    pub has_content: bool,
    bytes: Vec<u8>,
    /// Whether each byte is a write of its own.
    split: bool,
    /// The server closes behind it.
    closes: bool,
}

impl Ending {
    /// Reads the request, writes the answer, and then closes, or stays until the client goes.
    pub fn script(&self) -> Script {
        let end = if self.closes { Step::Close } else { Step::Hang };
        let size = if self.split { 1 } else { self.bytes.len().max(1) };
        let writes = self.bytes.chunks(size).map(|chunk| Step::Write(chunk.to_vec()));
        let steps: Vec<_> = [Step::ReadBody].into_iter().chain(writes).chain([end]).collect();
        Script::steps(steps)
    }

    /// The answer as it is written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whole answers behind which the connection stays open.
fn whole() -> Vec<(&'static str, String, bool)> {
    let (length, chunked) = (with_length("HTTP/1.1"), chunked(""));
    vec![
        ("a length", length.clone(), true),
        ("a length over HTTP/1.0", with_length("HTTP/1.0"), true),
        ("a length of nothing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into(), false),
        ("no content by its status", "HTTP/1.1 204 No Content\r\n\r\n".into(), false),
        ("no reason", "HTTP/1.1 204 \r\nServer: x\r\n\r\n".into(), false),
        ("chunks", chunked.clone(), true),
        ("chunks with trailers", self::chunked("X-Sum: 1\r\nX-Other: 2\r\n"), true),
        ("a 100 before it", format!("HTTP/1.1 100 Continue\r\n\r\n{length}"), true),
        (
            "a 103 and a 102 before it",
            format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n{chunked}"),
            true,
        ),
    ]
}

/// Answers that the connection's end cuts short.
fn cut() -> Vec<(&'static str, String)> {
    let (length, chunked) = (with_length("HTTP/1.1"), chunked(""));
    let short = |text: &str, by: usize| text[..text.len() - by].to_owned();
    vec![
        ("cut in its length", short(&length, 1)),
        ("cut before its content", short(&length, CONTENT.len())),
        ("cut in its head", short(&length, CONTENT.len() + 3)),
        ("cut in a chunk", short(&chunked, 12)),
        ("cut before the last chunk", short(&chunked, 5)),
        ("cut behind the last chunk", short(&chunked, 2)),
        ("cut behind a 100", "HTTP/1.1 100 Continue\r\n\r\n".into()),
        ("no answer", String::new()),
    ]
}

/// All answers: each whole one in one write and in one byte a write, and each kind of cut ones.
pub fn endings() -> Vec<Ending> {
    let mut all = Vec::new();
    for split in [false, true] {
        for (name, text, has_content) in whole() {
            let bytes = text.into_bytes();
            all.push(Ending { name, whole: true, has_content, bytes, split, closes: false });
        }
        for (name, text) in cut() {
            let (bytes, has_content) = (text.into_bytes(), false);
            all.push(Ending { name, whole: false, has_content, bytes, split, closes: true });
        }
    }
    all
}

fn with_length(version: &str) -> String {
    format!("{version} 200 OK\r\nContent-Length: {}\r\n\r\n{CONTENT}", CONTENT.len())
}

fn chunked(trailers: &str) -> String {
    let (first, second) = CONTENT.split_at(7);
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x};a=b\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\n{trailers}\r\n",
        first.len(),
        second.len()
    )
}
