//! Whoever guesses passwords is slowed down, and nobody else.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::harness::{Answer, Database, Instance, PASSWORD, Send as _, alone, registration};

const INSTANCES: usize = 3;
const THREADS: usize = 2;
/// A thread may check one password that is one too many, and one more while the count of that is on its way.
const AT_ONCE_PER_THREAD: usize = 2;

fn login(instance: &Instance, email: &str, password: &str) -> RequestBuilder {
    instance.post("/api/auth/login", &json!({"email": email, "password": password}))
}

fn check_too_many(answer: &Answer, at_most: u64) {
    super::harness::check_problem(answer, 429, "too_many_attempts");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=at_most).contains(&wait), "{answer:?}");
}

/// Registers somebody; gives their address and the token of their device.
async fn known(instance: &Instance) -> (String, String) {
    let answer = instance.post("/api/auth/register", &registration()).answer(StatusCode::CREATED).await;
    let email = answer.body["user"]["email"].as_str().unwrap().to_owned();
    (email, answer.header("x-device-token").to_owned())
}

/// The last wrong guesses were made a minute later than they were: whoever has to wait, has to wait on.
fn hold(database: &Database) {
    database.execute("UPDATE guesses SET failed_at = failed_at + 60000, owed_until = owed_until + 60000");
}

/// The minute, and the wait after it, are over.
fn wait_is_over(database: &Database) {
    database.execute("UPDATE guesses SET failed_at = failed_at - 70000, owed_until = owed_until - 70000");
}

#[tokio::test]
async fn strangers_wait_and_the_owners_device_does_not() {
    let (instance, database) = alone().await;
    let (email, device) = known(&instance).await;
    for address in [email.as_str(), "nobody@example.com"] {
        for _ in 0..5 {
            login(&instance, address, "wrong horse").problem(401, "invalid_credentials").await;
        }
    }
    hold(&database);
    // Whether there is such an account, and whether the password is right, is told to nobody who has to wait.
    for (address, password) in [
        ("nobody@example.com", "wrong"),
        (&email, "wrong"),
        (&email, PASSWORD),
        (&email.to_uppercase(), PASSWORD),
    ] {
        check_too_many(&login(&instance, address, password).done().await, 61);
    }
    let from_home = |password| login(&instance, &email, password).header("x-device-token", &device);
    let again = from_home(PASSWORD).answer(StatusCode::OK).await;
    assert!(!again.header("x-device-token").is_empty());
    from_home("wrong horse").problem(401, "invalid_credentials").await;
    from_home(PASSWORD).answer(StatusCode::OK).await;
    // Its own wrong guesses are forgiven by that, those of strangers are not.
    assert_eq!(database.count("guesses"), 3, "two accounts and one address");
    assert_eq!(database.count("audit_log WHERE action = 'user.login_failed' AND address = '127.0.0.1'"), 11);
    assert_eq!(
        database.count("audit_log WHERE action = 'user.login_failed' AND user_id LIKE '00000000-%'"),
        5
    );
}

#[tokio::test]
async fn each_further_guess_waits_longer() {
    let (instance, database) = alone().await;
    let (email, device) = known(&instance).await;
    for _ in 0..5 {
        login(&instance, &email, "wrong horse").problem(401, "invalid_credentials").await;
    }
    for wait in [1, 2, 4, 8] {
        hold(&database);
        let refused = login(&instance, &email, "wrong horse").done().await;
        check_too_many(&refused, 60 + wait);
        wait_is_over(&database);
        login(&instance, &email, "wrong horse").problem(401, "invalid_credentials").await;
    }
    let from_home = |password| login(&instance, &email, password).header("x-device-token", &device);
    for _ in 0..10 {
        from_home("wrong horse").problem(401, "invalid_credentials").await;
    }
    hold(&database);
    check_too_many(&from_home(PASSWORD).done().await, 61);
}

