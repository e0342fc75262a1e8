//! A whole balancer on free ports, from a configuration file.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use load_balancer::internals::app::{App, Options};
use load_balancer::internals::probing::{Resolve, SystemResolver};
use reqwest::{Method, Response};
use serde_json::Value;
use service_kit::{
    config::Secret,
    shutdown::{Shutdown, Signals},
};
use tempfile::TempDir;
use testkit::{Answer, Script, Upstream, eventually};
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const ROUTES: &str = "[[routes]]\npath = \"/\"\npool = \"backend\"\n";

/// Checks that come quickly.
pub(crate) const HEALTH: &str = "health = { path = \"/health\", interval = \"50ms\", timeout = \"5s\", retries = 2, \
                                 start_period = \"0s\", down_interval = \"50ms\" }";

pub(crate) struct Balancer {
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) admin: SocketAddr,
    pub(crate) file: PathBuf,
    shutdown: Shutdown,
    task: JoinHandle<()>,
    _folder: TempDir,
}

/// The text of a configuration: one pool, `settings` being more of its keys.
pub(crate) fn config(servers: &[(&str, SocketAddr)], settings: &str) -> String {
    let servers: Vec<String> = servers
        .iter()
        .map(|(name, address)| format!("{{ name = \"{name}\", address = \"{address}\" }}"))
        .collect();
    format!(
        "[listen]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nworkers = 2\ndrain_grace = \"0s\"\n\
         [access_log]\nenabled = false\n\
         [[pools]]\nname = \"backend\"\nservers = [{}]\n{settings}\n{ROUTES}",
        servers.join(", ")
    )
}

/// An upstream that is well and answers its name to everything else.
pub(crate) async fn named(name: &'static str) -> Upstream {
    Upstream::start(healthy(name)).await
}

pub(crate) fn healthy(name: &'static str) -> Script {
    Script::answer(Answer::ok(name))
}

/// An upstream that fails its checks, and answers its name to everything else.
pub(crate) fn sick(name: &'static str) -> Script {
    Script::by(move |seen| {
        let answer = if seen.target == "/health" { Answer::new(503, "sick") } else { Answer::ok(name) };
        Script::answer(answer)
    })
}

impl Balancer {
    pub(crate) async fn start(config: &str) -> Self {
        Self::with_token(config, None).await
    }

    pub(crate) async fn with_token(config: &str, token: Option<&str>) -> Self {
        Self::build(config, token, Arc::new(SystemResolver::default())).await
    }

    /// With a resolver that the test scripts.
    pub(crate) async fn with_resolver(config: &str, resolver: Arc<dyn Resolve>) -> Self {
        Self::build(config, None, resolver).await
    }

    async fn build(config: &str, token: Option<&str>, resolver: Arc<dyn Resolve>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("load-balancer.toml");
        std::fs::write(&file, config).unwrap();
        let admin_token = token.map(Secret::new);
        let app =
            App::build(Options { file: file.clone(), admin_token, resolver, traces: None }).await.unwrap();
        let (http, https, admin, shutdown) = (app.http(), app.https(), app.admin(), Shutdown::new());
        let (of_app, mut signals) = (shutdown.clone(), Signals::new().unwrap());
        let task = tokio::spawn(async move {
            app.run(of_app, &mut signals).await;
        });
        Self { http, https, admin, file, shutdown, task, _folder: folder }
    }

    /// Drains it and waits for its end.
    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
    }

    /// Asks on the traffic port, on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Response {
        reqwest::Client::new().get(format!("http://{}{path}", self.http)).send().await.unwrap()
    }

    /// Status and body of an answer on the traffic port.
    pub(crate) async fn ask(&self, path: &str) -> (u16, String) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Calls the admin interface.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = reqwest::Client::new().request(method, format!("http://{}{path}", self.admin));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A server as `/api/status` shows it.
    pub(crate) async fn server(&self, name: &str) -> Option<Value> {
        let (_, status) = self.call(Method::GET, "/api/status", None).await;
        let servers = status["pools"][0]["servers"].as_array()?;
        servers.iter().find(|server| server["name"] == name).cloned()
    }

    /// Waits until a server is in a state.
    pub(crate) async fn until(&self, name: &str, state: &str) -> Value {
        eventually(PATIENCE, || async {
            let server = self.server(name).await;
            server.clone().filter(|server| server["state"] == state).ok_or(server)
        })
        .await
    }

    /// The value of a metric, with its labels as they are written.
    pub(crate) async fn metric(&self, sample: &str) -> Option<f64> {
        let (_, text) = self.call(Method::GET, "/metrics", None).await;
        let text = text.as_str()?.to_owned();
        text.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
    }
}
