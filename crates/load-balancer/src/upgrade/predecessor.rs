//! The successor's side: what the process before this one hands on.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{FORMAT, Listeners, Offer, Reply, Verdict, door, wire};

/// How long the predecessor may take to say that its place is this process's.
const LAST_WORD: Duration = Duration::from_secs(5);
/// A connection that has served requests, as opposed to one that has sent nothing yet.
pub(super) const USED: u8 = b'u';

/// Why this process cannot take over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// There is no such process, or it hands nothing on.
    #[error("process {pid} does not hand its sockets on")]
    Connect {
        /// The process.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
    /// The offer did not come, or cannot be read.
    #[error("the sockets did not come from the process before")]
    Offer(#[source] io::Error),
    /// The predecessor speaks otherwise.
    #[error("the process before (version {version}) hands its sockets on in format {format}, not {FORMAT}")]
    Format {
        /// The predecessor's version.
        version: String,
        /// The predecessor's format.
        format: u32,
    },
    /// The predecessor goes on by itself.
    #[error("the process before goes on: {0}")]
    Refused(String),
}

/// The process whose place this one takes.
#[derive(Debug)]
pub(crate) struct Predecessor {
    stream: UnixStream,
    /// The sockets that it hands on.
    pub(crate) listeners: Listeners,
    /// What operators have changed there.
    pub(crate) state: Value,
    /// How long it waits for this process to serve.
    pub(crate) within: Duration,
}

impl Predecessor {
    /// Asks the process `pid` for its sockets.
    pub(crate) async fn ask(pid: u32) -> Result<Self, TakeOverError> {
        let failed = |source| TakeOverError::Connect { pid, source };
        let mut stream = door::connect(pid).await.map_err(failed)?;
        let offer: Offer = wire::receive(&mut stream).await.map_err(TakeOverError::Offer)?;
        if offer.format != FORMAT {
            let (version, format) = (offer.version, offer.format);
            let mut this =
                Self { stream, listeners: Listeners::default(), state: Value::Null, within: LAST_WORD };
            let error = TakeOverError::Format { version, format };
            this.fail(error.to_string()).await;
            return Err(error);
        }
        let mut listeners = Listeners::default();
        for role in offer.sockets {
            let received = wire::receive_descriptor(&stream).await.and_then(there);
            let (_, socket) = received.map_err(TakeOverError::Offer)?;
            listeners.add(role, [Arc::new(TcpListener::from(socket))]);
        }
        let within = Duration::from_millis(offer.within_ms);
        Ok(Self { stream, listeners, state: offer.state, within })
    }

    /// Fails where the predecessor has given this process up already. One that has ended does not mind.
    pub(crate) async fn still_waits(&mut self) -> Result<(), TakeOverError> {
        if !wire::has_message(&self.stream) {
            return Ok(());
        }
        match wire::receive(&mut self.stream).await {
            Ok(Verdict::Refused { reason }) => Err(TakeOverError::Refused(reason)),
            Ok(Verdict::Yours) | Err(_) => Ok(()),
        }
    }

    /// Says that this process serves, and waits until the predecessor lets go. Gives the connections that come from it
    /// then; `None` where it has ended meanwhile.
    pub(crate) async fn serving(mut self) -> Result<Option<Arrivals>, TakeOverError> {
        let said = wire::send(&mut self.stream, &Reply::Serving).await;
        let verdict = match said {
            Ok(()) => timeout(LAST_WORD, wire::receive(&mut self.stream)).await.ok().and_then(Result::ok),
            // What it said before its end may still be there.
            Err(_) => wire::receive(&mut self.stream).await.ok(),
        };
        match verdict {
            Some(Verdict::Yours) => Ok(Some(Arrivals(self.stream))),
            Some(Verdict::Refused { reason }) => Err(TakeOverError::Refused(reason)),
            None => Ok(None),
        }
    }

    /// Says why this process cannot take over.
    pub(crate) async fn fail(&mut self, reason: String) {
        // It sees the end of this process, if not its reason.
        let _ = wire::send(&mut self.stream, &Reply::Failed { reason }).await;
    }
}

fn there<T>(received: Option<T>) -> io::Result<T> {
    received.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Client connections that come from the predecessor.
#[derive(Debug)]
pub(crate) struct Arrivals(UnixStream);

impl Arrivals {
    /// The next connection, and whether it has served requests; `None` once the predecessor has ended.
    pub(crate) async fn next(&self) -> Option<(TcpStream, bool)> {
        match wire::receive_descriptor(&self.0).await {
            Ok(Some((kind, socket))) => Some((TcpStream::from(socket), kind == USED)),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "no more connections come from the process before");
                None
            }
        }
    }
}
