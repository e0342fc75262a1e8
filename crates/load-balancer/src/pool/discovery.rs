//! Names to addresses, kept fresh: the last good answer stays when the resolver fails.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{net::lookup_host, time::timeout};

/// How often a name is resolved again.
const EVERY: Duration = Duration::from_secs(5);
/// How often a name that has never been resolved is asked for.
const EVERY_UNRESOLVED: Duration = Duration::from_secs(1);
/// How long a resolver may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What is known of the address of one server.
#[derive(Debug)]
pub(super) struct Resolution {
    host_port: String,
    /// A literal address never changes.
    literal: bool,
    answer: Option<SocketAddr>,
    due: Instant,
}

impl Resolution {
    pub(super) fn new(host_port: &str) -> Self {
        let answer = host_port.parse().ok();
        Self { host_port: host_port.to_owned(), literal: answer.is_some(), answer, due: Instant::now() }
    }

    /// The last good answer.
    pub(super) fn answer(&self) -> Option<SocketAddr> {
        self.answer
    }

    /// When to ask again; `None` is never.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.literal).then_some(self.due)
    }

    /// Asks again; `true` when the address is another one now.
    pub(super) async fn refresh(&mut self) -> bool {
        let before = self.answer;
        let answer = timeout(LIMIT, lookup_host(&self.host_port)).await;
        match answer.map(|found| found.map(Iterator::collect::<Vec<_>>)) {
            Ok(Ok(found)) => self.take(&found),
            Ok(Err(error)) => tracing::debug!(address = self.host_port, %error, "name not resolved"),
            Err(_) => tracing::debug!(address = self.host_port, "resolver did not answer"),
        }
        let pause = if self.answer.is_some() { EVERY } else { EVERY_UNRESOLVED };
        self.due = Instant::now() + pause;
        self.answer != before
    }

    /// Stays with the address it has as long as that is among the answers, whose order may change each time.
    fn take(&mut self, found: &[SocketAddr]) {
        if self.answer.is_none_or(|known| !found.contains(&known)) {
            self.answer = found.first().copied().or(self.answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_good_answer_is_kept() {
        let [a, b, c] = [1, 2, 3].map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
        let mut resolution = Resolution::new("backend:80");
        let rows: [(&[SocketAddr], Option<SocketAddr>); 5] =
            [(&[], None), (&[a, b], Some(a)), (&[b, a], Some(a)), (&[], Some(a)), (&[c, b], Some(c))];
        for (found, expected) in rows {
            resolution.take(found);
            assert_eq!(resolution.answer(), expected, "{found:?}");
        }
    }

    #[test]
    fn a_literal_address_is_never_asked_for() {
        let resolution = Resolution::new("127.0.0.1:80");
        assert!(resolution.answer().is_some() && resolution.due().is_none());
    }
}
