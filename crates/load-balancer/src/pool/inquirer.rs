//! Inquiries: asks a server for its health on behalf of requests that have waited long for the first byte of its
//! answer.
//!
//! Workers put questions ([`Inquiries::ask`]), and [`crate::probing`] asks the server. A worker waits at most for a
//! lock that is held for some instructions.

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

/// The longest time for an answer, because a request waits for it.
const LIMIT: Duration = Duration::from_secs(2);
/// The same where the request can be answered by another server, which most likely does so within milliseconds.
const EARLY_LIMIT: Duration = Duration::from_millis(300);
/// How long a good answer is good, so that requests one after the other do not ask one after the other.
const FRESH: Duration = Duration::from_secs(1);

/// The queue of workers' questions.
#[derive(Debug)]
pub(crate) struct Inquiries {
    /// The queue. It holds at most one question for each server, or one for each address of a server that is moving.
    questions: mpsc::UnboundedSender<Question>,
    /// The receiver, until a task takes it to answer questions.
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
    /// server at the same time are one. `every` is how often a request asks. An `early` question is one of a request
    /// that another server could answer: the server has less time.
    ///
    /// Without a health path the answer is no: an accepted connection says nothing of the process, because the
    /// operating system accepts it.
    pub(crate) fn ask(
        &self,
        server: &Arc<Server>,
        address: SocketAddr,
        policy: &CheckPolicy,
        every: Duration,
        early: bool,
    ) -> impl Future<Output = bool> + use<> {
        let answer = policy.path.as_ref().map(|path| {
            let limit = policy.timeout.min(if early { EARLY_LIMIT } else { LIMIT });
            let mut latest = server.inquiry();
            match &*latest {
                Some(inquiry) if inquiry.will_do(address, limit, FRESH.min(every / 2)) => inquiry.answer(),
                _ => {
                    let (inquiry, verdict) = Inquiry::new(address, limit);
                    let path = path.clone();
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

    /// Sends a question. Where nobody answers, the question is dropped, which counts as an answer.
    fn put(&self, question: Question) {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if unanswered.is_none() {
            let _ = self.questions.send(question);
        }
    }

    /// The questions, for the task that answers them from now on; `None` when another task does already.
    pub(crate) fn questions(&self) -> Option<mpsc::UnboundedReceiver<Question>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
