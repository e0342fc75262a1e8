//! The answer about balancers and instances.

use serde::Serialize;
use service_kit::exit::chain;
use utoipa::ToSchema;

use crate::cluster::{AskError, Balancer, BalancerHistory, BalancerStatus, Instance, InstanceHealth, Report};
use crate::domain::Timestamp;

/// Balancers and instances at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClusterBody {
    /// Whether balancers are known (`LB_ADMIN_URLS`); without any, both lists are empty.
    configured: bool,
    /// How far back the histories go.
    minutes: u32,
    /// When this was so.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// All balancers that are known.
    balancers: Vec<BalancerBody>,
    /// Each server of their pools once, by its name; at most 100.
    instances: Vec<InstanceBody>,
}

/// A balancer.
#[derive(Debug, Serialize, ToSchema)]
struct BalancerBody {
    /// As configured.
    #[schema(example = "http://load-balancer:8081/")]
    url: String,
    /// Where it was asked; `null` where the name leads nowhere.
    #[schema(required = true, example = "172.18.0.5:8081")]
    address: Option<String>,
    /// How it is; `null` where it did not say.
    #[schema(required = true)]
    status: Option<BalancerStatus>,
    /// What it has counted; `null` where it did not say, as one of an earlier version.
    #[schema(required = true)]
    history: Option<BalancerHistory>,
    /// Why something is missing.
    #[schema(required = true)]
    error: Option<SilenceBody>,
}

/// An instance, asked itself.
#[derive(Debug, Serialize, ToSchema)]
struct InstanceBody {
    /// What it calls itself, or what the balancers call it.
    #[schema(example = "backend-1")]
    name: String,
    /// Where it was asked.
    #[schema(example = "172.18.0.7:5000")]
    address: String,
    /// What it says; `null` where it did not.
    #[schema(required = true)]
    health: Option<InstanceHealth>,
    /// Passwords that wait to be hashed; `null` where it did not say.
    #[schema(required = true)]
    hashes_waiting: Option<u64>,
    /// Why something is missing.
    #[schema(required = true)]
    error: Option<SilenceBody>,
}

/// Why somebody has not answered.
#[derive(Debug, Serialize, ToSchema)]
struct SilenceBody {
    /// `unknown_name`, `unreachable`, `slow`, `status` (another one than was expected) or `unreadable`.
    #[schema(example = "unreachable", pattern = "^(unknown_name|unreachable|slow|status|unreadable)$")]
    code: &'static str,
    /// The same for people.
    detail: String,
}

impl ClusterBody {
    pub(super) fn new(configured: bool, minutes: u32, as_of: Timestamp, report: Report) -> Self {
        let balancers = report.balancers.into_iter().map(BalancerBody::from).collect();
        let instances = report.instances.into_iter().map(InstanceBody::from).collect();
        Self { configured, minutes, as_of, balancers, instances }
    }
}

impl From<Balancer> for BalancerBody {
    fn from(Balancer { url, address, status, history }: Balancer) -> Self {
        let error = status.as_ref().err().or(history.as_ref().err()).map(SilenceBody::from);
        Self { url: url.into(), address, status: status.ok(), history: history.ok(), error }
    }
}

impl From<Instance> for InstanceBody {
    fn from(Instance { name, address, health, hashes_waiting }: Instance) -> Self {
        let error = health.as_ref().err().map(SilenceBody::from);
        Self { name, address, health: health.ok(), hashes_waiting, error }
    }
}

impl From<&AskError> for SilenceBody {
    fn from(error: &AskError) -> Self {
        Self { code: error.code(), detail: chain(error) }
    }
}
