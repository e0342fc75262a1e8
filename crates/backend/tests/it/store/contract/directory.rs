//! Lists of accounts and of the audit log.

use std::collections::BTreeSet;
use std::net::IpAddr;

use backend::domain::onboarding::template::TemplateId;
use backend::domain::{AccountStatus, NewUser, PasswordHash, Role, Timestamp, User, now};
use backend::store::directory::{Account, AccountFilter, AuditFilter, AuditRecord, Prefix};
use backend::store::{
    AccountChange, Actor, Administration, AuditAction, AuditEntry, Effect, IdentityChange, Outcome,
};
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::mutation;

/// What no account of another test begins with.
fn marker() -> String {
    format!("m{}", Uuid::new_v4().simple())
}

fn person(email: &str, name: &str) -> User {
    User::registered(Uuid::now_v7(), email.parse().unwrap(), name.parse().unwrap(), now())
}

async fn add(store: &SharedStore, user: &User) {
    let password_hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into());
    let new = Box::new(NewUser { user: user.clone(), password_hash, template: TemplateId::original() });
    let mut adding = mutation(Effect::AddAccount(new));
    adding.at = user.created_at;
    assert_eq!(store.commit(adding).await.unwrap(), Outcome::Committed);
}

fn beginning(prefix: &str) -> AccountFilter {
    AccountFilter { prefix: Prefix::typed(prefix), ..AccountFilter::default() }
}

/// All pages of `limit`, in order. `between` runs after each.
async fn walk(
    store: &SharedStore,
    filter: &AccountFilter,
    limit: u32,
    mut between: impl AsyncFnMut(usize),
) -> Vec<Account> {
    let (mut all, mut after) = (Vec::new(), None);
    for number in 0.. {
        let page = store.accounts(filter.clone(), after, limit).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
        between(number).await;
    }
    unreachable!("the list has an end")
}

async fn found(store: &SharedStore, filter: &AccountFilter) -> Vec<Uuid> {
    walk(store, filter, 4, async |_| {}).await.iter().map(|account| account.user.id).collect()
}

