//! The health of the instance, for balancers, supervisors and people.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::api::dto::{DatabaseBody, HealthBody, PoolBody};
use crate::api::error::ApiError;
use crate::app::{App, AppState};

type Health = (StatusCode, Json<HealthBody>);

/// Is this instance alive
///
/// The answer does not depend on the database, because a restart of the instance would not mend the database.
#[utoipa::path(
    get, path = "/health", tag = "operations", operation_id = "health",
    responses(
        (status = 200, description = "It is", body = HealthBody),
        (status = 503, description = "It is about to end: send nothing new", body = HealthBody),
    )
)]
pub(in crate::api) async fn live(State(app): State<App>) -> Health {
    answer(&app, "healthy", None)
}

/// Can this instance serve
#[utoipa::path(
    get, path = "/ready", tag = "operations", operation_id = "ready",
    responses(
        (status = 200, description = "It can", body = HealthBody),
        (status = 503, description = "Its database does not answer, or it is about to end", body = HealthBody),
    )
)]
pub(in crate::api) async fn ready(State(app): State<App>) -> Health {
    let database = database(&app).await;
    if database.status == "up" {
        answer(&app, "ready", Some(database))
    } else {
        let (_, body) = answer(&app, "unready", Some(database));
        (StatusCode::SERVICE_UNAVAILABLE, body)
    }
}

/// How is this instance, with its database
#[utoipa::path(
    get, path = "/api/health", tag = "operations", operation_id = "api_health",
    responses(
        (status = 200, description = "It is alive; `database.status` says whether it can serve", body = HealthBody),
        (status = 503, description = "It is about to end", body = HealthBody),
    )
)]
pub(in crate::api) async fn with_database(State(app): State<App>) -> Health {
    let database = DatabaseBody { reason: None, ..database(&app).await };
    answer(&app, if database.status == "up" { "healthy" } else { "degraded" }, Some(database))
}

fn answer(app: &AppState, status: &'static str, database: Option<DatabaseBody>) -> Health {
    let draining = app.shutdown.is_draining();
    let body = HealthBody {
        status: if draining { "draining" } else { status },
        instance: app.instance_id.clone(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.uptime.seconds(),
        database,
    };
    (if draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, Json(body))
}

/// The state of the database, with the reason why it is down. The log tells the reason once.
async fn database(app: &AppState) -> DatabaseBody {
    let started = Instant::now();
    let reason = app.store.ping().await.err().map(|error| service_kit::exit::chain(&error));
    match (app.sign_of_life.is_news(reason.as_deref()), &reason) {
        (true, Some(error)) => tracing::warn!(error, "the database gives no sign of life"),
        (true, None) => tracing::info!("the database gives signs of life again"),
        (false, _) => {}
    }
    let pool = app.store.pool();
    DatabaseBody {
        status: if reason.is_none() { "up" } else { "down" },
        latency_ms: started.elapsed().as_secs_f64() * 1000.0,
        reason,
        pool: PoolBody {
            max: pool.max,
            open: pool.open,
            idle: pool.idle,
            in_use: pool.in_use,
            waiting: pool.waiting,
        },
    }
}

/// Metrics of this instance
#[utoipa::path(
    get, path = "/metrics", tag = "operations", operation_id = "metrics",
    responses((status = 200, description = "Prometheus text format", body = String, content_type = "text/plain"))
)]
pub(in crate::api) async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let text = app.metrics.render(app.store.pool(), app.hasher.waiting())?;
    Ok(([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], text))
}
