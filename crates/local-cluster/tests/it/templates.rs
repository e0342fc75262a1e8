//! A template of one's own, and its next version, in the whole system while people are under way and backends die.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use local_cluster::manifest::InstanceEntry;
use nix::sys::signal::Signal;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::eventually;
use testkit::journey::form::{self, Form};
use testkit::process::send;
use tokio::task::JoinSet;

use crate::cluster::{LIMIT, TestCluster, free_offset, up};

const EIGHT: &str = include_str!("../../../backend/src/domain/onboarding/template/testdata/eight.toml");
const EIGHT_V2: &str = include_str!("../../../backend/src/domain/onboarding/template/testdata/eight.v2.toml");

/// A folder of templates that another one takes the place of at once.
struct Templates(TempDir);

impl Templates {
    fn new(files: &[(&str, &str)]) -> Self {
        let templates = Self(TempDir::new().unwrap());
        templates.become_these("v1", files);
        templates
    }

    /// What backends are told.
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("current")
    }

    fn become_these(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.0.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        let link = self.0.path().join("next");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        std::fs::rename(link, self.path()).unwrap();
    }
}

async fn cluster_of(templates: &Path) -> TestCluster {
    let (dir, offset) = (Arc::new(TempDir::new().unwrap()), free_offset());
    let mut command = up(&dir, offset);
    command.env("ONBOARDING_TEMPLATES_DIR", templates);
    TestCluster::spawned(command, dir, offset).await
}

/// What everybody shares: the way to the balancer, and what is counted.
struct Crowd {
    client: Client,
    base: String,
    form: Form,
    requests: AtomicU64,
    /// Whether every backend has the new version.
    rolled_out: AtomicBool,
}

impl Crowd {
    fn new(cluster: &TestCluster) -> Arc<Self> {
        // One try each: whoever tries again is the balancer, and that is what is tested.
        let client =
            Client::builder().no_proxy().retry(reqwest::retry::never()).timeout(LIMIT).build().unwrap();
        let base = cluster.manifest().load_balancer;
        let (form, requests, rolled_out) = (Form::default(), AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { client, base, form, requests, rolled_out })
    }

    /// One request with a key of its own, and its answer.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header("idempotency-key", format!("walk-{number}"));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let status = answer.status();
        (status, answer.json().await.unwrap_or_else(|error| panic!("{path}: {status} {error:?}")))
    }
}

/// A page that draws whatever it is told, and its person.
struct Walker {
    crowd: Arc<Crowd>,
    token: String,
    /// Every text that was given last, by the question.
    given: BTreeSet<String>,
}

