//! Servers found by name, with a resolver that the test scripts and instances that share a port on addresses of
//! their own, as in a network of containers.

mod changes;
mod load;
mod names;
mod resolver;
mod scripted;
mod traffic;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use serde_json::{Value, json};
use testkit::{Answer, Script, Upstream, eventually};

use self::{
    load::Load,
    scripted::{Reply, Scripted},
};
use crate::harness::{Balancer, PATIENCE, config};

/// No check but those that discovery and failing traffic bring about.
const SELDOM: &str = "health = { path = \"/health\", interval = \"1h\", timeout = \"5s\", retries = 2, \
                      start_period = \"0s\", down_interval = \"50ms\" }";

/// The address of an instance: 127.0.0.2 and up.
fn ip(number: u8) -> IpAddr {
    IpAddr::from([127, 0, 0, number + 1])
}

/// What an instance does: it says its name in its health, and to whoever asks anything else.
fn instance(name: &str) -> Script {
    let health = Answer::json(&json!({ "status": "healthy", "instance": name }));
    let other = Answer::ok(name);
    Script::by(move |seen| {
        Script::answer(if seen.target == "/health" { health.clone() } else { other.clone() })
    })
}

/// The same, but not well.
fn unwell(name: &'static str) -> Script {
    crate::harness::sick(name)
}

/// Instances with one port.
struct Instances {
    port: u16,
    upstreams: Vec<Upstream>,
}

impl Instances {
    /// `backend-1` and so on at [`ip`] 1 and so on.
    async fn start(count: u8) -> Self {
        let first = Upstream::start_at(SocketAddr::new(ip(1), 0), instance("backend-1")).await;
        let mut instances = Self { port: first.address().port(), upstreams: vec![first] };
        for number in 2..=count {
            instances.add(instance(&format!("backend-{number}"))).await;
        }
        instances
    }

    /// One more at the next address.
    async fn add(&mut self, script: Script) {
        let address = SocketAddr::new(ip(self.next()), self.port);
        self.upstreams.push(Upstream::start_at(address, script).await);
    }

    fn next(&self) -> u8 {
        u8::try_from(self.upstreams.len() + 1).unwrap()
    }

    fn get(&self, number: usize) -> &Upstream {
        &self.upstreams[number - 1]
    }

    fn address(&self, number: u8) -> SocketAddr {
        SocketAddr::new(ip(number), self.port)
    }

    /// Requests that an instance has had, checks apart.
    fn requests(&self, number: usize) -> usize {
        self.get(number).seen().iter().filter(|seen| seen.target != "/health").count()
    }

    /// A configuration that discovers them.
    fn config(&self, settings: &str) -> String {
        self.config_beside(&[], settings)
    }

    /// The same, with some listed.
    fn config_beside(&self, listed: &[(&str, SocketAddr)], settings: &str) -> String {
        let port = self.port;
        let discover = format!("discover = {{ dns = \"backend\", port = {port}, every = \"100ms\" }}");
        config(listed, &format!("{discover}\n{settings}"))
    }
}

/// Instances that are discovered and well, and what has found them.
async fn discovered(count: u8, settings: &str) -> (Instances, Arc<Scripted>, Balancer) {
    let instances = Instances::start(count).await;
    let resolver = Scripted::knows(&(1..=count).map(ip).collect::<Vec<_>>());
    let balancer = Balancer::with_resolver(&instances.config(settings), resolver.clone()).await;
    let names: Vec<String> = (1..=count).map(|number| format!("backend-{number}")).collect();
    balancer.has(&names.iter().map(|name| (name.as_str(), "up")).collect::<Vec<_>>()).await;
    (instances, resolver, balancer)
}

impl Balancer {
    /// All servers as `/api/status` shows them, by name.
    async fn servers(&self) -> HashMap<String, Value> {
        let (_, status) = self.call(reqwest::Method::GET, "/api/status", None).await;
        let servers = status["pools"][0]["servers"].as_array().unwrap().clone();
        servers.into_iter().map(|server| (server["name"].as_str().unwrap().to_owned(), server)).collect()
    }

    /// Waits until there are exactly these servers, in these states.
    async fn has(&self, expected: &[(&str, &str)]) {
        let expected: HashMap<&str, &str> = expected.iter().copied().collect();
        eventually(PATIENCE, || async {
            let servers = self.servers().await;
            let states: HashMap<&str, &str> = servers
                .iter()
                .map(|(name, server)| (name.as_str(), server["state"].as_str().unwrap()))
                .collect();
            if states == expected { Ok(()) } else { Err(format!("{states:?}")) }
        })
        .await;
    }

    /// What the answers of a few requests say that they were served by.
    async fn served_by(&self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            let response = self.get("/").await;
            assert_eq!(response.status(), 200);
            names.push(response.headers()["x-served-by"].to_str().unwrap().to_owned());
        }
        names.sort();
        names.dedup();
        names
    }

    /// Every series of `/metrics`, of which there must not be two alike.
    async fn series(&self) -> Vec<String> {
        let (_, text) = self.call(reqwest::Method::GET, "/metrics", None).await;
        let lines = text.as_str().unwrap().lines().filter(|line| !line.starts_with('#'));
        let mut series: Vec<String> = lines.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
        series.sort();
        for pair in series.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
        series
    }
}
