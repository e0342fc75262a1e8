//! The configuration from the environment, checked.

mod balancers;
mod cookies;
mod database;
mod mail;
mod oidc;
mod passkeys;
mod provision;
mod reminders;
mod templates;
mod trusted_proxies;
mod webhook;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use service_kit::config::{ConfigErrors, Secret, Sources, ValueFiles};
use service_kit::duration::HumanDuration;
use service_kit::jwt::Keyring;
use service_kit::shutdown::Drain;
use service_kit::telemetry::LogFormat;
use service_kit::telemetry::traces::TraceConfig;

use crate::domain::onboarding::ReminderSchedule;
use crate::domain::onboarding::template::Catalogue;
use crate::domain::session::Lifetimes;
use crate::mail::PublicUrl;
use crate::webhook::EndpointConfig;
use reminders::RemindAfter;

pub use balancers::{BadBalancerUrl, BalancerUrls};
pub use cookies::{CookieSecurity, UnknownCookieSecurity};
pub use database::{DatabaseConfig, PoolConfig, ReplicaConfig, SqlServerConfig};
pub use mail::MailConfig;
pub use oidc::OidcProviderConfig;
pub use passkeys::PasskeyConfig;
pub use provision::{LoginConfig, ProvisionConfig};
pub use templates::{TemplatesError, load_templates};
pub use trusted_proxies::{NotANetwork, TrustedProxies};

const DAY: Duration = Duration::from_hours(24);

/// The settings of `serve`.
#[derive(Debug)]
pub struct Config {
    /// The address and name of the server.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The settings of tokens and passwords.
    pub auth: AuthConfig,
    /// The settings of mails; none where mails wait for another instance.
    pub mail: Option<MailConfig>,
    /// The webhook; none where there is none.
    pub webhook: Option<EndpointConfig>,
    /// The onboarding templates.
    pub templates: Catalogue,
    /// The providers that people can log in by.
    pub oidc: Vec<OidcProviderConfig>,
    /// The relying party of passkeys; none where there are no passkeys.
    pub passkeys: Option<PasskeyConfig>,
    /// The admin ports of the balancers (`LB_ADMIN_URLS`); empty where none are known.
    pub balancers: BalancerUrls,
    /// The files that secrets and other values were read from.
    pub files: ValueFiles,
}

/// The settings of the server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The name of this instance: `INSTANCE_ID`, or the host's name.
    pub instance_id: String,
    /// The listen address (`BIND_ADDRESS`). Port 0 takes any free port.
    pub bind_address: SocketAddr,
    /// The proxies whose forwarding fields are believed (`TRUSTED_PROXIES`).
    pub trusted_proxies: TrustedProxies,
    /// The times of a drain (`DRAIN_GRACE` and `DRAIN_TIMEOUT`).
    pub drain: Drain,
    /// The interval of queries on the database's own state (`DB_VIEWS_INTERVAL`). Zero switches the queries off.
    pub database_views_interval: Duration,
    /// The time that a row of the audit log is kept (`AUDIT_RETENTION`).
    pub audit_retention: Duration,
    /// The times of reminders (`REMIND_AFTER`).
    pub reminders: ReminderSchedule,
}

/// The settings of tokens and passwords.
#[derive(Debug)]
pub struct AuthConfig {
    /// The keys from `JWT_SECRET` and `JWT_OTHER_SECRETS`.
    pub keyring: Keyring,
    /// The lifetime of access tokens (`ACCESS_TOKEN_TTL`).
    pub access_token_ttl: Duration,
    /// The lifetimes of sessions: `REFRESH_TOKEN_TTL` from each rotation on, and `SESSION_MAX_AGE` from log-in on.
    pub lifetimes: Lifetimes,
    /// The largest age of an authentication for a sensitive call (`STEP_UP_MAX_AGE`).
    pub step_up_max_age: time::Duration,
    /// Whether session cookies demand HTTPS (`COOKIE_SECURE`).
    pub cookie_security: CookieSecurity,
    /// The number of hashing threads (`HASH_THREADS`, by default one for each core but one).
    pub hash_threads: NonZeroU32,
}

/// The settings of logs and traces. Every subcommand needs these settings, even where others are bad.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `INSTANCE_ID`, or the host's name.
    pub instance_id: String,
    /// The format of logs (`LOG_FORMAT`).
    pub format: LogFormat,
    /// The settings of traces (`OTEL_EXPORTER_OTLP_ENDPOINT` and others of this name); none where traces are off.
    pub traces: Option<TraceConfig>,
}

