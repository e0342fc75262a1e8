//! `traceparent` where traces are on. The field tells the upstream whether the request is sampled.

use super::draft::Draft;
use crate::record::RequestTrace;
use crate::runtime::{Ids, hex};
use service_kit::telemetry::TraceParent;
use service_kit::telemetry::traces::Sampling;
use smallvec::SmallVec;

/// Decides whether the request is sampled, and writes the field. Each attempt replaces the span in the field of a
/// sampled request by its own.
pub(super) fn trace_field(draft: &mut Draft, caller: Option<TraceParent>, sampling: Sampling, ids: &Ids) {
    let trace_id = caller.map_or_else(|| ids.trace_id(), |caller| caller.trace_id_bytes());
    let sampled = sampling.decide(caller.map(|caller| caller.sampled()), trace_id);
    let caller = caller.map(|caller| caller.parent_id_bytes());
    let span_id = ids.span_id();
    // What nobody records is no parent.
    let parent = caller.filter(|_| !sampled).unwrap_or(span_id);
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
    hex(&trace_id, &mut text[3..35]);
    hex(&parent, &mut text[36..52]);
    text[54] = if sampled { b'1' } else { b'0' };
    let trace = RequestTrace { trace_id, caller, span_id, attempts: SmallVec::new() };
    draft.trace(&text, sampled.then_some(trace));
}
