//! Organizations over the API, mostly by several instances on one database.

mod domains;
mod invitations;
mod members;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use backend::domain::mail::{MailContent, MailSecret};

use super::harness::{Answer, Database, Instance, Person, Send as _};
use super::mailbox::Mailbox;

/// Three instances on one database, and its mails.
async fn cluster() -> ([Instance; 3], Database, Mailbox) {
    let database = Database::new();
    let first = Instance::start(&database).await;
    let mailbox = Mailbox::of(&database);
    let others = (Instance::start(&database).await, Instance::start(&database).await);
    ([first, others.0, others.1], database, mailbox)
}

impl Instance {
    fn by(&self, person: &Person, method: Method, path: &str) -> RequestBuilder {
        self.call(method, path).bearer_auth(&person.access_token)
    }

    fn see(&self, person: &Person, path: &str) -> RequestBuilder {
        self.by(person, Method::GET, path)
    }

    fn ask(&self, person: &Person, path: &str, body: &Value) -> RequestBuilder {
        self.by(person, Method::POST, path).json(body)
    }

    fn invite(&self, person: &Person, email: &str, role: &str) -> RequestBuilder {
        self.ask(person, "/api/organization/invitations", &json!({"email": email, "role": role}))
    }

    fn accept(&self, person: &Person, token: &str) -> RequestBuilder {
        self.ask(person, "/api/invitations/accept", &json!({"token": token}))
    }
}

/// Walks somebody through the onboarding, with an organization of this name.
async fn onboard(instance: &Instance, person: &Person, name: &str) {
    let organization = json!({"name": name, "size": "2-10", "website": "https://acme.example"});
    for (step, data) in
        [("profile", json!({})), ("organization", organization), ("review", json!({"accepted_terms": true}))]
    {
        let path = format!("/api/onboarding/steps/{step}");
        let body = json!({"status": "completed", "data": data});
        instance.by(person, Method::PUT, &path).json(&body).answer(StatusCode::OK).await;
    }
    instance.ask(person, "/api/onboarding/complete", &json!({})).answer(StatusCode::OK).await;
}

async fn verify(instance: &Instance, mailbox: &Mailbox, person: &Person) {
    let (_, token) = mailbox.last_code(&person.email);
    let verify = instance.post("/api/auth/email/verify", &json!({"token": token}));
    verify.answer(StatusCode::NO_CONTENT).await;
}

/// An owner who has completed the onboarding and reads mails.
async fn owner(instance: &Instance, mailbox: &Mailbox) -> Person {
    let person = instance.register().await;
    onboard(instance, &person, "Acme").await;
    verify(instance, mailbox, &person).await;
    person
}

/// The token of the last invitation to `email`.
fn token(mailbox: &Mailbox, email: &str) -> String {
    match mailbox.to(email).pop().unwrap().content {
        MailContent::Invitation { token: MailSecret(token), .. } => token,
        other => panic!("{other:?}"),
    }
}

/// Somebody with an account who has joined by an invitation.
async fn member(instance: &Instance, mailbox: &Mailbox, owner: &Person, role: &str) -> Person {
    let person = instance.register().await;
    instance.invite(owner, &person.email, role).answer(StatusCode::CREATED).await;
    instance.accept(&person, &token(mailbox, &person.email)).answer(StatusCode::OK).await;
    person
}

async fn id_of(instance: &Instance, person: &Person) -> String {
    let me = instance.see(person, "/api/auth/me").answer(StatusCode::OK).await;
    me.body["id"].as_str().unwrap().to_owned()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}
