//! Samplers: OpenTelemetry's built-in rules for the choice of requests.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

/// The bound of the decision: a trace is sampled when 63 bits of its id are below the bound.
const ALL: u64 = 1 << 63;

/// A sampler of `OTEL_TRACES_SAMPLER`. All services have the same rule, so that they decide alike about one trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    parent_based: bool,
    under: u64,
}

/// The sampler is unknown, or its argument is not valid.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSampling {
    #[error(
        "is none of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
         parentbased_traceidratio"
    )]
    Sampler,
    #[error("is no number from 0 to 1")]
    Ratio,
}

impl Sampling {
    /// `parentbased_always_on`, the default of the specification.
    pub(super) const DEFAULT: Self = Self { parent_based: true, under: ALL };

    /// Reads `OTEL_TRACES_SAMPLER` and, where it takes one, `OTEL_TRACES_SAMPLER_ARG`, which is 1 by default.
    pub(super) fn parse(sampler: &str, argument: Option<&str>) -> Result<Self, BadSampling> {
        let kind = sampler.strip_prefix("parentbased_");
        let under = match kind.unwrap_or(sampler) {
            "always_on" => ALL,
            "always_off" => 0,
            "traceidratio" => ratio(argument)?,
            _ => return Err(BadSampling::Sampler),
        };
        Ok(Self { parent_based: kind.is_some(), under })
    }

    /// Whether the request is sampled. `parent` is the sampled flag of the caller's `traceparent`, if the caller sent
    /// one.
    #[inline]
    pub fn decide(self, parent: Option<bool>, trace_id: [u8; 16]) -> bool {
        match parent {
            Some(sampled) if self.parent_based => sampled,
            _ => low_bits(trace_id) < self.under,
        }
    }
}

/// The upper 63 of the id's low 64 bits, as in OpenTelemetry's SDKs.
fn low_bits(trace_id: [u8; 16]) -> u64 {
    trace_id.last_chunk().map_or(0, |low| u64::from_be_bytes(*low) >> 1)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn ratio(argument: Option<&str>) -> Result<u64, BadSampling> {
    let ratio: f64 = argument.map_or(Ok(1.0), str::parse).map_err(|_| BadSampling::Ratio)?;
    if !(0.0..=1.0).contains(&ratio) {
        return Err(BadSampling::Ratio);
    }
    Ok((ratio * ALL as f64) as u64)
}

impl ShouldSample for Sampling {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.map(|context| context.span().span_context().clone());
        let parent = parent.filter(SpanContext::is_valid);
        let flag = parent.as_ref().map(SpanContext::is_sampled);
        // Within a process the request decides for all; what happens in no request begins no trace.
        let sampled = match kind {
            SpanKind::Server => self.decide(flag, trace_id.to_bytes()),
            _ => flag.unwrap_or(false),
        };
        SamplingResult {
            decision: if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent.map(|parent| parent.trace_state().clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samplers_decide_as_the_specification_says() {
        let (low, high) = ([0; 16], [0xff; 16]);
        for (sampler, argument, parent, trace_id, sampled) in [
            ("always_on", None, Some(false), high, true),
            ("always_off", None, Some(true), low, false),
            ("traceidratio", Some("0.5"), Some(false), low, true),
            ("traceidratio", Some("0.5"), Some(true), high, false),
            ("traceidratio", Some("1"), None, high, true),
            ("traceidratio", Some("0"), None, low, false),
            ("traceidratio", None, None, high, true),
            ("parentbased_always_on", None, None, high, true),
            ("parentbased_always_on", None, Some(false), low, false),
            ("parentbased_always_off", None, None, low, false),
            ("parentbased_always_off", None, Some(true), high, true),
            ("parentbased_traceidratio", Some("0.1"), None, low, true),
            ("parentbased_traceidratio", Some("0.1"), None, high, false),
            ("parentbased_traceidratio", Some("0.1"), Some(true), high, true),
            ("parentbased_traceidratio", Some("0.1"), Some(false), low, false),
        ] {
            let sampling = Sampling::parse(sampler, argument).unwrap();
            assert_eq!(sampling.decide(parent, trace_id), sampled, "{sampler} {argument:?} {parent:?}");
        }
    }

    #[test]
    fn a_ratio_is_a_share_of_the_traces() {
        let sampling = Sampling::parse("traceidratio", Some("0.25")).unwrap();
        let sampled = (0..10_000).filter(|_| sampling.decide(None, rand::random())).count();
        assert!((2200..2800).contains(&sampled), "{sampled} of 10000");
    }

    #[test]
    fn what_is_no_sampler() {
        for (sampler, argument) in
            [("sometimes", None), ("traceidratio", Some("10%")), ("traceidratio", Some("1.1")), ("", None)]
        {
            assert!(Sampling::parse(sampler, argument).is_err(), "{sampler} {argument:?}");
        }
    }
}
