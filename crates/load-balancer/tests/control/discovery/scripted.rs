//! A resolver that says what a test has it say.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures::FutureExt;
use load_balancer::internals::probing::{Lookup, Resolve};
use testkit::eventually;

use crate::harness::PATIENCE;

/// What the resolver says of a name.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Addresses(Vec<IpAddr>),
    Error(&'static str),
    /// Nothing, ever.
    Silence,
    /// A panic.
    Panic,
}

/// A resolver that says what the test has it say.
#[derive(Debug, Default)]
pub(super) struct Scripted {
    replies: Mutex<HashMap<String, Reply>>,
    lookups: AtomicUsize,
    /// Questions that will never be answered.
    pub(super) open: AtomicUsize,
}

impl Scripted {
    pub(super) fn knows(addresses: &[IpAddr]) -> Arc<Self> {
        let resolver = Arc::new(Self::default());
        resolver.say(addresses);
        resolver
    }

    /// The addresses of `backend` from now on.
    pub(super) fn say(&self, addresses: &[IpAddr]) {
        self.reply("backend", Reply::Addresses(addresses.to_vec()));
    }

    pub(super) fn reply(&self, name: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(name.to_owned(), reply);
    }

    pub(super) fn lookups(&self) -> usize {
        self.lookups.load(SeqCst)
    }

    /// Waits until it has been asked anew, twice: the answer to the first question may be from before.
    pub(super) async fn asked(&self) {
        let before = self.lookups.load(SeqCst);
        eventually(PATIENCE, || async { self.lookups.load(SeqCst) > before + 1 }).await;
    }
}

impl Resolve for Scripted {
    fn lookup(&self, host: &str, port: u16) -> Lookup {
        self.lookups.fetch_add(1, SeqCst);
        let reply = self.replies.lock().unwrap().get(host).cloned();
        if matches!(reply, Some(Reply::Silence)) {
            self.open.fetch_add(1, SeqCst);
        }
        async move {
            match reply.unwrap_or(Reply::Error("NXDOMAIN")) {
                Reply::Addresses(found) => {
                    Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
                }
                Reply::Error(reason) => Err(io::Error::other(reason)),
                Reply::Silence => std::future::pending().await,
                Reply::Panic => panic!("the resolver panics, as the test has it do"),
            }
        }
        .boxed()
    }
}
