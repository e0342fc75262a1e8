//! One connection: how it is made, what goes over it, and whether it can go on.

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

/// Login included.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A dead peer is found out after about twice this.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// A connection that worked so recently is taken to work.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Error numbers for a database that does not exist, or not for this login.
const NO_DATABASE: [u32; 2] = [4060, 911];

/// The login is unknown, or its password is another one.
const LOGIN_FAILED: u32 = 18_456;

/// Login failed; of an untrusted domain; disabled; password expired, to be changed; Azure SQL:
/// address not let in by its firewall.
const REFUSED_FOR_GOOD: [u32; 7] = [LOGIN_FAILED, 18_452, 18_470, 18_487, 18_488, 40_532, 40_615];

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The name does not resolve, or nobody listens.
    #[error("the server cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The server is not who it should be, as far as this machine can tell.
    #[error("the server's certificate is not accepted: {advice}")]
    Certificate { advice: &'static str, source: DriverError },
    /// TLS, protocol or login failed.
    #[error("the server refused the connection")]
    Refused(#[source] DriverError),
    /// Somebody listens, but does not answer.
    #[error("the server did not answer")]
    Silent(#[source] TimedOut),
    /// The driver found something that it cannot handle.
    #[error("the server or its certificate cannot be dealt with")]
    Panicked(#[source] Panicked),
    /// A pooled connection turned out to be unusable.
    #[error("the connection cannot go on")]
    Unfit(#[source] Failure),
    /// A pooled connection has a transaction open, which none of ours leaves.
    #[error("the connection has an open transaction")]
    InTransaction,
}

impl ConnectError {
    /// What two failures of one cause have in common: the variant, and the server's number.
    pub(super) fn kind(&self) -> (Discriminant<Self>, Option<u32>) {
        (discriminant(self), self.code())
    }

    /// The number of the server's error.
    fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(error) => error.code(),
            Self::Unfit(failure) => failure.code(),
            _ => None,
        }
    }

    /// Whether waiting may mend it. A wrong password, a certificate that is not to be trusted or
    /// a server that cannot encrypt stay what they are.
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

    /// Whether the server does not know the login, or not with this password.
    pub(super) fn is_refused_login(&self) -> bool {
        matches!(self, Self::Refused(_)) && self.code() == Some(LOGIN_FAILED)
    }

    /// Whether the server is there, but not the database.
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

    /// Connects, logs in, and runs `greeting` in the new session: plainly, since what is set
    /// inside of `sp_executesql` is forgotten with its end.
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

/// Runs the driver's `future`: without its log, which would tell duplicate e-mail addresses, and
/// with its panics as errors, since one would take a place in the pool with it.
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
    /// Every batch so far was sent whole, and its answer read to the end. Left false by whatever
    /// ends in the middle: an error, a time-out, a dropped future.
    clean: bool,
    /// The server refused the last batch: it says so itself when it still has a transaction open.
    doubtful: bool,
    used: Instant,
}

impl Connection {
    /// Sends `batch` and reads the whole answer, for at most `limit`. Gives the rows of the
    /// first result set.
    pub(super) async fn run(&mut self, batch: &Batch, limit: Duration) -> Result<Vec<Row>, Failure> {
        self.clean = false;
        let answer = async {
            let stream = self.client.query(batch.text(), &batch.parameters()).await?;
            rows(stream).await
        };
        let result = judged(timeout(limit, guarded(answer)).await, limit);
        self.ended(result)
    }

    /// The same for statements that may not be part of a larger one, such as `CREATE DATABASE`.
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

    /// Asks the server, where there is reason to, whether the session can take the next batch.
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

/// `into_results` reads to the end: an error that the server finds after the first rows would
/// otherwise be lost.
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
