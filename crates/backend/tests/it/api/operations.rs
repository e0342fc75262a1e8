//! Health, metrics, reference data, documentation.

use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::eventually;

use super::harness::{Database, Instance, Send as _, WAIT, alone};

#[tokio::test]
async fn health_says_who_and_how() {
    let (instance, _database) = alone().await;
    let live = instance.get("/health").answer(StatusCode::OK).await;
    assert_eq!((&live.body["status"], &live.body["instance"]), (&json!("healthy"), &json!("backend-1")));
    assert!(live.body["uptime_seconds"].is_u64() && live.body["version"].is_string());
    assert!(live.body.get("database").is_none());
    instance.get("/ready").answer(StatusCode::OK).await;
    let whole = instance.get("/api/health").answer(StatusCode::OK).await;
    let database = &whole.body["database"];
    assert_eq!(database["status"], "up");
    assert!(database["latency_ms"].is_number());
    for count in ["max", "open", "idle", "in_use", "waiting"] {
        assert!(database["pool"][count].is_u64(), "{count} in {database}");
    }
    instance.call(Method::HEAD, "/health").answer(StatusCode::OK).await;
}

#[tokio::test]
async fn a_lost_database_is_told_and_heals() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection
        .execute_batch("ALTER TABLE schema_migrations RENAME TO gone; ALTER TABLE users RENAME TO lost")
        .unwrap();
    let ready = instance.get("/ready").answer(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(
        (&ready.body["status"], &ready.body["database"]["status"]),
        (&json!("unready"), &json!("down"))
    );
    instance.get("/health").answer(StatusCode::OK).await;
    assert_eq!(instance.get("/api/health").answer(StatusCode::OK).await.body["status"], "degraded");
    let answer =
        instance.get("/api/auth/me").bearer_auth(&person.access_token).problem(500, "internal_error").await;
    assert!(!answer.text.contains("users") && !answer.text.contains("SQL"), "{}", answer.text);
    connection
        .execute_batch("ALTER TABLE gone RENAME TO schema_migrations; ALTER TABLE lost RENAME TO users")
        .unwrap();
    instance.get("/ready").answer(StatusCode::OK).await;
    instance.get("/api/auth/me").bearer_auth(&person.access_token).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn metrics_have_the_names_that_dashboards_use() {
    let (instance, _database) = alone().await;
    instance.register().await;
    instance.get("/api/nothing/at/all").done().await;
    let metrics = instance.get("/metrics").answer(StatusCode::OK).await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    for line in [
        "http_requests_total{method=\"POST\",route=\"/api/auth/register\",status=\"201\"} 1",
        "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "http_request_duration_seconds_count{method=\"POST\",route=\"/api/auth/register\"} 1",
        "db_pool_connections{state=\"idle\"}",
        "db_pool_max_connections ",
        "db_pool_wait_seconds_count ",
        "db_query_duration_seconds_count{query=\"register\"} 1",
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
    ] {
        assert!(metrics.text.lines().any(|found| found.starts_with(line)), "{line} in\n{}", metrics.text);
    }
}

#[tokio::test]
async fn metrics_tell_what_the_database_says_about_itself() {
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("DB_VIEWS_INTERVAL", "1s")]).await;
    let metrics = eventually(WAIT, || async {
        let text = instance.get("/metrics").answer(StatusCode::OK).await.text;
        if text.contains("db_server_info{engine=\"sqlite\"") { Ok(text) } else { Err(text) }
    })
    .await;
    for line in [
        "db_server_file_bytes{file=\"data\"}",
        "db_server_pages{state=\"used\"}",
        "db_server_volume_available_bytes{",
        "db_server_waits_total{class=\"lock\"}",
        "db_server_last_backup_timestamp_seconds{kind=\"full\"} 0",
        "db_server_view_up{view=\"files\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found.starts_with(line)), "{line} in\n{metrics}");
    }

    let off = Instance::start_with(&database, &[("DB_VIEWS_INTERVAL", "0")]).await;
    off.register().await;
    assert!(!off.get("/metrics").answer(StatusCode::OK).await.text.contains("db_server_"));
}

#[tokio::test]
async fn static_data_is_complete_and_may_be_cached() {
    let (instance, _database) = alone().await;
    let data = instance.get("/api/static-data").answer(StatusCode::OK).await;
    assert_eq!(data.header("cache-control"), "public, max-age=300");
    assert_eq!(data.body["countries"].as_array().unwrap().len(), 249);
    assert!(data.body["time_zones"].as_array().unwrap().contains(&json!("Europe/Berlin")));
    for list in ["organization_sizes", "roles"] {
        assert!(
            data.body[list].as_array().unwrap().iter().all(|choice| choice["value"].is_string()),
            "{list}"
        );
    }
    let again = instance.get("/api/static-data").header("if-none-match", data.header("etag"));
    let unchanged = again.answer(StatusCode::NOT_MODIFIED).await;
    assert_eq!((unchanged.text.as_str(), unchanged.header("etag")), ("", data.header("etag")));
    instance.get("/api/static-data").header("if-none-match", "\"other\"").answer(StatusCode::OK).await;
}

#[tokio::test]
async fn every_documented_call_is_there_and_the_page_loads_nothing_from_elsewhere() {
    let (instance, _database) = alone().await;
    let document = instance.get("/api/openapi.json").answer(StatusCode::OK).await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, calls) in document["paths"].as_object().unwrap() {
        for method in calls.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = instance.call(method.clone(), &path.replace("{key}", "profile")).done().await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            assert!(!["not_found", "method_not_allowed"].contains(&code), "{method} {path}");
        }
    }
    let page = instance.get("/api/docs").answer(StatusCode::OK).await;
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; connect-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(!page.text.contains("src=") && !page.text.contains("{{"), "it is one piece");
    assert!(!page.text.contains("href=\"http"), "nothing comes from elsewhere");
}
