//! The fields by which the balancer tells an upstream of a request's way, the same for every protocol.

use super::draft::Draft;
use super::origin::Peer;
use super::trace::trace_field;
use crate::worker::Worker;
use service_kit::telemetry::{RequestId, TraceParent};
use uuid::fmt::Hyphenated;

/// What a request says of its way so far.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    /// The host it is for.
    pub(crate) host: &'a str,
    /// `X-Request-Id`.
    pub(crate) request_id: Option<&'a [u8]>,
    /// `traceparent`.
    pub(crate) trace_parent: Option<&'a [u8]>,
    /// `X-Forwarded-Proto`.
    pub(crate) forwarded_proto: Option<&'a [u8]>,
    /// `X-Forwarded-Host`.
    pub(crate) forwarded_host: Option<&'a [u8]>,
}

/// Writes them. A request keeps its name and its trace if they are well-formed, whoever gave them; where it comes from
/// is believed only of trusted peers.
pub(crate) fn forwarding_fields<'v>(
    draft: &mut Draft,
    way: &Way<'_>,
    forwarded_for: impl Iterator<Item = &'v [u8]>,
    peer: &Peer,
    worker: &Worker,
) {
    draft.field_with(b"X-Forwarded-For", |out| peer.forwarded_for(out, forwarded_for));
    draft.field(b"X-Forwarded-Proto", peer.forwarded_proto(way.forwarded_proto).as_bytes());
    draft.field(b"X-Forwarded-Host", peer.forwarded_host(way.forwarded_host, way.host).as_bytes());
    if let Some(id) = way.request_id.filter(|id| RequestId::parse(id).is_some()) {
        draft.request_id(id);
    } else {
        let id = worker.ids.request_id(worker.clock.unix_millis());
        draft.request_id(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes());
    }
    if let Some(sampling) = worker.recorder.sampling() {
        return trace_field(draft, way.trace_parent.and_then(TraceParent::parse), sampling, &worker.ids);
    }
    match way.trace_parent.filter(|value| TraceParent::parse(value).is_some()) {
        Some(value) => draft.field(b"traceparent", value),
        None => draft.field(b"traceparent", &worker.ids.trace_parent()),
    };
}