impl Config {
    /// Reads and checks the settings of `serve`.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with all problems.
    pub fn read(mut sources: Sources) -> Result<(Self, LogConfig), ConfigErrors> {
        let log = LogConfig::read(&mut sources);
        let server = ServerConfig::read(&mut sources, &log.instance_id);
        let database = DatabaseConfig::read(&mut sources);
        let auth = AuthConfig::read(&mut sources, server.bind_address);
        let base: Option<PublicUrl> = sources.optional("PUBLIC_URL");
        let mail = MailConfig::read(&mut sources, base.clone(), &host_name());
        let webhook = webhook::read(&mut sources);
        let templates = templates::read(&mut sources);
        let oidc = oidc::read(&mut sources, base.as_ref());
        let passkeys = passkeys::read(&mut sources, base.as_ref());
        let balancers = sources.or("LB_ADMIN_URLS", BalancerUrls::default());
        let files = sources.files();
        sources.finish()?;
        // Every missing part has noted a problem, so `finish` has returned by then.
        let (Some(database), Some(auth), Some(templates)) = (database, auth, templates) else {
            return Err(ConfigErrors(Vec::new()));
        };
        Ok((Self { server, database, auth, mail, webhook, templates, oidc, passkeys, balancers, files }, log))
    }
}

impl LogConfig {
    /// Reads the settings. Problems go to `sources`.
    pub fn read(sources: &mut Sources) -> Self {
        let instance_id = sources.optional("INSTANCE_ID").unwrap_or_else(host_name);
        let printable = |c: char| c.is_ascii_graphic();
        if instance_id.is_empty() || instance_id.len() > 255 || !instance_id.chars().all(printable) {
            sources.reject("INSTANCE_ID", "must be 1 to 255 visible ASCII characters");
        }
        let format = sources.or("LOG_FORMAT", LogFormat::Text);
        Self { instance_id, format, traces: TraceConfig::read(sources) }
    }
}

impl ServerConfig {
    fn read(sources: &mut Sources, instance_id: &str) -> Self {
        let grace = duration(sources, "DRAIN_GRACE", Duration::from_secs(1));
        let timeout = duration(sources, "DRAIN_TIMEOUT", Duration::from_secs(20));
        let database_views_interval = duration(sources, "DB_VIEWS_INTERVAL", Duration::from_secs(15));
        if !database_views_interval.is_zero()
            && !(Duration::from_secs(1)..=Duration::from_hours(1)).contains(&database_views_interval)
        {
            sources.reject("DB_VIEWS_INTERVAL", "must be 0, for never, or between 1s and 1h");
        }
        let audit_retention = duration(sources, "AUDIT_RETENTION", DAY * 400);
        if !(DAY..=DAY * 36_500).contains(&audit_retention) {
            sources.reject("AUDIT_RETENTION", "must be between 1d and 36500d");
        }
        Self {
            instance_id: instance_id.to_owned(),
            bind_address: sources.or("BIND_ADDRESS", SocketAddr::from(([0, 0, 0, 0], 5000))),
            trusted_proxies: sources.or("TRUSTED_PROXIES", TrustedProxies::default()),
            drain: Drain { grace, timeout },
            database_views_interval,
            audit_retention,
            reminders: sources.or("REMIND_AFTER", RemindAfter::default()).0,
        }
    }
}

impl AuthConfig {
    fn read(sources: &mut Sources, bind_address: SocketAddr) -> Option<Self> {
        let access_token_ttl = duration(sources, "ACCESS_TOKEN_TTL", Duration::from_mins(10));
        let refresh_token_ttl = duration(sources, "REFRESH_TOKEN_TTL", Duration::from_hours(30 * 24));
        let session_max_age = duration(sources, "SESSION_MAX_AGE", DAY * 90);
        let step_up_max_age = duration(sources, "STEP_UP_MAX_AGE", Duration::from_mins(15));
        if !(Duration::from_mins(1)..=DAY).contains(&step_up_max_age) {
            sources.reject("STEP_UP_MAX_AGE", "must be between 1m and 1d");
        }
        for (name, ttl) in [
            ("ACCESS_TOKEN_TTL", access_token_ttl),
            ("REFRESH_TOKEN_TTL", refresh_token_ttl),
            ("SESSION_MAX_AGE", session_max_age),
        ] {
            // An upper bound keeps every expiry inside the calendar.
            if ttl < Duration::from_secs(1) || ttl > Duration::from_hours(366 * 24) {
                sources.reject(name, "must be between 1s and 366d");
            }
        }
        let cookie_security = sources.or("COOKIE_SECURE", CookieSecurity::default_at(bind_address));
        let seconds = |duration: Duration| time::Duration::try_from(duration).unwrap_or(time::Duration::DAY);
        let lifetimes = Lifetimes { unused: seconds(refresh_token_ttl), whole: seconds(session_max_age) };
        let hash_threads = sources.or("HASH_THREADS", all_cores_but_one());
        let keyring = keyring(sources);
        let step_up_max_age = seconds(step_up_max_age);
        let keyring = keyring?;
        Some(Self { keyring, access_token_ttl, lifetimes, step_up_max_age, cookie_security, hash_threads })
    }
}

