//! Faults under load: clients walk people through the onboarding while backends are killed, stopped or
//! restarted, or the balancer is replaced; afterwards everything that was acknowledged has to be there, exactly once.
//!
//! [`run`] does all of it against a running cluster and gives a [`Report`]; [`idempotency`] asks the same of
//! one key used many times at once. The binary `chaos` is a thin shell around both.

mod balancer;
mod cluster;
mod fault;
pub mod idempotency;
mod load;
mod report;
mod upgrade;

pub use cluster::{Cluster, ClusterError, Instance};
pub use fault::{Fault, FaultError};
pub use report::{Progress, Report};

use std::{
    convert::Infallible,
    future::pending,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::journey::{Api, Figures, Finding, Mailbox, Person};
use balancer::{Balancer, Increase};
use fault::Saboteur;
use load::Load;
use report::Gathered;

/// The longest time that the cluster may take to be well, before and after a run.
const PATIENCE: Duration = Duration::from_mins(1);

/// The number of people who register a second time in the end. A server lets 30 of such requests go from one address
/// without a wait, and forgets one a minute.
const REGISTERED_AGAIN: usize = 3;

/// The plan of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The path of the running cluster's `cluster.json`.
    pub cluster: PathBuf,
    /// The base URL of requests; the balancer of `cluster.json` where there is none.
    pub base_url: Option<String>,
    /// The kind of faults.
    pub fault: Fault,
    /// The number of people who are on their way at once.
    pub clients: usize,
    /// The time in which new people set out.
    pub duration: Duration,
    /// The path of a file that ends the run as soon as the file is there.
    pub until: Option<PathBuf>,
    /// The pause between two faults.
    pub every: Duration,
    /// The time that a stopped backend stays stopped.
    pub stop_for: Duration,
    /// The seed of the choice of victims.
    pub seed: u64,
}

/// The reason why a run could not be done. Failed requests are part of the report.
#[derive(Debug, thiserror::Error)]
pub enum ChaosError {
    /// The description of the cluster cannot be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A fault could not be made, or an instance did not come back.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The HTTP client could not be made.
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
    /// The balancer does not say that all instances are healthy.
    #[error("the cluster is not well {when}: {seen}")]
    Unwell {
        /// The time: `before the run` or `after it`.
        when: &'static str,
        /// The last answer of `/health`.
        seen: String,
    },
}

/// Runs the plan, and reports to `progress` every few seconds.
///
/// Dropping the run ends its clients and continues the processes that it has stopped.
pub async fn run(plan: &Plan, progress: impl Fn(&Progress)) -> Result<Report, ChaosError> {
    let cluster = Cluster::read(&plan.cluster)?;
    let base = plan.base_url.clone().unwrap_or_else(|| cluster.load_balancer.clone());
    let balancer = Balancer::new(&base, &cluster.admin)?;
    balancer.well(PATIENCE).await.map_err(|seen| ChaosError::Unwell { when: "before the run", seen })?;
    let retries = Mutex::new(Increase::default());
    count_retries(&balancer, &retries).await;

    let figures = Arc::new(Figures::default());
    let mailbox = cluster.mails.clone().map(Mailbox::new);
    let load = Load::new(&base, plan.clients, &figures, &balancer, mailbox.as_ref())?;
    let saboteur = Saboteur::new(plan);
    let people = tokio::select! {
        people = disturb(plan, &cluster, saboteur.faults(), &load, &saboteur, &progress) => people?,
        never = keep_counting_retries(&balancer, &retries) => match never {},
    };
    let took = figures.elapsed();

    balancer.well(PATIENCE).await.map_err(|seen| ChaosError::Unwell { when: "after it", seen })?;
    let undisturbed = Api::new(&base, &figures)?.with_mailbox(mailbox);
    let findings = verify(&undisturbed, &people, plan.clients, &progress).await;
    count_retries(&balancer, &retries).await;
    let retries = retries.into_inner().unwrap_or_else(PoisonError::into_inner).total();
    let (faults, explanations) = (saboteur.done(), load.explanations());
    Ok(Report::new(plan, &figures, Gathered { took, people, faults, retries, findings, explanations }))
}

/// The balancer may be started anew during a run: what it had counted is kept, but for the last second before its end.
async fn keep_counting_retries(balancer: &Balancer, retries: &Mutex<Increase>) -> Infallible {
    loop {
        sleep(Duration::from_secs(1)).await;
        count_retries(balancer, retries).await;
    }
}

async fn count_retries(balancer: &Balancer, retries: &Mutex<Increase>) {
    if let Some(count) = balancer.retries().await {
        retries.lock().unwrap_or_else(PoisonError::into_inner).observe(count);
    }
}

/// Load and faults side by side, until the time is over and every kind of fault has happened.
async fn disturb(
    plan: &Plan,
    cluster: &Cluster,
    faults: watch::Receiver<usize>,
    load: &Load,
    saboteur: &Saboteur,
    progress: &impl Fn(&Progress),
) -> Result<Vec<Person>, ChaosError> {
    let least = plan.fault.least(cluster.instances.len());
    let mut counted = faults.clone();
    let over = async {
        // Whichever comes first.
        let _ = timeout(plan.duration, there(plan.until.as_deref())).await;
        // The sender lives as long as the saboteur, which outlives this wait.
        let _ = counted.wait_for(|done| *done >= least).await;
        load.stop();
    };
    let walking = async { tokio::join!(load.run(), over).0 };
    let telling = tell(load, faults, progress);
    tokio::select! {
        people = walking => Ok(people),
        error = saboteur.run() => Err(error.into()),
        never = telling => match never {},
    }
}

/// Waits for the file; for ever, where there is none to wait for.
async fn there(file: Option<&Path>) {
    let Some(file) = file else { return pending().await };
    while !file.exists() {
        sleep(Duration::from_millis(100)).await;
    }
}

async fn tell(load: &Load, faults: watch::Receiver<usize>, progress: &impl Fn(&Progress)) -> Infallible {
    loop {
        sleep(Duration::from_secs(3)).await;
        progress(&load.progress(*faults.borrow()));
    }
}

async fn verify(api: &Api, people: &[Person], at_once: usize, progress: &impl Fn(&Progress)) -> Vec<Finding> {
    progress(&Progress::Verifying(people.len()));
    let (mut findings, mut again) = (Vec::new(), REGISTERED_AGAIN);
    // In rows of `at_once`, so that hashing is not asked for more than it was under load.
    for row in people.chunks(at_once.max(1)) {
        let asked = row.iter().cloned().map(|person| {
            let register_again = again > 0 && person.is_registered();
            let api = api.of_person(person.number());
            again -= usize::from(register_again);
            tokio::spawn(async move { person.verify(&api, register_again).await })
        });
        for asked in asked.collect::<Vec<_>>() {
            findings.extend(asked.await.expect("verification does not panic"));
        }
    }
    findings
}
