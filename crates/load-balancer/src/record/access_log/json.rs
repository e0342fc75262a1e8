//! A line as one JSON object.

use super::{address, clock::Clock, is_plain, number};
use crate::record::{Attempt, Entry, Protocol};

/// Writes the line with its end.
pub(super) fn write(out: &mut Vec<u8>, entry: &Entry<'_>, micros: u64, clock: &mut Clock) {
    out.extend_from_slice(b"{\"ts\":\"");
    clock.rfc3339(entry.ended, out);
    out.extend_from_slice(b"\",\"request_id\":\"");
    // An id, a method and the names of pools and servers have no characters that would need an escape.
    out.extend_from_slice(entry.request_id.as_bytes());
    if !entry.trace_id.is_empty() {
        out.extend_from_slice(b"\",\"trace_id\":\"");
        out.extend_from_slice(entry.trace_id);
    }
    out.extend_from_slice(b"\",\"client\":\"");
    address(out, entry.client);
    request(out, entry);
    answer(out, entry, micros);
    attempts(out, &entry.attempts);
    optional(out, b",\"referer\":\"", entry.referer);
    optional(out, b",\"user_agent\":\"", entry.user_agent);
    out.extend_from_slice(b"}\n");
}

/// The request line in one piece, as other servers log it and people look for it; then its parts.
fn request(out: &mut Vec<u8>, entry: &Entry<'_>) {
    out.extend_from_slice(b"\",\"request\":\"");
    out.extend_from_slice(entry.method);
    out.push(b' ');
    let target = out.len();
    escaped(out, entry.target);
    let target = target..out.len();
    out.extend_from_slice(after_target(entry.protocol));
    out.extend_from_slice(entry.method);
    out.extend_from_slice(b"\",\"host\":\"");
    escaped(out, entry.host);
    out.extend_from_slice(b"\",\"path\":\"");
    match memchr::memchr(b'?', entry.target) {
        // The path is the target, which stands here in its form already.
        None => out.extend_from_within(target),
        Some(query) => path_and_query(out, entry.target, query),
    }
    out.extend_from_slice(after_path(entry.protocol));
}

fn path_and_query(out: &mut Vec<u8>, target: &[u8], query: usize) {
    escaped(out, &target[..query]);
    if target.len() > query + 1 {
        out.extend_from_slice(b"\",\"query\":\"");
        escaped(out, &target[query + 1..]);
    }
}

/// Writes the parts that are the same in every line at once, because each write to the buffer costs as much as 20
/// bytes.
const fn after_target(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Http10 => b" HTTP/1.0\",\"method\":\"",
        Protocol::Http11 => b" HTTP/1.1\",\"method\":\"",
        Protocol::Http2 => b" HTTP/2.0\",\"method\":\"",
    }
}

/// As [`after_target`].
const fn after_path(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Http10 => b"\",\"protocol\":\"HTTP/1.0\",\"status\":",
        Protocol::Http11 => b"\",\"protocol\":\"HTTP/1.1\",\"status\":",
        Protocol::Http2 => b"\",\"protocol\":\"HTTP/2.0\",\"status\":",
    }
}

fn answer(out: &mut Vec<u8>, entry: &Entry<'_>, micros: u64) {
    number(out, entry.status);
    out.extend_from_slice(b",\"bytes_in\":");
    number(out, entry.bytes_in);
    out.extend_from_slice(b",\"bytes_out\":");
    number(out, entry.bytes_out);
    out.extend_from_slice(b",\"duration_ms\":");
    millis(out, micros);
    if let Some(route) = entry.route {
        out.extend_from_slice(b",\"pool\":\"");
        out.extend_from_slice(route.pool.name().as_bytes());
        out.push(b'"');
    }
    if let Some(server) = entry.server {
        out.extend_from_slice(b",\"server\":\"");
        out.extend_from_slice(server.name().as_bytes());
        out.push(b'"');
    }
}

