//! A storm of log-ins beside a person who reads.

mod reader;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

pub use reader::{Reader, Reads};

/// The longest wait for an answer, which is longer than any layer lets a request wait.
const PATIENCE: Duration = Duration::from_secs(90);

const PASSWORD: &str = "correct horse battery";

/// The plan of a storm.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The base URL of the API.
    pub target: String,
    /// The number of people who log in at once.
    pub logins: usize,
    /// The number of tries of each.
    pub tries: usize,
}

/// A person with an account.
#[derive(Debug, Clone)]
pub struct Person {
    email: String,
    /// The access token of the person's reads.
    pub access_token: String,
}

/// The result of a storm.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Answers to the first tries, by status; `error` for none.
    pub first: BTreeMap<String, usize>,
    /// Answers to all tries.
    pub all: BTreeMap<String, usize>,
    /// The number of successful log-ins, by the number of their try.
    pub let_in_at_try: BTreeMap<usize, usize>,
    /// The longest wait for one answer in milliseconds, by status.
    pub longest_ms: BTreeMap<String, u128>,
    /// The `Retry-After` of first tries in seconds: the least and the greatest.
    pub retry_after: Option<(u64, u64)>,
    /// The time from the first try to the last answer, in milliseconds.
    pub took_ms: u128,
}

/// The end of one try.
struct End {
    number: usize,
    status: String,
    took: Duration,
    retry_after: Option<u64>,
}

/// Makes an account.
pub async fn register(target: &str) -> reqwest::Result<Person> {
    let email = format!("storm-{}@example.com", Uuid::new_v4().simple());
    let body = json!({ "email": email, "password": PASSWORD, "full_name": "Ada Lovelace" });
    let answer = post(&Client::new(), &format!("{target}/api/auth/register"), &body).send().await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    let access_token = answer["access_token"].as_str().unwrap_or_default().to_owned();
    Ok(Person { email, access_token })
}

/// Lets all people log in at once. A person who is sent away comes back when told to, up to `plan.tries` times.
pub async fn storm(plan: &Plan, person: &Person) -> reqwest::Result<Outcome> {
    // Each a person of their own, with a connection of their own.
    let client = Client::builder().pool_max_idle_per_host(0).build()?;
    let body = json!({ "email": person.email, "password": PASSWORD });
    let url = format!("{}/api/auth/login", plan.target);
    let (began, mut people) = (Instant::now(), JoinSet::new());
    for _ in 0..plan.logins {
        people.spawn(log_in(post(&client, &url, &body), plan.tries));
    }
    let mut outcome = Outcome::default();
    while let Some(ends) = people.join_next().await {
        for end in ends.unwrap_or_default() {
            outcome.add(end);
        }
    }
    outcome.took_ms = began.elapsed().as_millis();
    Ok(outcome)
}

async fn log_in(request: RequestBuilder, tries: usize) -> Vec<End> {
    let mut all = Vec::new();
    for number in 1..=tries {
        // A body of bytes can always be sent again.
        let Some(request) = request.try_clone() else { break };
        let end = attempt(request, number).await;
        let again = end.retry_after.filter(|_| end.status != StatusCode::OK.as_str());
        all.push(end);
        match again {
            Some(seconds) if number < tries => tokio::time::sleep(Duration::from_secs(seconds)).await,
            _ => break,
        }
    }
    all
}

async fn attempt(request: RequestBuilder, number: usize) -> End {
    let began = Instant::now();
    let (status, retry_after) = match request.send().await {
        Ok(answer) => {
            let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let seconds = seconds.and_then(|text| text.parse().ok());
            let status = answer.status().as_str().to_owned();
            // An answer counts once it is whole.
            answer.bytes().await.map_or_else(|_| ("error".to_owned(), None), |_| (status, seconds))
        }
        Err(_) => ("error".to_owned(), None),
    };
    End { number, status, took: began.elapsed(), retry_after }
}

fn post(client: &Client, url: &str, body: &Value) -> RequestBuilder {
    let json = header::HeaderValue::from_static("application/json");
    client.post(url).header(header::CONTENT_TYPE, json).body(body.to_string()).timeout(PATIENCE)
}

impl Outcome {
    fn add(&mut self, end: End) {
        if end.number == 1 {
            *self.first.entry(end.status.clone()).or_default() += 1;
            if let Some(seconds) = end.retry_after {
                let (least, most) = self.retry_after.unwrap_or((seconds, seconds));
                self.retry_after = Some((least.min(seconds), most.max(seconds)));
            }
        }
        *self.all.entry(end.status.clone()).or_default() += 1;
        if end.status == StatusCode::OK.as_str() {
            *self.let_in_at_try.entry(end.number).or_default() += 1;
        }
        let longest = self.longest_ms.entry(end.status).or_default();
        *longest = end.took.as_millis().max(*longest);
    }
}
