//! Managing accounts from the command line.

mod accounts;
mod password;

use std::sync::Arc;
use std::time::Duration;

use backend::app::open_store;
use backend::config::{DatabaseConfig, LogConfig};
use backend::domain::{Email, FullName, Role};
use backend::store::{Store, StoreError};
use clap::{Args, Subcommand, ValueEnum};
use service_kit::config::Sources;
use tokio::time::{Instant, sleep};

use super::{Failure, start_logging};
pub(super) use accounts::AccountError;
pub(super) use password::PasswordInputError;

/// The longest wait for a database that does not answer at once.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make an account
    ///
    /// The password is asked for, twice and without showing it. Where standard input is no
    /// terminal, its first line is the password.
    CreateUser {
        /// The address of the account
        email: Email,
        /// How the person wants to be called
        #[arg(long)]
        name: FullName,
        /// What they may do
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
    },
    /// Give an account another role
    ///
    /// It counts at once, whatever the tokens of the account say. The last account that can act as
    /// an admin keeps its role.
    SetRole {
        /// The address of the account
        email: Email,
        /// What they may do from now on
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Give an account another password and end all its sessions
    ///
    /// The password is asked for, twice and without showing it. Where standard input is no
    /// terminal, its first line is the password.
    ResetPassword {
        /// The address of the account
        email: Email,
    },
    /// Forget the wrong passwords and codes that were given for an account
    ///
    /// So that log-ins from devices that it does not know need not wait any longer.
    Unlock {
        /// The address of the account
        email: Email,
    },
    /// Switch an account's second factor off
    ///
    /// For whoever has lost the authenticator app and the recovery codes: the password alone logs in from then on. Make sure
    /// first that it is the owner who asks. Sessions go on; `reset-password` ends them.
    RemoveSecondFactor {
        /// The address of the account
        email: Email,
    },
    /// List accounts, the newest first
    List {
        /// Only those whose address or name begins so, regardless of case
        prefix: Option<String>,
        /// Only those with this role
        #[arg(long, value_enum)]
        role: Option<RoleName>,
    },
}

/// A role as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    User,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// The parts that the commands work with.
struct Context {
    store: Arc<dyn Store>,
    instance_id: String,
}

/// Runs a command. The audit log has a row for each change, by the command line.
pub(super) async fn run(AdminArgs { command }: AdminArgs) -> Result<(), Failure> {
    let mut sources = Sources::from_env();
    let log = LogConfig::read(&mut sources);
    let database = DatabaseConfig::read(&mut sources);
    sources.finish()?;
    start_logging(&log)?;
    // What is missing was noted, so `finish` has returned by then.
    let Some(database) = database else { return Ok(()) };
    let context = Context { store: open(&database).await?, instance_id: log.instance_id };
    let done = context.run(command).await;
    context.store.close().await;
    done
}

impl Context {
    async fn run(&self, command: AdminCommand) -> Result<(), Failure> {
        match command {
            AdminCommand::CreateUser { email, name, role } => self.create(email, name, role.into()).await,
            AdminCommand::SetRole { email, role } => self.set_role(&email, role.into()).await,
            AdminCommand::ResetPassword { email } => self.reset_password(&email).await,
            AdminCommand::Unlock { email } => self.unlock(&email).await,
            AdminCommand::RemoveSecondFactor { email } => self.remove_second_factor(&email).await,
            AdminCommand::List { prefix, role } => self.list(prefix.as_deref(), role.map(Role::from)).await,
        }
    }
}

/// The database, once it has answered. Connecting may take longer than a ping.
async fn open(database: &DatabaseConfig) -> Result<Arc<dyn Store>, Failure> {
    let store = open_store(database)?;
    let give_up = Instant::now() + PATIENCE;
    loop {
        match store.ping().await {
            Ok(()) => return Ok(store),
            Err(error @ StoreError::Unavailable { .. }) if Instant::now() >= give_up => {
                return Err(error.into());
            }
            Err(StoreError::Unavailable { .. }) => sleep(Duration::from_millis(200)).await,
            Err(error) => return Err(Failure::Unreadable(error)),
        }
    }
}