pub(crate) async fn accounts_are_paged_without_gaps_while_others_come(store: &SharedStore) {
    let marker = marker();
    let (mut by_email, mut by_name) = (Vec::new(), Vec::new());
    for number in 0..40 {
        // Names repeat, so that pages end between equal ones.
        let name = format!("{marker} {}", number % 3);
        let user = person(&format!("{marker}.{number:02}@example.com"), &name);
        add(store, &user).await;
        by_email.push(user.id);
        let other = person(&format!("other.{number}.{marker}@example.com"), &name);
        add(store, &other).await;
        by_name.push((name, other.id));
    }
    let came = std::sync::atomic::AtomicUsize::new(0);
    let walked = walk(store, &beginning(&marker), 7, async |number| {
        // One before everything that was read, and one behind.
        for email in
            [format!("{marker}.00.{number}@example.com"), format!("{marker}.zz.{number}@example.com")]
        {
            add(store, &person(&email, "Somebody else")).await;
            came.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    })
    .await;
    let ids: Vec<Uuid> = walked.iter().map(|account| account.user.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "nobody comes twice");
    let there = |id: &Uuid| ids.contains(id);
    assert!(by_email.iter().all(there) && by_name.iter().all(|(_, id)| there(id)), "nobody is left out");
    let emails: Vec<&str> = walked.iter().map(|account| account.user.email.key()).collect();
    let (first, rest): (Vec<&str>, Vec<&str>) = emails.iter().partition(|email| email.starts_with(&marker));
    assert_eq!([first.clone(), rest].concat(), emails, "addresses come before names");
    assert!(first.is_sorted());
    let names: Vec<&str> =
        walked[first.len()..].iter().map(|account| account.user.full_name.as_str()).collect();
    assert!(names.is_sorted() && names.len() == 40, "{names:?}");
    assert!(came.into_inner() > 10);
    assert!(walked.iter().all(|account| account.onboarding.is_some()));
}

pub(crate) async fn a_prefix_is_taken_by_the_letter(store: &SharedStore) {
    let marker = marker();
    let mut ids = Vec::new();
    for name in ["%x", "_x", "[a]x", "ax", "\\x", "'x", "\u{1F980}x", "Ünï", "李"] {
        let user = person(&format!("{}@example.com", Uuid::new_v4().simple()), &format!("{marker}{name}"));
        add(store, &user).await;
        ids.push(user.id);
    }
    for (prefix, expected) in [
        ("%", &[0][..]),
        ("_", &[1]),
        ("[", &[2]),
        ("[a", &[2]),
        ("a", &[3]),
        ("\\", &[4]),
        ("'", &[5]),
        ("\u{1F980}", &[6]),
        ("ünï", &[7]),
        ("ÜNÏ", &[7]),
        ("李", &[8]),
        ("b", &[]),
        ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let typed = format!("  {}{prefix} ", marker.to_uppercase());
        let got: BTreeSet<Uuid> = found(store, &beginning(&typed)).await.into_iter().collect();
        assert_eq!(got, expected.iter().map(|index| ids[*index]).collect(), "{prefix:?}");
    }
    for local in ["a%b", "a_b", "axb"] {
        add(store, &person(&format!("{marker}.{local}@example.com"), "Somebody")).await;
    }
    for prefix in ["a%", "a_"] {
        let got = walk(store, &beginning(&format!("{marker}.{prefix}")), 9, async |_| {}).await;
        assert_eq!(got.len(), 1, "{prefix}");
    }
}

/// Five accounts, each with something about it.
struct Sample {
    marker: String,
    plain: User,
    verified: User,
    admin: User,
    suspended: User,
    complete: User,
}

impl Sample {
    async fn new(store: &SharedStore) -> Self {
        let marker = marker();
        let user = |name: &str| person(&format!("{marker}.{name}@example.com"), name);
        let plain = user("plain");
        let verified = User { email_verified_at: Some(now()), ..user("verified") };
        let admin = User { role: Role::Admin, ..user("admin") };
        let suspended = user("suspended");
        let long_ago = now() - Duration::days(30);
        let complete = User { created_at: long_ago, ..user("complete") };
        for user in [&plain, &verified, &admin, &suspended, &complete] {
            add(store, user).await;
        }
        let (user_id, by) = (suspended.id, Actor::CommandLine);
        let suspend = Administration { user_id, by, change: AccountChange::Suspend };
        let complete_onboarding =
            Effect::CompleteOnboarding { user_id: complete.id, expected_version: 1, reshape: None };
        for effect in [Effect::Administer(suspend), complete_onboarding] {
            assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
        }
        Self { marker, plain, verified, admin, suspended, complete }
    }

    fn all(&self) -> [Uuid; 5] {
        [&self.plain, &self.verified, &self.admin, &self.suspended, &self.complete].map(|user| user.id)
    }
}

pub(crate) async fn accounts_are_filtered(store: &SharedStore) {
    let sample = Sample::new(store).await;
    let stuck = person(&format!("{}.stuck@example.com", sample.marker), "Stuck");
    let stuck = User { created_at: now() - Duration::days(30), ..stuck };
    add(store, &stuck).await;
    let closing = person(&format!("{}.closing@example.com", sample.marker), "Closing");
    let closing = User { email_verified_at: Some(now()), ..closing };
    add(store, &closing).await;
    let seen = store.credentials(&closing.email).await.unwrap().unwrap().password_hash;
    let closing_at = now() + Duration::days(14);
    let close = Box::new(IdentityChange::Close { user_id: closing.id, seen, closing_at });
    assert_eq!(store.commit(mutation(Effect::Identity(close))).await.unwrap(), Outcome::Committed);
    let ids = |users: &[&User]| users.iter().map(|user| user.id).collect::<BTreeSet<_>>();
    let any = AccountFilter::default();
    let Sample { plain, verified, admin, suspended, complete, .. } = &sample;
    let cases = [
        (AccountFilter { email_verified: Some(true), ..any.clone() }, ids(&[verified, &closing])),
        (
            AccountFilter { email_verified: Some(false), ..any.clone() },
            ids(&[plain, admin, suspended, complete, &stuck]),
        ),
        (AccountFilter { role: Some(Role::Admin), ..any.clone() }, ids(&[admin])),
        (AccountFilter { status: Some(AccountStatus::Suspended), ..any.clone() }, ids(&[suspended])),
        (AccountFilter { status: Some(AccountStatus::Closing), ..any.clone() }, ids(&[&closing])),
        (
            AccountFilter { status: Some(AccountStatus::Active), role: Some(Role::User), ..any.clone() },
            ids(&[plain, verified, complete, &stuck]),
        ),
        (AccountFilter { stuck_since: Some(now() - Duration::days(7)), ..any.clone() }, ids(&[&stuck])),
        (
            AccountFilter {
                stuck_since: Some(now() + Duration::DAY),
                status: Some(AccountStatus::Suspended),
                ..any.clone()
            },
            ids(&[suspended]),
        ),
    ];
    let ours: BTreeSet<Uuid> = sample.all().into_iter().chain([stuck.id, closing.id]).collect();
    for (filter, expected) in cases {
        // Among all accounts, and by a prefix.
        let among_all: BTreeSet<Uuid> = found(store, &filter).await.into_iter().collect();
        assert_eq!(&among_all & &ours, expected, "{filter:?}");
        let filter = AccountFilter { prefix: Prefix::typed(&sample.marker), ..filter };
        let by_prefix: BTreeSet<Uuid> = found(store, &filter).await.into_iter().collect();
        assert_eq!(by_prefix, expected, "{filter:?}");
    }
}

pub(crate) async fn the_newest_accounts_come_first(store: &SharedStore) {
    let sample = Sample::new(store).await;
    let mut all = found(store, &AccountFilter::default()).await;
    all.retain(|id| sample.all().contains(id));
    assert_eq!(all, sample.all().into_iter().rev().collect::<Vec<_>>());
    let accounts = walk(store, &beginning(&sample.marker), 50, async |_| {}).await;
    let of = |user: &User| accounts.iter().find(|account| account.user.id == user.id).unwrap();
    assert_eq!(of(&sample.plain).user, sample.plain, "it comes back as it went");
    assert_eq!(of(&sample.suspended).user.status(), AccountStatus::Suspended);
    let progress = |user| of(user).onboarding.unwrap();
    assert!(progress(&sample.complete).facts.completed_at.is_some());
    assert_eq!(progress(&sample.plain).facts.completed_at, None);
    assert_eq!(progress(&sample.plain).facts.changed_at, sample.plain.created_at);
}

fn entry(action: AuditAction, user_id: Uuid, actor: Actor) -> AuditEntry {
    AuditEntry {
        action,
        user_id,
        actor,
        subject: Some("subject".into()),
        reason: Some("weil 'ñ' -- \u{1F980}".into()),
        address: Some("2001:db8::7".parse::<IpAddr>().unwrap()),
        request_id: "request-1".into(),
        instance_id: "backend-1".into(),
    }
}

async fn log(store: &SharedStore, at: Timestamp, entry: AuditEntry) {
    let mut noting = mutation(Effect::None);
    (noting.at, noting.audit) = (at, Some(entry));
    assert_eq!(store.commit(noting).await.unwrap(), Outcome::Committed);
}

async fn read(store: &SharedStore, filter: &AuditFilter, limit: u32) -> Vec<AuditRecord> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.audit_log(filter.clone(), after, limit).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

pub(crate) async fn the_audit_log_is_paged_and_filtered(store: &SharedStore) {
    let marker = marker();
    let user = person(&format!("{marker}@example.com"), "Somebody");
    let admin = person(&format!("admin.{marker}@example.com"), "An admin");
    add(store, &user).await;
    add(store, &admin).await;
    let began = now();
    for number in 0..20_i64 {
        // Several have one time.
        let at = began + Duration::milliseconds(number / 6);
        let (action, actor) = match number % 4 {
            0 => (AuditAction::UserSuspended, Actor::Admin(admin.id)),
            1 => (AuditAction::UserRestored, Actor::CommandLine),
            _ => (AuditAction::UserLoggedIn, Actor::Person),
        };
        log(store, at, entry(action, user.id, actor)).await;
    }
    let about = AuditFilter { user_id: Some(user.id), ..AuditFilter::default() };
    let all = read(store, &about, 3).await;
    assert_eq!(all.len(), 20);
    assert!(all.is_sorted_by_key(|row| std::cmp::Reverse((row.at, row.id))), "{all:#?}");
    let suspended = all.iter().find(|row| row.action == "user.suspended").unwrap();
    assert_eq!((suspended.user_id, suspended.actor), (user.id, Actor::Admin(admin.id)));
    assert_eq!(suspended.user_email.as_deref(), Some(user.email.as_str()));
    assert_eq!(suspended.actor_email.as_deref(), Some(admin.email.as_str()));
    assert_eq!(suspended.reason.as_deref(), Some("weil 'ñ' -- \u{1F980}"));
    assert_eq!(suspended.address, Some("2001:db8::7".parse().unwrap()));
    assert_eq!((suspended.request_id.as_str(), suspended.instance_id.as_str()), ("request-1", "backend-1"));
    let by_hand = all.iter().find(|row| row.action == "user.restored").unwrap();
    assert_eq!((by_hand.actor, by_hand.actor_email.as_deref()), (Actor::CommandLine, None));

    let by = AuditFilter { actor_id: Some(admin.id), ..AuditFilter::default() };
    assert_eq!(read(store, &by, 2).await.len(), 5);
    let both = AuditFilter { action: Some("user.logged_in".into()), ..about.clone() };
    assert_eq!(read(store, &both, 2).await.len(), 10);
    let (from, before) = (Some(began + Duration::MILLISECOND), Some(began + Duration::milliseconds(3)));
    for filter in [AuditFilter { from, before, ..about.clone() }, AuditFilter { from, before, ..by }] {
        let within = read(store, &filter, 2).await;
        assert!(!within.is_empty());
        assert!(within.iter().all(|row| Some(row.at) >= from && Some(row.at) < before), "{within:#?}");
    }
    let within = AuditFilter { from, before, ..about.clone() };
    assert_eq!(read(store, &within, 5).await.len(), 12);
    // Among all rows, whoever else writes some.
    let action =
        AuditFilter { action: Some("user.suspended".into()), from: Some(began), ..AuditFilter::default() };
    let ours = read(store, &action, 2).await.into_iter().filter(|row| row.user_id == user.id);
    assert_eq!(ours.count(), 5);
    let everything = AuditFilter { from: Some(began), before, ..AuditFilter::default() };
    let ours = read(store, &everything, 7).await.into_iter().filter(|row| row.user_id == user.id);
    assert_eq!(ours.count(), 18);
}

pub(crate) async fn rows_that_come_move_no_page_of_the_audit_log(store: &SharedStore) {
    let user_id = Uuid::now_v7();
    let began = now();
    for number in 0..6 {
        let at = began + Duration::milliseconds(number);
        log(store, at, entry(AuditAction::UserLoggedIn, user_id, Actor::Person)).await;
    }
    let filter = AuditFilter { user_id: Some(user_id), ..AuditFilter::default() };
    let first = store.audit_log(filter.clone(), None, 3).await.unwrap();
    log(store, began + Duration::MINUTE, entry(AuditAction::UserLoggedOut, user_id, Actor::Person)).await;
    let second = store.audit_log(filter, first.next, 3).await.unwrap();
    let times: Vec<_> = first.items.iter().chain(&second.items).map(|row| row.at).collect();
    let expected: Vec<_> = (0..6).rev().map(|number| began + Duration::milliseconds(number)).collect();
    assert_eq!((times, second.next), (expected, None));
}
