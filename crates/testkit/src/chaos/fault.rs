//! Faults: which backend fails, when, and until when.

use std::{collections::BTreeMap, fmt, io, path::PathBuf, sync::Mutex, time::Duration};

use nix::sys::signal::Signal;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::upgrade::{self, UpgradeError};
use super::{Cluster, ClusterError, Instance, Plan};
use crate::process::send;

/// The longest time that an instance may take to be back after a fault.
const BACK_WITHIN: Duration = Duration::from_mins(1);

/// The kind of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// No faults, for comparison.
    None,
    /// SIGKILL to a random backend.
    Kill,
    /// SIGSTOP to a random backend, and SIGCONT after a while.
    Stop,
    /// SIGTERM to each backend in turn. The next one gets it when the last one is back.
    Restart,
    /// A new process of the balancer takes over from the running one, while requests are half sent.
    Upgrade,
}

impl Fault {
    /// The number of faults that a run needs to prove something.
    pub(super) fn least(self, instances: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Kill | Self::Stop | Self::Upgrade => 1,
            Self::Restart => instances,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no faults",
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Upgrade => "upgrade",
        })
    }
}

/// The reason why a fault could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The description of the cluster is gone or broken.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The process could not be signalled.
    #[error("{name} cannot be signalled")]
    Signal {
        /// The name of the instance.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// The balancer was not replaced, or a request did not outlive that.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    /// The instance did not come back.
    #[error("{name} was not back after {BACK_WITHIN:?}")]
    Gone {
        /// The name of the instance.
        name: String,
    },
}

/// Makes faults until it is dropped.
pub(super) struct Saboteur {
    manifest: PathBuf,
    fault: Fault,
    every: Duration,
    stop_for: Duration,
    seed: u64,
    count: watch::Sender<usize>,
    done: Mutex<BTreeMap<String, usize>>,
}

impl Saboteur {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            manifest: plan.cluster.clone(),
            fault: plan.fault,
            every: plan.every,
            stop_for: plan.stop_for,
            seed: plan.seed,
            count: watch::Sender::new(0),
            done: Mutex::default(),
        }
    }

    /// The number of faults so far.
    pub(super) fn faults(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// The numbers of faults, by instance.
    pub(super) fn done(&self) -> BTreeMap<String, usize> {
        self.done.lock().unwrap().clone()
    }

    /// Makes faults, until one cannot be made.
    pub(super) async fn run(&self) -> FaultError {
        let mut rng = StdRng::seed_from_u64(self.seed);
        for turn in 0.. {
            sleep(self.every).await;
            if let Err(error) = self.once(turn, &mut rng).await {
                return error;
            }
        }
        unreachable!("the turns do not end")
    }

    async fn once(&self, turn: usize, rng: &mut StdRng) -> Result<(), FaultError> {
        match self.fault {
            Fault::None => std::future::pending().await,
            Fault::Kill => {
                let victim = self.victim(rng.random_range(0..usize::MAX)).await?;
                signal(&victim, Signal::SIGKILL)?;
                self.count(&victim.name);
            }
            Fault::Stop => {
                let victim = self.victim(rng.random_range(0..usize::MAX)).await?;
                let stopped = Stopped::new(&victim)?;
                sleep(self.stop_for).await;
                drop(stopped);
                self.count(&victim.name);
            }
            Fault::Restart => {
                let victim = self.victim(turn).await?;
                signal(&victim, Signal::SIGTERM)?;
                self.back(&victim).await?;
                self.count(&victim.name);
            }
            Fault::Upgrade => {
                upgrade::once(&self.manifest, BACK_WITHIN).await?;
                self.count("load-balancer");
            }
        }
        Ok(())
    }

    /// The instance whose turn it is, with its present process. An instance that is being restarted is waited for.
    async fn victim(&self, turn: usize) -> Result<Instance, FaultError> {
        let deadline = Instant::now() + BACK_WITHIN;
        loop {
            let cluster = Cluster::read(&self.manifest)?;
            let instance = &cluster.instances[turn % cluster.instances.len()];
            if instance.is_running() {
                return Ok(instance.clone());
            }
            if Instant::now() > deadline {
                return Err(FaultError::Gone { name: instance.name.clone() });
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until another process serves in place of the old one.
    async fn back(&self, old: &Instance) -> Result<(), FaultError> {
        let deadline = Instant::now() + BACK_WITHIN;
        while Instant::now() < deadline {
            let cluster = Cluster::read(&self.manifest)?;
            if let Some(new) = cluster.instance(&old.name)
                && new.pid != old.pid
                && new.is_running()
                && is_ready(new).await
            {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(FaultError::Gone { name: old.name.clone() })
    }

    fn count(&self, victim: &str) {
        *self.done.lock().unwrap().entry(victim.to_owned()).or_default() += 1;
        self.count.send_modify(|count| *count += 1);
    }
}

fn signal(instance: &Instance, signal: Signal) -> Result<(), FaultError> {
    send(instance.pid, signal).map_err(|source| FaultError::Signal { name: instance.name.clone(), source })
}

async fn is_ready(instance: &Instance) -> bool {
    let answer = reqwest::get(format!("http://{}/ready", instance.address)).await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// A stopped process. Dropping the value continues the process, however the run ends.
pub(super) struct Stopped(i32);

impl Stopped {
    pub(super) fn new(instance: &Instance) -> Result<Self, FaultError> {
        let stopped = Self(instance.pid);
        signal(instance, Signal::SIGSTOP)?;
        Ok(stopped)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // One that was killed meanwhile needs no continuing.
        let _ = send(self.0, Signal::SIGCONT);
    }
}
