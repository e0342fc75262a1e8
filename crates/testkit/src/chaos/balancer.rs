//! Asks the balancer for its health, its retries, and the attempts of a request.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// The balancer, asked beside the traffic.
#[derive(Debug, Clone)]
pub(super) struct Balancer {
    client: Client,
    base: String,
    admin: String,
}

impl Balancer {
    pub(super) fn new(base: &str, admin: &str) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(Duration::from_secs(5)).no_proxy().build()?;
        let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self { client, base: trimmed(base), admin: trimmed(admin) })
    }

    /// Waits until `/health` says `healthy`. The error is the last answer.
    pub(super) async fn well(&self, patience: Duration) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        loop {
            let seen = self.text(&format!("{}/health", self.base)).await;
            let health: Value = serde_json::from_str(&seen).unwrap_or_default();
            if health["status"] == "healthy" {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(seen);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The number of retries; `None` where the balancer's metrics cannot be read.
    pub(super) async fn retries(&self) -> Option<u64> {
        let text = self.text(&format!("{}/metrics", self.admin)).await;
        text.contains("lb_requests_total").then(|| sum(&text, "lb_retries_total"))
    }

    /// The attempts of one request, as the balancer lists them.
    pub(super) async fn explain(&self, request_id: Uuid) -> String {
        self.text(&format!("{}/api/requests/{request_id}", self.admin)).await
    }

    async fn text(&self, url: &str) -> String {
        let answer = async { self.client.get(url).send().await?.text().await };
        answer.await.unwrap_or_else(|error| error.to_string())
    }
}

/// The growth of a counter, as Prometheus' `increase` computes it: a count below the one before means that the
/// process was restarted and counts from zero.
#[derive(Debug, Default)]
pub(super) struct Increase {
    last: Option<u64>,
    total: u64,
}

impl Increase {
    /// Takes the present count.
    pub(super) fn observe(&mut self, count: u64) {
        self.total += match self.last {
            None => 0,
            Some(last) => count.checked_sub(last).unwrap_or(count),
        };
        self.last = Some(count);
    }

    /// The growth since the first look; `None` where there was none.
    pub(super) fn total(&self) -> Option<u64> {
        self.last.map(|_| self.total)
    }
}

/// The sum of a counter over all its labels, in the Prometheus text format.
fn sum(text: &str, name: &str) -> u64 {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']))?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counters are small and whole"
    )]
    let total = samples.sum::<f64>() as u64;
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_starts_anew_loses_nothing_that_was_seen() {
        for (counts, expected) in [
            (&[][..], None),
            (&[7], Some(0)),
            (&[7, 7, 9], Some(2)),
            (&[7, 9, 0, 3], Some(5)),
            (&[9, 1], Some(1)),
            (&[u64::MAX, 0], Some(0)),
        ] {
            let mut increase = Increase::default();
            for count in counts {
                increase.observe(*count);
            }
            assert_eq!(increase.total(), expected, "{counts:?}");
        }
    }

    #[test]
    fn a_counter_is_summed_over_its_labels() {
        let text = "# TYPE lb_retries_total counter\nlb_retries_total{pool=\"b\",reason=\"connect\"} 3\n\
                    lb_retries_total{pool=\"b\",reason=\"reset\"} 4\nlb_retries_total_of_others 9\n";
        assert_eq!(sum(text, "lb_retries_total"), 7);
        assert_eq!(sum(text, "lb_nothing"), 0);
    }
}
