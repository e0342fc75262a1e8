//! One connection: connecting, sending batches, and judging whether the connection can be used again.

use std::any::Any;
use std::mem::{Discriminant, discriminant};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use bb8::ManageConnection as _;
use bb8_tiberius::rt::Client;
use futures::FutureExt as _;
use socket2::{SockRef, TcpKeepalive};
use tiberius::error::Error as DriverError;
use tiberius::{QueryStream, Row};
use tokio::net::TcpStream;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::batch::Batch;
use super::certificate;
use super::failure::{Failure, Panicked, TimedOut};

/// The longest time for connecting, log-in included.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The TCP keepalive time. A dead peer is found after about twice this time.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// The time after a good batch in which a connection is used without a check.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// The error numbers for a database that does not exist, or not for this login.
const NO_DATABASE: [u32; 2] = [4060, 911];

/// The error number for an unknown login or a wrong password.
const LOGIN_FAILED: u32 = 18_456;

/// The error numbers of refused logins: failed; of an untrusted domain; disabled; password expired or to be changed;
/// Azure SQL: an address that the firewall refuses.
const REFUSED_FOR_GOOD: [u32; 7] = [LOGIN_FAILED, 18_452, 18_470, 18_487, 18_488, 40_532, 40_615];

/// The reason why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The host name does not resolve, or no process listens.
    #[error("the server cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The server's certificate is not accepted.
    #[error("the server's certificate is not accepted: {advice}")]
    Certificate { advice: &'static str, source: DriverError },
    /// TLS, the protocol or the login failed.
    #[error("the server refused the connection")]
    Refused(#[source] DriverError),
    /// A process listens, but does not answer.
    #[error("the server did not answer")]
    Silent(#[source] TimedOut),
    /// The driver has panicked.
    #[error("the server or its certificate cannot be dealt with")]
    Panicked(#[source] Panicked),
    /// A pooled connection cannot be used any more.
    #[error("the connection cannot go on")]
    Unfit(#[source] Failure),
    /// A pooled connection has an open transaction, which no batch of this program leaves.
    #[error("the connection has an open transaction")]
    InTransaction,
}

impl ConnectError {
    /// The kind of the failure: the variant, and the number of the server's error.
    pub(super) fn kind(&self) -> (Discriminant<Self>, Option<u32>) {
        (discriminant(self), self.code())
    }

    /// The number of the server's error; none for other failures.
    fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(error) => error.code(),
            Self::Unfit(failure) => failure.code(),
            _ => None,
        }
    }

    /// Whether waiting may help. Waiting does not help a wrong password, a refused certificate or a server without
    /// encryption.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused(DriverError::Server(token)) => !REFUSED_FOR_GOOD.contains(&token.code()),
            Self::Refused(DriverError::Io { .. })
            | Self::Unreachable(_)
            | Self::Silent(_)
            | Self::InTransaction => true,
            Self::Refused(_) | Self::Certificate { .. } | Self::Panicked(_) => false,
            Self::Unfit(failure) => failure.may_pass(),
        }
    }

    /// Whether the server refuses the login or its password.
    pub(super) fn is_refused_login(&self) -> bool {
        matches!(self, Self::Refused(_)) && self.code() == Some(LOGIN_FAILED)
    }

    /// Whether the server answers and the database is missing.
    pub(super) fn is_missing_database(&self) -> bool {
        matches!(self, Self::Refused(_)) && self.code().is_some_and(|code| NO_DATABASE.contains(&code))
    }
}

impl From<bb8_tiberius::Error> for ConnectError {
    fn from(error: bb8_tiberius::Error) -> Self {
        match error {
            bb8_tiberius::Error::Tiberius(source) => match certificate::advice(&source) {
                Some(advice) => Self::Certificate { advice, source },
                None => Self::Refused(source),
            },
            bb8_tiberius::Error::Io(error) => Self::Unreachable(error),
        }
    }
}

/// Makes connections to one database.
pub(super) struct Connector(bb8_tiberius::ConnectionManager);

