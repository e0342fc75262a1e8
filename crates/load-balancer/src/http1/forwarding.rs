//! An HTTP/1 request head turned into the one that goes upstream.

use super::fields::{Known, known};
use super::length::Length;
use super::request::RequestHead;
use super::write;
use crate::forward::{Draft, Facts, Peer, Request};
use crate::retry::is_idempotent;
use crate::worker::Worker;
use service_kit::telemetry::{RequestId, TraceParent};
use uuid::fmt::Hyphenated;

/// Writes the head for the upstream: what passes through as it came, what is of this hop only left out, and what
/// the balancer says of the request's way added.
pub(super) fn draft(head: &RequestHead<'_, '_>, peer: &Peer, worker: &Worker) -> Request {
    let mut draft = Draft::new(worker.buffers.take(), head.method, head.target.path_and_query, head.host);
    write::passing(draft.bytes(), head.fields, head.consumed);
    own_fields(&mut draft, head);
    forwarding_fields(&mut draft, head, peer, worker);
    draft.finish(Facts {
        client: peer.client(forwarded_for(head), &worker.settings.trusted_proxies),
        length: head.length,
        is_head: head.method == "HEAD",
        idempotent: is_idempotent(head.method.as_bytes()),
        has_key: head.context.has_idempotency_key,
        upgrade: head.upgrade.is_some(),
    })
}

/// Fields that records or this hop need to know of.
fn own_fields(draft: &mut Draft, head: &RequestHead<'_, '_>) {
    if let Some(agent) = head.context.user_agent {
        draft.user_agent(agent);
    }
    if let Some(referer) = head.context.referer {
        draft.referer(referer);
    }
    if head.expects_continue && head.length != Length::Empty {
        draft.field(b"Expect", b"100-continue");
    }
    if let Some(protocols) = head.upgrade {
        draft.field(b"Connection", b"upgrade");
        draft.field(b"Upgrade", protocols);
    }
}

fn forwarding_fields(draft: &mut Draft, head: &RequestHead<'_, '_>, peer: &Peer, worker: &Worker) {
    let context = &head.context;
    draft.field_with(b"X-Forwarded-For", |out| peer.forwarded_for(out, forwarded_for(head)));
    draft.field(b"X-Forwarded-Proto", peer.forwarded_proto(context.forwarded_proto).as_bytes());
    draft.field(b"X-Forwarded-Host", peer.forwarded_host(context.forwarded_host, head.host).as_bytes());
    match context.request_id.filter(|id| RequestId::parse(id).is_some()) {
        Some(id) => draft.request_id(id),
        None => {
            let id = worker.ids.request_id(worker.clock.unix_millis());
            draft.request_id(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes());
        }
    }
    match context.trace_parent.filter(|value| TraceParent::parse(value).is_some()) {
        Some(value) => draft.field(b"traceparent", value),
        None => draft.field(b"traceparent", &worker.ids.trace_parent()),
    };
}

/// The values of all `X-Forwarded-For` fields, in order.
fn forwarded_for<'h>(head: &'h RequestHead<'_, '_>) -> impl DoubleEndedIterator<Item = &'h [u8]> {
    head.fields.iter().filter(|field| known(field.name) == Known::ForwardedFor).map(|field| field.value)
}
