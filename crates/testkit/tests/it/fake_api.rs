//! The API in memory, honest or with one flaw, for what has to notice flaws.

use std::{collections::HashMap, sync::Mutex};

use serde_json::{Value, json};
use testkit::{Answer, Script, Seen};
use uuid::Uuid;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// Every change happens twice.
    Doubles,
    /// A person who is asked for again has lost a step.
    Forgets,
    /// The same e-mail may register again.
    TakesTwice,
    /// Every tenth request is refused.
    Refuses,
    /// Idempotency keys mean nothing to it.
    IgnoresKeys,
}

struct Account {
    id: Uuid,
    version: u64,
    completed: bool,
    steps: Vec<Value>,
    /// The latest is the one that asks.
    sessions: Vec<Uuid>,
}

struct Api {
    flaw: Flaw,
    requests: usize,
    accounts: HashMap<String, Account>,
    /// Body and answer of each idempotency key.
    answers: HashMap<String, (Vec<u8>, Answer)>,
}

/// A script that is the API, and the balancer's own pages beside it.
pub(crate) fn script(flaw: Flaw) -> Script {
    let api = Mutex::new(Api { flaw, requests: 0, accounts: HashMap::new(), answers: HashMap::new() });
    Script::respond(move |request| api.lock().unwrap().answer(request))
}

impl Api {
    fn answer(&mut self, request: &Seen) -> Answer {
        self.requests += 1;
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let own = match request.target.as_str() {
            "/health" | "/ready" => return Answer::json(&json!({"status": "healthy"})),
            "/metrics" => return Answer::ok("lb_requests_total 1\nlb_retries_total{reason=\"connect\"} 7\n"),
            target => target.strip_prefix("/api/requests/"),
        };
        if let Some(id) = own {
            return Answer::json(&json!({"explained": id}));
        }
        if self.flaw == Flaw::Refuses && self.requests.is_multiple_of(10) {
            return Answer::new(503, "busy");
        }
        if request.method == "GET" { self.route(request, &body) } else { self.once(request, &body) }
    }

    fn once(&mut self, request: &Seen, body: &Value) -> Answer {
        let key = request.header("idempotency-key").expect("every change has a key").to_owned();
        if self.flaw == Flaw::IgnoresKeys {
            return self.route(request, body);
        }
        if let Some((known, answer)) = self.answers.get(&key) {
            let same = *known == request.body;
            return if same {
                answer.clone()
            } else {
                Answer::new(422, r#"{"code":"idempotency_key_reused"}"#)
            };
        }
        let answer = self.route(request, body);
        self.answers.insert(key, (request.body.clone(), answer.clone()));
        answer
    }

    fn route(&mut self, request: &Seen, body: &Value) -> Answer {
        // The access token of this API is the e-mail address.
        let token =
            request.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let email =
            token.or_else(|| body["email"].as_str().or(body["refresh_token"].as_str()).map(str::to_owned));
        let email = email.unwrap_or_default().to_lowercase();
        match request.target.strip_prefix("/api/").unwrap_or_default() {
            "auth/register" => self.register(&email),
            "auth/login" => {
                self.account(&email).sessions.push(Uuid::new_v4());
                Answer::json(&self.session(&email))
            }
            "auth/refresh" => Answer::json(&self.session(&email)),
            "auth/sessions" => Answer::json(&self.sessions(&email)),
            "auth/password/change" => Answer::new(204, ""),
            "auth/me" => Answer::json(&self.session(&email)["user"]),
            "onboarding" => Answer::json(&self.state(&email)),
            "onboarding/complete" => {
                self.account(&email).completed = true;
                self.changed(&email)
            }
            target if request.method == "DELETE" => {
                let sessions = &mut self.account(&email).sessions;
                sessions.retain(|id| !target.ends_with(&id.to_string()));
                Answer::new(204, "")
            }
            target => {
                let key = target.trim_start_matches("onboarding/steps/");
                let step = json!({"key": key, "status": body["status"], "data": body["data"]});
                let steps = &mut self.account(&email).steps;
                steps.retain(|known| known["key"] != key);
                steps.push(step);
                self.changed(&email)
            }
        }
    }

    fn register(&mut self, email: &str) -> Answer {
        let known = self.accounts.contains_key(email);
        if known && self.flaw == Flaw::Forgets {
            self.account(email).steps.clear();
        }
        if known && self.flaw != Flaw::TakesTwice {
            return Answer::new(409, "email_taken");
        }
        let (steps, sessions) = (Vec::new(), vec![Uuid::new_v4()]);
        let account = Account { id: Uuid::new_v4(), version: 1, completed: false, steps, sessions };
        self.accounts.insert(email.to_owned(), account);
        Answer::new(201, self.session(email).to_string())
    }

    fn changed(&mut self, email: &str) -> Answer {
        let by = if self.flaw == Flaw::Doubles { 2 } else { 1 };
        self.account(email).version += by;
        Answer::json(&self.state(email))
    }

    fn session(&mut self, email: &str) -> Value {
        let user = json!({"id": self.account(email).id, "email": email});
        json!({"user": user, "access_token": email, "refresh_token": email})
    }

    fn sessions(&mut self, email: &str) -> Value {
        let sessions = &self.account(email).sessions;
        let item = |id| json!({"id": id, "current": Some(id) == sessions.last()});
        json!({"items": sessions.iter().map(item).collect::<Vec<_>>()})
    }

    fn state(&mut self, email: &str) -> Value {
        let account = self.account(email);
        let status = if account.completed { "completed" } else { "in_progress" };
        json!({"status": status, "version": account.version, "steps": account.steps})
    }

    fn account(&mut self, email: &str) -> &mut Account {
        self.accounts.get_mut(email).expect("a known person")
    }
}
