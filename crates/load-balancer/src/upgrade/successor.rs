//! The predecessor's side: has a successor started, hands on to it, and goes on where it fails.

use std::future::pending;
use std::net::TcpStream;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;
use service_kit::duration::HumanDuration;
use service_kit::exit::chain;
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::predecessor::USED;
use super::{Door, FORMAT, Listeners, Offer, Reply, Starter, Verdict, wire};

/// A connection that has sent nothing yet.
const NEW: u8 = b'n';
/// Orders that wait; further ones wait for a place.
const ORDERS: usize = 16;
/// The pause after the door has failed.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the last connections may take on their way to the successor.
const LAST_DEPARTURES: Duration = Duration::from_secs(5);

/// The process that has taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewProcess {
    /// Its id; 0 where the kernel does not say.
    pub(crate) pid: i32,
}

/// Why the process goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpgradeError {
    /// This process cannot hand its sockets on.
    #[error("this process cannot hand its sockets on (the log of its start says why)")]
    NoDoor,
    /// No new process was started.
    #[error("no new process was started: {0}")]
    NotStarted(String),
    /// The new process has said why it cannot serve.
    #[error("the new process cannot serve: {0}")]
    Failed(String),
    /// The new process has ended without a word.
    #[error("the new process ended before it served ({0})")]
    Ended(String),
    /// The new process takes too long.
    #[error("the new process did not serve within {}", HumanDuration(*.0))]
    TooSlow(Duration),
    /// This process is at its end already.
    #[error("this process ends already")]
    Ending,
}

type Outcome = Result<NewProcess, UpgradeError>;

/// Takes orders to upgrade. Clones order the same.
#[derive(Debug, Clone)]
pub(crate) struct Orders(mpsc::Sender<oneshot::Sender<Outcome>>);

impl Orders {
    /// Has the process replaced, and waits until the new one serves. Whoever orders while an upgrade is under way gets
    /// the outcome of that one.
    pub(crate) async fn upgrade(&self) -> Outcome {
        let (told, outcome) = oneshot::channel();
        self.0.send(told).await.map_err(|_| UpgradeError::Ending)?;
        outcome.await.unwrap_or(Err(UpgradeError::Ending))
    }
}

/// What a successor gets.
#[derive(Debug)]
pub(crate) struct Estate<'a> {
    /// The sockets.
    pub(crate) listeners: &'a Listeners,
    /// What operators have changed.
    pub(crate) state: Value,
}

/// Hands this process's place on.
#[derive(Debug)]
pub(crate) struct Upgrades {
    door: Option<Door>,
    starter: Option<Starter>,
    orders: mpsc::Receiver<oneshot::Sender<Outcome>>,
    within: Duration,
}

impl Upgrades {
    /// A successor must serve `within` that time. Without a door or a starter, every order is refused.
    pub(crate) fn new(door: Option<Door>, starter: Option<Starter>, within: Duration) -> (Self, Orders) {
        let (sender, orders) = mpsc::channel(ORDERS);
        (Self { door, starter, orders, within }, Orders(sender))
    }