fn attempts(out: &mut Vec<u8>, attempts: &[Attempt]) {
    out.extend_from_slice(b",\"attempts\":[");
    for (index, attempt) in attempts.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{\"server\":\"" } else { b",{\"server\":\"" });
        out.extend_from_slice(attempt.server.name().as_bytes());
        out.extend_from_slice(b"\",\"outcome\":\"");
        out.extend_from_slice(attempt.outcome.name().as_bytes());
        out.extend_from_slice(b"\",\"status\":");
        match attempt.status {
            0 => out.extend_from_slice(b"null"),
            status => number(out, status),
        }
        out.extend_from_slice(b",\"ms\":");
        millis(out, attempt.took_micros.into());
        out.push(b'}');
    }
    out.push(b']');
}

/// Writes a member that is left out when it is empty.
fn optional(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    if !value.is_empty() {
        out.extend_from_slice(name);
        escaped(out, value);
        out.push(b'"');
    }
}

/// Microseconds as milliseconds with three places.
fn millis(out: &mut Vec<u8>, micros: u64) {
    // The longest number has 20 digits, and there is a point.
    const LENGTH: usize = 24;
    const POINT: usize = LENGTH - 4;
    let mut text = [b'0'; LENGTH];
    let (mut rest, mut begin) = (micros, LENGTH);
    // From the last digit to the first, of which one at least is before the point.
    while rest > 0 || begin >= POINT {
        begin -= 1;
        if begin == POINT {
            text[begin] = b'.';
            continue;
        }
        text[begin] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    out.extend_from_slice(&text[begin..]);
}

/// Writes the inside of a JSON string (RFC 8259 section 7). Bytes that are no UTF-8 become the characters of the same
/// numbers, so a hostile header cannot spoil the file.
fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        out.extend_from_slice(text);
        return;
    }
    let utf8 = std::str::from_utf8(text).is_ok();
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0x20..=0x7E => out.push(*byte),
            0x80.. if utf8 => out.push(*byte),
            _ => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Instant;

    use super::*;

    #[test]
    fn strings_stay_json() {
        let rows: [(&[u8], &str); 6] = [
            (b"plain", "plain"),
            (b"a\"b\\c", "a\"b\\c"),
            (b"line\r\n\0\x7f", "line\r\n\0\u{7f}"),
            ("héllo €".as_bytes(), "héllo €"),
            (b"bad \xff\xc3", "bad \u{ff}\u{c3}"),
            (b"", ""),
        ];
        for (text, expected) in rows {
            let mut out = vec![b'"'];
            escaped(&mut out, text);
            out.push(b'"');
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), expected);
        }
    }

    #[test]
    fn the_request_in_one_piece() {
        let rows: [(&[u8], Protocol, &str, Option<&str>); 4] = [
            (b"/api/health", Protocol::Http11, "/api/health", None),
            (b"/api/static-data?lang=\"", Protocol::Http2, "/api/static-data", Some("lang=\"")),
            (b"/a?", Protocol::Http10, "/a", None),
            (b"/\"\\\xff", Protocol::Http11, "/\"\\\u{ff}", None),
        ];
        for (target, protocol, path, query) in rows {
            let line = line(target, protocol);
            let sent: String = target.iter().map(|byte| char::from(*byte)).collect();
            assert_eq!(line["request"], format!("GET {sent} {}", protocol.name()));
            assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &path.into()));
            assert_eq!(line["query"].as_str(), query);
            assert_eq!((&line["protocol"], &line["status"]), (&protocol.name().into(), &200.into()));
        }
    }

    /// The line of a GET, read back.
    fn line(target: &[u8], protocol: Protocol) -> serde_json::Value {
        let now = Instant::now();
        let entry = Entry {
            request_id: "1",
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            method: b"GET",
            target,
            host: b"localhost",
            protocol,
            user_agent: b"",
            referer: b"",
            status: 200,
            bytes_in: 0,
            bytes_out: 0,
            began: now,
            ended: now,
            route: None,
            server: None,
            attempts: [].into_iter().collect(),
            trace_id: b"",
            trace: None,
        };
        let mut out = Vec::new();
        write(&mut out, &entry, 1, &mut Clock::new());
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn milliseconds() {
        for (micros, expected) in [
            (0, "0.000"),
            (1, "0.001"),
            (999, "0.999"),
            (1000, "1.000"),
            (10_020, "10.020"),
            (1_234_567, "1234.567"),
            (u64::MAX, "18446744073709551.615"),
        ] {
            let mut out = Vec::new();
            millis(&mut out, micros);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
