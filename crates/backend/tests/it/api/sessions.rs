//! Sessions: seeing them, ending them, and what becomes of their tokens.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Database, Instance, PASSWORD, Person, Send as _, alone, registration};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";

async fn three(database: &Database, settings: &[(&str, &str)]) -> [Instance; 3] {
    [
        Instance::start_with(database, settings).await,
        Instance::start_with(database, settings).await,
        Instance::start_with(database, settings).await,
    ]
}

fn log_in(instance: &Instance, email: &str) -> RequestBuilder {
    instance.post("/api/auth/login", &json!({"email": email, "password": PASSWORD}))
}

fn refresh(instance: &Instance, token: &str) -> RequestBuilder {
    instance.post("/api/auth/refresh", &json!({"refresh_token": token}))
}

fn end(instance: &Instance, person: &Person, path: &str) -> RequestBuilder {
    instance.call(Method::DELETE, &format!("/api/auth/sessions{path}")).bearer_auth(&person.access_token)
}

fn save_step(instance: &Instance, person: &Person) -> RequestBuilder {
    let body = json!({"status": "in_progress", "data": {"bio": "x"}});
    instance.put("/api/onboarding/steps/profile", &body).bearer_auth(&person.access_token)
}

async fn sessions(instance: &Instance, person: &Person) -> Vec<Value> {
    let list = instance.get("/api/auth/sessions").bearer_auth(&person.access_token);
    list.answer(StatusCode::OK).await.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_sees_where_they_are_logged_in() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let stranger = instance.register().await;
    let there = log_in(&instance, &person.email).header("user-agent", FIREFOX);
    let there = there.header("x-forwarded-for", "6.6.6.6, 198.51.100.7, 10.0.0.9");
    let there = Person::from(there.answer(StatusCode::OK).await);

    let seen = sessions(&instance, &person).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((&seen[0]["current"], &seen[0]["address"]), (&json!(true), &json!("127.0.0.1")));
    assert_eq!(seen[0]["device"], "Unknown device");
    assert_eq!((&seen[1]["current"], &seen[1]["address"]), (&json!(false), &json!("198.51.100.7")));
    assert_eq!(seen[1]["device"], "Firefox on Linux");
    assert_eq!(seen[1]["created_at"], seen[1]["last_used_at"]);
    assert_eq!(sessions(&instance, &there).await[0]["id"], seen[1]["id"]);
    assert_eq!(sessions(&instance, &stranger).await.len(), 1);

    // A refresh is a use, with whatever it comes from.
    let moved = refresh(&instance, &there.refresh_token).header("user-agent", "curl/8.5.0");
    moved.header("x-forwarded-for", "2001:db8::5").answer(StatusCode::OK).await;
    let seen = sessions(&instance, &person).await;
    assert_eq!((&seen[1]["device"], &seen[1]["address"]), (&json!("curl"), &json!("2001:db8::5")));
}

#[tokio::test]
async fn what_a_stranger_says_of_the_way_is_not_believed() {
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("TRUSTED_PROXIES", "10.0.0.1")]).await;
    let mut registration = registration();
    registration["session"] = "cookie".into();
    let forged = instance.post("/api/auth/register", &registration);
    let forged = forged.header("x-forwarded-for", "198.51.100.7").header("x-forwarded-proto", "https");
    let answer = forged.answer(StatusCode::CREATED).await;
    assert!(answer.header("set-cookie").starts_with("refresh_token="), "{answer:?}");
    let seen = sessions(&instance, &Person::from(answer)).await;
    assert_eq!(seen[0]["address"], "127.0.0.1");
}

