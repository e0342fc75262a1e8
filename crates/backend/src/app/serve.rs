//! Accepts connections and serves HTTP/1.1. Each connection finishes its last request before the end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use service_kit::shutdown::Shutdown;

/// The number of connections that the kernel holds until they are accepted.
pub(super) const BACKLOG: i32 = 1024;

/// The largest number of open connections. More connections wait in the kernel's backlog.
const MAX_CONNECTIONS: usize = 4096;

/// The longest idle time of a connection, and the longest time for a head. Balancers close idle connections earlier
/// (after 30 s), so no request meets a connection that this side closes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// The largest number of fields in a head. The balancer takes fewer (100 fields, 32 KiB), even with those that it
/// adds, so the balancer's clearer refusals come first.
const MAX_HEADERS: usize = 128;
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The pause after a failed accept. The process is out of file descriptors, and only time mends that.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the shutdown closes. Returns after the last request.
pub(super) async fn serve(shutdown: Shutdown, router: Router, listener: TcpListener) {
    let connections = Connections {
        service: TowerToHyperService::new(router),
        http: http(),
        graceful: GracefulShutdown::new(),
        permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
    };
    tokio::select! {
        () = connections.accept_all(&listener) => {}
        () = shutdown.closing() => connections.accept_backlog(&listener),
    }
    drop(listener);
    connections.graceful.shutdown().await;
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEAD_BYTES);
    http
}

struct Connections {
    service: TowerToHyperService<Router>,
    http: http1::Builder,
    graceful: GracefulShutdown,
    permits: Arc<Semaphore>,
}

impl Connections {
    async fn accept_all(&self, listener: &TcpListener) {
        // The semaphore is never closed.
        while let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => self.spawn(stream, peer, permit),
                Err(error) => pause_after(&error).await,
            }
        }
    }

    /// Accepts the connections that were made before the listener closes. Closing the listener would reset them, with
    /// requests that are on their way.
    fn accept_backlog(&self, listener: &TcpListener) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned()
            && let std::task::Poll::Ready(Ok((stream, peer))) = listener.poll_accept(&mut context)
        {
            self.spawn(stream, peer, permit);
        }
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
        let service = self.service.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
}

async fn pause_after(error: &io::Error) {
    // These are of the one connection, not of the listener.
    let passing =
        [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::Interrupted];
    if !passing.contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
