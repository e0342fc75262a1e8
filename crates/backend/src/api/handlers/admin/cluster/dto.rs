//! The answer about balancers and instances.

use serde::Serialize;
use service_kit::exit::chain;
use utoipa::ToSchema;

use crate::cluster::{AskError, Balancer, BalancerHistory, BalancerStatus, Instance, InstanceHealth, Report};
use crate::domain::Timestamp;

/// Balancers and instances at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClusterBody {
    /// Whether balancers are configured (`LB_ADMIN_URLS`). Both lists are empty without them.
    configured: bool,
    /// The length of the histories, in minutes.
    minutes: u32,
    /// The time of the answer.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// All configured balancers.
    balancers: Vec<BalancerBody>,
    /// Each server of the balancers' pools once, by its name; at most 100.
    instances: Vec<InstanceBody>,
}

/// A balancer.
#[derive(Debug, Serialize, ToSchema)]
struct BalancerBody {
    /// The configured URL.
    #[schema(example = "http://load-balancer:8081/")]
    url: String,
    /// The address that was asked; `null` where the name has no address.
    #[schema(required = true, example = "172.18.0.5:8081")]
    address: Option<String>,
    /// The balancer's state; `null` where the balancer gave none.
    #[schema(required = true)]
    status: Option<BalancerStatus>,
    /// The balancer's counts; `null` where the balancer gave none, as one of an earlier version does.
    #[schema(required = true)]
    history: Option<BalancerHistory>,
    /// The reason why something is missing; `null` where nothing is.
    #[schema(required = true)]
    error: Option<SilenceBody>,
}

/// An instance, asked directly.
#[derive(Debug, Serialize, ToSchema)]
struct InstanceBody {
    /// The instance's own name, or the name that the balancers give it.
    #[schema(example = "backend-1")]
    name: String,
    /// The address that was asked.
    #[schema(example = "172.18.0.7:5000")]
    address: String,
    /// The instance's state; `null` where the instance gave none.
    #[schema(required = true)]
    health: Option<InstanceHealth>,
    /// The number of passwords that wait for hashing; `null` where the instance gave none.
    #[schema(required = true)]
    hashes_waiting: Option<u64>,
    /// The reason why something is missing; `null` where nothing is.
    #[schema(required = true)]
    error: Option<SilenceBody>,
}

/// The reason why a balancer or an instance gave no answer.
#[derive(Debug, Serialize, ToSchema)]
struct SilenceBody {
    /// `unknown_name`, `unreachable`, `slow`, `status` (an unexpected status) or `unreadable`.
    #[schema(example = "unreachable", pattern = "^(unknown_name|unreachable|slow|status|unreadable)$")]
    code: &'static str,
    /// The reason in words.
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
