//! Provisions a database and its logins.

use backend::config::{DatabaseConfig, LogConfig, ProvisionConfig};
use backend::store::sql_server;
use clap::Args;
use service_kit::config::Sources;

use super::{Failure, apply, print, start_logging};

/// The administrator's login is `DB_ADMIN_USER` (`sa`) with `DB_ADMIN_PASSWORD`; it makes `DB_MIGRATOR_USER`
/// (`onboarding_migrator`) with `DB_MIGRATOR_PASSWORD`, and `DB_USER` with `DB_PASSWORD`.
#[derive(Debug, Args)]
pub(super) struct ProvisionArgs {
    /// Then bring the schema up to date, by the migrator's login
    #[arg(long)]
    migrate: bool,
}

pub(super) async fn provision(args: ProvisionArgs) -> Result<(), Failure> {
    let mut sources = Sources::from_env();
    let log = LogConfig::read(&mut sources);
    let config = ProvisionConfig::read(&mut sources);
    sources.finish()?;
    start_logging(&log)?;
    // What is missing was noted, so `finish` has returned by then.
    let Some(config) = config else { return Ok(()) };
    let done = sql_server::provision(&config).await?;
    for change in &done.changes {
        print(change)?;
    }
    for warning in &done.warnings {
        tracing::warn!("{warning}");
    }
    print(&format!(
        "{} may be used by {} (schema) and {} (rows)",
        config.administrator, config.migrator.user, config.application.user
    ))?;
    if args.migrate {
        let migrator = config.administrator.with_login(&config.migrator);
        let login = if done.migrator_may_migrate { migrator } else { config.administrator };
        apply(&DatabaseConfig::SqlServer(login)).await?;
    }
    Ok(())
}