#[tokio::test]
async fn a_person_ends_their_own_sessions_one_the_others_or_all() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let stranger = instance.register().await;
    let other = Person::from(log_in(&instance, &person.email).answer(StatusCode::OK).await);
    let id = sessions(&instance, &other).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/{id}");

    end(&instance, &stranger, &path).problem(404, "session_not_found").await;
    end(&instance, &person, "/nonsense").problem(404, "session_not_found").await;
    let keyed = || end(&instance, &person, &path).header("idempotency-key", "once");
    keyed().answer(StatusCode::NO_CONTENT).await;
    keyed().answer(StatusCode::NO_CONTENT).await;
    end(&instance, &person, &path).problem(404, "session_not_found").await;
    refresh(&instance, &other.refresh_token).problem(401, "refresh_token_invalid").await;
    save_step(&instance, &other).problem(401, "session_revoked").await;
    assert_eq!(sessions(&instance, &person).await.len(), 1);

    let other = Person::from(log_in(&instance, &person.email).answer(StatusCode::OK).await);
    end(&instance, &person, "/others").answer(StatusCode::NO_CONTENT).await;
    save_step(&instance, &other).problem(401, "session_revoked").await;
    save_step(&instance, &person).answer(StatusCode::OK).await;

    end(&instance, &person, "").answer(StatusCode::NO_CONTENT).await;
    save_step(&instance, &person).problem(401, "session_revoked").await;
    end(&instance, &person, "").problem(401, "session_revoked").await;
    save_step(&instance, &stranger).answer(StatusCode::OK).await;

    let connection = rusqlite::Connection::open(database.path()).unwrap();
    let audited = |action: &str| -> i64 {
        let count = "SELECT count(*) FROM audit_log WHERE action = ?";
        connection.query_row(count, [action], |row| row.get(0)).unwrap()
    };
    for action in ["session.revoked", "session.others_revoked", "session.all_revoked"] {
        assert_eq!(audited(action), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rotations_at_once_have_one_successor() {
    let database = Database::new();
    let instances = three(&database, &[]).await;
    let person = instances[0].register().await;
    let tries = (0..30).map(|number| refresh(&instances[number % 3], &person.refresh_token).done());
    let answers = futures::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
    let successors: HashSet<&str> =
        answers.iter().map(|answer| answer.body["refresh_token"].as_str().unwrap()).collect();
    assert_eq!(successors.len(), 1, "the family has branches");
    assert_eq!(database.count("refresh_tokens"), 2);
    // The chain goes on, and whoever comes with the first token now is another party.
    let successor = *successors.iter().next().unwrap();
    refresh(&instances[1], successor).answer(StatusCode::OK).await;
    refresh(&instances[2], &person.refresh_token).problem(401, "refresh_token_invalid").await;
    refresh(&instances[0], successor).problem(401, "refresh_token_invalid").await;
}

#[tokio::test]
async fn a_use_after_the_grace_ends_the_family() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let successor = Person::from(refresh(&instance, &person.refresh_token).answer(StatusCode::OK).await);
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection.execute("UPDATE refresh_tokens SET replaced_at = replaced_at - 10000", []).unwrap();
    refresh(&instance, &person.refresh_token).problem(401, "refresh_token_invalid").await;
    refresh(&instance, &successor.refresh_token).problem(401, "refresh_token_invalid").await;
}

#[tokio::test]
async fn a_change_of_the_secret_changes_no_successor() {
    let (old, new) = ("the-old-secret-and-it-is-long-enough", "the-new-secret-and-it-is-long-enough");
    let database = Database::new();
    let announced = Instance::start_with(&database, &[("JWT_SECRET", old), ("JWT_OTHER_SECRETS", new)]).await;
    let promoted = Instance::start_with(&database, &[("JWT_SECRET", new), ("JWT_OTHER_SECRETS", old)]).await;
    let person = announced.register().await;
    let rotate = async |instance: &Instance, token: &str| {
        Person::from(refresh(instance, token).answer(StatusCode::OK).await).refresh_token
    };
    let first = rotate(&announced, &person.refresh_token).await;
    assert_eq!(rotate(&promoted, &person.refresh_token).await, first);
    let second = rotate(&promoted, &first).await;
    assert_eq!(rotate(&announced, &first).await, second);
    rotate(&announced, &second).await;
}

#[tokio::test]
async fn a_token_that_an_earlier_version_replaced_goes_on() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let lost = Person::from(refresh(&instance, &person.refresh_token).answer(StatusCode::OK).await);
    // As an earlier version leaves it: its successor was drawn at random, and only its owner has it.
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection.execute("UPDATE refresh_tokens SET successor_kid = NULL", []).unwrap();
    connection
        .execute("UPDATE refresh_tokens SET hash = randomblob(32) WHERE parent IS NOT NULL", [])
        .unwrap();
    refresh(&instance, &lost.refresh_token).problem(401, "refresh_token_invalid").await;
    let again = Person::from(refresh(&instance, &person.refresh_token).answer(StatusCode::OK).await);
    let repeated = Person::from(refresh(&instance, &person.refresh_token).answer(StatusCode::OK).await);
    assert_eq!(again.refresh_token, repeated.refresh_token);
    refresh(&instance, &again.refresh_token).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn a_session_ends_however_much_it_is_used() {
    let database = Database::new();
    let settings = [("SESSION_MAX_AGE", "2s"), ("ACCESS_TOKEN_TTL", "10m")];
    let instance = Instance::start_with(&database, &settings).await;
    let began = Instant::now();
    let mut person = instance.register().await;
    let ended = loop {
        let answer = refresh(&instance, &person.refresh_token).done().await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        assert!(answer.body["expires_in"].as_u64().unwrap() <= 2, "{answer:?}");
        person = Person::from(answer);
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on for ever");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    super::harness::check_problem(&ended, 401, "refresh_token_invalid");
    assert!(began.elapsed() >= Duration::from_millis(1900));
    instance.get("/api/auth/me").bearer_auth(&person.access_token).problem(401, "token_expired").await;
}

#[tokio::test]
async fn an_ended_session_changes_nothing_at_once_and_reads_nothing_soon() {
    let database = Database::new();
    let instances = three(&database, &[]).await;
    let person = instances[0].register().await;
    let thief = Person::from(log_in(&instances[1], &person.email).answer(StatusCode::OK).await);
    for instance in &instances {
        save_step(instance, &thief).answer(StatusCode::OK).await;
    }
    // Long enough for every instance to have read the list, so that nobody is looked up.
    tokio::time::sleep(Duration::from_secs(1)).await;
    end(&instances[0], &person, "/others").answer(StatusCode::NO_CONTENT).await;
    let ended = Instant::now();
    for instance in &instances {
        save_step(instance, &thief).problem(401, "session_revoked").await;
    }
    for instance in &instances {
        let me = || instance.get("/api/auth/me").bearer_auth(&thief.access_token);
        let refused = testkit::eventually(Duration::from_secs(10), || async {
            let answer = me().done().await;
            (answer.status == StatusCode::UNAUTHORIZED).then_some(answer)
        });
        super::harness::check_problem(&refused.await, 401, "session_revoked");
        instance.get("/api/auth/me").bearer_auth(&person.access_token).answer(StatusCode::OK).await;
    }
    assert!(ended.elapsed() < Duration::from_secs(10), "{:?}", ended.elapsed());
}

/// What a browser keeps of an answer: the first cookie, without its attributes.
fn pair(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_cookie_of_https_belongs_to_the_host_alone() {
    let (instance, _database) = alone().await;
    let mut registration = registration();
    registration["session"] = "cookie".into();
    let register = instance.post("/api/auth/register", &registration).header("x-forwarded-proto", "https");
    let answer = register.answer(StatusCode::CREATED).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-refresh_token=") && cookie.contains("; Path=/;"), "{cookie}");
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"));

    // Beside it lie one of an earlier version that is over, and a neighbour's.
    let cookies = format!("refresh_token=neighbour; {}; refresh_token=old", pair(cookie));
    let call = |path: &str, cookies: &str| instance.call(Method::POST, path).header("cookie", cookies);
    let refreshed = call("/api/auth/refresh", &cookies).answer(StatusCode::OK).await;
    let renewed = refreshed.header("set-cookie");
    assert!(renewed.starts_with("__Host-refresh_token=") && renewed.contains("Secure"), "{renewed}");

    let ended = call("/api/auth/logout", &format!("refresh_token=old; {}", pair(renewed)));
    let ended = ended.answer(StatusCode::NO_CONTENT).await;
    let cleared: Vec<_> = ended.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cleared.len() == 2 && cleared.iter().all(|clear| clear.contains("=; ")), "{cleared:?}");
    call("/api/auth/refresh", &pair(renewed)).problem(401, "refresh_token_invalid").await;
}

#[tokio::test]
async fn a_cookie_of_an_earlier_version_goes_on_under_its_name() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let call = instance.call(Method::POST, "/api/auth/refresh").header("x-forwarded-proto", "https");
    let call = call.header("cookie", format!("refresh_token={}", person.refresh_token));
    let renewed = call.answer(StatusCode::OK).await;
    let cookie = renewed.header("set-cookie");
    assert!(cookie.starts_with("refresh_token=") && cookie.contains("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_spent_cookie_beside_a_good_one_ends_nothing() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let newer = Person::from(refresh(&instance, &person.refresh_token).answer(StatusCode::OK).await);
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection.execute("UPDATE refresh_tokens SET replaced_at = replaced_at - 60000", []).unwrap();
    let cookies = format!("refresh_token={}; refresh_token={}", person.refresh_token, newer.refresh_token);
    let call = || instance.call(Method::POST, "/api/auth/refresh");
    call().header("cookie", cookies).answer(StatusCode::OK).await;
    // Alone it does.
    let spent = format!("refresh_token={}", person.refresh_token);
    call().header("cookie", spent).problem(401, "refresh_token_invalid").await;
    refresh(&instance, &newer.refresh_token).problem(401, "refresh_token_invalid").await;
}

#[tokio::test]
async fn a_cookie_alone_is_good_from_our_own_pages_only() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let cookie = format!("refresh_token={}", person.refresh_token);
    let call = |path: &str| instance.call(Method::POST, path).header("cookie", &cookie);
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        for site in ["cross-site", "same-site"] {
            call(path).header("sec-fetch-site", site).problem(403, "cross_site_request").await;
        }
        call(path).header("origin", "https://evil.example").problem(403, "cross_site_request").await;
        call(path).header("origin", "null").problem(403, "cross_site_request").await;
    }
    let own = format!("http://{}", instance.address);
    call("/api/auth/refresh").header("origin", &own).answer(StatusCode::OK).await;
    call("/api/auth/refresh").header("sec-fetch-site", "same-origin").answer(StatusCode::OK).await;
    // What no browser can be made to send needs no such proof.
    let elsewhere = || refresh(&instance, &person.refresh_token).header("origin", "https://evil.example");
    elsewhere().answer(StatusCode::OK).await;
    call("/api/auth/logout").header("sec-fetch-site", "same-origin").answer(StatusCode::NO_CONTENT).await;
}
