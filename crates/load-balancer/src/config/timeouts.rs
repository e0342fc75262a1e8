//! Reads `timeouts` of a pool and of a route, with the earlier names of their keys.

use std::{ops::RangeInclusive, time::Duration};

use service_kit::toml_file::Section;

use super::values::{DAY, Span};
use crate::pool::Timeouts;

const LIMITS: RangeInclusive<Span> = Span(Duration::from_millis(1))..=DAY;

/// The meaning of `per_try`: the longest silence of whoever was awaited.
const PER_TRY: &str = "is the old name of \"first_byte\", \"response_idle\" and \"request_idle\" together; \
                       write those of them that are to differ from their defaults";

/// The time-outs of a pool, and how long its upstream connections may be idle.
pub(super) fn of_pool(pool: &Section<'_>, default: Timeouts, kept: Duration) -> (Timeouts, Duration) {
    let mut keepalive_timeout = pool.within("keepalive_timeout", LIMITS, Span(kept)).0;
    let Some(section) = pool.section("timeouts") else { return (default, keepalive_timeout) };
    let timeouts = limits(&section, per_try(&section, default));
    if let Some(old) = span(&section, "idle") {
        let better = "is the old name of the pool's \"keepalive_timeout\"; write that beside \"keepalive\"";
        section.note("idle", better);
        keepalive_timeout = if pool.has("keepalive_timeout") { keepalive_timeout } else { old };
    }
    section.unknown();
    (timeouts, keepalive_timeout)
}

/// The time-outs of a route. Those that it does not give are its pool's.
pub(super) fn of_route(route: &Section<'_>, pool: Timeouts) -> Timeouts {
    let Some(section) = route.section("timeouts") else { return pool };
    let timeouts = limits(&section, pool);
    section.unknown();
    timeouts
}

fn limits(section: &Section<'_>, inherited: Timeouts) -> Timeouts {
    let or = |key, inherited| section.within(key, LIMITS, Span(inherited)).0;
    let first_byte = or("first_byte", inherited.first_byte);
    let total = or("total", inherited.total);
    let inquiry = or("inquiry", inherited.inquiry);
    let (says_first, says_total) =
        (section.has("first_byte") || section.has("per_try"), section.has("total"));
    if inquiry > first_byte && section.has("inquiry") && says_first {
        section.reject("inquiry", format!("is longer than first_byte, which is {}", Span(first_byte)));
    }
    if first_byte > total && says_first && says_total {
        let key = if section.has("first_byte") { "first_byte" } else { "per_try" };
        section.reject(key, format!("is longer than total, which is {}", Span(total)));
    }
    Timeouts {
        connect: or("connect", inherited.connect),
        inquiry,
        // Of the two the one that is said decides.
        first_byte: if says_total { first_byte.min(total) } else { first_byte },
        response_idle: or("response_idle", inherited.response_idle),
        request_idle: or("request_idle", inherited.request_idle),
        total: if says_total { total } else { total.max(first_byte) },
    }
}

/// The defaults where the old name is used.
fn per_try(section: &Section<'_>, default: Timeouts) -> Timeouts {
    let Some(silence) = span(section, "per_try") else { return default };
    section.note("per_try", PER_TRY);
    Timeouts { first_byte: silence, response_idle: silence, request_idle: silence, ..default }
}

/// Reads an earlier key, which is not named among the known ones.
fn span(section: &Section<'_>, key: &'static str) -> Option<Duration> {
    section.has(key).then(|| section.within(key, LIMITS, *LIMITS.start()).0)
}
