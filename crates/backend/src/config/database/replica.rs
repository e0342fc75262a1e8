//! The replica for reading (`DB_READ_SERVER`).

use std::time::Duration;

use service_kit::config::Sources;
use service_kit::duration::HumanDuration;
use url::Url;

/// A replica for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaConfig {
    /// The host name or address.
    pub host: String,
    /// The port, by default 1433.
    pub port: u16,
    /// The time after a write in which the client reads from the primary (`DB_READ_MAX_LAG`).
    pub max_lag: Duration,
}

impl ReplicaConfig {
    /// Reads the settings of the replica; none where there is none. Problems go to `sources`.
    pub(super) fn read(sources: &mut Sources) -> Option<Self> {
        let max_lag = sources.or("DB_READ_MAX_LAG", HumanDuration(Duration::from_secs(5))).get();
        if !(Duration::from_secs(1)..=Duration::from_mins(10)).contains(&max_lag) {
            sources.reject("DB_READ_MAX_LAG", "must be between 1s and 10m");
        }
        let server: String = sources.optional("DB_READ_SERVER")?;
        let found = host_and_port(&server);
        if found.is_none() {
            sources.reject("DB_READ_SERVER", "must be HOST or HOST:PORT");
        }
        found.map(|(host, port)| Self { host, port, max_lag })
    }
}

/// Host and port by the rules of URLs, so that IPv6 addresses are in brackets.
fn host_and_port(server: &str) -> Option<(String, u16)> {
    let url = Url::parse(&format!("sqlserver://{server}")).ok()?;
    let only_a_server = url.path().is_empty() && url.username().is_empty() && url.query().is_none();
    let host = url.host_str().filter(|host| only_a_server && !host.is_empty())?;
    Some((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(1433)))
}
