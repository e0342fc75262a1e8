//! Mails, from a message in the outbox to a mail server or a folder.

mod exactly_once;
mod reminders;
mod sending;

use std::path::Path;
use std::time::Duration;

use backend::config::PoolConfig;
use backend::domain::Timestamp;
use backend::domain::mail::{Mail, MailContent, MailSecret};
use backend::outbox::Envelopes;
use backend::store::metrics::StoreMetrics;
use backend::store::outbox::NewMessage;
use backend::store::sqlite::{self, SqliteStore};
use backend::store::{Effect, Mutation, Outcome, Store as _};
use service_kit::config::Secret;
use service_kit::jwt::Keyring;

use crate::api::harness::SECRET;

pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// The store of a database that instances use at the same time.
pub(crate) fn store(path: &Path) -> SqliteStore {
    sqlite::migrate(path).unwrap();
    let pool = PoolConfig {
        max: 4,
        min: 1,
        idle_timeout: Duration::from_secs(30),
        acquire_timeout: Duration::from_secs(20),
    };
    sqlite::open(path, pool, &StoreMetrics::register(&prometheus::Registry::new()).unwrap()).unwrap()
}

/// A mail that brings `code`, sealed as the instances of these tests can read it.
fn message(to: &str, code: &str, expires_at: Option<Timestamp>) -> NewMessage {
    let keyring = Keyring::new(&Secret::new(SECRET), &[]).unwrap();
    let secret = |text: &str| MailSecret(text.to_owned());
    let content = MailContent::VerifyEmail {
        full_name: "Zoë Åström".into(),
        code: secret(code),
        token: secret(&format!("token-{code}")),
        minutes: 10,
    };
    let language = "de".parse().ok();
    let mail = Mail { user_id: None, to: to.parse().unwrap(), language, content, expires_at };
    Envelopes::new(&keyring).unwrap().seal(&mail).unwrap()
}

async fn write(store: &SqliteStore, messages: Vec<NewMessage>) {
    let mutation = Mutation {
        at: store.now(),
        idempotency: None,
        session: None,
        effect: Effect::None,
        messages,
        audit: None,
    };
    assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);
}
