//! What admins see and do.

use std::collections::BTreeSet;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Database, Instance, NOBODY, PASSWORD, Person, Send as _, admin, alone, check_problem};
use super::mailbox::Mailbox;

fn sql(database: &Database, statement: &str) {
    rusqlite::Connection::open(database.path()).unwrap().execute_batch(statement).unwrap();
}

async fn id_of(instance: &Instance, person: &Person) -> String {
    let me = instance.get("/api/auth/me").bearer_auth(&person.access_token).answer(StatusCode::OK).await;
    me.body["id"].as_str().unwrap().to_owned()
}

fn act(instance: &Instance, admin: &Person, id: &str, action: &str) -> RequestBuilder {
    let body = json!({"reason": " asked for it by phone "});
    instance.post(&format!("/api/admin/users/{id}/{action}"), &body).bearer_auth(&admin.access_token)
}

fn log_in(instance: &Instance, person: &Person) -> RequestBuilder {
    instance.post("/api/auth/login", &json!({"email": person.email, "password": PASSWORD}))
}

#[tokio::test]
async fn accounts_are_searched_page_by_page() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    for _ in 0..5 {
        instance.register().await;
    }
    let get =
        |query: &str| instance.get(&format!("/api/admin/users{query}")).bearer_auth(&admin.access_token);
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    for size in [4, 2] {
        let page = get(&format!("?limit=4&email_verified=false{cursor}")).answer(StatusCode::OK).await;
        let items = page.body["items"].as_array().unwrap();
        assert_eq!(items.len(), size, "{page:?}");
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        cursor = page.body["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((seen.len(), cursor.as_str()), (6, ""));

    let found = get(&format!("?q={}&role=admin", &admin.email[..12])).answer(StatusCode::OK).await;
    let item = &found.body["items"][0];
    assert_eq!(
        (&item["email"], &item["role"], &item["status"]),
        (&json!(admin.email), &json!("admin"), &json!("active"))
    );
    assert_eq!(item["suspended_at"], Value::Null);
    assert_eq!(item["onboarding"]["status"], "in_progress");
    let stuck = get("?stuck_since=2020-01-01T00:00:00Z").answer(StatusCode::OK).await;
    assert_eq!(stuck.body, json!({"items": [], "next_cursor": null}));

    let first = get("?limit=1").answer(StatusCode::OK).await;
    let next = first.body["next_cursor"].as_str().unwrap();
    let foreign = get(&format!("?limit=1&role=user&cursor={next}")).problem(422, "validation_failed").await;
    assert!(foreign.body["errors"]["cursor"].is_array());
    let bad = "?status=gone&email_verified=perhaps&role=root&stuck_since=ever&limit=0&cursor=x&sort=name";
    let bad = get(bad).problem(422, "validation_failed").await;
    let fields: Vec<_> = bad.body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["cursor", "email_verified", "limit", "role", "sort", "status", "stuck_since"]);
}

#[tokio::test]
async fn a_suspended_account_is_locked_until_it_is_restored() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let user = instance.register().await;
    let (admin_id, id) = (id_of(&instance, &admin).await, id_of(&instance, &user).await);
    for _ in 0..2 {
        let suspend = act(&instance, &admin, &id, "suspend").header("idempotency-key", "once");
        suspend.answer(StatusCode::NO_CONTENT).await;
    }
    log_in(&instance, &user).problem(403, "account_suspended").await;
    let refresh = instance.post("/api/auth/refresh", &json!({"refresh_token": user.refresh_token}));
    refresh.problem(401, "refresh_token_invalid").await;

    let get = |path: String| instance.get(&path).bearer_auth(&admin.access_token);
    let whole = get(format!("/api/admin/users/{id}")).answer(StatusCode::OK).await;
    assert_eq!(whole.body["sessions"], json!([]));
    assert_eq!((&whole.body["status"], &whole.body["email"]), (&json!("suspended"), &json!(user.email)));
    assert!(whole.body["suspended_at"].is_string());
    assert_eq!(whole.body["onboarding"]["steps"][0]["status"], "completed");
    let done = &whole.body["audit"][0];
    assert_eq!((&done["action"], &done["user_id"]), (&json!("user.suspended"), &json!(id)));
    assert_eq!(done["actor"], json!({"kind": "admin", "id": admin_id, "email": admin.email}));
    assert_eq!((&done["reason"], &done["address"]), (&json!("asked for it by phone"), &json!("127.0.0.1")));
    assert_eq!(database.count("audit_log WHERE action = 'user.suspended'"), 1, "the second was a repetition");

    act(&instance, &admin, &id, "restore").answer(StatusCode::NO_CONTENT).await;
    let again = Person::from(log_in(&instance, &user).answer(StatusCode::OK).await);
    act(&instance, &admin, &id, "end-sessions").answer(StatusCode::NO_CONTENT).await;
    let refresh = instance.post("/api/auth/refresh", &json!({"refresh_token": again.refresh_token}));
    refresh.problem(401, "refresh_token_invalid").await;
    log_in(&instance, &user).answer(StatusCode::OK).await;
    let whole = get(format!("/api/admin/users/{id}")).answer(StatusCode::OK).await;
    assert_eq!(
        (&whole.body["sessions"][0]["address"], &whole.body["sessions"][1]),
        (&json!("127.0.0.1"), &Value::Null)
    );

    let by_admin = get(format!("/api/admin/audit?actor_id={admin_id}")).answer(StatusCode::OK).await;
    let actions: Vec<_> =
        by_admin.body["items"].as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["user.sessions_ended", "user.restored", "user.suspended"]);
}

