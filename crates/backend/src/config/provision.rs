//! The logins of `provision` for a SQL Server.

use service_kit::config::{Secret, Sources};

use super::{DatabaseConfig, SqlServerConfig};

/// The longest name that SQL Server takes for a login (`sysname`).
const MAX_LOGIN_CHARS: usize = 128;

/// The settings of `provision`: the server, and three logins of it.
#[derive(Debug, Clone)]
pub struct ProvisionConfig {
    /// The database, with the administrator's login (`DB_ADMIN_USER`, `DB_ADMIN_PASSWORD`).
    pub administrator: SqlServerConfig,
    /// The login that changes the schema (`DB_MIGRATOR_USER`, `DB_MIGRATOR_PASSWORD`).
    pub migrator: LoginConfig,
    /// The login of instances (`DB_USER`, `DB_PASSWORD`).
    pub application: LoginConfig,
}

/// A login with a password (SQL Server authentication).
#[derive(Debug, Clone)]
pub struct LoginConfig {
    /// The login's name, 1 to 128 characters.
    pub user: String,
    /// The login's password.
    pub password: Secret,
}

impl ProvisionConfig {
    /// Reads the settings. Problems go to `sources`.
    pub fn read(sources: &mut Sources) -> Option<Self> {
        let application = DatabaseConfig::read(sources);
        if matches!(application, Some(DatabaseConfig::Sqlite { .. })) {
            sources.reject("DATABASE_URL", "is a file, which needs no logins: run `migrate` instead");
            return None;
        }
        let administrator = login(sources, "DB_ADMIN_USER", "sa", "DB_ADMIN_PASSWORD");
        let migrator = LoginConfig::migrator(sources);
        let DatabaseConfig::SqlServer(server) = application? else { return None };
        let (administrator, migrator) = (administrator?, migrator?);
        let application = LoginConfig { user: server.user.clone(), password: server.password.clone() };
        let roles =
            [("DB_ADMIN_USER", &administrator), ("DB_MIGRATOR_USER", &migrator), ("DB_USER", &application)];
        reject_unfit(sources, roles);
        let administrator = server.with_login(&administrator);
        Some(Self { administrator, migrator, application })
    }
}

impl LoginConfig {
    /// Reads the login that changes the schema.
    fn migrator(sources: &mut Sources) -> Option<Self> {
        login(sources, "DB_MIGRATOR_USER", "onboarding_migrator", "DB_MIGRATOR_PASSWORD")
    }

    /// Reads the migrator's login where its password is given. `migrate` then uses this login instead of `DB_USER`.
    pub(super) fn optional_migrator(sources: &mut Sources) -> Option<Self> {
        sources.secret("DB_MIGRATOR_PASSWORD")?;
        Self::migrator(sources)
    }
}

fn login(sources: &mut Sources, name: &str, default: &str, password: &str) -> Option<LoginConfig> {
    let user = sources.or(name, default.to_owned());
    Some(LoginConfig { user, password: sources.required_secret(password)? })
}

/// Refuses logins with equal names, because each has other rights. SQL Server compares names without regard to case.
fn reject_unfit(sources: &mut Sources, roles: [(&str, &LoginConfig); 3]) {
    for (index, &(name, login)) in roles.iter().enumerate() {
        if !(1..=MAX_LOGIN_CHARS).contains(&login.user.chars().count()) {
            sources.reject(name, format_args!("must be 1 to {MAX_LOGIN_CHARS} characters long"));
        }
        let same =
            |(_, other): &&(&str, &LoginConfig)| other.user.to_lowercase() == login.user.to_lowercase();
        if let Some((other, _)) = roles[..index].iter().find(same) {
            sources.reject(name, format_args!("must be another login than {other}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 5] = [
        ("DB_SERVER", "db"),
        ("DB_DATABASE", "onboarding"),
        ("DB_USER", "onboarding"),
        ("DB_PASSWORD", "application's"),
        ("DB_ADMIN_PASSWORD", "administrator's"),
    ];

    fn read(more: &[(&str, &str)]) -> Result<ProvisionConfig, String> {
        let mut sources = Sources::from_map(GOOD.iter().chain(more).copied());
        let config = ProvisionConfig::read(&mut sources);
        sources.finish().map_err(|errors| errors.to_string())?;
        config.ok_or_else(|| "no problem was noted".to_owned())
    }

    #[test]
    fn the_usual_names_need_not_be_given() {
        let config = read(&[("DB_MIGRATOR_PASSWORD", "migrator's")]).unwrap();
        assert_eq!(config.administrator.user, "sa");
        assert_eq!(config.administrator.password.expose(), "administrator's");
        assert_eq!(config.administrator.to_string(), "onboarding on db:1433");
        assert_eq!(config.migrator.user, "onboarding_migrator");
        assert_eq!(config.application.user, "onboarding");
    }

    #[test]
    fn what_cannot_be_provisioned_is_refused_by_name() {
        let migrator = ("DB_MIGRATOR_PASSWORD", "x");
        let table: [(&[(&str, &str)], &str); 5] = [
            (&[], "DB_MIGRATOR_PASSWORD"),
            (&[migrator, ("DB_USER", "SA")], "DB_USER"),
            (&[migrator, ("DB_MIGRATOR_USER", "onboarding")], "DB_USER"),
            (&[migrator, ("DB_MIGRATOR_USER", "sa")], "DB_MIGRATOR_USER"),
            (&[("DATABASE_URL", "sqlite:///tmp/x.db")], "DATABASE_URL"),
        ];
        for (more, name) in table {
            let error = read(more).unwrap_err();
            assert!(error.starts_with(&format!("{name}: ")), "{name}: {error}");
        }
    }
}
