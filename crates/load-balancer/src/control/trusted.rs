//! Resolves the names of trusted proxies again and again.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::time::sleep;

use crate::probing::Resolve;
use crate::trust::TrustedProxies;

/// The time from one look-up of a name to the next, as for found servers: a proxy that was replaced is known soon.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps the addresses of all names up to date for as long as it is polled. A name has one open question at most. While
/// the question has no answer, the last good one holds.
pub(crate) async fn follow(trusted: &TrustedProxies, resolver: &Arc<dyn Resolve>) {
    let names = trusted.names().iter().enumerate();
    join_all(names.map(|(place, name)| follow_name(trusted, resolver, place, name))).await;
}

/// Looks each name up once.
pub(crate) async fn look_up(trusted: &TrustedProxies, resolver: &Arc<dyn Resolve>) {
    let names = trusted.names().iter().enumerate();
    join_all(names.map(async |(place, name)| {
        take_in(trusted, place, name, &resolver.lookup(name, 0).await);
    }))
    .await;
}

async fn follow_name(trusted: &TrustedProxies, resolver: &Arc<dyn Resolve>, place: usize, name: &str) {
    let mut failing = false;
    loop {
        let answer = resolver.lookup(name, 0).await;
        let failed = !take_in(trusted, place, name, &answer);
        if failed && !failing {
            let error = answer.err().map(|error| error.to_string());
            tracing::info!(name, error, "a trusted proxy's name has no address yet, or none any more");
        }
        failing = failed;
        sleep(EVERY).await;
    }
}

/// Whether the answer is of use.
fn take_in(trusted: &TrustedProxies, place: usize, name: &str, answer: &io::Result<Vec<SocketAddr>>) -> bool {
    let Some(found) = answer.as_ref().ok().filter(|found| !found.is_empty()) else { return false };
    let addresses: Vec<_> = found.iter().map(SocketAddr::ip).collect();
    if trusted.found(place, addresses.clone()) {
        tracing::info!(name, ?addresses, "trusted proxy");
    }
    true
}
