//! People whose onboarding stands still are reminded: by several instances, each person once by each mail.

use std::collections::BTreeMap;

use backend::domain::onboarding::template::TemplateId;
use backend::domain::onboarding::{StepKey, StepRecord, StepStatus};
use backend::domain::{NewUser, PasswordHash, Timestamp, User};
use backend::store::sqlite::SqliteStore;
use backend::store::{
    AccountChange, Actor, Administration, Effect, IdentityChange, Mutation, Outcome, Store as _,
};
use reqwest::StatusCode;
use serde_json::json;
use testkit::eventually;
use testkit::smtp::MailServer;
use uuid::Uuid;

use super::{LIMIT, store};
use crate::api::harness::{Database, Instance, Person, Send as _, registration};

const DAY: time::Duration = time::Duration::DAY;

async fn sending(database: &Database, server: &MailServer) -> Instance {
    let url = format!("smtp://{}?tls=none", server.address());
    let settings = [
        ("SMTP_URL", url.as_str()),
        ("MAIL_FROM", "User Onboarding <no-reply@onboarding.example>"),
        ("PUBLIC_URL", "https://onboarding.example"),
    ];
    Instance::start_with(database, &settings).await
}

async fn done(store: &SqliteStore, at: Timestamp, effect: Effect) {
    let mutation = Mutation { at, idempotency: None, session: None, effect, messages: vec![], audit: None };
    assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);
}

/// Somebody with an account since `at` who has done nothing since.
async fn begun(store: &SqliteStore, address: &str, at: Timestamp) -> User {
    let name = "Zoë Åström".parse().unwrap();
    let user = User {
        language: "de".parse().ok(),
        ..User::registered(Uuid::now_v7(), address.parse().unwrap(), name, at)
    };
    let password_hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into());
    done(
        store,
        at,
        Effect::AddAccount(Box::new(NewUser {
            user: user.clone(),
            password_hash,
            template: TemplateId::original(),
        })),
    )
    .await;
    user
}

/// How many mails of which subject each address got.
fn counted(server: &MailServer) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for mail in server.received() {
        let parsed = mailparse::parse_mail(&mail.data).unwrap();
        let subject = mailparse::MailHeaderMap::get_first_value(&parsed.headers[..], "Subject").unwrap();
        *counts.entry((mail.to.join(","), subject)).or_default() += 1;
    }
    counts
}

const FIRST: &str = "Ihre Einrichtung wartet auf Sie";
const LAST: &str = "Letzte Erinnerung an Ihre Einrichtung";

