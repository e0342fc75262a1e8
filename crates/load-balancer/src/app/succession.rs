//! The place of this process: taken from the one before, and handed to the one after.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use service_kit::shutdown::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::StartError;
use crate::control::{self, Carried, Control, Lack};
use crate::events::{By, Cause, Kind};
use crate::probing::Resolve;
use crate::trust::TrustedProxies;
use crate::upgrade::{Departures, Estate, Leaving, Listeners, Predecessor, UpgradeError, Upgrades};

/// How often a process that takes over looks whether it can serve.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a process that takes over waits for servers that no check has an answer of yet, while other servers of their
/// pools can serve.
const UNCHECKED: Duration = Duration::from_secs(5);
/// How long the names of trusted proxies may take.
const NAMES: Duration = Duration::from_secs(2);

/// What comes from the process before.
#[derive(Default)]
pub(super) struct Before {
    pub(super) listeners: Listeners,
    pub(super) carried: Option<Carried>,
}

impl Before {
    /// Nothing, where there was no process before.
    pub(super) fn new(predecessor: Option<&mut Predecessor>) -> Result<Self, StartError> {
        let Some(predecessor) = predecessor else { return Ok(Self::default()) };
        let carried = Carried::read(predecessor.state.clone()).map_err(StartError::Carried)?;
        Ok(Self { listeners: std::mem::take(&mut predecessor.listeners), carried: Some(carried) })
    }
}

/// Waits until this process can serve as the process before does, and until the process before still waits for it.
pub(super) async fn prove(
    control: &Control,
    predecessor: &mut Predecessor,
    trusted: &TrustedProxies,
    resolver: &Arc<dyn Resolve>,
) -> Result<(), StartError> {
    let names = timeout(NAMES, control::look_names_up(trusted, resolver));
    let ready = until_ready(control, predecessor.within);
    let (_, ready) = tokio::join!(names, ready);
    ready?;
    Ok(predecessor.still_waits().await?)
}

/// Fails a little before the process before would stop waiting, so that the reason still reaches it.
async fn until_ready(control: &Control, within: Duration) -> Result<(), StartError> {
    let begun = Instant::now();
    let (unchecked, last) = (UNCHECKED.min(within / 2), within.mul_f64(0.9));
    loop {
        match control.lack() {
            None => return Ok(()),
            Some(Lack::Unchecked) if begun.elapsed() >= unchecked => return Ok(()),
            Some(Lack::NoServer(pool)) if begun.elapsed() >= last => return Err(StartError::NotReady(pool)),
            Some(_) => sleep(LOOK_EVERY).await,
        }
    }
}

/// The process after this one, once there is one.
#[derive(Debug)]
pub(super) struct Successor {
    leaving: OnceLock<Leaving>,
    arrived: watch::Sender<bool>,
}

impl Default for Successor {
    fn default() -> Self {
        Self { leaving: OnceLock::new(), arrived: watch::Sender::new(false) }
    }
}

impl Successor {
    /// Hands on to another process as soon as one asks and proves able to serve; then has this one drain. Ends when this
    /// process drains for another reason.
    pub(super) async fn await_one(
        &self,
        mut upgrades: Upgrades,
        listeners: Listeners,
        control: &Control,
        shutdown: &Shutdown,
    ) {
        let estate = || Estate { listeners: &listeners, state: control.carried() };
        let failed = |error: &UpgradeError| {
            tracing::error!(error = error as &dyn std::error::Error, "no upgrade; this process goes on");
            let reason = Some(service_kit::exit::chain(error));
            control.events().note(Kind::UpgradeFailed, None, Cause { by: By::Itself, reason });
        };
        let leaving = tokio::select! {
            leaving = upgrades.run(estate, failed) => leaving,
            () = shutdown.draining() => return,
        };
        let pid = leaving.new.pid;
        tracing::info!(pid, "another process has taken over");
        let reason = Some(format!("process {pid} has taken over"));
        control.events().note(Kind::HandedOn, None, Cause { by: By::Itself, reason });
        // Nobody else sets it, and this ends with it.
        let _ = self.leaving.set(leaving);
        self.arrived.send_replace(true);
        shutdown.trigger();
    }

    /// Resolves once another process has taken over.
    pub(super) fn arrived(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut arrived = self.arrived.subscribe();
        async move {
            if arrived.wait_for(|arrived| *arrived).await.is_err() {
                // This process ends without one.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The way to the process that has taken over, if one has.
    pub(super) fn departures(&self) -> Option<Departures> {
        self.leaving.get().map(Leaving::departures)
    }

    /// Waits for the connections that are on their way there.
    pub(super) async fn finish(self) {
        if let Some(leaving) = self.leaving.into_inner() {
            leaving.finish().await;
        }
    }
}
