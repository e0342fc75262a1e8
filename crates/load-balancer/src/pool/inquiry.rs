//! The last inquiry about a server's health by requests that wait for its answer.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::sync::watch;

/// The answer to a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// Whether the server is at work.
    pub(crate) well: bool,
    /// When the answer came.
    pub(crate) at: Instant,
}

/// A question that is open or answered, for all requests that wait for the answer.
#[derive(Debug)]
pub(crate) struct Inquiry {
    address: SocketAddr,
    /// How long the server has for its answer.
    limit: Duration,
    verdict: watch::Receiver<Option<Verdict>>,
}

impl Inquiry {
    /// A new question, and the sender of its answer.
    pub(crate) fn new(address: SocketAddr, limit: Duration) -> (Self, watch::Sender<Option<Verdict>>) {
        let (sender, verdict) = watch::channel(None);
        (Self { address, limit, verdict }, sender)
    }

    /// Whether the question's answer also serves another request that asks now about the same address and gives the
    /// server `limit`: the answer is still to come, and the server has as long for it, or the answer is good and not
    /// older than `fresh`.
    pub(crate) fn will_do(&self, address: SocketAddr, limit: Duration, fresh: Duration) -> bool {
        let verdict = *self.verdict.borrow();
        self.address == address
            && match verdict {
                Some(verdict) => verdict.well && verdict.at.elapsed() < fresh,
                None => self.limit >= limit && self.verdict.has_changed().is_ok(),
            }
    }

    /// Waits for the answer. A dropped question has no good answer.
    pub(crate) fn answer(&self) -> impl Future<Output = bool> + use<> {
        let mut verdict = self.verdict.clone();
        async move { verdict.wait_for(Option::is_some).await.is_ok_and(|it| it.is_some_and(|it| it.well)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_answers_will_do() {
        let (here, there): (SocketAddr, SocketAddr) =
            ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let (fresh, limit) = (Duration::from_mins(1), Duration::from_secs(2));
        let (inquiry, answer) = Inquiry::new(here, limit);
        assert!(inquiry.will_do(here, limit, fresh) && inquiry.will_do(here, limit / 2, fresh), "it is open");
        assert!(!inquiry.will_do(here, limit * 2, fresh), "the server has not long enough for its answer");
        assert!(!inquiry.will_do(there, limit, fresh), "it is about another address");
        let now = Instant::now();
        answer.send_replace(Some(Verdict { well: true, at: now }));
        assert!(inquiry.will_do(here, limit, fresh) && !inquiry.will_do(here, limit, Duration::ZERO));
        assert!(
            inquiry.will_do(here, limit * 2, fresh),
            "a good answer is good however long it might have taken"
        );
        answer.send_replace(Some(Verdict { well: false, at: now }));
        assert!(!inquiry.will_do(here, limit, fresh), "a bad answer is for those who have waited for it");
        let (inquiry, answer) = Inquiry::new(here, limit);
        drop(answer);
        assert!(!inquiry.will_do(here, limit, fresh), "nobody will answer it");
    }
}
