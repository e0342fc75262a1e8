//! A new version comes to three instances, one after the other, while people are under way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::journey::form::{self, Form};
use tokio::sync::RwLock;

use super::super::harness::{Database, Instance, Person, Send as _};
use super::{EIGHT, EIGHT_V2, complete, folder, instance, put, show};

const PEOPLE: usize = 24;

/// The instances that take requests, as a balancer knows them.
struct Fleet {
    instances: RwLock<Vec<Arc<Instance>>>,
    turn: AtomicU64,
    form: Form,
    requests: AtomicU64,
}

impl Fleet {
    async fn any(&self) -> Arc<Instance> {
        let instances = self.instances.read().await;
        let turn = usize::try_from(self.turn.fetch_add(1, Ordering::Relaxed)).unwrap();
        self.requests.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&instances[turn % instances.len()])
    }

    /// Takes the oldest out, lets it finish, and puts `new` in its place.
    async fn replace_oldest(&self, new: Instance) {
        let mut instances = self.instances.write().await;
        let old = instances.remove(0);
        instances.push(Arc::new(new));
        drop(instances);
        // Requests that are under way to it hold it.
        while Arc::strong_count(&old) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        old.shutdown.trigger();
    }
}

/// A client that draws whatever it is asked, from what it was told when its page was loaded.
struct Walker {
    fleet: Arc<Fleet>,
    person: Person,
    /// Every text that it gave, by the question.
    given: BTreeSet<String>,
}

impl Walker {
    async fn walk(mut self, came: Arc<AtomicBool>) -> Self {
        let mut rounds = 0;
        loop {
            let state = self.load().await;
            self.fill_in(&state).await;
            rounds += 1;
            // The page stays open until the new version is there.
            if came.load(Ordering::Relaxed) && rounds > 2 {
                let done = complete(&*self.fleet.any().await, &self.person).done().await;
                match (done.status.as_u16(), done.body["code"].as_str()) {
                    (200, _) => return self,
                    // Asked for more by the new version, which the next look at it shows.
                    (409, Some("onboarding_incomplete")) => {}
                    _ => panic!("{done:?}"),
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn load(&self) -> Value {
        let answer = show(&*self.fleet.any().await, &self.person).done().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// All steps that apply by what the page knows, each with new answers.
    async fn fill_in(&mut self, state: &Value) {
        let steps = state["template"]["steps"].as_array().unwrap();
        for step in steps.iter().filter(|step| step["automatic"] == false) {
            let data = self.fleet.form.fill_in(step);
            let own = form::texts(&data);
            let body = json!({"status": "completed", "data": data});
            let key = step["key"].as_str().unwrap();
            let idempotency = format!("walk-{}", self.fleet.form.number());
            let call = || async {
                // Held until the answer is there.
                let one = self.fleet.any().await;
                let call = put(&one, &self.person, key, &body);
                call.header("idempotency-key", &idempotency).done().await
            };
            let answer = call().await;
            assert_eq!(answer.status, 200, "{key} {body} {answer:?}");
            let again = call().await;
            assert_eq!(again.status, 200, "{answer:?} {again:?}");
            self.given.retain(|text| !own.iter().any(|new| form::question(new) == form::question(text)));
            self.given.extend(own);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_under_load_fails_no_request_and_loses_no_answer() {
    let (database, first) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let second = folder(&[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(Arc::new(instance(&database, first.path()).await));
    }
    let fleet = Arc::new(Fleet {
        instances: RwLock::new(instances),
        turn: AtomicU64::default(),
        form: Form::default(),
        requests: AtomicU64::default(),
    });
    let came = Arc::new(AtomicBool::new(false));
    let mut walks = Vec::new();
    for _ in 0..PEOPLE {
        let person = fleet.any().await.register().await;
        let walker = Walker { fleet: Arc::clone(&fleet), person, given: BTreeSet::new() };
        walks.push(tokio::spawn(walker.walk(Arc::clone(&came))));
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        fleet.replace_oldest(instance(&database, second.path()).await).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    came.store(true, Ordering::Relaxed);
    let walkers: Vec<Walker> = join_all(walks).await.into_iter().map(Result::unwrap).collect();
    for walker in walkers {
        let one = fleet.any().await;
        let export = one.get("/api/account/export").bearer_auth(&walker.person.access_token).done().await;
        assert_eq!(export.body["onboarding"]["template"]["version"], 2, "{export:?}");
        assert_eq!(export.body["onboarding"]["status"], "completed");
        assert!(walker.given.len() >= 4, "{:?}", walker.given);
        for text in &walker.given {
            assert!(export.text.contains(text.as_str()), "{text} is not in {}", export.text);
        }
    }
    println!("{} requests, none failed", fleet.requests.load(Ordering::Relaxed));
}
