//! The answer of the funnel.

use serde::Serialize;
use utoipa::ToSchema;

/// How far people are with a step.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelStepBody {
    /// The key of the step.
    #[schema(example = "profile")]
    pub(super) key: String,
    /// Its name for people; its key where today's template has no such step.
    pub(super) title: String,
    /// Whether it must be completed before the onboarding can be.
    pub(super) required: bool,
    /// How many accounts have reached it: have begun it, or are done with all steps before it.
    pub(super) reached: u64,
    /// How many have begun it: completed, skipped and in progress together.
    pub(super) started: u64,
    /// How many accounts have completed it.
    pub(super) completed: u64,
    /// How many have skipped it, which is not done.
    pub(super) skipped: u64,
    /// How many have begun it and not ended it.
    pub(super) in_progress: u64,
    /// How many have not touched it.
    pub(super) not_started: u64,
    /// How many are stuck here: nothing of their onboarding has changed for 48 hours, and this is its first open step.
    pub(super) stuck: u64,
    /// The share of those who have reached it that is stuck here, from 0 to 1; `null` where nobody has.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub(super) drop_off: Option<f64>,
    /// How long half of those who have completed it took at most, in seconds, to 1.6 %: since the step that they completed
    /// before it. `null` where nobody has.
    #[schema(required = true)]
    pub(super) median_seconds: Option<u64>,
    /// The same for nine of ten.
    #[schema(required = true)]
    pub(super) p90_seconds: Option<u64>,
}

/// How far a group of people is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelGroupBody {
    /// Which group: template and version as in `default.v1`, the week of the registration as in `2026-W48` (ISO 8601, UTC),
    /// or the country as in `DE`, empty for whoever has chosen none.
    #[schema(example = "2026-W48")]
    pub(super) value: String,
    #[serde(flatten)]
    pub(super) counts: FunnelCountsBody,
}

/// How far people are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelCountsBody {
    /// How many accounts there are.
    pub(super) registered: u64,
    /// How many have completed the onboarding.
    pub(super) completed: u64,
    /// How many are stuck: the onboarding is not complete, and nothing of it has changed for 48 hours.
    pub(super) stuck: u64,
    /// How long half of those who have completed it took at most, in seconds, to 1.6 %: from the registration to the first
    /// completion. `null` where nobody has.
    #[schema(required = true)]
    pub(super) median_seconds: Option<u64>,
    /// The same for nine of ten.
    #[schema(required = true)]
    pub(super) p90_seconds: Option<u64>,
    /// All steps, in order.
    pub(super) steps: Vec<FunnelStepBody>,
}

/// How far all accounts are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelBody {
    /// Whatever was changed before this moment is counted (RFC 3339): that of the request, but while very many changes are
    /// being counted for the first time.
    #[schema(format = DateTime)]
    pub(super) as_of: String,
    #[serde(flatten)]
    pub(super) counts: FunnelCountsBody,
    /// The groups that were asked for: weeks from the newest on, others from the largest on, 260 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<FunnelGroupBody>>,
}
