//! The signals that ask a process to end.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal as listen};

/// The signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, from a supervisor.
    Terminate,
    /// SIGINT, from Ctrl-C.
    Interrupt,
}

/// Catches SIGTERM and SIGINT from its creation on; none is lost between two calls of [`Signals::next`].
#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
}

impl Signals {
    /// Begins to catch signals. Needs a tokio runtime with I/O.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits for the next signal. The first one asks to drain, a second one to end at once.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }
}

/// Waits for one signal. To tell a second one apart, keep a [`Signals`].
pub async fn signal() -> io::Result<Signal> {
    Ok(Signals::new()?.next().await)
}
