//! The handlers, one file for each group of calls. A handler parses, calls the domain and the store, and shapes the
//! answer.

pub(super) mod account;
pub(super) mod admin;
mod codes;
mod current_password;
pub(super) mod docs;
pub(super) mod email;
pub(super) mod health;
pub(super) mod login;
mod mails;
pub(super) mod oidc;
pub(super) mod onboarding;
mod opening;
pub(super) mod organizations;
pub(super) mod own_account;
pub(super) mod passkeys;
pub(super) mod password;
pub(super) mod reminders;
pub(super) mod second_factor;
pub(super) mod session;
pub(super) mod sessions;
pub(super) mod static_data;
mod ways_in;
