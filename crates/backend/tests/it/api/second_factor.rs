//! Logging in with a second factor.

use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service_kit::config::Secret;
use service_kit::jwt::Keyring;

use super::authenticator::{
    Authenticator, Protected, bearer, challenge, codes, protected, second, switch_on,
};
use super::harness::{Database, Instance, PASSWORD, Person, SECRET, Send as _, alone, check_problem};
use super::mailbox::Mailbox;

const INSTANCES: usize = 3;

/// What an access token says: how surely, and when that was proved.
fn proved(token: &str) -> (String, i64) {
    let keyring = Keyring::new(&Secret::new(SECRET), &[]).unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let claims = keyring.open(token, now).unwrap();
    (claims.acr.unwrap(), claims.auth_time.unwrap())
}

async fn several() -> (Vec<Instance>, Database) {
    let database = Database::new();
    let mut instances = Vec::new();
    for _ in 0..INSTANCES {
        instances.push(Instance::start(&database).await);
    }
    (instances, database)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one person's way from the first factor to a session of both")]
async fn an_app_is_switched_on_and_asked_for() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let (email, token) = (person.email.clone(), person.access_token.clone());
    assert_eq!(proved(&token).0, "aal1");
    let factors = async || instance.get("/api/auth/factors").bearer_auth(&token).answer(StatusCode::OK).await;
    let none = json!({"enabled": false, "totp": null, "recovery_codes_left": 0});
    assert_eq!(factors().await.body, none);
    let confirm =
        |code: &str| bearer(&instance, &token, "/api/auth/factors/totp/confirm", &json!({"code": code}));
    confirm("123456").problem(409, "not_enrolling").await;
    let enrolled = bearer(&instance, &token, "/api/auth/factors/totp", &json!({}));
    let enrolled = enrolled.answer(StatusCode::CREATED).await;
    let secret = enrolled.body["secret"].as_str().unwrap();
    let uri = enrolled.body["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/User%20Onboarding:") && uri.contains(secret), "{uri}");
    // Nothing is asked for yet, and the secret is nowhere in clear.
    let login = json!({"email": email, "password": PASSWORD});
    instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
    assert_eq!(factors().await.body, none);
    let app = Authenticator::of(secret);
    confirm(&app.wrong()).problem(401, "invalid_second_factor").await;
    let first = app.code(0);
    let keyed = || confirm(&first).header("idempotency-key", "confirm");
    let confirmed = keyed().answer(StatusCode::OK).await;
    assert_eq!(keyed().answer(StatusCode::OK).await.text, confirmed.text);
    let recovery = codes(&confirmed);
    assert_eq!(recovery.len(), 10);
    let on = factors().await.body;
    assert_eq!((&on["enabled"], &on["recovery_codes_left"]), (&json!(true), &json!(10)));
    let file = std::fs::read(database.path()).unwrap();
    for text in recovery.iter().chain([&secret.to_owned()]) {
        assert!(!file.windows(text.len()).any(|bytes| bytes == text.as_bytes()), "{text} is in the file");
    }

    let asked = instance.post("/api/auth/login", &login).problem(401, "second_factor_required").await;
    let second_factor = &asked.body["second_factor"];
    assert_eq!(second_factor["factors"], json!(["totp", "recovery_code"]));
    assert_eq!(second_factor["expires_in"], 300);
    assert_eq!(asked.header("www-authenticate"), "Bearer");
    assert!(asked.headers.get("x-device-token").is_none(), "half a log-in makes no device known");
    let challenge = second_factor["challenge"].as_str().unwrap();
    let good = app.code(1);
    let finish = || second(&instance, challenge, "code", &good).header("idempotency-key", "log-in");
    let session = finish().answer(StatusCode::OK).await;
    assert_eq!(session.body["user"]["email"], email);
    assert_eq!(finish().answer(StatusCode::OK).await.text, session.text, "a repetition is the same log-in");
    let session = Person::from(session);
    assert_eq!(proved(&session.access_token).0, "aal2");
    let refreshed = instance.post("/api/auth/refresh", &json!({"refresh_token": session.refresh_token}));
    let refreshed = Person::from(refreshed.answer(StatusCode::OK).await);
    assert_eq!(proved(&refreshed.access_token), proved(&session.access_token));

    second(&instance, challenge, "code", &good).problem(401, "invalid_second_factor").await;
    second(&instance, challenge, "code", &first).problem(401, "invalid_second_factor").await;
    second(&instance, challenge, "code", &app.wrong()).problem(401, "invalid_second_factor").await;
    second(&instance, challenge, "code", &app.fresh(&database)).answer(StatusCode::OK).await;
    assert_eq!(mailbox.kinds(&email), ["verify_email", "second_factor"]);
    for (action, times) in [
        ("second_factor.enrolled", 1),
        ("second_factor.added", 1),
        ("second_factor.asked", 1),
        ("second_factor.failed", 4),
        ("user.logged_in", 3),
    ] {
        assert_eq!(database.count(&format!("audit_log WHERE action = '{action}'")), times, "{action}");
    }
    assert_eq!(database.count("audit_log WHERE action = 'user.logged_in' AND subject LIKE '% totp'"), 2);
}

