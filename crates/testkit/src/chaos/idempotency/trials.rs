//! The trials themselves.

use std::{net::SocketAddr, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use super::{
    Trial,
    request::{Essence, Request, answer, connect, one},
};
use crate::{
    chaos::{Cluster, Instance, fault::Stopped},
    journey::Person,
};

/// Requests at once with one key.
const AT_ONCE: usize = 20;

/// The number of stops of an instance during a request, each at another moment.
const STOPS: usize = 10;

/// The longest stop.
const LONGEST_STOP: Duration = Duration::from_secs(5);

/// A change that takes an argon2 hash and a transaction takes about this long; stops fall within it.
const WORK_MILLIS: u64 = 40;

type Outcome = Result<String, String>;

pub(super) async fn all(cluster: &Cluster, seed: u64) -> Vec<Trial> {
    let rig = Rig { instances: cluster.instances.clone(), run: Uuid::new_v4() };
    let mut rng = StdRng::seed_from_u64(seed);
    let trial = |name, outcome| Trial { name, outcome };
    vec![
        trial("20 registrations at once with one key, over all instances", rig.registrations().await),
        trial("20 changes of a step at once with one key", rig.steps().await),
        trial("20 refreshes at once with one key", rig.refreshes().await),
        trial("the same key with another body", rig.other_body().await),
        trial("a replay while the first instance is stopped before its body has come", rig.half_sent().await),
        trial(
            "replays while the first instance is stopped in the middle of its work",
            rig.mid_work(&mut rng).await,
        ),
    ]
}

struct Rig {
    instances: Vec<Instance>,
    run: Uuid,
}

impl Rig {
    fn person(&self, number: usize) -> Person {
        Person::new(self.run, number)
    }

    fn registration(&self, number: usize) -> Request {
        Request::new("POST", "/api/auth/register", &self.person(number).registration())
    }

    fn address(&self, index: usize) -> SocketAddr {
        self.instances[index % self.instances.len()].address
    }

    /// Sends the request many times at once, to the instances in turn. Gives the one answer that all must be.
    async fn at_once(&self, request: &Request, expected: u16) -> Result<Essence, String> {
        let mut asked = JoinSet::new();
        for index in 0..AT_ONCE {
            let (request, address) = (request.clone(), self.address(index));
            asked.spawn(async move { request.send(address).await });
        }
        one(asked.join_all().await, expected)
    }

    async fn registrations(&self) -> Outcome {
        let request = self.registration(0);
        let first = self.at_once(&request, 201).await?;
        self.registered_once(&request, &first).await?;
        Ok(format!("one person, and the same {} bytes {AT_ONCE} times", first.json().to_string().len()))
    }

    /// The tokens of the answer are good, and the e-mail is taken for anyone who asks with another key.
    async fn registered_once(&self, request: &Request, answer: &Essence) -> Result<Value, String> {
        one(vec![request.anew().send(self.address(1)).await], 409)?;
        let state = self.state(&token(answer)?).await?;
        if state["version"] == 1 { Ok(state) } else { Err(format!("not a fresh onboarding: {state}")) }
    }

    async fn state(&self, token: &str) -> Result<Value, String> {
        let request = Request::get("/api/onboarding").bearer(token);
        Ok(one(vec![request.send(self.address(2)).await], 200)?.json())
    }

    async fn steps(&self) -> Outcome {
        let token = token(&one(vec![self.registration(1).send(self.address(0)).await], 201)?)?;
        let body = json!({"status": "completed", "data": {"job_title": "Twenty at once"}});
        let request = Request::new("PUT", "/api/onboarding/steps/profile", &body).bearer(&token);
        let first = self.at_once(&request, 200).await?;
        let state = self.state(&token).await?;
        if state["version"] == 2 && first.json()["version"] == 2 {
            Ok(format!("one change, and the same answer {AT_ONCE} times"))
        } else {
            Err(format!("the version is {}, not 2", state["version"]))
        }
    }

    async fn refreshes(&self) -> Outcome {
        let session = one(vec![self.registration(2).send(self.address(0)).await], 201)?;
        let refresh = |answer: &Essence| {
            Request::new(
                "POST",
                "/api/auth/refresh",
                &json!({"refresh_token": answer.json()["refresh_token"]}),
            )
        };
        let pair = self.at_once(&refresh(&session), 200).await?;
        self.state(&token(&pair)?).await?;
        one(vec![refresh(&pair).send(self.address(1)).await], 200)?;
        Ok(format!("one new pair {AT_ONCE} times, and the session lives on"))
    }

    async fn other_body(&self) -> Outcome {
        let request = self.registration(3);
        let first = one(vec![request.send(self.address(0)).await], 201)?;
        let other = request.with_body(&self.person(4).registration());
        let refused = one(vec![other.send(self.address(1)).await], 422)?;
        one(vec![Ok(first), request.send(self.address(2)).await], 201)?;
        Ok(format!("422 {}, and the first answer is still there", refused.json()["code"]))
    }

    async fn half_sent(&self) -> Outcome {
        let (request, first) = (self.registration(5), &self.instances[0]);
        let mut client = connect(first.address).await?;
        let (head, body) = request.parts(first.address);
        let (early, late) = body.split_at(body.len() / 2);
        client.send([&head, early].concat()).await.map_err(|error| error.to_string())?;
        let stopped = Stopped::new(first).map_err(|error| error.to_string())?;
        client.send(late).await.map_err(|error| error.to_string())?;
        let replayed = request.send(self.address(1)).await;
        drop(stopped);
        let answer = one(vec![replayed, answer(&mut client).await], 201)?;
        self.registered_once(&request, &answer).await?;
        Ok("the other instance answered, and the first one the same when it went on".to_owned())
    }

    async fn mid_work(&self, rng: &mut StdRng) -> Outcome {
        for stop in 0..STOPS {
            let request = self.registration(100 + stop);
            let (first, second) = (&self.instances[stop % self.instances.len()], self.address(stop + 1));
            let original = tokio::spawn({
                let (request, address) = (request.clone(), first.address);
                async move { request.send(address).await }
            });
            let moment = Duration::from_millis(rng.random_range(0..WORK_MILLIS));
            sleep(moment).await;
            let stopped = Stopped::new(first).map_err(|error| error.to_string())?;
            let mut replay = tokio::spawn({
                let request = request.clone();
                async move { request.send(second).await }
            });
            // The stopped one may hold the lock of the database, so that the replay waits for it.
            let early = tokio::time::timeout(LONGEST_STOP, &mut replay).await;
            drop(stopped);
            let replayed = match early {
                Ok(replayed) => replayed,
                Err(_) => replay.await,
            };
            let answers = vec![joined(replayed), joined(original.await)];
            let answer = one(answers, 201).map_err(|error| format!("stopped after {moment:?}: {error}"))?;
            self.registered_once(&request, &answer).await?;
        }
        Ok(format!("{STOPS} stops, each with one effect and one answer"))
    }
}

fn joined(answer: Result<Result<Essence, String>, tokio::task::JoinError>) -> Result<Essence, String> {
    answer.map_err(|error| error.to_string())?
}

fn token(answer: &Essence) -> Result<String, String> {
    let body = answer.json();
    body["access_token"].as_str().map(str::to_owned).ok_or_else(|| format!("no token in {body}"))
}