    /// Hands on to whoever is ordered or comes by itself, until a successor serves. `estate` is asked for each, and each
    /// failure is told.
    pub(crate) async fn run<'a>(
        &mut self,
        estate: impl Fn() -> Estate<'a>,
        failed: impl Fn(&UpgradeError),
    ) -> Leaving {
        loop {
            let (told, outcome) = tokio::select! {
                Some(told) = self.orders.recv() => (Some(told), self.ordered(&estate).await),
                stream = come(self.door.as_ref()) => (None, self.unasked(stream, &estate).await),
            };
            let (leaving, outcome) = match outcome {
                Ok((new, stream)) => (Some(Leaving::new(new, stream)), Ok(new)),
                Err(error) => {
                    failed(&error);
                    (None, Err(error))
                }
            };
            let waiting = std::iter::from_fn(|| self.orders.try_recv().ok());
            for told in told.into_iter().chain(waiting) {
                // Who has ordered it may have left.
                let _ = told.send(outcome.clone());
            }
            if let Some(leaving) = leaving {
                return leaving;
            }
        }
    }

    async fn ordered<'a>(
        &self,
        estate: &impl Fn() -> Estate<'a>,
    ) -> Result<(NewProcess, UnixStream), UpgradeError> {
        let (Some(door), Some(starter)) = (&self.door, &self.starter) else {
            return Err(UpgradeError::NoDoor);
        };
        let deadline = Instant::now() + self.within;
        let mut child = starter.start().map_err(|error| UpgradeError::NotStarted(chain(&error)))?;
        let first = tokio::select! {
            stream = timeout_at(deadline, come(Some(door))) => stream.map_err(|_| UpgradeError::TooSlow(self.within)),
            how = ended(child.as_mut()) => Err(UpgradeError::Ended(how)),
        };
        let outcome = match first {
            Ok(stream) => self.hand_on(stream, &estate(), deadline).await,
            Err(error) => Err(error),
        };
        if let (Err(UpgradeError::TooSlow(_)), Some(child)) = (&outcome, &mut child) {
            // It may have ended by itself meanwhile.
            let _ = child.start_kill();
        }
        outcome
    }

    async fn unasked<'a>(
        &self,
        stream: UnixStream,
        estate: &impl Fn() -> Estate<'a>,
    ) -> Result<(NewProcess, UnixStream), UpgradeError> {
        self.hand_on(stream, &estate(), Instant::now() + self.within).await
    }

    /// Hands on to one successor.
    async fn hand_on(
        &self,
        mut stream: UnixStream,
        estate: &Estate<'_>,
        deadline: Instant,
    ) -> Result<(NewProcess, UnixStream), UpgradeError> {
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).unwrap_or_default();
        tracing::info!(pid, "a new process takes over");
        let ended = |error: std::io::Error| UpgradeError::Ended(error.to_string());
        match timeout_at(deadline, self.offer(&mut stream, estate)).await {
            Ok(Ok(Reply::Serving)) => {
                wire::send(&mut stream, &Verdict::Yours).await.map_err(ended)?;
                Ok((NewProcess { pid }, stream))
            }
            Ok(Ok(Reply::Failed { reason })) => Err(UpgradeError::Failed(reason)),
            Ok(Err(error)) => Err(ended(error)),
            Err(_) => {
                let error = UpgradeError::TooSlow(self.within);
                // One that has ended needs no word.
                let _ = wire::send(&mut stream, &Verdict::Refused { reason: error.to_string() }).await;
                Err(error)
            }
        }
    }

    async fn offer(&self, stream: &mut UnixStream, estate: &Estate<'_>) -> std::io::Result<Reply> {
        let offer = Offer {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            within_ms: u64::try_from(self.within.as_millis()).unwrap_or(u64::MAX),
            sockets: estate.listeners.roles(),
            state: estate.state.clone(),
        };
        wire::send(stream, &offer).await?;
        for socket in estate.listeners.sockets() {
            wire::send_descriptor(stream, b'l', socket).await?;
        }
        wire::receive(stream).await
    }
}

/// The next process that comes to the door; none comes where there is no door.
async fn come(door: Option<&Door>) -> UnixStream {
    let Some(door) = door else { return pending().await };
    loop {
        match door.accept().await {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a process that wants the sockets was refused");
                sleep(PAUSE).await;
            }
        }
    }
}

/// The end of a child, in words; none where the successor is another process's child.
async fn ended(child: Option<&mut Child>) -> String {
    let Some(child) = child else { return pending().await };
    child.wait().await.as_ref().map_or_else(ToString::to_string, ExitStatus::to_string)
}

/// A client connection on its way to the successor.
#[derive(Debug)]
struct Departure {
    stream: TcpStream,
    used: bool,
}

/// The way of idle client connections to the successor. Clones lead to the same.
#[derive(Debug, Clone)]
pub(crate) struct Departures(mpsc::UnboundedSender<Departure>);

impl Departures {
    /// Sends a connection on. `used` says that it has served requests.
    pub(crate) fn send(&self, stream: TcpStream, used: bool) {
        // Where the way has ended, so has this process, and so does the connection.
        let _ = self.0.send(Departure { stream, used });
    }
}

/// The rest of this process's life, after a successor has taken over.
#[derive(Debug)]
pub(crate) struct Leaving {
    /// The process that has taken over.
    pub(crate) new: NewProcess,
    departures: Departures,
    last: oneshot::Sender<()>,
    conveying: JoinHandle<()>,
}

impl Leaving {
    fn new(new: NewProcess, stream: UnixStream) -> Self {
        let (sender, departures) = mpsc::unbounded_channel();
        let (last, at_last) = oneshot::channel();
        let conveying = tokio::spawn(convey(stream, departures, at_last));
        Self { new, departures: Departures(sender), last, conveying }
    }

    /// The way of connections to the successor.
    pub(crate) fn departures(&self) -> Departures {
        self.departures.clone()
    }

    /// Waits for the connections that are on their way. To be called once no more can set out.
    pub(crate) async fn finish(self) {
        // The task ends by itself only when nobody can send any more.
        let _ = self.last.send(());
        if timeout(LAST_DEPARTURES, self.conveying).await.is_err() {
            tracing::warn!("the new process did not take all idle connections");
        }
    }
}

async fn convey(
    stream: UnixStream,
    mut departures: mpsc::UnboundedReceiver<Departure>,
    mut last: oneshot::Receiver<()>,
) {
    let mut open = true;
    loop {
        tokio::select! {
            departure = departures.recv() => {
                let Some(Departure { stream: connection, used }) = departure else { return };
                let kind = if used { USED } else { NEW };
                if let Err(error) = wire::send_descriptor(&stream, kind, &connection).await {
                    tracing::warn!(%error, "an idle connection could not be handed on; it ends");
                }
            }
            _ = &mut last, if open => {
                open = false;
                departures.close();
            }
        }
    }
}

#[cfg(test)]
mod tests;
