//! Servers found by name, with a resolver that the test scripts and instances that share a port on addresses of
//! their own, as in a network of containers.

mod changes;
mod names;
mod resolver;
mod traffic;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use futures::FutureExt;
use load_balancer::pool::{Lookup, Resolve};
use serde_json::{Value, json};
use testkit::{Answer, RawClient, Script, Upstream, eventually};
use tokio::task::JoinHandle;

use crate::harness::{Balancer, PATIENCE, config};

/// No check but those that discovery and failing traffic bring about.
const SELDOM: &str = "health = { path = \"/health\", interval = \"1h\", timeout = \"5s\", retries = 2, \
                      start_period = \"0s\", down_interval = \"50ms\" }";

/// What the resolver says of a name.
#[derive(Debug, Clone)]
enum Reply {
    Addresses(Vec<IpAddr>),
    Error(&'static str),
    /// Nothing, ever.
    Silence,
}

/// A resolver that says what the test has it say.
#[derive(Debug, Default)]
struct Scripted {
    replies: Mutex<HashMap<String, Reply>>,
    lookups: AtomicUsize,
    /// Questions that will never be answered.
    open: AtomicUsize,
}

impl Scripted {
    fn knows(addresses: &[IpAddr]) -> Arc<Self> {
        let resolver = Arc::new(Self::default());
        resolver.say(addresses);
        resolver
    }

    /// The addresses of `backend` from now on.
    fn say(&self, addresses: &[IpAddr]) {
        self.reply("backend", Reply::Addresses(addresses.to_vec()));
    }

    fn reply(&self, name: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(name.to_owned(), reply);
    }

    fn lookups(&self) -> usize {
        self.lookups.load(SeqCst)
    }

    /// Waits until it has been asked anew, twice: the answer to the first question may be from before.
    async fn asked(&self) {
        let before = self.lookups.load(SeqCst);
        eventually(PATIENCE, || async { self.lookups.load(SeqCst) > before + 1 }).await;
    }
}

impl Resolve for Scripted {
    fn lookup(&self, host: &str, port: u16) -> Lookup {
        self.lookups.fetch_add(1, SeqCst);
        let reply = self.replies.lock().unwrap().get(host).cloned();
        if matches!(reply, Some(Reply::Silence)) {
            self.open.fetch_add(1, SeqCst);
        }
        async move {
            match reply.unwrap_or(Reply::Error("NXDOMAIN")) {
                Reply::Addresses(found) => {
                    Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
                }
                Reply::Error(reason) => Err(io::Error::other(reason)),
                Reply::Silence => std::future::pending().await,
            }
        }
        .boxed()
    }
}

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

/// Clients that ask without a pause, reads and writes in turn.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(balancer: &Balancer) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let client = |number: usize| {
            tokio::spawn(ask_on(balancer.http, number, Arc::clone(&stop), Arc::clone(&answered)))
        };
        Self { clients: (0..8).map(client).collect(), stop, answered }
    }

    /// Waits for so many more answers.
    async fn goes_on(&self) {
        let before = self.answered.load(SeqCst);
        eventually(PATIENCE, || async { self.answered.load(SeqCst) > before + 100 }).await;
    }

    /// Ends it. Not one request may have failed.
    async fn stop(self) {
        self.stop.store(true, SeqCst);
        let failures: Vec<String> =
            futures::future::join_all(self.clients).await.into_iter().flat_map(Result::unwrap).collect();
        let answered = self.answered.load(SeqCst);
        assert!(failures.is_empty(), "{} of {answered} failed: {:?}", failures.len(), failures.first());
    }
}

async fn ask_on(
    address: SocketAddr,
    number: usize,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut client = RawClient::connect(address).await.unwrap();
    for count in 0.. {
        let request = if count % 2 == 0 {
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned()
        } else {
            format!(
                "POST / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {number}-{count}\r\nContent-Length: 4\r\n\r\ndata"
            )
        };
        let sent = client.send(request).await;
        match (sent, client.read_response().await) {
            (Ok(()), Ok(response)) if response.status == 200 => {
                answered.fetch_add(1, SeqCst);
            }
            other => {
                failures.push(format!("{other:?}"));
                client = RawClient::connect(address).await.unwrap();
            }
        }
        if stop.load(SeqCst) {
            break;
        }
    }
    failures
}
