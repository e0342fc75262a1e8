//! The last minutes and hours as time series.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};

use super::{Admin, problem::Problem};
use crate::control::Control;
use crate::history::{Resolution, Slot};
use crate::pool::{Pool, rfc3339};

/// How many minutes back where the call does not say.
const SOME_MINUTES: u64 = 15;
/// How many minutes back at most.
const MOST_MINUTES: u64 = 6 * 60;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    minutes: Option<u64>,
}

/// The time series. All lists have one length, the oldest slot first. A value is `null` where nothing is known of its
/// time.
#[derive(Debug, Serialize)]
pub(super) struct HistoryView {
    /// The length of each slot: 5 s up to 15 minutes back, otherwise a minute.
    step_seconds: u64,
    /// When the first slot began, RFC 3339.
    from: Option<String>,
    /// When the last slot ended, RFC 3339; `null` when the balancer has not run for so long.
    to: Option<String>,
    slots: usize,
    pools: Vec<PoolHistory>,
}

#[derive(Debug, Serialize)]
struct PoolHistory {
    name: String,
    /// All answers to requests for the pool, the balancer's own included.
    #[serde(flatten)]
    lines: Lines,
    /// Answers with 5xx that the balancer gave itself.
    own_errors: Vec<Option<u32>>,
    retries: Vec<Option<u32>>,
    servers: Vec<ServerHistory>,
}

#[derive(Debug, Serialize)]
struct ServerHistory {
    name: String,
    #[serde(flatten)]
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    requests: Vec<Option<u32>>,
    /// Answers with 4xx.
    client_errors: Vec<Option<u32>>,
    /// Answers with 5xx.
    errors: Vec<Option<u32>>,
    /// The most requests in flight at the end of a second.
    in_flight: Vec<Option<u32>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
}

/// `GET /api/history`
pub(super) async fn history(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<HistoryView>, Problem> {
    let minutes = wanted?.0.minutes.unwrap_or(SOME_MINUTES);
    if !(1..=MOST_MINUTES).contains(&minutes) {
        return Err(Problem::new(422, "invalid", format!("minutes must be from 1 to {MOST_MINUTES}")));
    }
    let control = &admin.control;
    let resolution = Resolution::for_minutes(minutes);
    let step = resolution.seconds();
    let slots = usize::try_from(minutes * 60 / step).unwrap_or(0);
    let over = control.history().over(resolution);
    let length = Duration::from_secs(minutes * 60);
    let snapshot = control.published().load();
    let wanted = Frame { control, resolution, slots };
    Ok(Json(HistoryView {
        step_seconds: step,
        from: over.and_then(|over| rfc3339(over.checked_sub(length))),
        to: rfc3339(over),
        slots,
        pools: snapshot.pools.iter().map(|pool| wanted.pool(pool)).collect(),
    }))
}

/// The series that are read.
struct Frame<'a> {
    control: &'a Control,
    resolution: Resolution,
    slots: usize,
}

impl Frame<'_> {
    fn pool(&self, pool: &Pool) -> PoolHistory {
        let slots = self.slots(pool.name(), None);
        let servers = pool.members().iter().map(|member| {
            let server = member.server();
            let slots = self.slots(pool.name(), Some((server.name(), server.id())));
            ServerHistory { name: server.name().to_owned(), lines: Lines::of(&slots) }
        });
        PoolHistory {
            name: pool.name().to_owned(),
            lines: Lines::of(&slots),
            own_errors: line(&slots, |slot| slot.counts.own_errors),
            retries: line(&slots, |slot| slot.counts.retries),
            servers: servers.collect(),
        }
    }

    /// The wanted number of slots; `None` stands first, for the time of which nothing is known.
    fn slots(&self, pool: &str, server: Option<(&str, u64)>) -> Vec<Option<Slot>> {
        let known = self.control.history().slots(pool, server, self.resolution, self.slots);
        let unknown = self.slots - known.len();
        std::iter::repeat_n(None, unknown).chain(known.into_iter().map(Some)).collect()
    }
}

impl Lines {
    fn of(slots: &[Option<Slot>]) -> Self {
        let percentile = |percent| {
            slots.iter().map(|slot| slot.as_ref().and_then(|slot| slot.counts.percentile(percent))).collect()
        };
        Self {
            requests: line(slots, |slot| slot.counts.requests),
            client_errors: line(slots, |slot| slot.counts.client_errors),
            errors: line(slots, |slot| slot.counts.errors),
            in_flight: line(slots, |slot| slot.in_flight),
            p50_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
        }
    }
}

fn line(slots: &[Option<Slot>], of: fn(&Slot) -> u32) -> Vec<Option<u32>> {
    slots.iter().map(|slot| slot.as_ref().map(of)).collect()
}