impl Connector {
    pub(super) fn new(config: tiberius::Config) -> Self {
        Self(bb8_tiberius::ConnectionManager::new(config).with_modify_tcp_stream(prepare))
    }

    /// Connects, logs in, and sends `greeting` as plain text, because settings within `sp_executesql` end with it.
    pub(super) async fn connect(&self, greeting: &str) -> Result<Connection, ConnectError> {
        let client = timeout(CONNECT_LIMIT, guarded(self.0.connect())).await;
        let client = client.map_err(|_| ConnectError::Silent(TimedOut(CONNECT_LIMIT)))?;
        let client = client.map_err(ConnectError::Panicked)??;
        let mut connection = Connection { client, clean: true, doubtful: false, used: Instant::now() };
        connection.run_plain(greeting, CONNECT_LIMIT).await.map_err(ConnectError::Unfit)?;
        Ok(connection)
    }
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 2).with_retries(2);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// Runs the driver's `future`. The driver's log is off, because it would tell duplicate e-mail addresses. A panic
/// becomes an error, because a panic would take a place of the pool with it.
async fn guarded<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let silent = future.with_subscriber(NoSubscriber::default());
    AssertUnwindSafe(silent).catch_unwind().await.map_err(|panic| Panicked(text_of(&*panic)))
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}

/// A session on the server.
pub(super) struct Connection {
    client: Client,
    /// Whether every batch was sent whole and answered to the end. An error, a time-out or a dropped future leaves
    /// this false.
    clean: bool,
    /// Whether the server refused the last batch, so that a transaction may be open.
    doubtful: bool,
    used: Instant,
}

impl Connection {
    /// Sends `batch` and reads the whole answer, within `limit`. Gives the rows of the first result set.
    pub(super) async fn run(&mut self, batch: &Batch, limit: Duration) -> Result<Vec<Row>, Failure> {
        self.clean = false;
        let answer = async {
            let stream = self.client.query(batch.text(), &batch.parameters()).await?;
            rows(stream).await
        };
        let result = judged(timeout(limit, guarded(answer)).await, limit);
        self.ended(result)
    }

    /// Sends a statement that may not be part of a larger one, such as `CREATE DATABASE`.
    pub(super) async fn run_plain(&mut self, statement: &str, limit: Duration) -> Result<Vec<Row>, Failure> {
        self.clean = false;
        let answer = async { rows(self.client.simple_query(statement).await?).await };
        let result = judged(timeout(limit, guarded(answer)).await, limit);
        self.ended(result)
    }

    fn ended<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        self.clean = result.as_ref().err().is_none_or(Failure::was_answered);
        self.doubtful = result.is_err();
        self.used = Instant::now();
        result
    }

    /// Whether the connection may go back to the pool.
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    /// Checks, where there is reason to, that the session can take the next batch.
    pub(super) async fn check(&mut self) -> Result<(), ConnectError> {
        if !self.doubtful && self.used.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        let batch = Batch::of("SELECT @@TRANCOUNT AS open_transactions", vec![]);
        let rows = self.run(&batch, CONNECT_LIMIT).await.map_err(ConnectError::Unfit)?;
        match rows.first().and_then(|row| row.get::<i32, _>("open_transactions")) {
            Some(0) => Ok(()),
            _ => Err(ConnectError::InTransaction),
        }
    }
}

/// Reads all rows with `into_results`. Errors that the server finds after the first rows would be lost otherwise.
async fn rows(stream: QueryStream<'_>) -> Result<Vec<Row>, DriverError> {
    Ok(stream.into_results().await?.into_iter().next().unwrap_or_default())
}

type Guarded<T> = Result<Result<Result<T, DriverError>, Panicked>, Elapsed>;

fn judged<T>(answer: Guarded<T>, limit: Duration) -> Result<T, Failure> {
    match answer {
        Err(_) => Err(Failure::Lost(TimedOut(limit).into())),
        Ok(Err(panicked)) => Err(Failure::Lost(panicked.into())),
        Ok(Ok(answer)) => answer.map_err(Failure::of_batch),
    }
}
