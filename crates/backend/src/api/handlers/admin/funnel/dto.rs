//! The answer of the funnel.

use serde::Serialize;
use utoipa::ToSchema;

/// The sums of one step.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelStepBody {
    /// The key of the step.
    #[schema(example = "profile")]
    pub(super) key: String,
    /// The step's name for people, or its key where today's template has no such step.
    pub(super) title: String,
    /// Whether the step must be completed before the onboarding can be.
    pub(super) required: bool,
    /// The number of accounts that have reached the step: that have begun it, or are done with all steps before it.
    pub(super) reached: u64,
    /// The number of accounts that have begun the step: completed, skipped and in progress together.
    pub(super) started: u64,
    /// The number of accounts that have completed the step.
    pub(super) completed: u64,
    /// The number of accounts that have skipped the step, without completing it.
    pub(super) skipped: u64,
    /// The number of accounts that have begun the step, and have neither completed nor skipped it.
    pub(super) in_progress: u64,
    /// The number of accounts that have not touched the step.
    pub(super) not_started: u64,
    /// The number of accounts that are stuck at the step: their onboarding has not changed for 48 hours, and the step
    /// is their first open one.
    pub(super) stuck: u64,
    /// The share of stuck accounts among those that have reached the step, from 0 to 1; `null` where none has.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub(super) drop_off: Option<f64>,
    /// The median time of completed steps in seconds, to 1.6 %. The time begins at the completion of the step before.
    /// `null` where nobody has completed the step.
    #[schema(required = true)]
    pub(super) median_seconds: Option<u64>,
    /// The time that nine of ten completed steps did not exceed, measured likewise.
    #[schema(required = true)]
    pub(super) p90_seconds: Option<u64>,
}

/// The sums of a group of people.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelGroupBody {
    /// The group: template and version such as `default.v1`, the week of the registration such as `2026-W48` (ISO
    /// 8601, UTC), or the country such as `DE`. The value is empty for people who have chosen no country.
    #[schema(example = "2026-W48")]
    pub(super) value: String,
    #[serde(flatten)]
    pub(super) counts: FunnelCountsBody,
}

/// The sums of people.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelCountsBody {
    /// The number of accounts.
    pub(super) registered: u64,
    /// The number of accounts that have completed the onboarding.
    pub(super) completed: u64,
    /// The number of stuck accounts: the onboarding is not complete and has not changed for 48 hours.
    pub(super) stuck: u64,
    /// The median time from the registration to the first completion, in seconds, to 1.6 %. `null` where nobody has
    /// completed the onboarding.
    #[schema(required = true)]
    pub(super) median_seconds: Option<u64>,
    /// The time that nine of ten completed onboardings did not exceed, measured likewise.
    #[schema(required = true)]
    pub(super) p90_seconds: Option<u64>,
    /// All steps, in order.
    pub(super) steps: Vec<FunnelStepBody>,
}

/// The sums of all accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FunnelBody {
    /// The moment before which all changes are counted (RFC 3339). It is the time of the request, except while very
    /// many changes are counted for the first time.
    #[schema(format = DateTime)]
    pub(super) as_of: String,
    #[serde(flatten)]
    pub(super) counts: FunnelCountsBody,
    /// The groups that were asked for, at most 260: weeks from the newest on, other groups from the largest on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<FunnelGroupBody>>,
}
