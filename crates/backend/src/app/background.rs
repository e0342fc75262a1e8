//! The background tasks of an instance.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use service_kit::config::ValueFiles;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::arrival::Arrival;
use super::outbox::Courier;
use super::state::App;
use super::supervise::Supervisor;
use super::webhook::Messenger;
use super::{clock, funnel, maintenance, outbox, reminders, revocations, value_files, watch, webhook};

/// The longest wait at the end of the process for a mail or an event that is being sent, after all requests are
/// answered.
const COURIER_PATIENCE: Duration = Duration::from_secs(5);

/// The parts that tasks need beside the shared state.
pub(super) struct Means {
    pub(super) files: ValueFiles,
    /// The task that waits for the database; none where the database was there.
    pub(super) arrival: Option<Arrival>,
    pub(super) courier: Option<Courier>,
    pub(super) messenger: Option<Messenger>,
}

/// The running tasks.
pub(super) struct Background {
    endless: Vec<JoinHandle<()>>,
    /// The tasks that send mails and events. These tasks end by themselves when the instance drains.
    senders: Vec<JoinHandle<()>>,
}

/// Starts tasks that need only the shared state.
struct Starter<'a> {
    app: &'a App,
    supervisor: Supervisor,
}

impl Starter<'_> {
    fn keep<F>(&self, name: &'static str, run: impl Fn(App) -> F + Send + 'static) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let app = Arc::clone(self.app);
        self.supervisor.keep(name, move || run(Arc::clone(&app)))
    }
}

impl Background {
    /// Starts all tasks, supervised.
    pub(super) fn start(app: &App, means: Means) -> Self {
        let Means { files, arrival, courier, messenger } = means;
        let supervisor = Supervisor::new(app.metrics.task_ends(), app.shutdown.clone());
        let starter = Starter { app, supervisor };
        let mut endless = vec![
            starter.keep("clock", clock::run),
            starter.keep("maintenance", maintenance::run),
            starter.keep("funnel", funnel::run),
            starter.keep("revocations", revocations::run),
            starter.keep("outbox count", outbox::count),
            starter.keep("files of values", move |app| value_files::run(app, files.clone())),
        ];
        if !app.database_views_interval.is_zero() {
            endless.push(starter.keep("database views", watch::run));
        }
        // Where no mail is sent from, none is written that nobody has asked for.
        if courier.is_some() && !app.reminders.is_off() {
            endless.push(starter.keep("reminders", reminders::run));
        }
        if let Some(arrival) = arrival {
            endless
                .push(starter.supervisor.once("arrival of the database", arrival.run(app.shutdown.clone())));
        }
        let courier = courier.map(|courier| {
            // Held by one run at a time; the next one goes on with it.
            let courier = Arc::new(Mutex::new(courier));
            starter.keep("mails", move |app| {
                let courier = Arc::clone(&courier);
                async move {
                    let mut courier = courier.lock().await;
                    outbox::run(app, &mut courier).await;
                }
            })
        });
        let messenger = messenger.map(|messenger| {
            let messenger = Arc::new(messenger);
            starter.keep("webhook", move |app| {
                let messenger = Arc::clone(&messenger);
                async move { webhook::run(app, &messenger).await }
            })
        });
        Self { endless, senders: courier.into_iter().chain(messenger).collect() }
    }

    /// Ends all tasks. Senders first finish the message that they are sending.
    pub(super) async fn end(self) {
        self.endless.iter().for_each(JoinHandle::abort);
        join_all(self.senders.into_iter().map(async |mut task| {
            if timeout(COURIER_PATIENCE, &mut task).await.is_err() {
                // What it was sending is taken up by another instance when the lease ends.
                task.abort();
            }
        }))
        .await;
    }
}
