//! The actions of the command line on accounts.

use backend::auth::{HashError, hash_once};
use backend::domain::guessing::{LOG_IN, Limit};
use backend::domain::onboarding::template::TemplateId;
use backend::domain::second_factor::SECOND_FACTOR;
use backend::domain::{Email, FullName, NewUser, Password, PasswordHash, Role, Timestamp, User};
use backend::store::directory::{Account, AccountFilter, Prefix};
use backend::store::{
    AccountChange, Actor, Administration, AuditAction, AuditEntry, Effect, Mutation, Outcome,
};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Context, PasswordInputError, password};
use crate::command::{Failure, print};

/// The number of accounts in one page.
const PAGE: u32 = 200;

/// The number of times that a change is decided anew, where its facts have changed.
const MAX_TRIES: u32 = 3;

/// The reason why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum AccountError {
    /// No account has the address.
    #[error("there is no account with the address {0}")]
    Unknown(Email),
    /// An account has the address already.
    #[error("there is already an account with the address {0}")]
    Taken(Email),
    /// No other account can act as an admin.
    #[error("{0} is the last account that can act as an admin; give another one the role first")]
    LastAdmin(Email),
    /// The password could not be hashed.
    #[error("the password cannot be hashed")]
    Hash(#[from] HashError),
    /// The account changes all the time.
    #[error("the account was changed by others meanwhile; try again")]
    Busy,
}

impl Context {
    pub(super) async fn create(&self, email: Email, name: FullName, role: Role) -> Result<(), Failure> {
        if self.store.credentials(&email).await?.is_some() {
            return Err(AccountError::Taken(email).into());
        }
        let password_hash = hash(password_for(&email, &name)?).await?;
        let at = self.store.now();
        let user = User { role, ..User::registered(Uuid::now_v7(), email.clone(), name, at) };
        let audit = self.entry(AuditAction::UserCreated, user.id, Some(role.to_string()));
        let id = user.id;
        // As long as the person has answered nothing, the instances' own template takes its place.
        let template = TemplateId::original();
        let effect = Effect::AddAccount(Box::new(NewUser { user, password_hash, template }));
        match self.store.commit(mutation(at, effect, audit)).await? {
            Outcome::Committed => print(&format!("made the account {email} ({role}, {id})")),
            Outcome::EmailTaken => Err(AccountError::Taken(email).into()),
            _ => Err(AccountError::Busy.into()),
        }
    }

    pub(super) async fn set_role(&self, email: &Email, role: Role) -> Result<(), Failure> {
        let user = self.known(email).await?;
        let change = AccountChange::SetRole(role);
        self.change(&user, change, AuditAction::RoleSet, Some(role.to_string())).await?;
        print(&format!("{email} has the role {role}"))
    }

    pub(super) async fn reset_password(&self, email: &Email) -> Result<(), Failure> {
        let user = self.known(email).await?;
        let hash = hash(password_for(email, &user.full_name)?).await?;
        self.change(&user, AccountChange::SetPassword(hash), AuditAction::PasswordSet, None).await?;
        print(&format!("{email} has a new password, and no session"))
    }

    pub(super) async fn unlock(&self, email: &Email) -> Result<(), Failure> {
        let user = self.known(email).await?;
        let keys = [Limit::at_email(LOG_IN, &user.email), Limit::at_user(SECOND_FACTOR, user.id)];
        let forgive = AccountChange::ForgiveGuesses(keys.map(|limit| limit.key).to_vec());
        self.change(&user, forgive, AuditAction::UserUnlocked, None).await?;
        print(&format!("log-ins to {email} need not wait any longer"))
    }

    pub(super) async fn remove_second_factor(&self, email: &Email) -> Result<(), Failure> {
        let user = self.known(email).await?;
        if !self.store.second_factors(user.id).await?.is_on() {
            return print(&format!("{email} has no second factor"));
        }
        let action = AuditAction::SecondFactorRemoved;
        self.change(&user, AccountChange::RemoveSecondFactors, action, None).await?;
        print(&format!("{email} logs in by the password alone; tell the owner"))
    }

    pub(super) async fn list(&self, prefix: Option<&str>, role: Option<Role>) -> Result<(), Failure> {
        let filter =
            AccountFilter { prefix: prefix.and_then(Prefix::typed), role, ..AccountFilter::default() };
        print("ADDRESS\tROLE\tSTATUS\tVERIFIED\tREGISTERED\tNAME")?;
        let mut after = None;
        loop {
            let page = self.store.accounts(filter.clone(), after, PAGE).await?;
            page.items.iter().try_for_each(|account| print(&line(account)))?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn known(&self, email: &Email) -> Result<User, Failure> {
        let found = self.store.credentials(email).await?;
        Ok(found.ok_or_else(|| AccountError::Unknown(email.clone()))?.user)
    }

    async fn change(
        &self,
        user: &User,
        change: AccountChange,
        action: AuditAction,
        subject: Option<String>,
    ) -> Result<(), Failure> {
        for _ in 0..MAX_TRIES {
            let (user_id, by) = (user.id, Actor::CommandLine);
            let effect = Effect::Administer(Administration { user_id, by, change: change.clone() });
            let audit = self.entry(action, user.id, subject.clone());
            if self.store.commit(mutation(self.store.now(), effect, audit)).await? == Outcome::Committed {
                return Ok(());
            }
            self.explain(user).await?;
        }
        Err(AccountError::Busy.into())
    }

    /// The reason why a change could not be done; nothing where the change is possible by now.
    async fn explain(&self, user: &User) -> Result<(), Failure> {
        let gone = || AccountError::Unknown(user.email.clone());
        let now = self.store.user(user.id).await?.ok_or_else(gone)?;
        if now.may_administrate() && !self.store.has_other_admin(user.id).await? {
            return Err(AccountError::LastAdmin(user.email.clone()).into());
        }
        Ok(())
    }

    fn entry(&self, action: AuditAction, user_id: Uuid, subject: Option<String>) -> AuditEntry {
        AuditEntry {
            action,
            user_id,
            actor: Actor::CommandLine,
            subject,
            reason: None,
            address: None,
            request_id: Uuid::new_v4().simple().to_string(),
            instance_id: self.instance_id.clone(),
        }
    }
}

fn mutation(at: Timestamp, effect: Effect, audit: AuditEntry) -> Mutation {
    Mutation { at, idempotency: None, session: None, effect, messages: Vec::new(), audit: Some(audit) }
}

fn password_for(email: &Email, name: &FullName) -> Result<Password, Failure> {
    let password = password::read()?;
    password.check_personal(email, name).map_err(PasswordInputError::from)?;
    Ok(password)
}

async fn hash(password: Password) -> Result<PasswordHash, AccountError> {
    Ok(hash_once(password).await?)
}

/// The columns of a line, with tabs in between. No column has a tab.
fn line(Account { user, .. }: &Account) -> String {
    let verified = if user.email_verified_at.is_some() { "yes" } else { "no" };
    let registered = user.created_at.format(&Rfc3339).unwrap_or_default();
    let (email, role, status) = (&user.email, user.role, user.status().as_str());
    format!("{email}\t{role}\t{status}\t{verified}\t{registered}\t{}", user.full_name)
}
