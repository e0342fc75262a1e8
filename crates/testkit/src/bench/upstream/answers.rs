use std::rc::Rc;

use super::counters::Counters;

/// The answers, made once. Sharing them lets a connection hold one while the counters change.
pub(super) struct Answers {
    small: Rc<[u8]>,
    large: Rc<[u8]>,
    sink: Rc<[u8]>,
    health: Rc<[u8]>,
    missing: Rc<[u8]>,
}

/// The answer to a request.
pub(super) struct Chosen {
    pub(super) bytes: Rc<[u8]>,
    /// Whether the request is work that a contender was given.
    pub(super) counts: bool,
}

impl Answers {
    pub(super) fn new() -> Self {
        Self {
            small: answer("200 OK", &[b'x'; 200]),
            large: answer("200 OK", &vec![b'x'; 64 * 1024]),
            sink: answer("200 OK", b"ok"),
            health: answer("200 OK", br#"{"status":"healthy"}"#),
            missing: answer("404 Not Found", b""),
        }
    }

    pub(super) fn choose(&self, path: &str, counters: &Counters) -> Chosen {
        let (bytes, counts) = match path {
            "/200" => (&self.small, true),
            "/64k" => (&self.large, true),
            "/post" => (&self.sink, true),
            "/health" => (&self.health, false),
            "/bench/stats" => return Chosen { bytes: stats(counters), counts: false },
            _ => (&self.missing, true),
        };
        Chosen { bytes: Rc::clone(bytes), counts }
    }
}

fn stats(counters: &Counters) -> Rc<[u8]> {
    let json = serde_json::to_vec(counters).unwrap_or_default();
    answer("200 OK", &json)
}

fn answer(status: &str, body: &[u8]) -> Rc<[u8]> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat().into()
}