impl Walker {
    async fn register(crowd: &Arc<Crowd>) -> Self {
        let email = format!("walker.{}.{}@example.com", crowd.form.number(), rand::random::<u32>());
        let body = json!({"email": email, "password": "correct horse battery", "full_name": "Ada Lovelace"});
        let (status, answer) = crowd.ask(Method::POST, "/api/auth/register", "", Some(&body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { crowd: Arc::clone(crowd), token, given: BTreeSet::new() }
    }

    async fn state(&self) -> Value {
        let (status, state) = self.crowd.ask(Method::GET, "/api/onboarding", &self.token, None).await;
        assert_eq!(status, StatusCode::OK, "{state}");
        state
    }

    async fn put(&self, step: &Value, data: &Value) -> (StatusCode, Value) {
        let path = format!("/api/onboarding/steps/{}", step["key"].as_str().unwrap());
        let body = json!({"status": "completed", "data": data});
        self.crowd.ask(Method::PUT, &path, &self.token, Some(&body)).await
    }

    /// All steps that the page knows, each with new answers.
    async fn fill_in(&mut self, state: &Value) {
        let steps = state["template"]["steps"].as_array().unwrap();
        for step in steps.iter().filter(|step| step["automatic"] == false) {
            let data = self.crowd.form.fill_in(step);
            let own = form::texts(&data);
            let (status, answer) = self.put(step, &Value::Object(data)).await;
            assert_eq!(status, StatusCode::OK, "{step} {answer}");
            self.given.retain(|text| !own.iter().any(|new| form::question(new) == form::question(text)));
            self.given.extend(own);
        }
    }

    /// Goes on until all is done, after the new version has come.
    async fn walk(mut self) -> Self {
        let limit = Instant::now() + 5 * LIMIT;
        loop {
            let rolled_out = self.crowd.rolled_out.load(Ordering::Relaxed);
            // The page is drawn by what was there when it was loaded, so that some talk in the words of the old version.
            let state = self.state().await;
            self.fill_in(&state).await;
            if rolled_out {
                let (status, answer) =
                    self.crowd.ask(Method::POST, "/api/onboarding/complete", &self.token, None).await;
                match status {
                    StatusCode::OK => return self,
                    // Asked for more by the new version, which the next look at it shows.
                    StatusCode::CONFLICT if answer["code"] == "onboarding_incomplete" => {}
                    _ => panic!("{status} {answer}"),
                }
            }
            assert!(Instant::now() < limit, "{state}");
        }
    }

    /// Nothing that was acknowledged is lost.
    async fn check(&self) {
        let (status, export) = self.crowd.ask(Method::GET, "/api/account/export", &self.token, None).await;
        let onboarding = &export["onboarding"];
        assert_eq!((status, &onboarding["template"]["version"]), (StatusCode::OK, &json!(2)), "{export}");
        assert_eq!(onboarding["status"], "completed");
        assert!(self.given.len() >= 4, "{:?}", self.given);
        let all = export.to_string();
        for text in &self.given {
            assert!(all.contains(text.as_str()), "{text} is not in {export}");
        }
    }
}

/// Whatever the template demands is demanded, with no change of the code: the first answers are refused by field.
async fn is_validated(crowd: &Arc<Crowd>) {
    let walker = Walker::register(crowd).await;
    let state = walker.state().await;
    let steps = state["template"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 8, "{state}");
    let step = |key: &str| steps.iter().find(|step| step["key"] == key).unwrap();
    for (key, data, field) in [
        ("profile", json!({"nickname": "A"}), "data.nickname"),
        ("profile", json!({"nickname": "Ada", "born": "1800-01-01"}), "data.born"),
        ("work", json!({"role": "pirate", "employer": "Acme"}), "data.role"),
        ("work", json!({"role": "employee"}), "data.employer"),
        ("skills", json!({"tools": ["git", "vim", "sql"]}), "data.tools"),
        ("legal", json!({"accepted": false}), "data.accepted"),
    ] {
        let (status, answer) = walker.put(step(key), &data).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{key} {data}: {answer}");
        assert!(answer["errors"][field].is_array(), "{field}: {answer}");
    }
    // A freelancer has no employer and no organization, but bills to pay.
    let (_, state) = walker.put(step("work"), &json!({"role": "freelancer"})).await;
    let applies = |key: &str| {
        let steps = state["steps"].as_array().unwrap();
        steps.iter().find(|step| step["key"] == key).unwrap()["applies"] == true
    };
    assert!(applies("billing") && !applies("organization"), "{state}");
}

fn end(instance: &InstanceEntry, signal: Signal) {
    // One that has just ended is as good.
    let _ = send(i32::try_from(instance.pid).unwrap(), signal);
}

/// Kills one backend every two seconds, until it is dropped.
async fn kill_again_and_again(cluster: &TestCluster, kills: &AtomicU64) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let instances = cluster.manifest().instances;
        let turn = usize::try_from(kills.fetch_add(1, Ordering::Relaxed)).unwrap();
        end(&instances[turn % instances.len()], Signal::SIGKILL);
    }
}

/// Restarts every backend, one after the other, each once its successor is ready.
async fn restart_one_by_one(cluster: &TestCluster) {
    for index in 0..3 {
        let old = cluster.manifest().instances[index].clone();
        end(&old, Signal::SIGTERM);
        eventually(LIMIT, || async {
            let new = cluster.manifest().instances[index].clone();
            let ready = reqwest::get(format!("http://{}/ready", new.address)).await;
            new.pid != old.pid && ready.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }
}

/// The new version comes after so many `seconds` of load, and so many after it.
async fn roll_out(people: usize, seconds: u64) {
    let templates = Templates::new(&[("acme.toml", EIGHT)]);
    let cluster = cluster_of(&templates.path()).await;
    let crowd = Crowd::new(&cluster);
    is_validated(&crowd).await;
    let mut walks = JoinSet::new();
    for _ in 0..people {
        let walker = Walker::register(&crowd).await;
        walks.spawn(walker.walk());
    }
    let kills = AtomicU64::new(0);
    let life = async {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        templates.become_these("v2", &[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
        restart_one_by_one(&cluster).await;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        crowd.rolled_out.store(true, Ordering::Relaxed);
        let mut walkers = Vec::new();
        while let Some(walker) = walks.join_next().await {
            walkers.push(walker.unwrap());
        }
        walkers
    };
    let walkers = tokio::select! {
        walkers = life => walkers,
        () = kill_again_and_again(&cluster, &kills) => unreachable!("it never ends"),
    };
    for walker in &walkers {
        walker.check().await;
    }
    let (requests, kills) = (crowd.requests.load(Ordering::Relaxed), kills.into_inner());
    assert!(walkers.len() == people && kills >= 2, "{kills} kills");
    println!("{requests} requests of {people} people through a new version and {kills} kills: none failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_of_a_template_comes_while_backends_die_and_nobody_loses_an_answer() {
    roll_out(8, 2).await;
}

/// `just test-roll-out`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute: just test-roll-out"]
async fn for_a_minute_too() {
    roll_out(30, 30).await;
}
