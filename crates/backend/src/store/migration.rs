//! Migrations: the list, and those that are due.
//!
//! Each store has a folder `migrations/<store>/NNNN_verb_noun.sql`, embedded in the binary, and
//! applies what [`plan`] gives under its own lock, one transaction for each migration, with a
//! row in `schema_migrations(version, name, checksum, applied_at)`. The lock is taken before
//! the applied rows are read, so that of several instances that start at once one migrates and
//! the others find nothing to do.

use aws_lc_rs::digest::{SHA256, digest};
use include_dir::{Dir, include_dir};

use super::BoxError;

static SQLITE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/sqlite");

/// One migration as it is in the binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from the file's name.
    pub version: i64,
    /// The rest of the file's name, such as `create_users`.
    pub name: String,
    /// The statements.
    pub sql: &'static str,
    /// SHA-256 of the file in hexadecimal (64 characters); line ends do not count.
    pub checksum: String,
}

/// A row of `schema_migrations`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// Its checksum when it was applied.
    pub checksum: String,
}

/// Why a database cannot be brought to the binary's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A file's name is not `NNNN_verb_noun.sql`, or two have one number.
    #[error("the embedded migration {file} is badly named")]
    BadName {
        /// The file.
        file: String,
    },
    /// A migration was edited after it had been applied.
    #[error("migration {version} ({name}) was changed after it was applied; write a new one instead")]
    Changed {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration is missing before one that is there.
    #[error(
        "migration {version} ({name}) is older than the newest applied one ({newest}) and was never applied"
    )]
    OutOfOrder {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
        /// The newest that is applied.
        newest: i64,
    },
    /// The database does not exist, cannot be made, or cannot be reached.
    #[error("cannot open the database {database}")]
    Open {
        /// Which, without user and password.
        database: String,
        /// What was heard from below.
        source: BoxError,
    },
    /// The database was there before, and is missing or empty now.
    #[error(
        "the database {database} was here before and is gone: put it back, or restore a backup; \
         remove {marker} to begin with an empty one"
    )]
    Lost {
        /// The file.
        database: String,
        /// What says that it was there.
        marker: String,
    },
    /// A migration is due, and the login may not change the schema.
    #[error(
        "migration {version} ({name}) is to be applied first, which this login may not: \
         run `onboarding-backend provision --migrate`, or `migrate` with the migrator's login"
    )]
    NotPermitted {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// The templates of this instance cannot be shared with others, or are not those that they have.
    #[error("the onboarding templates cannot be used with this database")]
    Templates {
        /// Whether waiting may mend it.
        may_pass: bool,
        /// What was heard from above.
        source: BoxError,
    },
    /// A statement failed; the migration was rolled back.
    #[error("migration {version} ({name}) failed")]
    Failed {
        /// Its number; 0 for the table of migrations itself.
        version: i64,
        /// Its name.
        name: String,
        /// What was heard from below.
        source: BoxError,
    },
}

/// The embedded migrations for SQLite, in order.
pub fn for_sqlite() -> Result<Vec<Migration>, MigrationError> {
    embedded(&SQLITE)
}

/// Reads the migrations of an embedded folder, in order of their numbers.
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

/// Which of `embedded` (in order) are to be applied where `applied` (in order) already are.
///
/// Migrations that are newer than this binary are fine: during a roll-out old and new instances
/// run side by side, which is why a migration may only expand what old ones use.
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
