//! The pool of connections, and the tasks that work on them.
//!
//! Each round trip belongs to a task of its own, which owns the connection until the answer is read to the end. A
//! caller may go away at any time, and the task goes on. Only a connection whose last answer was read to its end is
//! used again.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::Histogram;
use service_kit::telemetry::traces::SPANS;
use tiberius::Row;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, Span};

use super::batch::Batch;
use super::connection::{ConnectError, Connection, Connector};
use super::failure::{Failure, Panicked, TimedOut};
use super::trouble::Trouble;
use crate::config::PoolConfig;
use crate::store::PoolStatus;

/// The largest number of calls at work or waiting. More calls are refused at once.
const MAX_CALLS: u32 = 1024;
/// The longest time of one round trip. The wait for a lock is shorter, see [`GREETING`].
const ROUND_TRIP_LIMIT: Duration = Duration::from_secs(8);
/// The longest wait for a connection while no connection can be made.
const PATIENCE_IN_TROUBLE: Duration = Duration::from_millis(200);
/// The time of connecting after which the server counts as away, until connecting succeeds.
const SLOW_CONNECT: Duration = Duration::from_secs(1);
/// The pause between two looks for idle connections.
const REAP_EVERY: Duration = Duration::from_secs(5);

/// The settings of every session. An error in a transaction rolls the whole transaction back. A lock is waited for at
/// most 5 s (error 1222, after which the call is tried again).
const GREETING: &str = "SET XACT_ABORT ON; SET NOCOUNT ON; SET LOCK_TIMEOUT 5000; SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// The connections of this instance.
pub(super) struct Pool {
    connections: Mutex<Option<bb8::Pool<Manager>>>,
    places: Arc<Semaphore>,
    trouble: Trouble,
    wait: Histogram,
    waiting: AtomicU32,
    max: u32,
}

/// A call that waits for a connection. The pool's own count would include calls that gave up.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn count(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    /// Starts to connect in the background. The function must be called on a runtime.
    pub(super) fn start(connector: Connector, config: &PoolConfig, wait: Histogram) -> Self {
        let trouble = Trouble::default();
        let pool = bb8::Pool::builder()
            .max_size(config.max)
            .min_idle(config.min)
            .idle_timeout(config.idle_timeout)
            .connection_timeout(config.acquire_timeout)
            .reaper_rate(REAP_EVERY.min(config.idle_timeout))
            .error_sink(Box::new(trouble.clone()))
            .build_unchecked(Manager { connector, trouble: trouble.clone() });
        let places = Arc::new(Semaphore::new(MAX_CALLS as usize));
        Self {
            connections: Mutex::new(Some(pool)),
            places,
            trouble,
            wait,
            waiting: AtomicU32::new(0),
            max: config.max,
        }
    }

    /// Sends `batch` over a free connection, within `limit`. Gives the rows of the first result set.
    pub(super) async fn run(&self, batch: &Arc<Batch>, limit: Duration) -> Result<Vec<Row>, Failure> {
        let ends = Instant::now() + limit;
        let place = self.place()?;
        let mut connection = self.acquire(limit).await?;
        let (batch, trouble) = (Arc::clone(batch), self.trouble.clone());
        let task = tokio::spawn(async move {
            let left = ends.saturating_duration_since(Instant::now()).min(ROUND_TRIP_LIMIT);
            let result = connection.run(&batch, left).await;
            if connection.is_clean() {
                trouble.was_answered();
            }
            // The connection is back before its place is free.
            drop(connection);
            drop(place);
            result
        });
        task.await.unwrap_or_else(|error| Err(Failure::Lost(Panicked(error.to_string()).into())))
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| Failure::NotConnected("too many calls are waiting", None))
    }

    async fn acquire(&self, limit: Duration) -> Result<bb8::PooledConnection<'static, Manager>, Failure> {
        let pool = self.connections().ok_or(Failure::NotConnected("the store is closed", None))?;
        let started = Instant::now();
        let _waiting = Waiting::count(&self.waiting);
        let acquired = self.in_time(limit, pool.get_owned()).instrument(wait_span()).await;
        self.wait.observe(started.elapsed().as_secs_f64());
        acquired.ok_or_else(|| self.no_connection())
    }

    /// The result of `acquiring`; none where it fails or takes too long.
    async fn in_time<C, E>(
        &self,
        limit: Duration,
        acquiring: impl Future<Output = Result<C, E>>,
    ) -> Option<C> {
        tokio::select! {
            // A connection that is at hand is taken, whatever else is the matter.
            biased;
            acquired = timeout(limit, acquiring) => acquired.ok()?.ok(),
            () = self.trouble.lasts(PATIENCE_IN_TROUBLE) => None,
        }
    }

    fn no_connection(&self) -> Failure {
        match self.trouble.current() {
            Some(error) => Failure::NotConnected("there is no connection to the server", Some(error.into())),
            None => Failure::NotConnected("every connection is busy", None),
        }
    }

    fn connections(&self) -> Option<bb8::Pool<Manager>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The numbers of connections and of waiting calls.
    pub(super) fn status(&self) -> PoolStatus {
        let Some(state) = self.connections().map(|pool| pool.state()) else {
            return PoolStatus { max: self.max, ..PoolStatus::default() };
        };
        let in_use = state.connections.saturating_sub(state.idle_connections);
        let waiting = self.waiting.load(Ordering::Relaxed);
        PoolStatus { max: self.max, open: state.connections, idle: state.idle_connections, in_use, waiting }
    }

    /// Refuses new calls, waits for those at work, and closes the connections.
    pub(super) async fn close(&self) {
        let pool = self.connections.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Fails only where it was closed before.
        let all = self.places.acquire_many(MAX_CALLS).await;
        self.places.close();
        drop((all, pool));
    }
}

/// The span of the wait, in the trace of the caller. A wait for no request (pings, readings of the server's views)
/// begins no trace.
fn wait_span() -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(target: SPANS, "wait for a connection")
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Makes, checks and judges the connections of the pool.
struct Manager {
    connector: Connector,
    trouble: Trouble,
}

impl bb8::ManageConnection for Manager {
    type Connection = Connection;
    type Error = ConnectError;

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let mut connecting = std::pin::pin!(self.connector.connect(GREETING));
        let connection = if let Ok(connection) = timeout(SLOW_CONNECT, &mut connecting).await {
            connection
        } else {
            self.trouble.is_slow(ConnectError::Silent(TimedOut(SLOW_CONNECT)));
            connecting.await
        };
        let connection = connection?;
        self.trouble.is_over();
        Ok(connection)
    }

    async fn is_valid(&self, connection: &mut Connection) -> Result<(), ConnectError> {
        connection.check().await
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        !connection.is_clean()
    }
}
