//! The embedded migrations, and the choice of those that are due.
//!
//! The folder `migrations/<store>` of each store has files `NNNN_verb_noun.sql`, which are embedded in the binary. A
//! store applies the migrations that [`plan`] gives under its own lock, one transaction each. A row of
//! `schema_migrations(version, name, checksum, applied_at)` records each migration. The lock is taken before the
//! applied rows are read. So of several instances that start at once one migrates, and the others find nothing to do.

use aws_lc_rs::digest::{SHA256, digest};
use include_dir::{Dir, include_dir};

use super::BoxError;

static SQLITE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/sqlite");

/// An embedded migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The number in the file's name.
    pub version: i64,
    /// The rest of the file's name, such as `create_users`.
    pub name: String,
    /// The SQL statements.
    pub sql: &'static str,
    /// SHA-256 of the file in hexadecimal (64 characters). Line ends do not count.
    pub checksum: String,
}

/// A row of `schema_migrations`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The number of the migration.
    pub version: i64,
    /// The checksum of the migration when it was applied.
    pub checksum: String,
}

/// The reason why a database cannot be brought to the binary's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The name of a file is not `NNNN_verb_noun.sql`, or two files have one number.
    #[error("the embedded migration {file} is badly named")]
    BadName {
        /// The name of the file.
        file: String,
    },
    /// A migration was edited after it had been applied.
    #[error("migration {version} ({name}) was changed after it was applied; write a new one instead")]
    Changed {
        /// The number of the migration.
        version: i64,
        /// The name of the migration.
        name: String,
    },
    /// A migration is not applied, although a later one is.
    #[error(
        "migration {version} ({name}) is older than the newest applied one ({newest}) and was never applied"
    )]
    OutOfOrder {
        /// The number of the migration.
        version: i64,
        /// The name of the migration.
        name: String,
        /// The number of the newest applied migration.
        newest: i64,
    },
    /// The database does not exist, cannot be made, or cannot be reached.
    #[error("cannot open the database {database}")]
    Open {
        /// The database, without user and password.
        database: String,
        /// The cause.
        source: BoxError,
    },
    /// The database existed before, and is missing or empty now.
    #[error(
        "the database {database} was here before and is gone: put it back, or restore a backup; \
         remove {marker} to begin with an empty one"
    )]
    Lost {
        /// The path of the database.
        database: String,
        /// The path of the marker that says that the database existed.
        marker: String,
    },
    /// A migration is due, and the login may not change the schema.
    #[error(
        "migration {version} ({name}) is to be applied first, which this login may not: \
         run `onboarding-backend provision --migrate`, or `migrate` with the migrator's login"
    )]
    NotPermitted {
        /// The number of the migration.
        version: i64,
        /// The name of the migration.
        name: String,
    },
    /// The templates of this instance cannot be stored, or differ from those of other instances.
    #[error("the onboarding templates cannot be used with this database")]
    Templates {
        /// Whether waiting may help.
        may_pass: bool,
        /// The cause.
        source: BoxError,
    },
    /// A statement failed; the migration was rolled back.
    #[error("migration {version} ({name}) failed")]
    Failed {
        /// The number of the migration, and 0 for the table of migrations.
        version: i64,
        /// The name of the migration.
        name: String,
        /// The cause.
        source: BoxError,
    },
}

/// The embedded migrations for SQLite, in order.
///
/// # Errors
///
/// [`MigrationError::BadName`] for a bad file name.
pub fn for_sqlite() -> Result<Vec<Migration>, MigrationError> {
    embedded(&SQLITE)
}

/// Reads the migrations of an embedded folder, ordered by number.
pub fn embedded(folder: &'static Dir<'static>) -> Result<Vec<Migration>, MigrationError> {
    let mut migrations = folder.files().map(read).collect::<Result<Vec<_>, _>>()?;
    migrations.sort_by_key(|migration| migration.version);
    match migrations.windows(2).find(|pair| pair[0].version == pair[1].version) {
        Some(pair) => Err(MigrationError::BadName { file: pair[1].name.clone() }),
        None => Ok(migrations),
    }
}

fn read(file: &'static include_dir::File<'static>) -> Result<Migration, MigrationError> {
    let bad = || MigrationError::BadName { file: file.path().display().to_string() };
    let stem =
        file.path().file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".sql"));
    let (version, name) = stem.and_then(|stem| stem.split_once('_')).ok_or_else(bad)?;
    let version = (version.len() == 4).then(|| version.parse().ok()).flatten().ok_or_else(bad)?;
    let sql = file.contents_utf8().ok_or_else(bad)?;
    Ok(Migration { version, name: name.to_owned(), sql, checksum: checksum(sql) })
}

fn checksum(sql: &str) -> String {
    let digest = digest(&SHA256, sql.replace("\r\n", "\n").as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The migrations of `embedded` that are due where `applied` are applied. Both are ordered by number.
///
/// Applied migrations that this binary does not know are allowed. Old and new instances run side by side during a
/// roll-out, which is why a migration may only add to what old versions use.
pub fn plan<'m>(
    embedded: &'m [Migration],
    applied: &[Applied],
) -> Result<Vec<&'m Migration>, MigrationError> {
    let newest = applied.iter().map(|row| row.version).max().unwrap_or(0);
    let mut due = Vec::new();
    for migration in embedded {
        let Migration { version, name, checksum, .. } = migration;
        match applied.iter().find(|row| row.version == *version) {
            Some(row) if row.checksum == *checksum => {}
            Some(_) => return Err(MigrationError::Changed { version: *version, name: name.clone() }),
            None if *version < newest => {
                return Err(MigrationError::OutOfOrder { version: *version, name: name.clone(), newest });
            }
            None => due.push(migration),
        }
    }
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(version: i64, sql: &'static str) -> Migration {
        Migration { version, name: "do_it".into(), sql, checksum: checksum(sql) }
    }

    fn applied(version: i64, sql: &str) -> Applied {
        Applied { version, checksum: checksum(sql) }
    }

    #[test]
    fn only_what_is_missing_at_the_end_is_due() {
        let embedded = [migration(1, "a"), migration(2, "b"), migration(3, "c")];
        let due = |rows: &[Applied]| -> Result<Vec<i64>, String> {
            let due = plan(&embedded, rows).map_err(|e| e.to_string())?;
            Ok(due.iter().map(|migration| migration.version).collect())
        };
        assert_eq!(due(&[]), Ok(vec![1, 2, 3]));
        assert_eq!(due(&[applied(1, "a")]), Ok(vec![2, 3]));
        assert_eq!(due(&[applied(1, "a"), applied(2, "b"), applied(3, "c"), applied(4, "d")]), Ok(vec![]));
        assert!(due(&[applied(1, "edited")]).unwrap_err().contains("was changed"));
        assert!(due(&[applied(1, "a"), applied(3, "c")]).unwrap_err().contains("never applied"));
    }

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        assert_eq!(checksum("a\r\nb\r\n"), checksum("a\nb\n"));
        assert_eq!(checksum("").len(), 64);
    }

    #[test]
    fn embedded_migrations_are_numbered_from_one() {
        let migrations = for_sqlite().unwrap();
        assert_eq!(migrations.first().map(|migration| migration.version), Some(1));
        assert!(migrations.is_sorted_by(|one, next| one.version < next.version));
    }
}
