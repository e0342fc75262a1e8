//! The balancers and the instances behind them, as they describe themselves at this moment, for admins.
//!
//! `ask` sends requests, and `answers` has the answers. Nothing is stored between two calls: the balancers keep the
//! last minutes. Reading needs no token at a balancer, so an instance has none.

mod answers;
mod ask;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::{join, join_all};
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use self::ask::Asker;
use crate::config::BalancerUrls;

pub use self::answers::{
    BalancerHistory, BalancerPool, BalancerServer, BalancerStatus, HistoryLines, InstanceDatabase,
    InstanceHealth, InstancePool, PoolHistory, ServerHistory,
};
pub use self::ask::AskError;

/// The longest time of resolving a name. A slower name counts as unknown.
const LOOKUP_LIMIT: Duration = Duration::from_secs(1);
/// The largest number of instances that are asked. Of other instances only the balancers' word is known.
const MOST_INSTANCES: usize = 100;

/// The configured balancers, and the client that asks them.
#[derive(Debug)]
pub struct Cluster {
    asker: Asker,
    urls: Vec<Url>,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the client for LB_ADMIN_URLS cannot be made")]
pub struct ClusterError(#[from] reqwest::Error);

/// The state of the whole system at one moment. A balancer or instance without an answer is there with the reason.
#[derive(Debug, Default)]
pub struct Report {
    /// The balancers, in the order of the configuration and of addresses.
    pub balancers: Vec<Balancer>,
    /// Each server of the balancers' pools once, ordered by name.
    pub instances: Vec<Instance>,
}

/// A balancer.
#[derive(Debug)]
pub struct Balancer {
    /// The configured URL.
    pub url: Url,
    /// The address that was asked; none where the name is unknown.
    pub address: Option<String>,
    /// The present state.
    pub status: Result<BalancerStatus, AskError>,
    /// The counts.
    pub history: Result<BalancerHistory, AskError>,
}

/// A server of a pool, asked directly.
#[derive(Debug)]
pub struct Instance {
    /// The instance's own name, or the name that the balancers give it.
    pub name: String,
    /// The address that was asked.
    pub address: String,
    /// The instance's state.
    pub health: Result<InstanceHealth, AskError>,
    /// The number of passwords that wait for hashing.
    pub hashes_waiting: Option<u64>,
}

impl Cluster {
    /// The cluster of the configuration. No connection is made yet.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] where the HTTP client cannot be made.
    pub fn new(BalancerUrls(urls): BalancerUrls) -> Result<Self, ClusterError> {
        Ok(Self { asker: Asker::new()?, urls })
    }

    /// Whether balancers are configured.
    pub fn is_configured(&self) -> bool {
        !self.urls.is_empty()
    }

    /// Asks all balancers and instances at once, also for the counts of the last `minutes`. A report takes a few
    /// seconds at most.
    pub async fn report(&self, minutes: u32) -> Report {
        let places = join_all(self.urls.iter().map(places_of)).await;
        let mut seen = BTreeSet::new();
        let places: Vec<_> =
            places.into_iter().flatten().filter(|place| seen.insert(place.base.clone())).collect();
        let balancers = join_all(places.into_iter().map(|place| self.balancer(place, minutes))).await;
        let instances =
            join_all(servers_of(&balancers).into_iter().map(|(address, name)| self.instance(address, name)));
        let mut instances = instances.await;
        instances.sort_by(|a, b| (natural(&a.name), &a.address).cmp(&(natural(&b.name), &b.address)));
        Report { balancers, instances }
    }

    async fn balancer(&self, Place { url, base }: Place, minutes: u32) -> Balancer {
        let Some(base) = base else {
            let (status, history) = (Err(AskError::UnknownName), Err(AskError::UnknownName));
            return Balancer { url, address: None, status, history };
        };
        let at = |path: &str| format!("{base}{path}");
        let (status_url, history_url) = (at("api/status"), at(&format!("api/history?minutes={minutes}")));
        let (status, history) = join(self.asker.json(&status_url), self.asker.json(&history_url)).await;
        let address =
            base.host_str().map(|host| base.port().map_or(host.to_owned(), |port| format!("{host}:{port}")));
        Balancer { url, address, status, history }
    }

    async fn instance(&self, address: String, name: String) -> Instance {
        let (health_url, metrics_url) =
            (format!("http://{address}/api/health"), format!("http://{address}/metrics"));
        let (health, metrics) =
            join(self.asker.json::<InstanceHealth>(&health_url), self.asker.text(&metrics_url)).await;
        let name = health.as_ref().map_or(name, |health| health.instance.clone());
        let hashes_waiting = metrics.ok().and_then(|text| gauge(&text, "password_hashes_waiting"));
        Instance { name, address, health, hashes_waiting }
    }
}

/// The base URL for asking one balancer.
struct Place {
    url: Url,
    /// The URL; none where the name has no address.
    base: Option<Url>,
}

/// The places of a URL. A name may have several addresses, each of which is a balancer. Over TLS the name is asked as
/// one.
async fn places_of(url: &Url) -> Vec<Place> {
    let as_it_is = || vec![Place { url: url.clone(), base: Some(url.clone()) }];
    let (Some(Host::Domain(name)), "http", Some(port)) =
        (url.host(), url.scheme(), url.port_or_known_default())
    else {
        return as_it_is();
    };
    let addresses: BTreeSet<SocketAddr> = match timeout(LOOKUP_LIMIT, lookup_host((name, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        _ => BTreeSet::new(),
    };
    let base = |address: &SocketAddr| Url::parse(&format!("http://{address}/")).ok();
    let mut places: Vec<_> =
        addresses.iter().map(|address| Place { url: url.clone(), base: base(address) }).collect();
    if places.is_empty() {
        places.push(Place { url: url.clone(), base: None });
    }
    places
}

/// The addresses of the servers of all balancers, with a name for each.
fn servers_of(balancers: &[Balancer]) -> BTreeMap<String, String> {
    let pools = balancers
        .iter()
        .filter_map(|balancer| balancer.status.as_ref().ok())
        .flat_map(|status| &status.pools);
    let servers = pools.flat_map(|pool| &pool.servers).map(|server| {
        let address = server.resolved.as_ref().unwrap_or(&server.address);
        (address.clone(), server.instance.as_ref().unwrap_or(&server.name).clone())
    });
    let all: BTreeMap<_, _> = servers.collect();
    all.into_iter().take(MOST_INSTANCES).collect()
}

/// The value of a metric without labels, in the Prometheus text format.
fn gauge(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// The key of the natural order, in which `backend-10` comes after `backend-9`.
fn natural(name: &str) -> (&str, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let text =
            "# TYPE password_hashes_waiting gauge\npassword_hashes_waiting_ms 9\npassword_hashes_waiting 3\n";
        assert_eq!(gauge(text, "password_hashes_waiting"), Some(3));
        assert_eq!(gauge(text, "other"), None);
    }

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = ["backend-10", "backend-2", "a", "backend-1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["a", "backend-1", "backend-2", "backend-10"]);
    }

    #[tokio::test]
    async fn a_name_is_every_address_that_it_leads_to() {
        let places = places_of(&Url::parse("http://localhost:8081").unwrap()).await;
        assert!(
            places
                .iter()
                .all(|place| place.base.as_ref().is_some_and(|base| base.host_str() != Some("localhost")))
        );
        let nowhere = places_of(&Url::parse("http://nowhere.invalid:8081").unwrap()).await;
        assert!(matches!(nowhere.as_slice(), [Place { base: None, .. }]));
        let secure = places_of(&Url::parse("https://localhost:8081").unwrap()).await;
        assert_eq!(secure[0].base.as_ref().and_then(|base| base.host_str()), Some("localhost"));
    }
}
