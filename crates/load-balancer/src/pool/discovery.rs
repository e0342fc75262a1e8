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
    /// The last good answer, never emptied again.
    answers: Vec<SocketAddr>,
    /// The one of them that is in use.
    current: usize,
    due: Instant,
}

impl Resolution {
    pub(super) fn new(host_port: &str) -> Self {
        let answers: Vec<SocketAddr> = host_port.parse().into_iter().collect();
        let literal = !answers.is_empty();
        Self { host_port: host_port.to_owned(), literal, answers, current: 0, due: Instant::now() }
    }

    /// The address in use.
    pub(super) fn answer(&self) -> Option<SocketAddr> {
        self.answers.get(self.current).copied()
    }

    /// Moves on to the next address of the name, because the one in use does not work.
    pub(super) fn next(&mut self) {
        self.current = (self.current + 1) % self.answers.len().max(1);
    }

    /// When to ask again; `None` is never.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.literal).then_some(self.due)
    }

    /// Asks again; `true` when the address is another one now.
    pub(super) async fn refresh(&mut self) -> bool {
        let before = self.answer();
        let answer = timeout(LIMIT, lookup_host(&self.host_port)).await;
        match answer.map(|found| found.map(Iterator::collect::<Vec<_>>)) {
            Ok(Ok(found)) => self.take(found),
            Ok(Err(error)) => tracing::debug!(address = self.host_port, %error, "name not resolved"),
            Err(_) => tracing::debug!(address = self.host_port, "resolver did not answer"),
        }
        let pause = if self.answers.is_empty() { EVERY_UNRESOLVED } else { EVERY };
        self.due = Instant::now() + pause;
        self.answer() != before
    }

    /// Stays with the address it has as long as that is among the answers, whose order may change each time.
    fn take(&mut self, found: Vec<SocketAddr>) {
        if found.is_empty() {
            return;
        }
        let known = self.answer();
        self.current = found.iter().position(|address| Some(*address) == known).unwrap_or(0);
        self.answers = found;
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
            resolution.take(found.to_vec());
            assert_eq!(resolution.answer(), expected, "{found:?}");
        }
    }

    #[test]
    fn each_address_of_a_name_gets_its_chance() {
        let [a, b] = [1, 2].map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
        let mut resolution = Resolution::new("localhost:80");
        resolution.next();
        assert_eq!(resolution.answer(), None);
        resolution.take(vec![a, b]);
        resolution.next();
        assert_eq!(resolution.answer(), Some(b));
        resolution.take(vec![b, a]);
        assert_eq!(resolution.answer(), Some(b));
        resolution.next();
        assert_eq!(resolution.answer(), Some(a));
    }

    #[test]
    fn a_literal_address_is_never_asked_for() {
        let resolution = Resolution::new("127.0.0.1:80");
        assert!(resolution.answer().is_some() && resolution.due().is_none());
    }
}
