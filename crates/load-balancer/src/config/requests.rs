//! Reads the settings of requests, which a pool and a route have under the same keys.

use std::{ops::RangeInclusive, time::Duration};

use service_kit::toml_file::Section;

use super::breaker;
use super::values::{ByteSize, DAY, Span};
use crate::{
    pool::{MAX_ATTEMPTS, RequestPolicy, Timeouts},
    retry::RetryPolicy,
};

const WAITS: RangeInclusive<Span> = Span(Duration::ZERO)..=DAY;
const MOST_REPLAYED: ByteSize = ByteSize(16 << 20);

/// The settings of the section, with `timeouts` read already. Settings that it does not give are those of `inherited`.
pub(super) fn read(section: &Section<'_>, timeouts: Timeouts, inherited: RequestPolicy) -> RequestPolicy {
    let replayed = ByteSize(inherited.replay_body_max as u64);
    let replayed = section.within("replay_body_max", ByteSize(0)..=MOST_REPLAYED, replayed);
    let max_body = section.optional::<ByteSize>("max_body").map(|size| size.0);
    RequestPolicy {
        timeouts,
        retry: retry(section, inherited.retry),
        wait_for_server: section.within("wait_for_server", WAITS, Span(inherited.wait_for_server)).0,
        replay_body_max: usize::try_from(replayed.0).unwrap_or(inherited.replay_body_max),
        max_body: max_body.or(inherited.max_body),
        breaker: breaker::read(section, inherited.breaker),
    }
}

fn retry(section: &Section<'_>, inherited: RetryPolicy) -> RetryPolicy {
    let Some(section) = section.section("retry") else { return inherited };
    let most = u32::try_from(MAX_ATTEMPTS - 1).unwrap_or(inherited.max_retries);
    let retry = RetryPolicy {
        max_retries: section.within("max_retries", 0..=most, inherited.max_retries),
        budget_percent: section.within("budget_percent", 0..=1000, inherited.budget_percent),
        assign_idempotency_key: section.or("assign_idempotency_key", inherited.assign_idempotency_key),
    };
    section.unknown();
    retry
}