#[tokio::test]
async fn an_action_needs_an_account_and_a_reason() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let get = |path: &str| instance.get(path).bearer_auth(&admin.access_token);
    get(&format!("/api/admin/users/{NOBODY}")).problem(404, "unknown_user").await;
    get("/api/admin/users/nobody").problem(400, "malformed_path").await;
    for action in ["suspend", "restore", "end-sessions", "send-reset"] {
        act(&instance, &admin, NOBODY, action).problem(404, "unknown_user").await;
        act(&instance, &admin, "nobody", action).problem(400, "malformed_path").await;
        for body in [
            json!({}),
            json!({"reason": "  "}),
            json!({"reason": "x".repeat(501)}),
            json!({"reason": "a\nb"}),
        ] {
            let call = instance.post(&format!("/api/admin/users/{NOBODY}/{action}"), &body);
            call.bearer_auth(&admin.access_token).problem(422, "validation_failed").await;
        }
    }
    assert_eq!(database.count("audit_log WHERE actor_id IS NOT NULL"), 0);
}

#[tokio::test]
async fn a_reset_is_sent_to_the_owner_alone() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let admin = admin(&instance, &database).await;
    let user = instance.register().await;
    let id = id_of(&instance, &user).await;
    // The limits of those who forget do not count.
    for _ in 0..2 {
        let answer = act(&instance, &admin, &id, "send-reset").answer(StatusCode::NO_CONTENT).await;
        assert_eq!(answer.text, "", "the admin learns nothing");
    }
    assert_eq!(mailbox.kinds(&user.email), ["verify_email", "reset_password", "reset_password"]);
    log_in(&instance, &user).answer(StatusCode::OK).await;
    let (_, token) = mailbox.last_code(&user.email);
    let reset = json!({"token": token, "new_password": "another good phrase"});
    instance.post("/api/auth/password/reset", &reset).answer(StatusCode::NO_CONTENT).await;
    log_in(&instance, &user).problem(401, "invalid_credentials").await;
    let by_admin =
        "audit_log WHERE action = 'user.reset_sent' AND actor_id IS NOT NULL AND reason IS NOT NULL";
    assert_eq!(database.count(by_admin), 2);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let (instance, database) = alone().await;
    let first = admin(&instance, &database).await;
    let id = id_of(&instance, &first).await;
    act(&instance, &first, &id, "suspend").problem(409, "last_admin").await;
    let second = admin(&instance, &database).await;
    act(&instance, &first, &id, "suspend").answer(StatusCode::NO_CONTENT).await;
    act(&instance, &first, &id, "restore").done().await;
    let second_id = id_of(&instance, &second).await;
    act(&instance, &second, &second_id, "suspend").problem(409, "last_admin").await;
    assert_eq!(database.count("users WHERE suspended_at IS NOT NULL"), 1);
}

#[tokio::test]
async fn all_accounts_are_downloaded_as_a_table() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    // More than are in memory at once.
    sql(
        &database,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO users (id, email, email_key, full_name, name_key, role, password_hash, created_at, updated_at)
         SELECT printf('01890000-0000-7000-8000-%012x', i), i || '@example.com', i || '@example.com',
                '=cmd(\"' || i || '\"), ltd', 'x', 'user', 'x', 0, 0 FROM n",
    );
    let csv =
        |query: &str| instance.get(&format!("/api/admin/users.csv{query}")).bearer_auth(&admin.access_token);
    let table = csv("").answer(StatusCode::OK).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(table.header("content-disposition").starts_with("attachment; filename=\"users-20"));
    let lines: Vec<&str> = table.text.split("\r\n").collect();
    assert!(lines[0].starts_with("id,email,full_name,role,status,email_verified,registered_at,"));
    assert_eq!(
        lines.len(),
        1 + 1 + 1200 + 1,
        "a header, the admin, the others, and the end of the last line"
    );
    assert_eq!(lines[1].split(',').nth(1), Some(admin.email.as_str()), "the newest comes first");
    let seventh = lines.iter().find(|line| line.contains(",7@example.com,")).unwrap();
    assert!(
        seventh
            .ends_with(",7@example.com,\"'=cmd(\"\"7\"\"), ltd\",user,active,false,1970-01-01T00:00:00Z,,,"),
        "{seventh}"
    );
    let distinct: BTreeSet<_> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len());
    let admins = csv("?role=admin").answer(StatusCode::OK).await;
    assert_eq!(admins.text.lines().count(), 2);
    check_problem(&csv("?limit=5").done().await, 422, "validation_failed");
    assert_eq!(database.count("audit_log WHERE action = 'admin.users_exported'"), 2);
}