#[tokio::test]
async fn what_is_no_second_factor_is_refused() {
    let (instance, database) = alone().await;
    let Protected { person, app, .. } = protected(&instance).await;
    let good = challenge(&instance, &person.email).await;
    let call = |body: Value| instance.post("/api/auth/login/second-factor", &body);
    let errors = call(json!({"challenge": good})).problem(422, "validation_failed").await;
    assert_eq!(errors.body["errors"]["code"][0], "is required where there is no recovery_code");
    let both = json!({"challenge": good, "code": "123456", "recovery_code": "0".repeat(24)});
    assert!(call(both).problem(422, "validation_failed").await.body["errors"]["recovery_code"].is_array());
    for (field, value) in [
        ("code", json!("12345")),
        ("recovery_code", json!("0123")),
        ("remember_device", json!("yes")),
        ("session", json!("cookie")),
    ] {
        let mut body = json!({"challenge": good, "code": "123456"});
        if field == "recovery_code" {
            body.as_object_mut().unwrap().remove("code");
        }
        body[field] = value;
        let refused = call(body).problem(422, "validation_failed").await;
        assert!(refused.body["errors"][field].is_array(), "{field}: {refused:?}");
    }
    for forged in ["x", "x.y", &good[..good.len() - 3]] {
        second(&instance, forged, "code", &app.code(0)).problem(401, "challenge_expired").await;
    }
    // A new password makes a challenge worthless, and so does the end of the second factor.
    let change = json!({"current_password": PASSWORD, "new_password": "another good phrase"});
    let token = &person.access_token;
    let lifted = bearer(&instance, token, "/api/auth/step-up", &json!({"code": app.code(1)}));
    let lifted = lifted.answer(StatusCode::OK).await.body["access_token"].as_str().unwrap().to_owned();
    bearer(&instance, &lifted, "/api/auth/password/change", &change).answer(StatusCode::NO_CONTENT).await;
    second(&instance, &good, "code", &app.code(1)).problem(401, "challenge_expired").await;
    let login = json!({"email": person.email, "password": "another good phrase"});
    let asked = instance.post("/api/auth/login", &login).problem(401, "second_factor_required").await;
    let next = asked.body["second_factor"]["challenge"].as_str().unwrap().to_owned();
    database.execute("UPDATE users SET suspended_at = 1");
    second(&instance, &next, "code", &app.code(1)).problem(403, "account_suspended").await;
    database.execute("UPDATE users SET suspended_at = NULL");
    let off = instance.call(Method::DELETE, "/api/auth/factors/totp").bearer_auth(&lifted);
    off.answer(StatusCode::NO_CONTENT).await;
    second(&instance, &next, "code", &app.code(1)).problem(401, "challenge_expired").await;
    instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_at_several_instances_at_once_is_one_log_in() {
    let (instances, database) = several().await;
    let Protected { person, app, recovery_codes, .. } = protected(&instances[0]).await;
    for (round, recovery_code) in recovery_codes.iter().take(6).enumerate() {
        let mut challenges = Vec::new();
        for instance in &instances {
            challenges.push(challenge(instance, &person.email).await);
        }
        // Nobody has to wait: each round costs two wrong guesses.
        database.execute("DELETE FROM guesses");
        let (factor, code) = match round % 2 {
            0 => ("code", app.fresh(&database)),
            _ => ("recovery_code", recovery_code.clone()),
        };
        let tries = (0..INSTANCES)
            .map(|number| second(&instances[number], &challenges[number], factor, &code).done());
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(won, 1, "{factor}: {answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            check_problem(answer, 401, "invalid_second_factor");
        }
    }
    assert_eq!(database.count("audit_log WHERE action = 'user.logged_in'"), 6);
    assert_eq!(database.count("audit_log WHERE action = 'second_factor.failed'"), 12);
    assert_eq!(database.count("recovery_codes WHERE used_at IS NOT NULL"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_for_a_log_in_and_a_step_up_at_once_is_good_for_one_of_them() {
    let (instances, database) = several().await;
    let Protected { person, app, .. } = protected(&instances[0]).await;
    for _ in 0..4 {
        let challenge = challenge(&instances[0], &person.email).await;
        database.execute("DELETE FROM guesses");
        let code = app.fresh(&database);
        let proof = json!({"code": code});
        let answers = join_all([
            second(&instances[0], &challenge, "code", &code).done(),
            bearer(&instances[1], &person.access_token, "/api/auth/step-up", &proof).done(),
        ])
        .await;
        let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(won, 1, "{answers:?}");
        let lost = answers.iter().find(|answer| answer.status != StatusCode::OK).unwrap();
        check_problem(lost, 401, "invalid_second_factor");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_the_password_guesses_no_code() {
    const GUESSES: usize = 90;
    let (instances, database) = several().await;
    let mailbox = Mailbox::of(&database);
    let Protected { person, app, device, .. } = protected(&instances[0]).await;
    let stolen = challenge(&instances[0], &person.email).await;
    let wrong = app.wrong();
    let began = Instant::now();
    let guesses = stream::iter(0..GUESSES).map(|number| {
        let guess = second(&instances[number % INSTANCES], &stolen, "code", &wrong);
        guess.header("x-forwarded-for", format!("198.51.100.{number}")).done()
    });
    let answers: Vec<_> = guesses.buffer_unordered(GUESSES).collect().await;
    let judged = answers.iter().filter(|answer| answer.status == StatusCode::UNAUTHORIZED).count();
    let took = began.elapsed();
    // All at once, from many addresses, at three instances: the free ones are all that is judged.
    // One more for each wait that is over meanwhile, and none where each was counted before any looked at the count.
    let more = waits_within(took);
    assert!(judged <= 5 + more, "{judged} codes were judged in {took:?}");
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::UNAUTHORIZED) {
        check_problem(answer, 429, "too_many_attempts");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    database.execute("UPDATE guesses SET failed_at = failed_at + 60000, owed_until = owed_until + 60000");
    second(&instances[1], &stolen, "code", &app.code(0)).problem(429, "too_many_attempts").await;
    // The owner's device has an allowance of its own, and its right code costs nothing.
    for _ in 0..12 {
        let home = challenge(&instances[2], &person.email).await;
        let home =
            second(&instances[2], &home, "code", &app.fresh(&database)).header("x-device-token", &device);
        home.answer(StatusCode::OK).await;
    }
    let failed = database.count("audit_log WHERE action = 'second_factor.failed'");
    assert_eq!(usize::try_from(failed).unwrap(), judged);
    // The owner is told that somebody has the password, unless the fifth guess was stopped by the crowd about it.
    let told = mailbox.kinds(&person.email).iter().filter(|kind| **kind == "second_factor").count();
    // Each wait that is over makes one more guess the last free one.
    let most = 2 + judged.saturating_sub(5);
    assert!((1..=most).contains(&told), "{told}: switched on, and guessed; {judged} were judged");
}

/// How many waits are over after `took`: the first is a second long, and each further one is twice as long.
fn waits_within(took: Duration) -> usize {
    usize::try_from((took.as_secs() + 1).ilog2()).unwrap()
}

#[tokio::test]
async fn the_owner_is_told_of_guesses_and_right_codes_cost_nothing() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let Protected { person, app, .. } = protected(&instance).await;
    let ask = challenge(&instance, &person.email).await;
    // Of strangers, five are free: right ones are not counted among them.
    for _ in 0..7 {
        second(&instance, &ask, "code", &app.fresh(&database)).answer(StatusCode::OK).await;
    }
    for told in [0, 0, 0, 0, 1] {
        second(&instance, &ask, "code", &app.wrong()).problem(401, "invalid_second_factor").await;
        assert_eq!(mailbox.kinds(&person.email).len(), 2 + told);
    }
    database.execute("UPDATE guesses SET failed_at = failed_at + 60000, owed_until = owed_until + 60000");
    second(&instance, &ask, "code", &app.wrong()).problem(429, "too_many_attempts").await;
    database.execute("UPDATE guesses SET failed_at = failed_at - 70000, owed_until = owed_until - 70000");
    second(&instance, &ask, "code", &app.wrong()).problem(401, "invalid_second_factor").await;
    assert_eq!(mailbox.kinds(&person.email).len(), 3, "once");
}

#[tokio::test]
async fn recovery_codes_are_good_once_and_renewable() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let Protected { person, recovery_codes, .. } = protected(&instance).await;
    let other = protected(&instance).await;
    let log_in = async |code: &str| {
        let ask = challenge(&instance, &person.email).await;
        second(&instance, &ask, "recovery_code", code)
    };
    let typed = recovery_codes[0].to_lowercase().replace('-', " ");
    let session = Person::from(log_in(&typed).await.answer(StatusCode::OK).await);
    assert_eq!(proved(&session.access_token).0, "aal2");
    log_in(&recovery_codes[0]).await.problem(401, "invalid_second_factor").await;
    log_in(&other.recovery_codes[0]).await.problem(401, "invalid_second_factor").await;
    let renew = || {
        let path = "/api/auth/factors/recovery-codes";
        bearer(&instance, &session.access_token, path, &json!({})).header("idempotency-key", "renew")
    };
    let renewed = renew().answer(StatusCode::OK).await;
    assert_eq!(renew().answer(StatusCode::OK).await.text, renewed.text);
    log_in(&recovery_codes[1]).await.problem(401, "invalid_second_factor").await;
    log_in(&codes(&renewed)[0]).await.answer(StatusCode::OK).await;
    let factors = instance.get("/api/auth/factors").bearer_auth(&session.access_token);
    assert_eq!(factors.answer(StatusCode::OK).await.body["recovery_codes_left"], 9);
    let kinds = mailbox.kinds(&person.email);
    assert_eq!(kinds.iter().filter(|kind| **kind == "second_factor").count(), 4, "on, used, renewed, used");
    assert_eq!(database.count("audit_log WHERE subject LIKE '% recovery_code'"), 2);
}

#[tokio::test]
async fn a_remembered_device_needs_the_password_alone() {
    let (instance, database) = alone().await;
    let Protected { person, app, device, .. } = protected(&instance).await;
    let login = json!({"email": person.email, "password": PASSWORD});
    let at_home = |password: &str| {
        let body = json!({"email": person.email, "password": password});
        instance.post("/api/auth/login", &body).header("x-device-token", &device)
    };
    // A device that is known is not remembered by that.
    let asked = at_home(PASSWORD).problem(401, "second_factor_required").await;
    let ask = asked.body["second_factor"]["challenge"].as_str().unwrap().to_owned();
    let remember = json!({"challenge": ask, "code": app.code(1), "remember_device": true});
    let remember =
        instance.post("/api/auth/login/second-factor", &remember).header("x-device-token", &device);
    let session = remember.answer(StatusCode::OK).await;
    let lifted = session.body["access_token"].as_str().unwrap().to_owned();
    assert!(!session.header("x-device-token").is_empty());
    let session = Person::from(at_home(PASSWORD).answer(StatusCode::OK).await);
    assert_eq!(proved(&session.access_token).0, "aal1", "sensitive calls still ask for the code");
    at_home("wrong horse battery").problem(401, "invalid_credentials").await;
    instance.post("/api/auth/login", &login).problem(401, "second_factor_required").await;
    database.execute("UPDATE remembered_devices SET expires_at = expires_at - 30 * 86400000");
    at_home(PASSWORD).problem(401, "second_factor_required").await;
    database.execute("UPDATE remembered_devices SET expires_at = expires_at + 30 * 86400000");
    at_home(PASSWORD).answer(StatusCode::OK).await;
    let forget = instance.call(Method::DELETE, "/api/auth/factors/devices").bearer_auth(&lifted);
    forget.answer(StatusCode::NO_CONTENT).await;
    at_home(PASSWORD).problem(401, "second_factor_required").await;
}

#[tokio::test]
async fn remembered_devices_are_listed_and_forgotten_one_by_one() {
    let (instance, database) = alone().await;
    let Protected { person, app, device: home, .. } = protected(&instance).await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let password = |device: &str| {
        let body = json!({"email": person.email, "password": PASSWORD});
        instance.post("/api/auth/login", &body).header("x-device-token", device).header("user-agent", agent)
    };
    let remember = async |device: &str, code: String| {
        let asked = password(device).problem(401, "second_factor_required").await;
        let ask = asked.body["second_factor"]["challenge"].clone();
        let body = json!({"challenge": ask, "code": code, "remember_device": true});
        let login = instance.post("/api/auth/login/second-factor", &body).header("x-device-token", device);
        login.answer(StatusCode::OK).await
    };
    let session = remember(&home, app.code(1)).await;
    let token = session.body["access_token"].as_str().unwrap().to_owned();
    let away = remember("", app.fresh(&database)).await.header("x-device-token").to_owned();
    let list = async |device: &str| {
        let list = instance.get("/api/auth/factors/devices").bearer_auth(&token);
        let answer = list.header("x-device-token", device).answer(StatusCode::OK).await;
        answer.body["items"].as_array().unwrap().clone()
    };
    password(&home).answer(StatusCode::OK).await;
    let devices = list(&home).await;
    let current: Vec<_> = devices.iter().map(|device| device["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false], "it was used last");
    assert_eq!(
        (&devices[0]["device"], &devices[0]["address"]),
        (&json!("Firefox on Linux"), &json!("127.0.0.1"))
    );
    assert_ne!(devices[0]["last_used_at"], devices[0]["created_at"]);
    assert!(list("").await.iter().all(|device| device["current"] == false));
    // Only one's own, and only what is there.
    let stranger = instance.register().await;
    let path = |id: &Value| format!("/api/auth/factors/devices/{}", id.as_str().unwrap());
    let forget = |token: &str, id: &Value| instance.call(Method::DELETE, &path(id)).bearer_auth(token);
    forget(&stranger.access_token, &devices[1]["id"]).problem(404, "device_not_found").await;
    forget(&token, &json!("nonsense")).problem(404, "device_not_found").await;
    forget(&token, &json!(uuid::Uuid::nil())).problem(404, "device_not_found").await;
    instance.call(Method::DELETE, &path(&devices[1]["id"])).problem(401, "token_missing").await;
    instance.get("/api/auth/factors/devices").problem(401, "token_missing").await;
    let export = instance.get("/api/account/export").bearer_auth(&token).answer(StatusCode::OK).await;
    assert_eq!(export.body["remembered_devices"].as_array().unwrap().len(), 2);
    forget(&token, &devices[1]["id"]).answer(StatusCode::NO_CONTENT).await;
    forget(&token, &devices[1]["id"]).problem(404, "device_not_found").await;
    assert_eq!(list(&home).await.len(), 1);
    password(&away).problem(401, "second_factor_required").await;
    password(&home).answer(StatusCode::OK).await;
    assert_eq!(database.count("audit_log WHERE action = 'second_factor.device_forgotten'"), 1);
    // The session goes on there.
    instance.get("/api/auth/me").bearer_auth(&token).answer(StatusCode::OK).await;
}

/// As an instance of an earlier version left it, which told nothing of the device.
#[tokio::test]
async fn a_device_that_was_remembered_before_this_version_is_listed() {
    let (instance, database) = alone().await;
    let Protected { person, app, device, .. } = protected(&instance).await;
    let ask = challenge(&instance, &person.email).await;
    let body = json!({"challenge": ask, "code": app.code(1), "remember_device": true});
    let login = instance.post("/api/auth/login/second-factor", &body).header("x-device-token", &device);
    login.answer(StatusCode::OK).await;
    database.execute("UPDATE remembered_devices SET last_used_at = NULL, user_agent = NULL, address = NULL");
    let list = instance.get("/api/auth/factors/devices").bearer_auth(&person.access_token);
    let found = &list.answer(StatusCode::OK).await.body["items"][0];
    assert_eq!((&found["last_used_at"], &found["address"]), (&found["created_at"], &Value::Null));
    assert_eq!(found["device"], "Unknown device");
}

#[tokio::test]
async fn a_browser_is_remembered_by_its_cookie_until_the_password_changes() {
    let (instance, database) = alone().await;
    let Protected { person, app, .. } = protected(&instance).await;
    let login = |password: &str, cookies: &str| {
        let body = json!({"email": person.email, "password": password, "session": "cookie"});
        instance.post("/api/auth/login", &body).header("cookie", cookies)
    };
    let asked = login(PASSWORD, "").problem(401, "second_factor_required").await;
    let ask = asked.body["second_factor"]["challenge"].as_str().unwrap().to_owned();
    let body = json!({"challenge": ask, "code": app.code(1), "remember_device": true});
    let session = instance.post("/api/auth/login/second-factor", &body).answer(StatusCode::OK).await;
    // Where the tokens go was said with the password.
    assert!(session.body.get("refresh_token").is_none());
    let cookies = session.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let pairs: Vec<_> = cookies.map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
    assert_eq!(pairs.len(), 2, "{pairs:?}");
    let cookies = pairs.join("; ");
    login(PASSWORD, &cookies).answer(StatusCode::OK).await;
    let change = json!({"current_password": PASSWORD, "new_password": "another good phrase"});
    let token = session.body["access_token"].as_str().unwrap();
    bearer(&instance, token, "/api/auth/password/change", &change).answer(StatusCode::NO_CONTENT).await;
    login("another good phrase", &cookies).problem(401, "second_factor_required").await;
    assert_eq!(database.count("remembered_devices"), 0);
}

#[tokio::test]
async fn an_app_takes_the_place_of_another_one() {
    let (instance, database) = alone().await;
    let Protected { person, app, recovery_codes, .. } = protected(&instance).await;
    let lift = bearer(&instance, &person.access_token, "/api/auth/step-up", &json!({"code": app.code(1)}));
    let lifted = lift.answer(StatusCode::OK).await.body["access_token"].as_str().unwrap().to_owned();
    let (new_app, new_codes) = switch_on(&instance, &lifted).await;
    let ask = challenge(&instance, &person.email).await;
    second(&instance, &ask, "code", &app.code(1)).problem(401, "invalid_second_factor").await;
    second(&instance, &ask, "recovery_code", &recovery_codes[0]).problem(401, "invalid_second_factor").await;
    second(&instance, &ask, "code", &new_app.code(1)).answer(StatusCode::OK).await;
    second(&instance, &ask, "recovery_code", &new_codes[0]).answer(StatusCode::OK).await;
    assert_eq!(database.count("totp_factors"), 1);
}
