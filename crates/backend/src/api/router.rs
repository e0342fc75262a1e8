//! The router: all paths of the API.

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::error::ApiError;
use super::handlers::admin::{
    actions, audit, cluster, domains as domain_claims, export, funnel, mails, users, webhooks,
};
use super::handlers::docs::Document;
use super::handlers::oidc;
use super::handlers::organizations::{domains, invitations, joining, members, offers, own};
use super::handlers::{
    account, docs, email, health, login, onboarding, own_account, passkeys, password, reminders,
    second_factor, session, sessions, static_data,
};
use super::idempotent::{Asker, idempotent};
use super::observe::{observe, panicked};
use super::openapi::document;
use super::readable_path::readable_path;
use crate::app::App;

/// The whole API of one instance.
pub fn router(app: App) -> Router {
    let repeatable = |asker| from_fn_with_state((Arc::clone(&app), asker), idempotent);

    let for_anybody = Router::new()
        .route("/api/auth/register", post(account::register))
        .route("/api/auth/login", post(login::login))
        .route("/api/auth/login/second-factor", post(second_factor::login::second_factor))
        .route("/api/auth/login/passkey", post(passkeys::login::finish))
        .route("/api/auth/password/forgot", post(password::forgot))
        .route("/api/auth/password/reset", post(password::reset))
        .route("/api/invitations/lookup", post(joining::look_up))
        .route("/api/unsubscribe/{token}", post(reminders::unsubscribe))
        .merge(providers_for_anybody())
        .route_layer(repeatable(Asker::Anybody));
    let for_token_holders = Router::new()
        .route("/api/auth/refresh", post(session::refresh))
        .route_layer(repeatable(Asker::TokenHolder));
    let for_leavers =
        Router::new().route("/api/auth/logout", post(session::logout)).route_layer(repeatable(Asker::Leaver));
    let for_whoever_has_mail = Router::new()
        .route("/api/auth/email/verify", post(email::verify))
        .route_layer(repeatable(Asker::MaybeUser));
    let for_users = organization_changes()
        .route("/api/auth/email/resend", post(email::resend))
        .route("/api/auth/email/change", post(email::change))
        .route("/api/auth/password/change", post(password::change))
        .merge(changes_of_access())
        .merge(providers_for_users())
        .route("/api/account", patch(own_account::update).delete(own_account::close))
        .route("/api/account/reopen", post(own_account::reopen))
        .route("/api/onboarding/steps/{key}", put(onboarding::put_step))
        .route("/api/onboarding/complete", post(onboarding::complete))
        .route("/api/onboarding/reopen", post(onboarding::reopen))
        .merge(what_admins_do())
        .route_layer(repeatable(Asker::User));
    for_anybody
        .merge(for_token_holders)
        .merge(for_leavers)
        .merge(for_whoever_has_mail)
        .merge(for_users)
        .merge(readable())
        .fallback(|| async { ApiError::RouteNotFound })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(
            // In the order in which a request meets them.
            ServiceBuilder::new()
                .layer(from_fn_with_state(Arc::clone(&app), observe))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn(readable_path)),
        )
        .with_state(app)
}

/// The calls that change nothing.
fn readable() -> Router<App> {
    what_admins_see()
        .merge(organization_reads())
        .route("/api/auth/me", get(account::me))
        .route("/api/auth/sessions", get(sessions::list))
        .route("/api/auth/factors", get(second_factor::totp::show))
        .route("/api/auth/factors/devices", get(second_factor::devices::list))
        .route("/api/auth/login/passkey", get(passkeys::login::begin))
        .route("/api/auth/passkeys", get(passkeys::own::list))
        .route("/api/auth/passkeys/registration", get(passkeys::register::begin))
        .route("/api/auth/oidc/providers", get(oidc::start::providers))
        .route("/api/auth/oidc/identities", get(oidc::identities::list))
        .route("/api/account/export", get(own_account::export))
        .route("/api/onboarding", get(onboarding::show))
        .route("/api/unsubscribe/{token}", get(reminders::show))
        .route("/api/static-data", get(static_data::show))
        .route("/api/openapi.json", get(docs::openapi).layer(Extension(Document(document().into()))))
        .route("/api/docs", get(docs::page))
        .route("/api/health", get(health::with_database))
        .route("/health", get(health::live))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
}

