//! Calls of admins about all accounts, and actions on them.

pub(in crate::api) mod actions;
pub(in crate::api) mod audit;
pub(in crate::api) mod cluster;
pub(in crate::api) mod domains;
mod dto;
pub(in crate::api) mod export;
pub(in crate::api) mod funnel;
pub(in crate::api) mod mails;
mod messages;
mod order;
mod queries;
mod request;
mod resend;
pub(in crate::api) mod users;
pub(in crate::api) mod webhooks;

pub(in crate::api) use dto::CLOSED;