#[tokio::test]
async fn a_device_is_known_to_its_own_accounts_only() {
    let (instance, database) = alone().await;
    let ((victim, _), (_, device)) = (known(&instance).await, known(&instance).await);
    let guess = || login(&instance, &victim, "wrong horse").header("x-device-token", &device);
    for _ in 0..5 {
        guess().problem(401, "invalid_credentials").await;
    }
    hold(&database);
    check_too_many(&guess().done().await, 61);
}

#[tokio::test]
async fn a_browser_keeps_its_device_in_a_cookie() {
    let (instance, database) = alone().await;
    let mut people = Vec::new();
    let mut cookie = String::new();
    for _ in 0..2 {
        let mut registration = registration();
        registration["session"] = "cookie".into();
        let call = instance.post("/api/auth/register", &registration).header("cookie", &cookie);
        let call = call.header("x-forwarded-proto", "https");
        let answer = call.answer(StatusCode::CREATED).await;
        assert!(answer.headers.get("x-device-token").is_none());
        let mut set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let device = set.find(|value| value.starts_with("__Host-device=")).unwrap();
        for part in ["; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/;"] {
            assert!(device.contains(part), "{part} in {device}");
        }
        cookie = device.split(';').next().unwrap().to_owned();
        people.push(registration["email"].as_str().unwrap().to_owned());
    }
    for email in people {
        for _ in 0..5 {
            login(&instance, &email, "wrong horse").problem(401, "invalid_credentials").await;
        }
        hold(&database);
        check_too_many(&login(&instance, &email, PASSWORD).done().await, 61);
        login(&instance, &email, PASSWORD).header("cookie", &cookie).answer(StatusCode::OK).await;
    }
}