/// People who are not to be reminded, each for another reason. One of them was active just now.
async fn others(store: &SqliteStore, at: Timestamp) {
    let complete = |user: &User, expected_version| {
        let user_id = user.id;
        Effect::CompleteOnboarding { user_id, expected_version, reshape: None }
    };
    let completed = begun(store, "completed@example.com", at).await;
    done(store, at, complete(&completed, 1)).await;
    let reopened = begun(store, "reopened@example.com", at).await;
    done(store, at, complete(&reopened, 1)).await;
    done(store, at, Effect::ReopenOnboarding { user_id: reopened.id, expected_version: 2 }).await;
    let active = begun(store, "active@example.com", at).await;
    let record = StepRecord::new(StepStatus::InProgress, serde_json::Map::new(), None);
    let (user_id, step, expected_version) = (active.id, "profile".parse::<StepKey>().unwrap(), 1);
    done(store, store.now(), Effect::SaveStep { user_id, expected_version, step, record, reshape: None })
        .await;
    let suspended = begun(store, "suspended@example.com", at).await;
    let (by, change) = (Actor::CommandLine, AccountChange::Suspend);
    done(store, at, Effect::Administer(Administration { user_id: suspended.id, by, change })).await;
    let closing = begun(store, "closing@example.com", at).await;
    let seen = store.credentials(&closing.email).await.unwrap().unwrap().password_hash;
    let (user_id, closing_at) = (closing.id, store.now() + DAY * 14);
    done(store, at, Effect::Identity(Box::new(IdentityChange::Close { user_id, seen, closing_at }))).await;
    let unwilling = begun(store, "unwilling@example.com", at).await;
    let off = IdentityChange::StopReminders { user_id: unwilling.id };
    done(store, at, Effect::Identity(Box::new(off))).await;
    begun(store, "long.gone@example.com", at - DAY * 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_instances_remind_each_stuck_person_once_by_each_mail_and_nobody_else() {
    const STUCK: usize = 120;
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let store = store(&database.path());
    let at = store.now() - DAY * 3;
    let mut expected = BTreeMap::new();
    for number in 0..STUCK {
        let address = format!("stuck{number}@example.com");
        begun(&store, &address, at + time::Duration::seconds(i64::try_from(number).unwrap())).await;
        expected.insert((address, FIRST.to_owned()), 1);
    }
    others(&store, at).await;
    let instances = [
        sending(&database, &server).await,
        sending(&database, &server).await,
        sending(&database, &server).await,
    ];
    let limit = LIMIT * 3;
    eventually(limit, || async {
        let counts = counted(&server);
        if counts.len() >= STUCK { Ok(()) } else { Err(counts.len()) }
    })
    .await;
    // A week has passed.
    database.execute("UPDATE onboarding SET updated_at = updated_at - 5 * 86400000");
    for number in 0..STUCK {
        expected.insert((format!("stuck{number}@example.com"), LAST.to_owned()), 1);
    }
    // Whoever was active is stuck by then, and gets the mail of that day.
    expected.insert(("active@example.com".to_owned(), FIRST.to_owned()), 1);
    eventually(limit, || async {
        let counts = counted(&server);
        if counts.len() >= expected.len() { Ok(()) } else { Err(counts.len()) }
    })
    .await;
    for instance in instances {
        instance.shutdown.trigger();
        instance.ended.await.unwrap();
    }
    assert_eq!(counted(&server), expected);
    let reminded = i64::try_from(STUCK).unwrap();
    assert_eq!(database.count("onboarding WHERE reminded = 2 AND reminded_at IS NOT NULL"), reminded);
    assert_eq!(database.count("outbox WHERE next_attempt_at IS NOT NULL"), 0);
}

/// Registers by the API, and lets so many days pass.
async fn registered(instance: &Instance, database: &Database, days: i64) -> Person {
    let person =
        Person::from(instance.post("/api/auth/register", &registration()).answer(StatusCode::CREATED).await);
    let email = person.email.to_lowercase();
    database.execute(&format!(
        "UPDATE onboarding SET updated_at = updated_at - {days} * 86400000
         WHERE user_id = (SELECT id FROM users WHERE email_key = '{email}')"
    ));
    person
}

/// The link in the header of the last reminder to the person.
fn unsubscription(server: &MailServer, person: &Person) -> Option<String> {
    let mail = server.received().into_iter().rfind(|mail| {
        mail.to[0].eq_ignore_ascii_case(&person.email)
            && String::from_utf8_lossy(&mail.data).contains("List-Unsubscribe")
    })?;
    let parsed = mailparse::parse_mail(&mail.data).unwrap();
    let header = |name: &str| mailparse::MailHeaderMap::get_first_value(&parsed.headers[..], name).unwrap();
    assert_eq!(parsed.ctype.mimetype, "multipart/alternative");
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let link = header("List-Unsubscribe");
    let link = link.strip_prefix("<https://onboarding.example").unwrap().strip_suffix('>').unwrap();
    Some(link.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_click_ends_reminders_and_a_look_does_not() {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let instance = sending(&database, &server).await;
    let person = registered(&instance, &database, 3).await;
    let link = eventually(LIMIT * 3, || async { unsubscription(&server, &person) }).await;
    let reminders = async || {
        let me = instance.get("/api/auth/me").bearer_auth(&person.access_token);
        me.answer(StatusCode::OK).await.body["reminders"].clone()
    };
    let page = instance.get(&link).header("accept-language", "en;q=0.5, de-AT").answer(StatusCode::OK).await;
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("lang=\"de\""));
    assert!(
        page.text.contains("<form method=\"post\">")
            && page.header("content-security-policy").contains("'none'")
    );
    assert_eq!(reminders().await, true, "whatever follows links in mails ends nothing");

    let click = || {
        let form = [("List-Unsubscribe", "One-Click")];
        let body: String = form.map(|(name, value)| format!("{name}={value}")).concat();
        let post = instance.call(reqwest::Method::POST, &link);
        post.header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    click().answer(StatusCode::NO_CONTENT).await;
    assert_eq!(reminders().await, false);
    // Again is no harm, in the form that mail programs must know, too, and from a browser.
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let post = instance.call(reqwest::Method::POST, &link).body(multipart);
    post.header("content-type", "multipart/form-data; boundary=b").answer(StatusCode::NO_CONTENT).await;
    let shown = click().header("accept", "text/html,*/*").answer(StatusCode::OK).await;
    assert!(shown.text.contains("no more reminders") && !shown.text.contains("<form"), "{shown:?}");
    assert_eq!(database.count("audit_log WHERE action = 'account.reminders_stopped'"), 1);

    for forged in ["/api/unsubscribe/x", &format!("{link}x"), "/api/unsubscribe/a.b.c"] {
        instance.get(forged).problem(404, "unknown_unsubscription").await;
        instance.call(reqwest::Method::POST, forged).problem(404, "unknown_unsubscription").await;
    }
    // The person has them back by the account, and ends them there.
    let account = |body: serde_json::Value| {
        instance.call(reqwest::Method::PATCH, "/api/account").json(&body).bearer_auth(&person.access_token)
    };
    let back = account(json!({"reminders": true})).answer(StatusCode::OK).await;
    assert_eq!(back.body["reminders"], true);
    assert_eq!(account(json!({"theme": "dark"})).answer(StatusCode::OK).await.body["reminders"], true);
    assert_eq!(account(json!({"reminders": false})).answer(StatusCode::OK).await.body["reminders"], false);
    account(json!({"reminders": "no"})).problem(422, "validation_failed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_that_waits_is_not_sent_to_whoever_has_completed_meanwhile() {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let store = store(&database.path());
    let at = store.now() - DAY * 3;
    let (done_by_then, stuck) =
        (begun(&store, "done@example.com", at).await, begun(&store, "stuck@example.com", at).await);
    // The mail server is away while the reminders are written.
    let url = "smtp://127.0.0.1:1?tls=none";
    let settings = [
        ("SMTP_URL", url),
        ("MAIL_FROM", "no-reply@onboarding.example"),
        ("PUBLIC_URL", "https://x.example"),
    ];
    let without = Instance::start_with(&database, &settings).await;
    eventually(LIMIT * 3, || async { database.count("outbox WHERE topic = 'onboarding_reminder'") == 2 })
        .await;
    without.shutdown.trigger();
    without.ended.await.unwrap();
    let (user_id, expected_version) = (done_by_then.id, 1);
    done(&store, store.now(), Effect::CompleteOnboarding { user_id, expected_version, reshape: None }).await;
    database.execute("UPDATE outbox SET next_attempt_at = created_at WHERE next_attempt_at IS NOT NULL");
    let _instance = sending(&database, &server).await;
    eventually(LIMIT, || async { database.count("outbox WHERE next_attempt_at IS NOT NULL") == 0 }).await;
    let to: Vec<_> = server.received().iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(to, [stuck.email.as_str()]);
}
