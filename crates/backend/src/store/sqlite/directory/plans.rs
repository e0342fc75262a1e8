//! SQLite's plans for the queries of lists.

use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;
use time::Duration;
use uuid::Uuid;

use super::{OTHER_ADMIN, Query, accounts, audit_log};
use crate::domain::{AccountStatus, Role, now};
use crate::store::directory::{AccountFilter, AuditFilter, AuditPosition, Prefix};

fn migrated() -> (Connection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    super::super::migrate(&path).unwrap();
    (super::super::connection::open(&path).unwrap(), folder)
}

/// The steps of the plan, such as `SEARCH users USING INDEX …`.
fn plan(connection: &Connection, query: &Query) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql)).unwrap();
    let steps = explain.query_map(params_from_iter(&query.values), |row| row.get("detail")).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}

/// The first step uses `index`, no step reads a whole table, and nothing is sorted unless it may be.
fn check(connection: &Connection, query: &Query, index: &str, may_sort: bool) {
    let steps = plan(connection, query);
    let told = format!("{}\n{steps:#?}", query.sql);
    assert!(steps[0].starts_with("SEARCH") && steps[0].contains(index), "{index}: {told}");
    assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{told}");
    assert!(may_sort || !steps.iter().any(|step| step.contains("TEMP B-TREE")), "{told}");
}

/// Every combination of filters but the prefix.
fn filters() -> Vec<AccountFilter> {
    let mut filters = Vec::new();
    let statuses = [AccountStatus::Active, AccountStatus::Suspended, AccountStatus::Closing].map(Some);
    for status in statuses.into_iter().chain([None]) {
        for email_verified in [None, Some(true), Some(false)] {
            for role in [None, Some(Role::User), Some(Role::Admin)] {
                for stuck_since in [None, Some(now())] {
                    filters.push(AccountFilter { prefix: None, status, email_verified, role, stuck_since });
                }
            }
        }
    }
    filters
}

/// The index that is to drive a list of the newest, and whether it needs a sort.
fn driver(filter: &AccountFilter) -> (&'static str, bool) {
    match filter {
        AccountFilter { role: Some(Role::Admin), .. } => ("ix_users_role", false),
        AccountFilter { status: Some(AccountStatus::Suspended), .. } => ("ix_users_suspended_at", true),
        AccountFilter { status: Some(AccountStatus::Closing), .. } => ("ix_users_closing_at", true),
        AccountFilter { stuck_since: Some(_), .. } => ("ix_onboarding_completed_at", false),
        AccountFilter { email_verified: Some(false), .. } => ("ix_users_email_verified_at", false),
        _ => ("PRIMARY KEY", false),
    }
}

#[test]
fn lists_of_accounts_begin_at_an_index_and_are_not_sorted() {
    let (connection, _folder) = migrated();
    let prefix = Prefix::typed("ada").unwrap();
    for filter in filters() {
        let (index, may_sort) = driver(&filter);
        check(&connection, &accounts::newest(&filter, "x".into(), 50), index, may_sort);
        for after in [None, Some("ada@example.com".to_owned())] {
            let query = accounts::by_email(&filter, &prefix, after, 50);
            check(&connection, &query, "uq_users_email_key", false);
        }
        for after in [None, Some(("ada".to_owned(), "x".to_owned()))] {
            let query = accounts::by_name(&filter, &prefix, after, 50);
            check(&connection, &query, "ix_users_name_key", false);
        }
    }
}

#[test]
fn the_audit_log_is_read_from_an_index_and_is_not_sorted() {
    let (connection, _folder) = migrated();
    let (user, actor, action) =
        (Some(Uuid::now_v7()), Some(Uuid::now_v7()), Some("user.logged_in".to_owned()));
    for (user_id, actor_id, action, index) in [
        (None, None, None, "ix_audit_log_at"),
        (user, None, None, "ix_audit_log_user_id_at"),
        (None, actor, None, "ix_audit_log_actor_id_at"),
        (None, None, action.clone(), "ix_audit_log_action_at"),
        (user, actor, action.clone(), "ix_audit_log_user_id_at"),
        (None, actor, action, "ix_audit_log_actor_id_at"),
    ] {
        for after in [None, Some(AuditPosition { at: now(), id: 7 })] {
            let (from, before) = (Some(now() - Duration::DAY), Some(now()));
            for (from, before) in [(None, None), (from, before)] {
                let filter = AuditFilter { user_id, actor_id, action: action.clone(), from, before };
                check(&connection, &audit_log::query(&filter, after, 50), index, false);
            }
        }
    }
}

#[test]
fn another_admin_is_found_by_the_role() {
    let (connection, _folder) = migrated();
    let mut other_admin = Query::new("");
    other_admin.add(OTHER_ADMIN, ["x".to_owned().into()]);
    check(&connection, &other_admin, "ix_users_role", false);
}
