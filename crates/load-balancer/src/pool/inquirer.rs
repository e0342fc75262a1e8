//! Asks a server for its health on behalf of requests that have waited long for the first byte of its answer.
//!
//! Workers put questions ([`Inquiries::ask`]); [`crate::probing`] goes to the server. A worker never waits
//! for more than a lock that is held for some instructions.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::{
    CheckPolicy, Server,
    inquiry::{Inquiry, Verdict},
};

/// A question is answered within this time or not at all: a request waits for the answer.
const LIMIT: Duration = Duration::from_secs(2);
/// A good answer is good for so long, so that requests that come one after the other do not ask one after the other.
const FRESH: Duration = Duration::from_secs(1);

/// Where workers put their questions.
#[derive(Debug)]
pub(crate) struct Inquiries {
    /// Holds one question for each server at most, or one for each address of one that is moving.
    questions: mpsc::UnboundedSender<Question>,
    /// Until somebody answers.
    unanswered: Mutex<Option<mpsc::UnboundedReceiver<Question>>>,
}

/// A question on its way to the control thread.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) server: Arc<Server>,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) limit: Duration,
    pub(crate) verdict: watch::Sender<Option<Verdict>>,
}

impl Inquiries {
    pub(crate) fn new() -> Self {
        let (questions, unanswered) = mpsc::unbounded_channel();
        Self { questions, unanswered: Mutex::new(Some(unanswered)) }
    }

    /// Asks whether the server is at work at this address, by the health path of its pool. Questions about the same
    /// server at the same time are one. `every` is how often a request asks.
    ///
    /// Without a health path the answer is no: that a connection is accepted says nothing of the process, for the
    /// operating system accepts it.
    pub(crate) fn ask(
        &self,
        server: &Arc<Server>,
        address: SocketAddr,
        policy: &CheckPolicy,
        every: Duration,
    ) -> impl Future<Output = bool> + use<> {
        let answer = policy.path.as_ref().map(|path| {
            let mut latest = server.inquiry();
            match &*latest {
                Some(inquiry) if inquiry.will_do(address, FRESH.min(every / 2)) => inquiry.answer(),
                _ => {
                    let (inquiry, verdict) = Inquiry::new(address);
                    let (path, limit) = (path.clone(), policy.timeout.min(LIMIT));
                    self.put(Question { server: Arc::clone(server), address, path, limit, verdict });
                    latest.insert(inquiry).answer()
                }
            }
        });
        async {
            match answer {
                Some(answer) => answer.await,
                None => false,
            }
        }
    }

    /// Where nobody answers, the question is dropped, which is an answer.
    fn put(&self, question: Question) {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if unanswered.is_none() {
            let _ = self.questions.send(question);
        }
    }

    /// The questions, for whoever answers them from now on; `None` when somebody does already.
    pub(crate) fn questions(&self) -> Option<mpsc::UnboundedReceiver<Question>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