/// Asks until there is a wait; gives how many were answered before.
async fn until_it_waits(ask: impl Fn(usize) -> RequestBuilder, status: u16) -> usize {
    for number in 0..60 {
        let answer = ask(number).done().await;
        if answer.status != status {
            check_too_many(&answer, 900);
            return number;
        }
    }
    panic!("there is no wait");
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_waits() {
    let (instance, database) = alone().await;
    let (email, _) = known(&instance).await;
    let guess = |number| {
        let guess = login(&instance, &format!("person-{number}@example.com"), "wrong horse");
        guess.header("x-forwarded-for", "2001:db8::1")
    };
    assert!((30..50).contains(&until_it_waits(guess, 401).await));
    hold(&database);
    let neighbour = login(&instance, &email, PASSWORD).header("x-forwarded-for", "2001:db8::2");
    check_too_many(&neighbour.done().await, 960);
    login(&instance, &email, PASSWORD).header("x-forwarded-for", "192.0.2.1").answer(StatusCode::OK).await;
}

#[tokio::test]
async fn an_address_that_looks_for_accounts_waits() {
    let (instance, database) = alone().await;
    let taken = registration();
    instance.post("/api/auth/register", &taken).answer(StatusCode::CREATED).await;
    let look = |_| instance.post("/api/auth/register", &taken);
    assert!((30..50).contains(&until_it_waits(look, 409).await));
    hold(&database);
    check_too_many(&instance.post("/api/auth/register", &registration()).done().await, 960);
    let elsewhere = instance.post("/api/auth/register", &registration());
    elsewhere.header("x-forwarded-for", "192.0.2.1").answer(StatusCode::CREATED).await;
    assert_eq!(database.count("users"), 2);
}

/// Guesses at one account over three instances, so many at a time, from so many addresses; while that goes on, the owner
/// logs in again and again. Gives how many guesses were checked, and how long the owner waited at most.
async fn guess(guesses: usize, addresses: usize) -> (usize, Duration, Duration) {
    let database = Database::new();
    let threads = THREADS.to_string();
    let settings = [("HASH_THREADS", threads.as_str())];
    let mut instances = Vec::new();
    for _ in 0..INSTANCES {
        instances.push(Instance::start_with(&database, &settings).await);
    }
    let (email, device) = known(&instances[0]).await;
    let began = Instant::now();
    let owner = async {
        let mut slowest = Duration::ZERO;
        for instance in instances.iter().cycle().take(9) {
            let asked = Instant::now();
            let home = login(instance, &email, PASSWORD).header("x-device-token", &device);
            home.answer(StatusCode::OK).await;
            slowest = slowest.max(asked.elapsed());
        }
        slowest
    };
    let strangers = stream::iter(0..guesses).map(|number| {
        let guess = login(&instances[number % INSTANCES], &email, &format!("wrong horse {number}"));
        let address = format!("198.51.{}.{}", 100 + number % addresses / 200, number % addresses % 200);
        guess.header("x-forwarded-for", address).done()
    });
    let strangers = strangers.buffer_unordered(60).fold(0, async |checked, answer| {
        if answer.status == StatusCode::UNAUTHORIZED {
            return checked + 1;
        }
        // A full queue for hashing may refuse a guess before its account's wait does.
        let busy = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        let (status, code) = if busy { (503, "overloaded") } else { (429, "too_many_attempts") };
        super::harness::check_problem(&answer, status, code);
        checked
    });
    let (slowest, checked) = tokio::join!(owner, strangers);
    let failed = database.count("audit_log WHERE action = 'user.login_failed'");
    assert_eq!(i64::try_from(checked).unwrap(), failed, "each is in the audit log");
    (checked, slowest, began.elapsed())
}

/// What is free at once, and what may be on its way when the last of those is counted; the same once more after a wait,
/// by which all further waits are longer than the test.
const ALLOWED: usize = 5 + 2 * INSTANCES * THREADS * AT_ONCE_PER_THREAD;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_guesses_over_three_instances_are_stopped() {
    for addresses in [1, 40] {
        let (checked, slowest, took) = guess(200, addresses).await;
        assert!((5..=ALLOWED).contains(&checked), "{checked} of 200 in {took:?}");
        assert!(slowest < Duration::from_secs(10), "the owner waited for {slowest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures; takes half a minute: just test-guesses"]
async fn a_thousand_guesses() {
    for addresses in [1, 200] {
        let (checked, slowest, took) = guess(1000, addresses).await;
        println!("{addresses} addresses: {checked} of 1000 checked in {took:?}, owner at most {slowest:?}");
        assert!((5..=ALLOWED).contains(&checked));
    }
}

/// One address in a spelling of its own for each number.
fn spelling(unique: &str, number: usize) -> String {
    let domain =
        ["Bücher.example", "BÜCHER.EXAMPLE", "xn--bcher-kva.example", "bu\u{308}cher\u{3002}example"];
    format!("Jörg.{unique}@{}", domain[number % domain.len()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_registrations_of_one_mailbox_give_one_account() {
    let database = Database::new();
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(Instance::start(&database).await);
    }
    let unique = Uuid::new_v4().simple().to_string();
    let tries = stream::iter(0..200).map(|number: usize| {
        let body =
            json!({"email": spelling(&unique, number), "password": PASSWORD, "full_name": "Jörg Bücher"});
        let call = instances[number % 3].post("/api/auth/register", &body);
        // From addresses of their own, so that none has to wait for having met an account.
        call.header("x-forwarded-for", format!("198.51.100.{number}")).done()
    });
    let answers: Vec<Answer> = tries.buffer_unordered(50).collect().await;
    let made: Vec<&Value> = answers.iter().filter(|a| a.status == 201).map(|a| &a.body["user"]).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        // A full queue for hashing may be met before the account is.
        assert!(answer.status == 409 || answer.status == 503, "{answer:?}");
    }
    assert_eq!((database.count("users"), database.count("sessions")), (1, 1));
    let login = login(&instances[1], &spelling(&unique, 3), PASSWORD).answer(StatusCode::OK).await;
    assert_eq!(&login.body["user"], made[0]);
}
