//! The state of an instance, which all requests share.

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

/// The parts of one instance. Only counters and caches outlive a request.
pub struct AppState {
    /// The name of the instance (`INSTANCE_ID`).
    pub instance_id: String,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The read replica; none without `DB_READ_SERVER`.
    pub replica: Option<Replica>,
    /// The reason why the database does not answer, as it was last logged.
    pub sign_of_life: LastReason,
    /// The onboarding templates.
    pub templates: Arc<Shelf>,
    /// The password hasher.
    pub hasher: Hasher,
    /// The issuer of access tokens.
    pub issuer: TokenIssuer,
    /// The maker of one-time codes.
    pub codes: CodeMaker,
    /// The signer of the tokens of known devices.
    pub devices: DeviceSigner,
    /// The maker of the challenges for a second factor.
    pub challenges: Challenges,
    /// The keys of the secrets of authenticator apps.
    pub factor_secrets: FactorSecrets,
    /// The largest age of an authentication for a sensitive call.
    pub step_up_max_age: time::Duration,
    /// The providers of OpenID Connect.
    pub oidc: Providers,
    /// The relying party of passkeys.
    pub passkeys: Passkeys,
    /// The keys that derive nonce and PKCE verifier of a log-in at a provider.
    pub oidc_flows: FlowKeys,
    /// The vault of idempotency records.
    pub vault: Vault,
    /// The keys of messages in the outbox.
    pub envelopes: Envelopes,
    /// Wakes the sender of mails when this instance has written a mail.
    pub outbox_bell: Notify,
    /// Wakes the sender of events when this instance has written an event. None where no webhook is configured, so
    /// that no events are written.
    pub webhook_bell: Option<Notify>,
    /// The keys that derive the successors of refresh tokens.
    pub successors: Successors,
    /// The lifetimes of sessions.
    pub lifetimes: Lifetimes,
    /// The list of sessions that ended lately.
    pub revocations: Revocations,
    /// The rule for the attribute `Secure` of cookies.
    pub cookie_security: CookieSecurity,
    /// The proxies whose forwarding fields are believed.
    pub trusted_proxies: TrustedProxies,
    /// The interval of queries on the database's own state. Zero switches the queries off.
    pub database_views_interval: Duration,
    /// The time that a row of the audit log is kept.
    pub audit_retention: Duration,
    /// The times of reminders.
    pub reminders: ReminderSchedule,
    /// The signer of the links that end reminders.
    pub unsubscriptions: UnsubscribeSigner,
    /// The balancers and instances around this one.
    pub cluster: Cluster,
    /// The handle that tells whether the instance drains.
    pub shutdown: Shutdown,
    /// The metrics.
    pub metrics: Metrics,
    /// The time since the start.
    pub uptime: Uptime,
}

impl AppState {
    /// The time now, by the database's clock that all instances share.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }
}

/// The reason of a failure, kept so that a lasting reason is logged once.
#[derive(Debug, Default)]
pub struct LastReason(Mutex<Option<String>>);

impl LastReason {
    /// Keeps the reason, or that there is none. `true` where the reason has changed.
    pub fn is_news(&self, reason: Option<&str>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = known.as_deref() != reason;
        *known = reason.map(str::to_owned);
        is_news
    }
}

/// The state, as handlers get it.
pub type App = Arc<AppState>;
