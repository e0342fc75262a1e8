//! Reading from a replica: another wire to the same server, so that it is seen who was asked.

use backend::config::ReplicaConfig;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::eventually;

use super::super::samples::unique_email;
use super::instances::Instance;
use super::proxy::{Proxy, Wire};
use super::server::Database;

const LONG_AGO: &str = "last_write=1000";

/// An instance with a replica, and somebody who is logged in.
struct Ground {
    instance: Instance,
    wire: Proxy,
    token: String,
    /// `last_write`, as the registration set it.
    cookie: String,
    _database: Database,
}

impl Ground {
    async fn new() -> Option<Self> {
        let database = Database::named_anew().await?;
        let wire = Proxy::to(&database.config).await;
        let through = wire.config(&database.config);
        let (host, port) = (through.host, through.port);
        let replica = ReplicaConfig { host, port, max_lag: Duration::from_secs(5) };
        let mut config = database.config.clone();
        config.replica = Some(replica);
        let instance = Instance::start(&config).await;
        let body = json!({"email": unique_email(), "password": "a horse of the replica", "full_name": "Ada"});
        let answer = Client::new().post(format!("{}/api/auth/register", instance.url)).json(&body);
        let answer = answer.send().await.unwrap();
        let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let cookie =
            cookies.filter_map(|text| text.split(';').next()).find(|pair| pair.starts_with("last_write="));
        let cookie = cookie.expect("a change says when it was made").to_owned();
        let answer: Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Some(Self { instance, wire, token, cookie, _database: database })
    }

    fn get(&self, path: &str) -> RequestBuilder {
        Client::new().get(format!("{}{path}", self.instance.url)).bearer_auth(&self.token)
    }

    /// How many questions the replica has answered, and failed to answer.
    async fn asked(&self) -> (u64, u64) {
        let metrics = self.get("/metrics").send().await.unwrap().text().await.unwrap();
        let count = |result: &str| {
            let name = format!("db_replica_reads_total{{result=\"{result}\"}} ");
            metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
        };
        (count("answered"), count("failed"))
    }
}

#[tokio::test]
async fn who_wrote_lately_or_keeps_no_cookie_reads_from_the_primary_and_others_from_the_replica() {
    let Some(ground) = Ground::new().await else { return };
    let me = |cookie: Option<&str>| {
        let request = ground.get("/api/auth/me");
        let request = cookie.into_iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
        async { assert_eq!(request.send().await.unwrap().status(), 200) }
    };
    me(None).await;
    me(Some(&ground.cookie)).await;
    assert_eq!(ground.asked().await, (0, 0));
    eventually(Duration::from_secs(20), || async {
        me(Some(LONG_AGO)).await;
        ground.asked().await.0 > 0
    })
    .await;
    let before = ground.asked().await.0;
    let onboarding = ground.get("/api/onboarding").header(COOKIE, LONG_AGO).send().await.unwrap();
    assert_eq!(onboarding.status(), 200);
    assert_eq!(ground.asked().await.0, before + 1);
    let current = ground.get("/api/auth/me").header(COOKIE, LONG_AGO).header("cache-control", "no-cache");
    assert_eq!(current.send().await.unwrap().status(), 200);
    assert_eq!(ground.asked().await.0, before + 1);
}

#[tokio::test]
async fn a_replica_that_does_not_answer_costs_nobody_an_answer() {
    let Some(ground) = Ground::new().await else { return };
    ground.wire.set(Wire::Held);
    let answer = ground.get("/api/onboarding").header(COOKIE, LONG_AGO).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(ground.asked().await, (0, 1));
}
