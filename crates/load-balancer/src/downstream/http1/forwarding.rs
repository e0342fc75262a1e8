//! Turns an HTTP/1 request head into the one that goes upstream.

use crate::forward::{Draft, Facts, ForwardedInfo, Peer, Request, forwarding_fields};
use crate::http1::length::Length;
use crate::http1::request::RequestHead;
use crate::http1::write;
use crate::http1::{fields::Known, fields::known};
use crate::record::Protocol;
use crate::retry::is_idempotent;
use crate::worker::Worker;

/// Writes the head for the upstream. Fields pass as they came, without those of this hop only, and with the forwarding
/// fields.
pub(super) fn draft(head: &RequestHead<'_, '_>, peer: &Peer, worker: &Worker) -> Request {
    let mut draft = Draft::new(worker.buffers.take(), head.method, head.target.path_and_query, head.host);
    write::passing(draft.bytes(), head.fields, head.consumed);
    own_fields(&mut draft, head);
    let context = &head.context;
    let fields =
        |name| head.fields.iter().filter(move |field| known(field.name) == name).map(|field| field.value);
    let info = ForwardedInfo {
        host: head.host,
        request_id: context.request_id,
        trace_parent: context.trace_parent,
        forwarded_for: fields(Known::ForwardedFor),
        forwarded: fields(Known::Forwarded),
        forwarded_proto: context.forwarded_proto,
        forwarded_host: context.forwarded_host,
    };
    let client = forwarding_fields(&mut draft, info, peer, worker);
    draft.finish(Facts {
        client,
        protocol: if head.http10 { Protocol::Http10 } else { Protocol::Http11 },
        length: head.length,
        is_head: head.method == "HEAD",
        idempotent: is_idempotent(head.method.as_bytes()),
        has_key: head.context.has_idempotency_key,
        upgrade: head.upgrade.is_some(),
    })
}

/// Writes fields that records or this hop need.
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
