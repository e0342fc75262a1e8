//! Resolves names to addresses.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The most look-ups at the same time. Each takes a thread for as long as the resolver takes to answer.
const AT_ONCE: usize = 16;

/// A look-up under way: every address of the name, with the port that was asked for.
pub type Lookup = BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// A resolver of names.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// Asks for all addresses of a host. An error and an empty answer mean the same to callers: the earlier answer
    /// holds.
    fn lookup(&self, host: &str, port: u16) -> Lookup;
}

/// The system's resolver (`getaddrinfo`), with the sources of the machine or the container: `/etc/hosts`,
/// `resolv.conf`, search domains.
///
/// A look-up cannot be cancelled. A caller that gives up on a look-up should wait for its end before asking again.
/// Beyond [`AT_ONCE`], look-ups queue.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    permits: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Resolve for SystemResolver {
    fn lookup(&self, host: &str, port: u16) -> Lookup {
        let (host, permits) = (host.to_owned(), Arc::clone(&self.permits));
        async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let ask = move || {
                // Held by the thread, not by whoever waits for it.
                let _permit = permit;
                (host.as_str(), port).to_socket_addrs().map(Iterator::collect)
            };
            spawn_blocking(ask).await.map_err(io::Error::other)?
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = SystemResolver::default().lookup("localhost", 80).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 80), "{found:?}");
        assert!(!found.is_empty());
    }

    #[tokio::test]
    async fn what_nobody_knows_is_an_error() {
        assert!(SystemResolver::default().lookup("nowhere.invalid", 80).await.is_err());
    }
}
