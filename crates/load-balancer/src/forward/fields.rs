//! The forwarding fields, by which the balancer tells an upstream of a request's way. They are the same for every
//! protocol.

use super::draft::Draft;
use super::hops::{self, Element, Elements};
use super::origin::{Peer, forwarded_host};
use super::trace::trace_field;
use crate::worker::Worker;
use service_kit::telemetry::{RequestId, TraceParent};
use std::net::IpAddr;
use uuid::fmt::Hyphenated;

/// The forwarding fields of the client's request.
#[derive(Debug)]
pub(crate) struct ForwardedInfo<'a, F, E> {
    /// The host that the request is for.
    pub(crate) host: &'a str,
    /// `X-Request-Id`.
    pub(crate) request_id: Option<&'a [u8]>,
    /// `traceparent`.
    pub(crate) trace_parent: Option<&'a [u8]>,
    /// All `X-Forwarded-For`, in order.
    pub(crate) forwarded_for: F,
    /// All `Forwarded`, in order.
    pub(crate) forwarded: E,
    /// `X-Forwarded-Proto`.
    pub(crate) forwarded_proto: Option<&'a [u8]>,
    /// `X-Forwarded-Host`.
    pub(crate) forwarded_host: Option<&'a [u8]>,
}

/// Writes the forwarding fields, and gives the client's address. A trace goes on whoever began it. All other fields are
/// believed only of trusted peers.
pub(crate) fn forwarding_fields<'a, F, E>(
    draft: &mut Draft,
    info: ForwardedInfo<'a, F, E>,
    peer: &Peer,
    worker: &Worker,
) -> IpAddr
where
    F: DoubleEndedIterator<Item = &'a [u8]> + Clone,
    E: Iterator<Item = &'a [u8]>,
{
    let (request_id, trace_parent) = (info.request_id, info.trace_parent);
    let trusted = peer.is_trusted(&worker.common.trusted);
    let client = if trusted { as_told(draft, info, peer, worker) } else { as_seen(draft, info.host, peer) };
    if let Some(id) = request_id.filter(|id| trusted && RequestId::parse(id).is_some()) {
        draft.request_id(id);
    } else {
        let id = worker.ids.request_id(worker.clock.unix_millis());
        draft.request_id(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes());
    }
    trace(draft, trace_parent, worker);
    client
}

/// Writes the way as this balancer sees it.
fn as_seen(draft: &mut Draft, host: &str, peer: &Peer) -> IpAddr {
    draft.field_with(b"X-Forwarded-For", |out| peer.forwarded_for(out, std::iter::empty()));
    draft.field(b"X-Forwarded-Proto", peer.scheme.as_bytes());
    draft.field(b"X-Forwarded-Host", host.as_bytes());
    peer.address
}

/// Writes the way as a trusted peer tells it. `Forwarded` is read where there is no `X-Forwarded-For`: a proxy writes
/// one of the two, and passes on a client's own field of the other name.
fn as_told<'a, F, E>(draft: &mut Draft, info: ForwardedInfo<'a, F, E>, peer: &Peer, worker: &Worker) -> IpAddr
where
    F: DoubleEndedIterator<Item = &'a [u8]> + Clone,
    E: Iterator<Item = &'a [u8]>,
{
    let proxies = &worker.common.trusted;
    let elements = match info.forwarded_for.clone().next() {
        Some(_) => Elements::new(),
        None => hops::elements(info.forwarded),
    };
    let (client, first) = if elements.is_empty() {
        (peer.client(info.forwarded_for.clone(), proxies), None)
    } else {
        peer.client_of(&elements, proxies)
    };
    let first = first.map(|place| &elements[place]);
    let nodes = elements.iter().map(|element| element.node.as_deref().unwrap_or(b"unknown"));
    draft.field_with(b"X-Forwarded-For", |out| {
        if elements.is_empty() {
            peer.forwarded_for(out, info.forwarded_for);
        } else {
            peer.forwarded_for(out, nodes);
        }
    });
    let proto = first.and_then(Element::proto).map(str::as_bytes);
    draft.field(b"X-Forwarded-Proto", peer.forwarded_proto(info.forwarded_proto.or(proto)).as_bytes());
    let host = first.and_then(|element| element.host()).map(str::as_bytes);
    draft.field(b"X-Forwarded-Host", forwarded_host(info.forwarded_host.or(host), info.host).as_bytes());
    client
}

/// Writes `traceparent`.
fn trace(draft: &mut Draft, said: Option<&[u8]>, worker: &Worker) {
    if let Some(sampling) = worker.recorder.sampling() {
        return trace_field(draft, said.and_then(TraceParent::parse), sampling, &worker.ids);
    }
    match said.filter(|value| TraceParent::parse(value).is_some()) {
        Some(value) => draft.field(b"traceparent", value),
        None => draft.field(b"traceparent", &worker.ids.trace_parent()),
    };
}
