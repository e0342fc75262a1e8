//! Clients under which servers come and go.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use testkit::{RawClient, eventually};
use tokio::task::JoinHandle;

use crate::harness::{Balancer, PATIENCE};

/// Clients that ask without a pause, reads and writes in turn.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    pub(super) fn start(balancer: &Balancer) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let client = |number: usize| {
            tokio::spawn(ask_on(balancer.http, number, Arc::clone(&stop), Arc::clone(&answered)))
        };
        Self { clients: (0..8).map(client).collect(), stop, answered }
    }

    /// Waits for so many more answers.
    pub(super) async fn goes_on(&self) {
        let before = self.answered.load(SeqCst);
        eventually(PATIENCE, || async { self.answered.load(SeqCst) > before + 100 }).await;
    }

    /// Ends it. Not one request may have failed.
    pub(super) async fn stop(self) {
        self.stop.store(true, SeqCst);
        let failures: Vec<String> =
            futures::future::join_all(self.clients).await.into_iter().flat_map(Result::unwrap).collect();
        let answered = self.answered.load(SeqCst);
        assert!(failures.is_empty(), "{} of {answered} failed: {:?}", failures.len(), failures.first());
    }
}

pub(super) async fn ask_on(
    address: SocketAddr,
    number: usize,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut client = RawClient::connect(address).await.unwrap();
    for count in 0.. {
        let request = if count % 2 == 0 {
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()
        } else {
            format!(
                "POST / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {number}-{count}\r\nContent-Length: 4\r\n\r\ndata"
            )
        };
        let sent = client.send(request).await;
        match (sent, client.read_response().await) {
            (Ok(()), Ok(response)) if response.status == 200 => {
                answered.fetch_add(1, SeqCst);
            }
            other => {
                failures.push(format!("{other:?}"));
                client = RawClient::connect(address).await.unwrap();
            }
        }
        if stop.load(SeqCst) {
            break;
        }
    }
    failures
}
