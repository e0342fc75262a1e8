//! Writes heads: canonical, one `Name: value` a line, with framing written anew.

use super::fields::{self, FieldSet};
use super::length::Length;
use super::response::ResponseHead;
use crate::answer::{Answer, reason};

/// The fields that the balancer adds to an answer.
#[derive(Debug, Clone, Copy)]
pub struct Added<'a> {
    /// For `X-Served-By`.
    pub served_by: &'a str,
    /// For `X-Request-Id`.
    pub request_id: &'a [u8],
    /// For `Date`, where the upstream sent none (RFC 9110 section 6.6.1).
    pub date: &'a [u8],
    /// For `X-Cache`, where the route has a cache.
    pub cache: Option<&'static str>,
}

/// `Cache-Status` of a server's answer where the cache had none (RFC 9211).
pub const NOT_FROM_CACHE: &[u8] = b"load-balancer; fwd=miss";

/// How the body of an answer is sent to an HTTP/1 client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Unchanged: of a declared length, until the connection closes, or no body.
    Identity,
    /// In chunks.
    Chunked,
}

/// Writes one field.
pub fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.reserve(name.len() + value.len() + 4);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Writes the fields that pass through.
pub fn passing(out: &mut Vec<u8>, fields: &[httparse::Header<'_>], consumed: FieldSet) {
    for each in fields::passing(fields, consumed) {
        field(out, each.name.as_bytes(), each.value);
    }
}

/// Writes `Content-Length` or `Transfer-Encoding`; a body that lasts until the close has neither.
pub fn framing(out: &mut Vec<u8>, length: Length) {
    match length {
        Length::Exact(length) => field(out, b"Content-Length", itoa::Buffer::new().format(length).as_bytes()),
        Length::Chunked => field(out, b"Transfer-Encoding", b"chunked"),
        Length::Empty | Length::UntilClose => {}
    }
}

/// Writes the status line.
pub fn status_line(out: &mut Vec<u8>, status: u16, reason: &str) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(reason.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// How the body of `head` goes to a client, and whether the connection must end with it.
pub fn coding(head: &ResponseHead<'_, '_>, to_http10: bool) -> (Coding, bool) {
    match head.length {
        Length::Chunked | Length::UntilClose if to_http10 => (Coding::Identity, true),
        Length::Chunked | Length::UntilClose => (Coding::Chunked, false),
        Length::Empty | Length::Exact(_) => (Coding::Identity, false),
    }
}

/// Writes the head of an upstream's final answer for an HTTP/1 client.
///
/// `connection` is the value of `Connection`, where one is needed.
pub fn response(
    out: &mut Vec<u8>,
    head: &ResponseHead<'_, '_>,
    coding: Coding,
    connection: Option<&[u8]>,
    added: &Added<'_>,
) {
    status_line(out, head.status, head.reason);
    passing(out, head.fields, head.consumed);
    match (head.length, coding, head.announced) {
        (Length::Empty, _, Some(announced)) => framing(out, Length::Exact(announced)),
        (_, Coding::Chunked, _) => framing(out, Length::Chunked),
        (Length::Exact(length), ..) => framing(out, Length::Exact(length)),
        (Length::Empty | Length::Chunked | Length::UntilClose, Coding::Identity, _) => {}
    }
    if let Some(options) = connection {
        field(out, b"Connection", options);
    }
    if let Some(protocol) = head.upgrade {
        field(out, b"Upgrade", protocol);
    }
    if !head.has_date {
        field(out, b"Date", added.date);
    }
    field(out, b"X-Served-By", added.served_by.as_bytes());
    field(out, b"X-Request-Id", added.request_id);
    if let Some(result) = added.cache {
        field(out, b"X-Cache", result.as_bytes());
        field(out, b"Cache-Status", NOT_FROM_CACHE);
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes the head of an answer of the balancer's own.
pub fn own(out: &mut Vec<u8>, answer: &Answer, connection: Option<&[u8]>, date: &[u8], request_id: &str) {
    status_line(out, answer.status, reason(answer.status));
    for (name, value) in &answer.fields {
        field(out, name.as_bytes(), value.as_bytes());
    }
    if answer.has_length() {
        framing(out, Length::Exact(answer.body.len() as u64));
    }
    if let Some(options) = connection {
        field(out, b"Connection", options);
    }
    if !answer.has_date() {
        field(out, b"Date", date);
    }
    field(out, b"X-Request-Id", request_id.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Writes an interim answer (1xx) as it came, without the fields of one hop only.
pub fn interim(out: &mut Vec<u8>, head: &ResponseHead<'_, '_>) {
    status_line(out, head.status, head.reason);
    passing(out, head.fields, head.consumed);
    out.extend_from_slice(b"\r\n");
}
