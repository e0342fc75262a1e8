//! A receiver of webhooks on a free port of the loopback that records what it gets, and fails, hangs or dies as told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::upstream::{Answer, Script, Seen, Step, Upstream};

/// The receiver's reaction to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes it and answers 204.
    Well,
    /// Answers this status.
    Answers(u16),
    /// Answers this status, and asks to wait so many seconds.
    AsksToWait(u16, u64),
    /// Answers 302 to this path.
    Redirects(&'static str),
    /// Takes it and never answers.
    Hangs,
    /// Takes it and closes the connection, so that the sender does not hear of it.
    TakesAndDies,
    /// Resets the connection before it has read the body.
    Dies,
}

/// A request that was read whole.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request.
    pub request: Seen,
    /// The reaction to the request.
    pub mood: Mood,
}

/// The receiver. Dropped, it is gone.
#[derive(Debug)]
pub struct Receiver {
    upstream: Upstream,
    shared: Arc<Shared>,
}

type Choice = dyn Fn(usize) -> Mood + Send + Sync;

struct Shared {
    choose: Mutex<Box<Choice>>,
    /// The reactions, by connection and exchange.
    moods: Mutex<BTreeMap<(usize, usize), Mood>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Self {
        let (choose, moods) = (Mutex::new(Box::new(|_| Mood::Well) as Box<Choice>), Mutex::default());
        let shared = Arc::new(Shared { choose, moods });
        let state = Arc::clone(&shared);
        let upstream = Upstream::start(Script::by(move |request| {
            let mut moods = state.moods.lock().unwrap();
            let mood = (state.choose.lock().unwrap())(moods.len());
            moods.insert((request.connection, request.exchange), mood);
            mood.script()
        }))
        .await;
        Self { upstream, shared }
    }

    /// Lets `choose` decide on each request from now on, by the number of requests before it.
    pub fn behave(&self, choose: impl Fn(usize) -> Mood + Send + Sync + 'static) {
        *self.shared.choose.lock().unwrap() = Box::new(choose);
    }

    /// The URL for events.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.upstream.address())
    }

    /// Goes away as a killed process does.
    pub async fn down(&self) {
        self.upstream.down().await;
    }

    /// Comes back at the same place.
    pub async fn up(&self) {
        self.upstream.up().await;
    }

    /// All requests that were read whole, in the order of their arrival.
    pub fn received(&self) -> Vec<Received> {
        let moods = self.shared.moods.lock().unwrap();
        let whole = |request: &Seen| {
            request.header("content-length").and_then(|length| length.parse().ok())
                == Some(request.body.len())
        };
        let all = self.upstream.seen().into_iter().filter(whole);
        all.filter_map(|request| {
            let mood = *moods.get(&(request.connection, request.exchange))?;
            Some(Received { request, mood })
        })
        .collect()
    }
}

impl Received {
    /// The value of `webhook-id`.
    pub fn id(&self) -> String {
        self.request.header("webhook-id").unwrap_or_default().to_owned()
    }

    /// The body as JSON.
    pub fn body(&self) -> Value {
        serde_json::from_slice(&self.request.body).unwrap_or_default()
    }

    /// Whether the sender may know that it was taken.
    pub fn acknowledged(&self) -> bool {
        self.mood == Mood::Well
    }
}

impl Mood {
    fn script(self) -> Script {
        match self {
            Self::Well => Script::answer(Answer::new(204, "")),
            Self::Answers(status) => Script::answer(Answer::new(status, "no")),
            Self::AsksToWait(status, seconds) => {
                Script::answer(Answer::new(status, "later").header("Retry-After", &seconds.to_string()))
            }
            Self::Redirects(path) => Script::answer(Answer::new(302, "").header("Location", path)),
            Self::Hangs => Script::hang(),
            Self::TakesAndDies => Script::close(),
            Self::Dies => Script::steps([Step::Reset]),
        }
    }
}
