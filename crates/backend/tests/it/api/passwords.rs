//! Forgotten and changed passwords.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::harness::{Database, Instance, PASSWORD, Person, Send as _, alone};
use super::mailbox::Mailbox;

const NEW: &str = "another horse battery";

async fn login(instance: &Instance, email: &str, password: &str) -> StatusCode {
    instance.post("/api/auth/login", &json!({"email": email, "password": password})).done().await.status
}

async fn refreshes(instance: &Instance, token: &str) -> bool {
    let answer = instance.post("/api/auth/refresh", &json!({"refresh_token": token})).done().await;
    answer.status == StatusCode::OK
}

async fn second_session(instance: &Instance, person: &Person) -> Person {
    let body = json!({"email": person.email, "password": PASSWORD});
    Person::from(instance.post("/api/auth/login", &body).answer(StatusCode::OK).await)
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let other = second_session(&instance, &person).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        instance.post("/api/auth/password/change", &body).bearer_auth(&person.access_token)
    };
    change("wrong horse battery", NEW).problem(401, "invalid_credentials").await;
    for bad in ["short", person.email.as_str()] {
        let refused = change(PASSWORD, bad).problem(422, "validation_failed").await;
        assert!(refused.body["errors"]["new_password"].is_array(), "{refused:?}");
    }
    let keyed = || change(PASSWORD, NEW).header("idempotency-key", "change");
    keyed().answer(StatusCode::NO_CONTENT).await;
    keyed().answer(StatusCode::NO_CONTENT).await;
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "password_changed"]);
    assert!(!refreshes(&instance, &other.refresh_token).await);
    assert!(refreshes(&instance, &person.refresh_token).await);
    assert_eq!(login(&instance, &person.email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login(&instance, &person.email, NEW).await, StatusCode::OK);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_link_once_and_every_session_ends() {
    let database = Database::new();
    let instances = join_all((0..3).map(|_| Instance::start(&database))).await;
    let (instance, mailbox) = (&instances[0], Mailbox::of(&database));
    let person = instance.register().await;
    let forgot = |email: &str| instance.post("/api/auth/password/forgot", &json!({"email": email}));
    forgot(&person.email.to_uppercase()).answer(StatusCode::ACCEPTED).await;
    let (_, token) = mailbox.last_code(&person.email);
    // Throttled, which is told to nobody.
    forgot(&person.email).answer(StatusCode::ACCEPTED).await;
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "reset_password"]);

    let reset = |instance: &Instance, token: &str, new: &str| {
        instance.post("/api/auth/password/reset", &json!({"token": token, "new_password": new}))
    };
    reset(instance, &token, &person.email).problem(422, "validation_failed").await;
    reset(instance, "never given", NEW).problem(410, "token_expired").await;
    let verify = instance.post("/api/auth/email/verify", &json!({"token": token}));
    verify.problem(410, "token_expired").await;
    let uses = (0..20).map(|number| reset(&instances[number % 3], &token, NEW).done());
    let answers = join_all(uses).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(204), count(410)), (1, 19), "{answers:?}");
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "reset_password", "password_changed"]);
    assert!(!refreshes(instance, &person.refresh_token).await);
    assert_eq!(login(instance, &person.email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    let body = json!({"email": person.email, "password": NEW});
    let session = instance.post("/api/auth/login", &body).answer(StatusCode::OK).await;
    assert_eq!(session.body["user"]["email_verified"], true, "the link came by the address");
    reset(instance, &token, NEW).problem(410, "token_used").await;
}

#[tokio::test]
async fn a_link_for_a_forgotten_password_expires() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let forgot = json!({"email": person.email});
    instance.post("/api/auth/password/forgot", &forgot).answer(StatusCode::ACCEPTED).await;
    let (_, token) = mailbox.last_code(&person.email);
    database.execute("UPDATE one_time_codes SET expires_at = created_at");
    let reset = instance.post("/api/auth/password/reset", &json!({"token": token, "new_password": NEW}));
    reset.problem(410, "token_expired").await;
    assert_eq!(login(&instance, &person.email, PASSWORD).await, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_address_is_answered_as_a_known_one() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let mut answers = Vec::new();
    for email in [person.email.as_str(), "nobody@example.com"] {
        let began = Instant::now();
        let forgot = instance.post("/api/auth/password/forgot", &json!({"email": email}));
        let answer = forgot.answer(StatusCode::ACCEPTED).await;
        assert!(began.elapsed() >= Duration::from_millis(300), "the work of neither is seen");
        let names: Vec<_> = answer.headers.keys().cloned().collect();
        answers.push((names, answer.text));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(mailbox.to("nobody@example.com").is_empty());
    database.execute("UPDATE users SET suspended_at = created_at");
    database.execute("DELETE FROM one_time_codes");
    let forgot = instance.post("/api/auth/password/forgot", &json!({"email": person.email}));
    forgot.answer(StatusCode::ACCEPTED).await;
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "reset_password"]);
}

#[tokio::test]
async fn log_ins_beside_a_new_password_over_three_instances_leave_no_session_of_the_old_one() {
    let database = Database::new();
    let instances = join_all((0..3).map(|_| Instance::start(&database))).await;
    let mailbox = Mailbox::of(&database);
    for _ in 0..4 {
        let person = instances[0].register().await;
        let forgot = json!({"email": person.email});
        instances[1].post("/api/auth/password/forgot", &forgot).answer(StatusCode::ACCEPTED).await;
        let (_, token) = mailbox.last_code(&person.email);
        let reset = json!({"token": token, "new_password": NEW});
        let reset = instances[2].post("/api/auth/password/reset", &reset).done();
        let body = json!({"email": person.email, "password": PASSWORD});
        let log_ins = (0..9).map(|number| instances[number % 3].post("/api/auth/login", &body).done());
        let (reset, log_ins) = tokio::join!(reset, join_all(log_ins));
        assert_eq!(reset.status, StatusCode::NO_CONTENT, "{reset:?}");
        for answer in log_ins {
            match answer.status.as_u16() {
                200 => {
                    let session = Person::from(answer);
                    assert!(!refreshes(&instances[0], &session.refresh_token).await);
                }
                // Wrong by now, or too many were.
                401 | 429 => {}
                _ => panic!("{answer:?}"),
            }
        }
    }
}
