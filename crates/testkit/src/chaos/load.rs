//! The load: many people on their way at once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Progress, balancer::Balancer};
use crate::journey::{Api, Failure, Figures, Mailbox, Person};

/// The largest number of failed requests that the balancer is asked about.
const EXPLAINED: usize = 20;

/// The clients of a run.
pub(super) struct Load {
    apis: Vec<Api>,
    figures: Arc<Figures>,
    shared: Arc<Shared>,
}

struct Shared {
    /// The id of the run in e-mail addresses, so that the people of two runs do not meet.
    run: Uuid,
    next: AtomicUsize,
    stop: AtomicBool,
    registered: AtomicUsize,
    balancer: Balancer,
    explanations: Mutex<Vec<String>>,
}

impl Load {
    pub(super) fn new(
        base: &str,
        clients: usize,
        figures: &Arc<Figures>,
        balancer: &Balancer,
        mailbox: Option<&Mailbox>,
    ) -> Result<Self, reqwest::Error> {
        let api = |_| Api::new(base, figures).map(|api| api.with_mailbox(mailbox.cloned()));
        let apis = (0..clients).map(api).collect::<Result<_, _>>()?;
        let shared = Arc::new(Shared {
            run: Uuid::new_v4(),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            registered: AtomicUsize::new(0),
            balancer: balancer.clone(),
            explanations: Mutex::default(),
        });
        Ok(Self { apis, figures: Arc::clone(figures), shared })
    }

    /// Lets everyone who is on their way arrive, and no one else set out.
    pub(super) fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Walks people through until [`Load::stop`], and gives all of them.
    pub(super) async fn run(&self) -> Vec<Person> {
        // Dropped half-way, the set ends its tasks.
        let mut clients = JoinSet::new();
        for api in self.apis.iter().cloned() {
            clients.spawn(client(api, Arc::clone(&self.shared)));
        }
        clients.join_all().await.into_iter().flatten().collect()
    }

    /// The progress of the run.
    pub(super) fn progress(&self, faults: usize) -> Progress {
        Progress::Walking {
            elapsed: self.figures.elapsed(),
            requests: self.figures.requests(),
            failed: self.figures.failed(),
            registered: self.shared.registered.load(Ordering::Relaxed),
            faults,
        }
    }

    /// The balancer's answers about the first failed requests.
    pub(super) fn explanations(&self) -> Vec<String> {
        self.shared.explanations.lock().unwrap().clone()
    }
}

async fn client(api: Api, shared: Arc<Shared>) -> Vec<Person> {
    let mut people = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let mut person = Person::new(shared.run, number);
        if let Err(failure) = person.journey(&api.of_person(number)).await {
            shared.explain(&failure).await;
        }
        shared.registered.fetch_add(usize::from(person.is_registered()), Ordering::Relaxed);
        people.push(person);
    }
    people
}

impl Shared {
    /// Asks the balancer about a failed request at once, while the balancer remembers it.
    async fn explain(&self, failure: &Failure) {
        let Some(id) = failure.request_id else { return };
        if self.explanations.lock().unwrap().len() < EXPLAINED {
            let explanation = self.balancer.explain(id).await;
            self.explanations.lock().unwrap().push(format!("{id}: {explanation}"));
        }
    }
}
