//! Calls of the admin interface that change something.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{Admin, peer::Peer, problem::Problem};
use crate::{
    control::{NewServer, ServerChange},
    events::By,
};

type Body<T> = Result<Json<T>, JsonRejection>;

/// `POST /api/reload`
pub(super) async fn reload(State(admin): State<Arc<Admin>>, peer: Peer) -> Result<Response, Problem> {
    let restart = admin.control.reload(peer.into()).map_err(|error| {
        let reason = service_kit::exit::chain(&error);
        Problem::new(422, "configuration_refused", reason)
    })?;
    let version = admin.control.published().version();
    let body = serde_json::json!({ "status": "reloaded", "version": version, "needs_restart": restart });
    Ok(Json(body).into_response())
}

/// `POST /api/upgrade`: answers once another process serves, or with the reason why none does.
pub(super) async fn upgrade(State(admin): State<Arc<Admin>>, peer: Peer) -> Result<Response, Problem> {
    let by = By::from(peer);
    tracing::info!(%by, "an upgrade is ordered");
    let new = admin
        .orders
        .upgrade()
        .await
        .map_err(|error| Problem::new(503, "upgrade_failed", error.to_string()))?;
    let body = serde_json::json!({ "status": "upgraded", "old_pid": std::process::id(), "new_pid": new.pid });
    Ok(Json(body).into_response())
}

/// `PUT /api/pools/{pool}/servers/{name}`
pub(super) async fn change(
    State(admin): State<Arc<Admin>>,
    peer: Peer,
    Path((pool, name)): Path<(String, String)>,
    body: Body<ServerChange>,
) -> Result<Response, Problem> {
    let Json(change) = body?;
    let name = admin.control.change(&pool, &name, &change, peer.into())?;
    Ok(server(&admin, StatusCode::OK, &pool, &name))
}

/// `POST /api/pools/{pool}/servers/{name}`
pub(super) async fn add_named(
    State(admin): State<Arc<Admin>>,
    peer: Peer,
    Path((pool, name)): Path<(String, String)>,
    body: Body<NewServer>,
) -> Result<Response, Problem> {
    let Json(new) = body?;
    if new.name.as_ref().is_some_and(|other| *other != name) {
        return Err(Problem::new(422, "invalid", "The name in the body is not the one in the address."));
    }
    let name = admin.control.add(&pool, &NewServer { name: Some(name), ..new }, peer.into())?;
    Ok(server(&admin, StatusCode::CREATED, &pool, &name))
}

/// `POST /api/pools/{pool}/servers`
pub(super) async fn add(
    State(admin): State<Arc<Admin>>,
    peer: Peer,
    Path(pool): Path<String>,
    body: Body<NewServer>,
) -> Result<Response, Problem> {
    let Json(new) = body?;
    let name = admin.control.add(&pool, &new, peer.into())?;
    Ok(server(&admin, StatusCode::CREATED, &pool, &name))
}

/// `DELETE /api/pools/{pool}/servers/{name}`
pub(super) async fn remove(
    State(admin): State<Arc<Admin>>,
    peer: Peer,
    Path((pool, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admin.control.remove(&pool, &name, peer.into())?;
    Ok(StatusCode::NO_CONTENT)
}

/// The server after the change.
fn server(admin: &Admin, status: StatusCode, pool: &str, name: &str) -> Response {
    let snapshot = admin.control.published().load();
    let view = snapshot.pool(pool).and_then(|pool| pool.view().server(name));
    (status, Json(view)).into_response()
}
