//! The address of one server that is configured by name. The last good answer stays when the resolver fails.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    resolve::{Lookup, Resolve},
    wait::at,
};

/// How often a name is resolved again.
const EVERY: Duration = Duration::from_secs(5);
/// How often a name is resolved that never was.
const EVERY_UNRESOLVED: Duration = Duration::from_secs(1);
/// How long the resolver may be silent until the server's report says that there is no address.
const PATIENCE: Duration = Duration::from_secs(5);

/// The known address of one server.
pub(super) struct Resolution {
    resolver: Arc<dyn Resolve>,
    host: String,
    port: u16,
    /// A literal address never changes.
    literal: bool,
    /// The last good answer, never emptied again.
    answers: Vec<SocketAddr>,
    /// The address in use, among the answers.
    current: usize,
    due: Instant,
    /// The question that is open; there is never a second one.
    open: Option<Lookup>,
    /// Whether there was an answer without an address.
    failed: bool,
    born: Instant,
}

impl Resolution {
    pub(super) fn new(host_port: &str, resolver: Arc<dyn Resolve>) -> Self {
        let answers: Vec<SocketAddr> = host_port.parse().into_iter().collect();
        let (host, port) = host_port.rsplit_once(':').unwrap_or((host_port, ""));
        Self {
            resolver,
            host: host.to_owned(),
            port: port.parse().unwrap_or_default(),
            literal: !answers.is_empty(),
            answers,
            current: 0,
            due: Instant::now(),
            open: None,
            failed: false,
            born: Instant::now(),
        }
    }

    /// The address in use.
    pub(super) fn answer(&self) -> Option<SocketAddr> {
        self.answers.get(self.current).copied()
    }

    /// Whether to report that the name resolves to nothing.
    pub(super) fn leads_nowhere(&self) -> bool {
        self.answers.is_empty() && (self.failed || self.born.elapsed() > PATIENCE)
    }

    /// Moves on to the next address of the name, because the address in use does not work.
    pub(super) fn next(&mut self) {
        self.current = (self.current + 1) % self.answers.len().max(1);
    }

    /// Resolves again when that is due, and ends with the answer: `true` when the address has changed. A literal
    /// address is never resolved. May be dropped at any time: the open question stays open.
    pub(super) async fn refreshed(&mut self) -> bool {
        if self.open.is_none() {
            at((!self.literal).then_some(self.due)).await;
        }
        let question = self.open.get_or_insert_with(|| self.resolver.lookup(&self.host, self.port));
        let answer = question.await;
        self.open = None;
        let before = self.answer();
        match answer {
            Ok(found) => self.take(found),
            Err(error) => {
                self.failed = true;
                tracing::debug!(name = self.host, %error, "name not resolved");
            }
        }
        let pause = if self.answers.is_empty() { EVERY_UNRESOLVED } else { EVERY };
        self.due = Instant::now() + pause;
        self.answer() != before
    }

    /// Stays with the address in use as long as the answers have it; their order may change each time.
    fn take(&mut self, found: Vec<SocketAddr>) {
        self.failed = found.is_empty();
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
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures::FutureExt;

    use super::*;
    use crate::probing::SystemResolver;

    fn resolution(host_port: &str) -> Resolution {
        Resolution::new(host_port, Arc::new(SystemResolver::default()))
    }

    #[test]
    fn the_last_good_answer_is_kept() {
        let [a, b, c] = [1, 2, 3].map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
        let mut resolution = resolution("backend:80");
        let rows: [(&[SocketAddr], Option<SocketAddr>); 5] =
            [(&[], None), (&[a, b], Some(a)), (&[b, a], Some(a)), (&[], Some(a)), (&[c, b], Some(c))];
        for (found, expected) in rows {
            resolution.take(found.to_vec());
            assert_eq!(resolution.answer(), expected, "{found:?}");
            assert_eq!(resolution.leads_nowhere(), expected.is_none());
        }
    }

    #[test]
    fn each_address_of_a_name_gets_its_chance() {
        let [a, b] = [1, 2].map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
        let mut resolution = resolution("localhost:80");
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

    #[tokio::test]
    async fn a_literal_address_is_never_asked_for() {
        let mut resolution = resolution("127.0.0.1:80");
        assert!(resolution.answer().is_some() && resolution.refreshed().now_or_never().is_none());
        assert!(resolution.open.is_none());
    }

    /// Answers never, and counts the questions.
    #[derive(Debug, Default)]
    struct Hanging(AtomicUsize);

    impl Resolve for Hanging {
        fn lookup(&self, _: &str, _: u16) -> Lookup {
            self.0.fetch_add(1, Relaxed);
            std::future::pending().boxed()
        }
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_is_asked_once() {
        let resolver = Arc::new(Hanging::default());
        let mut resolution = Resolution::new("backend:80", Arc::clone(&resolver) as Arc<dyn Resolve>);
        let asked = || resolver.0.load(Relaxed);
        tokio::select! {
            _ = resolution.refreshed() => panic!("there is no answer"),
            () = async { while asked() == 0 { tokio::task::yield_now().await } } => {}
        }
        for _ in 0..3 {
            assert!(resolution.refreshed().now_or_never().is_none());
        }
        assert_eq!(asked(), 1);
    }
}
