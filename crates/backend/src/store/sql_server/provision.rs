//! Makes the database and its two logins with the least rights. Every step may be repeated.
//!
//! | login | may |
//! | --- | --- |
//! | migrator | make and change tables in the schema `dbo`, read and write all of it |
//! | application | read and write the rows of `dbo`, but for the table of migrations, which it only reads; read the server's own figures |

use super::batch::{Batch, values};
use super::connection::{Connection, Connector};
use super::database;
use super::failure::Failure;
use super::literal::{quoted, text};
use super::migrate::{MIGRATION_LIMIT, TABLE, cannot_open, open};
use super::{driver, row};
use crate::config::{LoginConfig, ProvisionConfig, SqlServerConfig};
use crate::store::BoxError;
use crate::store::migration::MigrationError;

/// The migrator's rights in the database. `CREATE TABLE` makes tables, and `ALTER` of the schema puts tables there
/// and changes them.
const MIGRATOR_RIGHTS: [&str; 2] =
    ["CREATE TABLE", "ALTER, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dbo"];

/// The rights to read the server's figures: the statement, the database, and the figures. Of the first two
/// statements, one is for SQL Server 2022 and one for older versions.
const FIGURES: [(&str, &[&str], &str); 2] = [
    (
        "master",
        &["GRANT VIEW SERVER PERFORMANCE STATE TO {login}", "GRANT VIEW SERVER STATE TO {login}"],
        "the server",
    ),
    (
        "msdb",
        &["IF DATABASE_PRINCIPAL_ID({name}) IS NULL CREATE USER {login} FOR LOGIN {login}; \
           GRANT SELECT ON dbo.backupset TO {login}"],
        "the age of backups",
    ),
];

/// The result of provisioning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned {
    /// A sentence for each thing that was made or changed.
    pub changes: Vec<String>,
    /// A sentence for each thing that a person should mend.
    pub warnings: Vec<String>,
    /// Whether the migrator's login may change the schema. Not every server can grant that.
    pub migrator_may_migrate: bool,
}

/// The reason why provisioning failed. Finished steps stay, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The administrator's login can neither open nor make the database.
    #[error(transparent)]
    Open(#[from] MigrationError),
    /// The administrator's login may not do a step, or the server refused it.
    #[error("cannot {action}")]
    Refused {
        /// The step, such as `make the login onboarding`.
        action: String,
        /// The cause.
        source: BoxError,
    },
}

/// Makes the database where it is missing, the logins and their rights. An existing login gets the configured
/// password.
///
/// # Errors
///
/// A [`ProvisionError`] by cause.
pub async fn provision(config: &ProvisionConfig) -> Result<Provisioned, ProvisionError> {
    let ProvisionConfig { administrator, migrator, application } = config;
    let connection = open(administrator).await.map_err(|source| cannot_open(administrator, source))?;
    let mut work = Work { connection, server: administrator, done: Provisioned::new() };
    work.prepare_database().await?;
    for login in [migrator, application] {
        work.make_login(login).await?;
        work.make_user(login).await?;
    }
    work.grant_schema(migrator).await?;
    work.grant_rows(application).await?;
    work.show_server_figures(application).await?;
    Ok(work.done)
}

impl Provisioned {
    fn new() -> Self {
        Self { changes: Vec::new(), warnings: Vec::new(), migrator_may_migrate: true }
    }
}

struct Work<'a> {
    connection: Connection,
    server: &'a SqlServerConfig,
    done: Provisioned,
}

