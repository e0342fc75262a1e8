//! Turns an HTTP/2 request head into the HTTP/1.1 head that goes upstream (RFC 9113 section 8.3).

use crate::downstream::refusal;
use crate::forward::{Asked, Draft, Facts, ForwardedInfo, Peer, Request, forwarding_fields};
use crate::http1::fields::{Known, MAX_FIELDS, known};
use crate::http1::length::{Framing, Length};
use crate::http1::request::{MAX_HEAD, MAX_REQUEST_LINE};
use crate::http1::target::{self, Target, TargetError};
use crate::record::Protocol;
use crate::respond::ErrorKind;
use crate::retry::is_idempotent;
use crate::worker::Worker;
use http::header::{COOKIE, HOST};
use http::request::Parts;
use smallvec::SmallVec;

/// Writes the head for the upstream. `has_body` says that the stream goes on after the head.
pub(super) fn draft(
    parts: &Parts,
    has_body: bool,
    peer: &Peer,
    worker: &Worker,
) -> Result<Request, ErrorKind> {
    let method = parts.method.as_str();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if method == "CONNECT" {
        return Err(ErrorKind::NotImplemented("CONNECT is not served."));
    }
    check_limits(parts, path)?;
    match target::parse(method, path).map_err(refusal::target)? {
        Target { authority: None, .. } => {}
        Target { authority: Some(_), .. } => return Err(refusal::target(TargetError::InvalidTarget)),
    }
    let host = host(parts)?;
    let length = length(parts, has_body)?;
    let expects = expects_continue(parts)?;
    let mut draft = Draft::new(worker.buffers.take(), method, path, host);
    passing_fields(&mut draft, parts);
    if expects && length != Length::Empty {
        draft.field(b"Expect", b"100-continue");
    }
    let info = ForwardedInfo {
        host,
        request_id: value(parts, "x-request-id"),
        trace_parent: value(parts, "traceparent"),
        forwarded_for: values(parts, "x-forwarded-for"),
        forwarded: values(parts, "forwarded"),
        forwarded_proto: last(parts, "x-forwarded-proto"),
        forwarded_host: last(parts, "x-forwarded-host"),
    };
    let client = forwarding_fields(&mut draft, info, peer, worker);
    Ok(draft.finish(Facts {
        client,
        protocol: Protocol::Http2,
        length,
        is_head: method == "HEAD",
        idempotent: is_idempotent(method.as_bytes()),
        has_key: parts.headers.contains_key("idempotency-key"),
        upgrade: false,
    }))
}

/// The facts of a request that is refused.
pub(super) fn asked(parts: &Parts) -> Asked<'_> {
    let named = parts.headers.get(HOST).map(http::HeaderValue::as_bytes);
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    Asked {
        protocol: Protocol::Http2,
        method: parts.method.as_str().as_bytes(),
        target: parts.uri.path_and_query().map_or(b"", |path| path.as_str().as_bytes()),
        host: authority.or(named).unwrap_or_default(),
    }
}

/// Whether the client waits for a 100 before it sends its body (RFC 9110 section 10.1.1).
fn expects_continue(parts: &Parts) -> Result<bool, ErrorKind> {
    let mut expectations = parts.headers.get_all(http::header::EXPECT).iter();
    if !expectations.all(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(ErrorKind::ExpectationFailed);
    }
    Ok(parts.headers.contains_key(http::header::EXPECT))
}

/// Checks the same limits as for HTTP/1, which the servers behind the balancer have, too. HTTP/2 may split one `Cookie`
/// into many.
fn check_limits(parts: &Parts, path: &str) -> Result<(), ErrorKind> {
    if parts.method.as_str().len() + path.len() > MAX_REQUEST_LINE {
        return Err(ErrorKind::TargetTooLong);
    }
    let size: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let crumbs = parts.headers.get_all(COOKIE).iter().count();
    // With `Host`, which comes of `:authority`.
    let fields = parts.headers.len() + 1 - crumbs.saturating_sub(1);
    if fields > MAX_FIELDS || size > MAX_HEAD { Err(ErrorKind::HeadTooLarge) } else { Ok(()) }
}

/// `:authority`, or `Host` in its place; never two that differ (RFC 9113 section 8.3.1).
fn host(parts: &Parts) -> Result<&str, ErrorKind> {
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let mut named = parts.headers.get_all(HOST).iter();
    let host = named.next().map(http::HeaderValue::as_bytes);
    if named.next().is_some()
        || authority.is_some_and(|name| host.is_some_and(|host| host != name.as_bytes()))
    {
        return Err(ErrorKind::BadRequest("The host is given more than once."));
    }
    let host = authority.map(str::as_bytes).or(host).ok_or(ErrorKind::BadRequest("There is no host."))?;
    target::check_host(host).map_err(refusal::target)
}

fn length(parts: &Parts, has_body: bool) -> Result<Length, ErrorKind> {
    let mut framing = Framing::default();
    for value in parts.headers.get_all(http::header::CONTENT_LENGTH) {
        let taken = framing.content_length(value.as_bytes());
        taken.map_err(|_| ErrorKind::BadRequest("Content-Length is not valid."))?;
    }
    match framing.finish(false) {
        Ok(Some(length)) => Ok(length),
        _ if has_body => Ok(Length::Chunked),
        _ => Ok(Length::Empty),
    }
}

fn passing_fields(draft: &mut Draft, parts: &Parts) {
    for (name, value) in &parts.headers {
        match known(name.as_str()) {
            Known::UserAgent => draft.user_agent(value.as_bytes()),
            Known::Referer => draft.referer(value.as_bytes()),
            Known::Other if *name == COOKIE => {}
            Known::IdempotencyKey
            | Known::Date
            | Known::ServedBy
            | Known::RetrySafe
            | Known::Unavailable
            | Known::Other => {
                draft.field(name.as_str().as_bytes(), value.as_bytes());
            }
            Known::Connection
            | Known::ContentLength
            | Known::TransferEncoding
            | Known::Host
            | Known::Expect
            | Known::Upgrade
            | Known::HopByHop
            | Known::Forwarded
            | Known::ForwardedFor
            | Known::ForwardedHost
            | Known::ForwardedProto
            | Known::RequestId
            | Known::TraceParent => {}
        }
    }
    // HTTP/2 may split it into crumbs; HTTP/1.1 may not (RFC 9113 section 8.2.3).
    let crumbs: Vec<_> = parts.headers.get_all(COOKIE).iter().map(http::HeaderValue::as_bytes).collect();
    if !crumbs.is_empty() {
        draft.field(b"Cookie", &crumbs.join(&b"; "[..]));
    }
}

fn values<'p>(parts: &'p Parts, name: &str) -> impl DoubleEndedIterator<Item = &'p [u8]> + Clone + use<'p> {
    // `ValueIter` of the `http` crate is not to be cloned.
    let values: SmallVec<[&[u8]; 2]> =
        parts.headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
    values.into_iter()
}

fn value<'p>(parts: &'p Parts, name: &str) -> Option<&'p [u8]> {
    parts.headers.get(name).map(http::HeaderValue::as_bytes)
}

fn last<'p>(parts: &'p Parts, name: &str) -> Option<&'p [u8]> {
    parts.headers.get_all(name).iter().next_back().map(http::HeaderValue::as_bytes)
}