fn keyring(sources: &mut Sources) -> Option<Keyring> {
    let others = sources.secrets("JWT_OTHER_SECRETS");
    let current = sources.required_secret("JWT_SECRET");
    for other in &others {
        reject_weak(sources, "JWT_OTHER_SECRETS", other);
    }
    let current = current?;
    reject_weak(sources, "JWT_SECRET", &current);
    Keyring::new(&current, &others).ok()
}

fn reject_weak(sources: &mut Sources, name: &str, secret: &Secret) {
    if let Err(error) = Keyring::new(secret, &[]) {
        sources.reject(name, error);
    }
}

fn duration(sources: &mut Sources, name: &str, default: Duration) -> Duration {
    sources.or(name, HumanDuration(default)).get()
}

/// The number of cores less one, which is left to other work. Under a processor limit, the cores within the limit
/// count.
fn all_cores_but_one() -> NonZeroU32 {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(64));
    u32::try_from(cores - 1).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

/// The host's name as the kernel has it. Container engines set this name to the container's.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "onboarding-backend".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 2] =
        [("DATABASE_URL", "sqlite:///tmp/x.db"), ("JWT_SECRET", "0123456789abcdef0123456789abcdef")];

    #[test]
    fn defaults_are_those_of_the_manual() {
        let (config, log) = Config::read(Sources::from_map(GOOD)).unwrap();
        assert_eq!(config.server.bind_address.to_string(), "0.0.0.0:5000");
        assert_eq!(config.auth.access_token_ttl, Duration::from_mins(10));
        assert_eq!(config.auth.lifetimes.unused, time::Duration::days(30));
        assert_eq!(config.auth.lifetimes.whole, time::Duration::days(90));
        assert_eq!(config.auth.cookie_security, CookieSecurity::Always);
        assert_eq!(config.server.audit_retention, Duration::from_hours(400 * 24));
        assert_eq!(config.server.reminders, ReminderSchedule::default());
        assert!(!log.instance_id.is_empty() && log.traces.is_none());
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let bad = [
            ("BIND_ADDRESS", "localhost"),
            ("TRUSTED_PROXIES", "10.0.0.0/99"),
            ("JWT_SECRET", "short"),
            ("JWT_OTHER_SECRETS", "also-short"),
            ("ACCESS_TOKEN_TTL", "0s"),
            ("SESSION_MAX_AGE", "400d"),
            ("COOKIE_SECURE", "yes"),
            ("DRAIN_TIMEOUT", "soon"),
            ("DB_VIEWS_INTERVAL", "100ms"),
            ("AUDIT_RETENTION", "23h"),
            ("REMIND_AFTER", "7d,48h"),
            ("LOG_FORMAT", "xml"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
            ("INSTANCE_ID", "a b"),
            ("WEBHOOK_URL", "nowhere"),
            ("LB_ADMIN_URLS", "load-balancer:8081"),
            ("DATABASE_URL", "postgres://x"),
        ];
        let text = Config::read(Sources::from_map(bad)).unwrap_err().to_string();
        for (name, _) in bad {
            assert!(text.lines().any(|line| line.starts_with(name)), "{name} is missing in {text}");
        }
        assert!(!text.contains("short\n") && !text.contains("also-short"), "{text}");
    }

    #[test]
    fn a_missing_secret_or_database_is_named() {
        let none: [(&str, &str); 0] = [];
        let text = Config::read(Sources::from_map(none)).unwrap_err().to_string();
        assert!(text.contains("JWT_SECRET: ") && text.contains("DATABASE_URL: "), "{text}");
    }
}
