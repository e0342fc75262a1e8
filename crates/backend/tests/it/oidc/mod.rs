//! Log-in by providers: one that can lie, and one that is real.

// The standard's `state`, beside our `stage`.
#![allow(clippy::similar_names)]

mod accounts;
mod fake;
mod flows;
mod lies;
mod linking;
mod real;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::api::harness::{Answer, Database, Instance, Send as _};
use fake::{CLIENT_ID, CLIENT_SECRET, Lie, Provider, Visitor};

/// An instance with the providers `fake`, whose word on addresses counts, and `doubtful`, whose word does not.
async fn instance(database: &Database, fake: &Provider, doubtful: &Provider) -> Instance {
    let (issuer, other) = (fake.issuer(), doubtful.issuer());
    let settings = [
        ("PUBLIC_URL", "https://app.example.com"),
        ("OIDC_FAKE_ISSUER", issuer.as_str()),
        ("OIDC_FAKE_CLIENT_ID", CLIENT_ID),
        ("OIDC_FAKE_CLIENT_SECRET", CLIENT_SECRET),
        ("OIDC_FAKE_LABEL", "The Fake"),
        ("OIDC_FAKE_TRUST_EMAIL", "true"),
        ("OIDC_DOUBTFUL_ISSUER", other.as_str()),
        ("OIDC_DOUBTFUL_CLIENT_ID", CLIENT_ID),
        ("OIDC_DOUBTFUL_CLIENT_SECRET", CLIENT_SECRET),
    ];
    Instance::start_with(database, &settings).await
}

/// All that a test needs.
struct Stage {
    instance: Instance,
    provider: Provider,
    doubtful: Provider,
    database: Database,
}

impl Stage {
    async fn set() -> Self {
        let (database, provider) = (Database::new(), Provider::start().await);
        let doubtful = Provider::start().await;
        let instance = instance(&database, &provider, &doubtful).await;
        Self { instance, provider, doubtful, database }
    }

    /// Begins a log-in by `name`: the way to the provider, and the browser's cookie.
    async fn start(&self, name: &str) -> Begun {
        Begun::of(&self.instance.post(&format!("/api/auth/oidc/{name}/start"), &json!({})).done().await)
    }

    /// The whole way of `visitor` through `name`.
    async fn come(&self, name: &str, visitor: &Visitor, lie: Lie) -> Answer {
        let begun = self.start(name).await;
        let provider = if name == "fake" { &self.provider } else { &self.doubtful };
        let (state, code) = provider.log_in(&begun.url, visitor, lie);
        begun.finish(&self.instance, name, &state, &code).done().await
    }

    async fn me(&self, session: &Answer) -> Value {
        let token = session.body["access_token"].as_str().unwrap();
        self.instance.get("/api/auth/me").bearer_auth(token).answer(StatusCode::OK).await.body
    }
}

/// A log-in that was begun.
struct Begun {
    url: String,
    cookie: String,
}

impl Begun {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let set = answer.header("set-cookie");
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Max-Age=600"),
            "{set}"
        );
        let cookie = set.split(';').next().unwrap().to_owned();
        Self { url: answer.body["authorization_url"].as_str().unwrap().to_owned(), cookie }
    }

    fn finish(&self, instance: &Instance, name: &str, state: &str, code: &str) -> RequestBuilder {
        let request =
            instance.post(&format!("/api/auth/oidc/{name}/callback"), &json!({"state": state, "code": code}));
        request.header("cookie", &self.cookie)
    }
}

/// What the audit log says of actions of a kind, oldest first.
fn audited(database: &Database, action: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    let mut query = connection
        .prepare("SELECT COALESCE(subject, '') FROM audit_log WHERE action = ? ORDER BY id")
        .unwrap();
    query.query_map([action], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
