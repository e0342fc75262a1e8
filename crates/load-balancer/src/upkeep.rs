//! Keeps up with files that may change while the balancer runs: the configuration, certificates, and the access log's
//! file. Each file is looked at once a second, and all files at once on a signal.

use std::{io, sync::Arc, time::Duration};

use service_kit::{
    config::{ValueChange, ValueFiles},
    files::{FileWatch, Look},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    admin::{Admin, SHORTEST_TOKEN, TOKEN_FILE},
    config::Certificate,
    control::Control,
    events::{By, Cause, Events, Kind},
    tls::{Certificates, TlsError},
    upgrade::Orders,
};

const EVERY: Duration = Duration::from_secs(1);

/// The certificates in use, and where they came from.
#[derive(Debug)]
pub(crate) struct Renewable {
    files: Vec<Certificate>,
    watch: FileWatch,
    certificates: Arc<Certificates>,
}

/// All watched files and signals.
#[derive(Debug)]
pub(crate) struct Upkeep {
    configuration: FileWatch,
    values: ValueFiles,
    certificates: Option<Renewable>,
    /// SIGHUP: reads everything again.
    hang_up: Signal,
    /// SIGUSR1: opens the access log's file again, as nginx does.
    rotate: Signal,
    /// SIGUSR2: has a new process take over.
    upgrade: Signal,
}

impl Renewable {
    pub(crate) fn load(files: &[Certificate]) -> Result<Self, TlsError> {
        let watch = FileWatch::new(files.iter().flat_map(|pair| [&pair.cert, &pair.key]));
        let certificates = Arc::new(Certificates::load(files)?);
        Ok(Self { files: files.to_vec(), watch, certificates })
    }

    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates)
    }

    fn look(&mut self, events: &Events) {
        match self.watch.look() {
            Look::Same => {}
            Look::Changed => self.renew(By::File, events),
            Look::Gone(path) => {
                let path = path.display();
                tracing::error!(%path, "a certificate's file is gone; the one in use stays");
                let reason = Some(format!("{path} is gone; the one in use stays"));
                events.note(Kind::CertificatesRefused, None, Cause { by: By::File, reason });
            }
        }
    }

    /// Reads the files again; with an error, those in use stay. A certificate that comes before its key is such an
    /// error, and the later change of the key is read in turn.
    fn renew(&self, by: By, events: &Events) {
        match self.certificates.reload(&self.files) {
            Ok(()) => {
                tracing::info!("certificates read again");
                events.note(Kind::CertificatesRenewed, None, by.into());
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the old certificates stay");
                let reason = Some(service_kit::exit::chain(&error));
                events.note(Kind::CertificatesRefused, None, Cause { by, reason });
            }
        }
    }
}

impl Upkeep {
    /// Watches the files and catches the signals from now on. Needs a tokio runtime with I/O.
    pub(crate) fn new(configuration: FileWatch, certificates: Option<Renewable>) -> io::Result<Self> {
        Ok(Self {
            configuration,
            values: ValueFiles::default(),
            certificates,
            hang_up: signal(SignalKind::hangup())?,
            rotate: signal(SignalKind::user_defined1())?,
            upgrade: signal(SignalKind::user_defined2())?,
        })
    }

    /// Watches the files that values of the environment came from.
    pub(crate) fn watch_values(&mut self, values: ValueFiles) {
        self.values = values;
    }

    /// Runs as long as it is polled.
    pub(crate) async fn run(mut self, control: &Control, admin: &Admin, orders: &Orders) {
        let mut second = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = second.tick() => {
                    self.look(control);
                    self.values.look().into_iter().for_each(|change| take_over(change, admin));
                }
                Some(()) = self.hang_up.recv() => self.all_again(control),
                Some(()) = self.rotate.recv() => control.reopen_access_log(),
                Some(()) = self.upgrade.recv() => {
                    let orders = orders.clone();
                    // Whoever hands on tells of the outcome.
                    tokio::spawn(async move { orders.upgrade().await.is_ok() });
                }
            }
        }
    }

    fn look(&mut self, control: &Control) {
        match self.configuration.look() {
            Look::Same => {}
            Look::Changed => control.reload_or_tell(By::File, "the file has changed"),
            Look::Gone(path) => {
                tracing::error!(path = %path.display(), "the configuration is gone; the one in force stays");
            }
        }
        if let Some(certificates) = &mut self.certificates {
            certificates.look(control.events());
        }
    }

    fn all_again(&self, control: &Control) {
        if let Some(certificates) = &self.certificates {
            certificates.renew(By::Signal("SIGHUP"), control.events());
        }
        control.reopen_access_log();
        control.reload_or_tell(By::Signal("SIGHUP"), "SIGHUP");
    }
}

/// Takes a new admin token at once. Other values from files count at the next start.
fn take_over(change: ValueChange, admin: &Admin) {
    let ValueChange { variable, path, value, differs } = change;
    let path = path.display();
    if variable != TOKEN_FILE {
        if differs {
            tracing::warn!(variable, %path, "the file holds another value or is gone; that takes effect at the next start");
        }
        return;
    }
    let Some(token) = value.filter(|token| token.expose().len() >= SHORTEST_TOKEN) else {
        tracing::error!(
            variable,
            %path,
            "the file is gone or its token is shorter than {SHORTEST_TOKEN} bytes; the old one stays"
        );
        return;
    };
    admin.renew_token(token);
    tracing::info!(variable, %path, "the new admin token counts");
}
