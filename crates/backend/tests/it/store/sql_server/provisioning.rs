//! Making a database and its logins on a real server, and what each login may then do.

use std::io::Write as _;

use backend::config::{LoginConfig, ProvisionConfig, SqlServerConfig};
use backend::store::migration::MigrationError;
use backend::store::sql_server::{self, Provisioned};
use backend::store::{Outcome, Store as _};
use service_kit::config::Secret;
use uuid::Uuid;

use super::super::samples::{mutation, registration, unique_email, user};
use super::server::Database;
use super::{connected, told};

/// A database that is not there yet, with logins that nobody else uses.
struct Ground {
    database: Database,
    config: ProvisionConfig,
}

impl Ground {
    async fn new() -> Option<Self> {
        let database = Database::named_anew().await?;
        let login = |role: &str| LoginConfig {
            user: format!("{role}_{}", Uuid::new_v4().simple()),
            password: Secret::new(format!("Aa1-{}", Uuid::new_v4().simple())),
        };
        let (migrator, application) = (login("test_migrator"), login("test_application"));
        let config = ProvisionConfig { administrator: database.config.clone(), migrator, application };
        Some(Self { database, config })
    }

    fn application(&self) -> SqlServerConfig {
        self.config.administrator.with_login(&self.config.application)
    }

    /// The migrator's login; none, and said so, where the server cannot grant what makes it one.
    async fn provisioned_migrator(&self) -> Option<SqlServerConfig> {
        if !self.provision().await.migrator_may_migrate {
            let _ = writeln!(
                std::io::stderr(),
                "\nskipped: rights of logins (this server grants none on schemas)"
            );
            return None;
        }
        Some(self.config.administrator.with_login(&self.config.migrator))
    }

    async fn provision(&self) -> Provisioned {
        sql_server::provision(&self.config).await.unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// Why the server refuses `statement` from the application's login; none where it does not.
    async fn refusal(&self, statement: &str) -> Option<String> {
        let mut client = self.database.connect_as(&self.application()).await.unwrap();
        let answer = client.simple_query(statement).await;
        match answer {
            Ok(stream) => stream.into_results().await.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    /// Logins are the server's, so they outlive the database. What cannot be dropped disturbs no other test.
    async fn forget_logins(self) {
        let mut client = self.database.connect().await;
        for login in [&self.config.migrator, &self.config.application] {
            for forget in [format!("DROP USER [{}]", login.user), format!("DROP LOGIN [{}]", login.user)] {
                if let Ok(stream) = client.simple_query(forget).await {
                    let _ = stream.into_results().await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_is_provisioned_once_and_again_without_a_change() {
    let Some(ground) = Ground::new().await else { return };
    let first = ground.provision().await;
    assert_eq!(first.changes.len(), 4, "{first:?}");
    assert_eq!(ground.provision().await.changes, Vec::<String>::new());
    ground.forget_logins().await;
}

#[tokio::test]
async fn the_migrator_makes_the_schema_and_the_application_works_with_its_rows() {
    let Some(ground) = Ground::new().await else { return };
    let Some(migrator) = ground.provisioned_migrator().await else { return };
    let early = sql_server::migrate(&ground.application()).await.unwrap_err();
    assert!(matches!(early, MigrationError::NotPermitted { version: 1, .. }), "{}", told(&early));
    assert!(sql_server::may_pass(&early), "an instance waits for the migrator");
    assert!(!sql_server::migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(sql_server::migrate(&ground.application()).await.unwrap(), Vec::<String>::new());
    let store = connected(&ground.application()).await;
    let (effect, _) = registration(&user(&unique_email()));
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
    store.close().await;
    ground.forget_logins().await;
}

#[tokio::test]
async fn the_application_may_not_do_more() {
    let Some(ground) = Ground::new().await else { return };
    let Some(migrator) = ground.provisioned_migrator().await else { return };
    sql_server::migrate(&migrator).await.unwrap();
    for forbidden in [
        "CREATE TABLE dbo.mine (id INT)",
        "DROP TABLE dbo.audit_log",
        "ALTER TABLE dbo.users ADD more INT",
        "UPDATE dbo.schema_migrations SET checksum = N'x'",
        "DELETE FROM dbo.schema_migrations",
        "CREATE LOGIN another WITH PASSWORD = N'Aa1-another-one'",
    ] {
        assert!(ground.refusal(forbidden).await.is_some(), "{forbidden}");
    }
    assert_eq!(ground.refusal("SELECT COUNT(*) FROM dbo.schema_migrations").await, None);
    ground.forget_logins().await;
}

#[tokio::test]
async fn a_new_password_is_set_for_a_login_that_is_there() {
    let Some(mut ground) = Ground::new().await else { return };
    ground.provision().await;
    ground.config.application.password = Secret::new("Aa1-another-password");
    let changes = ground.provision().await.changes;
    assert_eq!(changes, [format!("set the password of the login {}", ground.config.application.user)]);
    ground.database.connect_as(&ground.application()).await.unwrap();
    ground.forget_logins().await;
}
