//! The OpenAPI document, made from the descriptions of the handlers.

mod common;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use self::common::Common;
use super::dto::ThemeName;
use super::error::Problem;
use super::handlers::admin::{
    actions, audit, cluster, domains as domain_claims, export, funnel, mails, users, webhooks,
};
use super::handlers::oidc;
use super::handlers::organizations::{domains, invitations, joining, members, offers, own};
use super::handlers::{
    account, docs, email, health, login, onboarding, own_account, passkeys, password, reminders,
    second_factor, session, sessions, static_data,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "User onboarding",
        description = "People register, log in and are led through the steps of an onboarding. Errors are \
                       `application/problem+json` (RFC 9457) with a stable `code`. Every POST, PUT and DELETE takes an \
                       `Idempotency-Key`: the same key and body get the first answer again, for 24 hours."
    ),
    paths(
        account::register, login::login, session::refresh, session::logout, account::me,
        sessions::list, sessions::end_one, sessions::end_others, sessions::end_all,
        second_factor::login::second_factor, second_factor::step_up::step_up, second_factor::totp::show,
        second_factor::totp::enrol, second_factor::totp::confirm, second_factor::totp::remove,
        second_factor::recovery::renew, second_factor::devices::list,
        second_factor::devices::forget_one, second_factor::devices::forget,
        passkeys::login::begin, passkeys::login::finish, passkeys::own::list, passkeys::register::begin,
        passkeys::register::finish, passkeys::own::rename, passkeys::own::remove,
        email::verify, email::resend, email::change, password::forgot, password::reset, password::change,
        oidc::start::providers, oidc::start::start, oidc::callback::callback, oidc::link::start,
        oidc::link::callback, oidc::identities::list, oidc::identities::unlink,
        own_account::update, own_account::close, own_account::reopen, own_account::export,
        onboarding::show, onboarding::put_step, onboarding::complete, onboarding::reopen, static_data::show,
        reminders::show, reminders::unsubscribe,
        own::show, own::found, own::describe, own::leave,
        members::list, members::set_role, members::remove, members::pass_ownership,
        invitations::invite, invitations::list, invitations::resend, invitations::revoke,
        joining::look_up, joining::accept, domains::list, domains::claim, domains::drop_one,
        offers::list, offers::join, domain_claims::list, domain_claims::approve, domain_claims::refuse,
        users::list, users::show, export::download, actions::suspend, actions::restore, actions::end_sessions,
        actions::send_reset,
        audit::list, funnel::show, cluster::show, webhooks::list, webhooks::replay, webhooks::replay_some, mails::list, mails::replay,
        health::live, health::ready, health::with_database, health::metrics, docs::openapi, docs::page,
    ),
    components(schemas(ThemeName, Problem)),
    tags(
        (name = "auth", description = "Accounts and sessions"),
        (name = "account", description = "The own account as a whole"),
        (name = "onboarding", description = "The way through the steps"),
        (name = "organizations", description = "The own organization, its members and invitations to it"),
        (name = "admin", description = "For admins: everybody's accounts, and who did what"),
        (name = "operations", description = "For balancers, supervisors and developers"),
    ),
    modifiers(&AccessToken, &Common),
)]
struct Api;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWE").build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// The document as JSON.
pub fn document() -> String {
    // Made of texts and maps with text keys, which always serialise.
    Api::openapi().to_pretty_json().unwrap_or_default()
}