fn what_admins_do() -> Router<App> {
    Router::new()
        .route("/api/admin/users/{id}/suspend", post(actions::suspend))
        .route("/api/admin/users/{id}/restore", post(actions::restore))
        .route("/api/admin/users/{id}/end-sessions", post(actions::end_sessions))
        .route("/api/admin/users/{id}/send-reset", post(actions::send_reset))
        .route("/api/admin/webhooks/replay", post(webhooks::replay_some))
        .route("/api/admin/webhooks/{id}/replay", post(webhooks::replay))
        .route("/api/admin/outbox/{id}/replay", post(mails::replay))
}

fn what_admins_see() -> Router<App> {
    Router::new()
        .route("/api/admin/users", get(users::list))
        .route("/api/admin/users.csv", get(export::download))
        .route("/api/admin/users/{id}", get(users::show))
        .route("/api/admin/audit", get(audit::list))
        .route("/api/admin/funnel", get(funnel::show))
        .route("/api/admin/cluster", get(cluster::show))
        .route("/api/admin/webhooks", get(webhooks::list))
        .route("/api/admin/outbox", get(mails::list))
}

/// The changes of organizations: by members, by people who join, and by admins.
fn organization_changes() -> Router<App> {
    Router::new()
        .route("/api/organization", post(own::found).patch(own::describe))
        .route("/api/organization/leave", post(own::leave))
        .route("/api/organization/members/{user_id}", patch(members::set_role).delete(members::remove))
        .route("/api/organization/ownership", post(members::pass_ownership))
        .route("/api/organization/invitations", post(invitations::invite))
        .route("/api/organization/invitations/{id}", delete(invitations::revoke))
        .route("/api/organization/invitations/{id}/resend", post(invitations::resend))
        .route("/api/organization/domains", post(domains::claim))
        .route("/api/organization/domains/{domain}", delete(domains::drop_one))
        .route("/api/invitations/accept", post(joining::accept))
        .route("/api/organizations/{id}/join", post(offers::join))
        .route("/api/admin/organizations/{id}/domains/{domain}/approve", post(domain_claims::approve))
        .route("/api/admin/organizations/{id}/domains/{domain}/refuse", post(domain_claims::refuse))
}

fn organization_reads() -> Router<App> {
    Router::new()
        .route("/api/organization", get(own::show))
        .route("/api/organization/members", get(members::list))
        .route("/api/organization/invitations", get(invitations::list))
        .route("/api/organization/domains", get(domains::list))
        .route("/api/organizations/offers", get(offers::list))
        .route("/api/admin/domain-claims", get(domain_claims::list))
}

/// The changes of the own sessions, passkeys and second factors.
fn changes_of_access() -> Router<App> {
    Router::new()
        .route("/api/auth/sessions", delete(sessions::end_all))
        .route("/api/auth/sessions/others", delete(sessions::end_others))
        .route("/api/auth/sessions/{id}", delete(sessions::end_one))
        .route("/api/auth/passkeys", post(passkeys::register::finish))
        .route("/api/auth/passkeys/{id}", patch(passkeys::own::rename).delete(passkeys::own::remove))
        .route("/api/auth/step-up", post(second_factor::step_up::step_up))
        .route("/api/auth/factors/totp", post(second_factor::totp::enrol).delete(second_factor::totp::remove))
        .route("/api/auth/factors/totp/confirm", post(second_factor::totp::confirm))
        .route("/api/auth/factors/recovery-codes", post(second_factor::recovery::renew))
        .route("/api/auth/factors/devices", delete(second_factor::devices::forget))
        .route("/api/auth/factors/devices/{id}", delete(second_factor::devices::forget_one))
}

/// Log-in by a provider.
fn providers_for_anybody() -> Router<App> {
    Router::new()
        .route("/api/auth/oidc/{provider}/start", post(oidc::start::start))
        .route("/api/auth/oidc/{provider}/callback", post(oidc::callback::callback))
}

/// Adding a provider to the own account, and removing one.
fn providers_for_users() -> Router<App> {
    Router::new()
        .route("/api/auth/oidc/{provider}/link", post(oidc::link::start))
        .route("/api/auth/oidc/{provider}/link/callback", post(oidc::link::callback))
        .route("/api/auth/oidc/identities/{id}", delete(oidc::identities::unlink))
}