#[tokio::test]
async fn the_funnel_counts_everybody_in_each_step() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    for (step, status) in
        [("profile", "completed"), ("preferences", "skipped"), ("organization", "in_progress")]
    {
        let person = instance.register().await;
        let put = instance.put(&format!("/api/onboarding/steps/{step}"), &json!({"status": status}));
        put.bearer_auth(&person.access_token).answer(StatusCode::OK).await;
    }
    let get = instance.get("/api/admin/funnel").bearer_auth(&admin.access_token);
    let funnel = get.answer(StatusCode::OK).await.body;
    assert_eq!((&funnel["registered"], &funnel["completed"]), (&json!(4), &json!(0)));
    let counts: Vec<_> = funnel["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            ["key", "completed", "skipped", "in_progress", "not_started"].map(|field| step[field].clone())
        })
        .collect();
    let expected = [
        json!(["account", 4, 0, 0, 0]),
        json!(["profile", 1, 0, 0, 3]),
        json!(["organization", 0, 0, 1, 3]),
        json!(["preferences", 0, 1, 0, 3]),
        json!(["review", 0, 0, 0, 4]),
    ];
    assert_eq!(json!(counts), json!(expected));
}

#[tokio::test]
async fn the_audit_log_is_read_by_person_action_and_time() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let user = instance.register().await;
    log_in(&instance, &user).answer(StatusCode::OK).await;
    let id = id_of(&instance, &user).await;
    let get =
        |query: &str| instance.get(&format!("/api/admin/audit{query}")).bearer_auth(&admin.access_token);
    let rows = async |query: &str| -> Vec<Value> {
        let answer = get(query).answer(StatusCode::OK).await;
        answer.body["items"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect()
    };
    assert_eq!(rows(&format!("?user_id={id}")).await, ["user.logged_in", "user.registered"]);
    assert_eq!(rows("?action=user.registered").await.len(), 2);
    assert_eq!(rows("?action=user.vanished").await.len(), 0);
    assert_eq!(rows("?from=2099-01-01T00:00:00Z").await.len(), 0);
    assert_eq!(rows("?before=2099-01-01T00:00:00Z").await.len(), 3);
    let page = get("?limit=2").answer(StatusCode::OK).await;
    let next = page.body["next_cursor"].as_str().unwrap();
    assert_eq!(rows(&format!("?limit=2&cursor={next}")).await, ["user.registered"]);
    let bad = get("?user_id=me&action=Drop%20table&from=now&cursor=!&person=x")
        .problem(422, "validation_failed")
        .await;
    let fields: Vec<_> = bad.body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["action", "cursor", "from", "person", "user_id"]);
}

#[tokio::test]
async fn admins_see_who_is_stuck_as_reminders_see_it() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let people = [instance.register().await, instance.register().await, instance.register().await];
    let [begun, stuck, reopened] = &people;
    let set = |person: &Person, change: &str| {
        let email = person.email.to_lowercase();
        let owner = format!("(SELECT id FROM users WHERE email_key = '{email}')");
        database.execute(&format!("UPDATE onboarding SET {change} WHERE user_id = {owner}"));
    };
    set(stuck, "updated_at = updated_at - 49 * 3600000, reminded = 1");
    set(reopened, "updated_at = updated_at - 49 * 3600000, activated_at = created_at");
    let get =
        |query: &str| instance.get(&format!("/api/admin/users{query}")).bearer_auth(&admin.access_token);
    let all = get("").answer(StatusCode::OK).await;
    let onboarding = |person: &Person| {
        let items = all.body["items"].as_array().unwrap();
        items.iter().find(|item| item["email"] == person.email.as_str()).unwrap()["onboarding"].clone()
    };
    for (person, state, last_reminder) in
        [(begun, "begun", json!(null)), (stuck, "stuck", json!(1)), (reopened, "reopened", json!(null))]
    {
        let found = onboarding(person);
        assert_eq!((&found["state"], &found["last_reminder"]), (&json!(state), &last_reminder), "{found}");
        assert_eq!(found["status"], "in_progress");
    }
    let found = get("?stuck_since=2038-01-01T00:00:00Z").answer(StatusCode::OK).await;
    let emails: Vec<_> = found.body["items"].as_array().unwrap().iter().map(|item| &item["email"]).collect();
    assert!(emails.contains(&&json!(stuck.email)) && !emails.contains(&&json!(reopened.email)), "{emails:?}");
}