impl Work<'_> {
    /// Sets what only the administrator may set, and makes the table whose rights are granted here.
    async fn prepare_database(&mut self) -> Result<(), ProvisionError> {
        let refused = |failure| refused("prepare the database", failure);
        database::set_snapshot(&mut self.connection).await.map_err(refused)?;
        self.connection.run(&Batch::of(TABLE, values![]), MIGRATION_LIMIT).await.map_err(refused)?;
        Ok(())
    }

    async fn make_login(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        let (name, password) = (quoted(&login.user), text(login.password.expose()));
        if !self.is_there("server_principals", &login.user).await? {
            let action = format!("make the login {}", login.user);
            self.run(&action, &format!("CREATE LOGIN {name} WITH PASSWORD = {password}")).await?;
            self.done.changes.push(format!("made the login {}", login.user));
        } else if !self.lets_in(login, "master").await {
            let action = format!("set the password of the login {}", login.user);
            self.run(&action, &format!("ALTER LOGIN {name} WITH PASSWORD = {password}")).await?;
            self.done.changes.push(format!("set the password of the login {}", login.user));
        }
        self.warn_of_too_many_rights(login).await
    }

    /// Whether the login has its password already. Such a login is left alone, because some policies refuse the same
    /// password again.
    async fn lets_in(&self, login: &LoginConfig, database: &str) -> bool {
        let config = self.server.with_login(login);
        let Ok(driver) = driver::driver_config(&config, database) else { return false };
        Connector::new(driver).connect("SET XACT_ABORT ON").await.is_ok()
    }

    async fn warn_of_too_many_rights(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        let select = format!(
            "SELECT CAST(COALESCE(IS_SRVROLEMEMBER(N'sysadmin', {}), 0) AS BIT) AS is_admin",
            text(&login.user)
        );
        let rows = self.run("read the login's roles", &select).await?;
        if rows.first().is_some_and(|row| row::required(row, "is_admin").unwrap_or(false)) {
            self.done.warnings.push(format!(
                "the login {} is a member of sysadmin and may do everything: take it out of that role",
                login.user
            ));
        }
        Ok(())
    }

    /// Makes the login's user in the database. A user from a restored backup belongs to no login of this server and
    /// is given to this one.
    async fn make_user(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        let name = quoted(&login.user);
        if self.is_there("database_principals", &login.user).await? {
            if self.lets_in(login, &self.server.database).await {
                return Ok(());
            }
            let action = format!("give the user {} its login", login.user);
            self.run(&action, &format!("ALTER USER {name} WITH LOGIN = {name}")).await?;
        } else {
            let action = format!("make the user {}", login.user);
            let create = format!("CREATE USER {name} FOR LOGIN {name} WITH DEFAULT_SCHEMA = dbo");
            self.run(&action, &create).await?;
            self.done.changes.push(format!("made the user {} in the database", login.user));
        }
        Ok(())
    }

    /// Grants the rights on the schema. Some servers that speak T-SQL cannot grant them, and the administrator's
    /// login has to migrate there.
    async fn grant_schema(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        for right in MIGRATOR_RIGHTS {
            if !self.take(&format!("GRANT {right} TO {}", quoted(&login.user))).await? {
                self.done.migrator_may_migrate = false;
                self.done.warnings.push(format!(
                    "the server does not grant {right} to {}: migrate by the administrator's login",
                    login.user
                ));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Grants the rights on rows. The application may not write the table of migrations; the denial counts more than
    /// the grant for the schema.
    async fn grant_rows(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        let user = quoted(&login.user);
        let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dbo TO {user}");
        self.run(&format!("let {} read and write rows", login.user), &grant).await?;
        let deny = format!("DENY INSERT, UPDATE, DELETE ON OBJECT::dbo.schema_migrations TO {user}");
        if !self.take(&deny).await? {
            self.done.warnings.push(format!(
                "the server cannot deny {} the writing of the table of migrations",
                login.user
            ));
        }
        Ok(())
    }

    /// Grants the rights to read the server's figures. Without them only the metrics about the server are missing,
    /// and a warning says what to grant.
    async fn show_server_figures(&mut self, login: &LoginConfig) -> Result<(), ProvisionError> {
        for (database, choices, figures) in FIGURES {
            let mut granted = false;
            for choice in choices {
                let statement =
                    choice.replace("{login}", &quoted(&login.user)).replace("{name}", &text(&login.user));
                granted = granted || self.take_in(database, &statement).await?;
            }
            if !granted {
                let to = &login.user;
                self.done.warnings.push(format!(
                    "{to} may not read the figures of {figures}, so metrics lack them: see docs/operations.md, \
                     \"The database's views cannot be read\""
                ));
            }
        }
        Ok(())
    }

    /// Whether the server took `statement` in `database`.
    async fn take_in(&mut self, database: &str, statement: &str) -> Result<bool, ProvisionError> {
        let taken = self.take(&format!("USE {database}; {statement}")).await?;
        self.run("return to the database", &format!("USE {}", quoted(&self.server.database))).await?;
        Ok(taken)
    }

    /// Whether the server took `statement`. An error where the server did not answer.
    async fn take(&mut self, statement: &str) -> Result<bool, ProvisionError> {
        match self.connection.run_plain(statement, MIGRATION_LIMIT).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.was_answered() => Ok(false),
            Err(failure) => Err(refused("grant what the logins need", failure)),
        }
    }

    async fn is_there(&mut self, view: &str, name: &str) -> Result<bool, ProvisionError> {
        let select =
            format!("SELECT CAST(COUNT(*) AS INT) AS found FROM sys.{view} WHERE name = {}", text(name));
        let rows = self.run("look for the login", &select).await?;
        Ok(rows.first().is_some_and(|row| row::required::<i32>(row, "found").unwrap_or(0) > 0))
    }

    async fn run(&mut self, action: &str, statement: &str) -> Result<Vec<tiberius::Row>, ProvisionError> {
        let done = self.connection.run_plain(statement, MIGRATION_LIMIT).await;
        done.map_err(|failure| refused(action, failure))
    }
}

fn refused(action: &str, failure: Failure) -> ProvisionError {
    ProvisionError::Refused { action: action.to_owned(), source: failure.into() }
}
