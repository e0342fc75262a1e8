//! The state of an instance, which every request may use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use service_kit::health::Uptime;
use service_kit::shutdown::Shutdown;
use tokio::sync::Notify;

use super::replica::Replica;
use super::templates::Shelf;
use crate::auth::oidc::{FlowKeys, Providers};
use crate::auth::passkeys::Passkeys;
use crate::auth::{
    Challenges, CodeMaker, DeviceSigner, FactorSecrets, Hasher, Revocations, Successors, TokenIssuer,
    UnsubscribeSigner,
};
use crate::cluster::Cluster;
use crate::config::{CookieSecurity, TrustedProxies};
use crate::domain::Timestamp;
use crate::domain::onboarding::ReminderSchedule;
use crate::domain::session::Lifetimes;
use crate::idempotency::Vault;
use crate::metrics::Metrics;
use crate::outbox::Envelopes;
use crate::store::Store;

/// The parts of one instance. Nothing in it outlives a request but counters.
pub struct AppState {
    /// `INSTANCE_ID`.
    pub instance_id: String,
    /// The database.
    pub store: Arc<dyn Store>,
    /// Its replica for reading, where `DB_READ_SERVER` names one.
    pub replica: Option<Replica>,
    /// Why the database gives no sign of life.
    pub sign_of_life: LastReason,
    /// What onboardings ask.
    pub templates: Arc<Shelf>,
    /// Passwords.
    pub hasher: Hasher,
    /// Access tokens.
    pub issuer: TokenIssuer,
    /// One-time codes.
    pub codes: CodeMaker,
    /// Devices that have logged in before.
    pub devices: DeviceSigner,
    /// What asks for a second factor.
    pub challenges: Challenges,
    /// Secrets of authenticator apps.
    pub factor_secrets: FactorSecrets,
    /// How old a proof may be where a sensitive call asks for one.
    pub step_up_max_age: time::Duration,
    /// Whom people can log in by.
    pub oidc: Providers,
    /// Ceremonies with authenticators.
    pub passkeys: Passkeys,
    /// What binds a log-in at one of them to its answer.
    pub oidc_flows: FlowKeys,
    /// Kept answers.
    pub vault: Vault,
    /// Messages to the world outside.
    pub envelopes: Envelopes,
    /// Rung when this instance has written a message.
    pub outbox_bell: Notify,
    /// Rung when this instance has written an event; none where no webhook is configured, and then none is written.
    pub webhook_bell: Option<Notify>,
    /// What replaces refresh tokens.
    pub successors: Successors,
    /// How long sessions last.
    pub lifetimes: Lifetimes,
    /// Which sessions were ended lately.
    pub revocations: Revocations,
    /// Whether cookies demand HTTPS.
    pub cookie_security: CookieSecurity,
    /// Whose word on the client's address and scheme is believed.
    pub trusted_proxies: TrustedProxies,
    /// How often the database is asked about itself; zero: never.
    pub database_views_interval: Duration,
    /// How long a row of the audit log is kept.
    pub audit_retention: Duration,
    /// When people are reminded whose onboarding stands still.
    pub reminders: ReminderSchedule,
    /// Links in mails that end reminders.
    pub unsubscriptions: UnsubscribeSigner,
    /// The balancers and instances around this one.
    pub cluster: Cluster,
    /// Whether the instance is about to end.
    pub shutdown: Shutdown,
    /// What is measured.
    pub metrics: Metrics,
    /// Since when it runs.
    pub uptime: Uptime,
}

impl AppState {
    /// The time now, by the clock that all instances share.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }
}

/// Why something fails, so that a lasting reason is said once.
#[derive(Debug, Default)]
pub struct LastReason(Mutex<Option<String>>);

impl LastReason {
    /// Takes note of the reason, or of there being none; `true` when that is news.
    pub fn is_news(&self, reason: Option<&str>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = known.as_deref() != reason;
        *known = reason.map(str::to_owned);
        is_news
    }
}

/// The state as handlers get it.
pub type App = Arc<AppState>;
