//! Very many people in an embedded database, past every instance: for measuring what admins ask for.

use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, Statement, params};
use uuid::Uuid;

/// The steps of the built-in template. Everybody has a row of each.
pub const STEPS: [&str; 5] = ["account", "profile", "organization", "preferences", "review"];

/// People register over so many days, the last ones now.
const DAYS: i64 = 400;
const DAY: i64 = 86_400_000;

const COUNTRIES: [&str; 24] = [
    "AT", "AU", "BE", "BR", "CA", "CH", "CL", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IN", "IT",
    "JP", "MX", "NL", "NO", "PL", "PT", "US",
];

/// Nobody logs in with it.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$bm9ib2R5bm9ib2R5bm9ib2R5bm9ib2R5";

/// Adds `people` accounts to the migrated database `file`, each with an onboarding and a row of every step. The last one
/// registered at `now`, in milliseconds since 1970. The same seed makes the same people.
///
/// # Errors
///
/// The file is no migrated database, or cannot be written.
pub fn generate(file: &Path, people: u32, seed: u64, now: i64) -> rusqlite::Result<()> {
    let mut connection = Connection::open(file)?;
    // The file is thrown away where this is cut short.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    let transaction = connection.transaction()?;
    {
        let mut writer = Writer::new(&transaction)?;
        let mut random = StdRng::seed_from_u64(seed);
        for number in 0..people {
            let age = DAYS * DAY / i64::from(people) * i64::from(people - 1 - number);
            writer.write(&Person::random(number, now - age, now, &mut random))?;
        }
    }
    transaction.commit()
}

struct Person {
    id: Uuid,
    number: u32,
    begun_at: i64,
    changed_at: i64,
    completed_at: Option<i64>,
    country: &'static str,
    steps: Vec<(&'static str, &'static str, Option<i64>)>,
}

impl Person {
    fn random(number: u32, begun_at: i64, now: i64, random: &mut StdRng) -> Self {
        let (mut at, mut steps) = (begun_at, vec![("account", "completed", Some(begun_at))]);
        for step in &STEPS[1..] {
            // Long times are rare, as they are among people.
            let seconds = random.random_range(20_i64..80) << random.random_range(0_u32..12);
            at = (at + 1000 * seconds).min(now);
            let (status, end) = match random.random_range(0..20) {
                0 => ("in_progress", None),
                1 | 2 => ("skipped", None),
                _ => ("completed", Some(at)),
            };
            steps.push((step, status, end));
        }
        let is_complete = steps.iter().all(|(_, status, _)| *status != "in_progress");
        let completed_at = (is_complete && random.random_range(0..10) > 0).then_some(at);
        let timestamp = u64::try_from(begun_at).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(timestamp, &random.random()).into_uuid();
        let country = COUNTRIES.choose(random).copied().unwrap_or_default();
        Self { id, number, begun_at, changed_at: at, completed_at, country, steps }
    }
}

struct Writer<'c> {
    users: Statement<'c>,
    onboarding: Statement<'c>,
    steps: Statement<'c>,
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            users: connection.prepare(
                "INSERT INTO users (id, email, email_key, email_canonical, full_name, name_key, role, password_hash,
                     created_at, updated_at) VALUES (?1, ?2, ?2, ?2, ?3, ?4, 'user', ?5, ?6, ?6)",
            )?,
            onboarding: connection.prepare(
                "INSERT INTO onboarding (user_id, version, completed_at, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            steps: connection.prepare(
                "INSERT INTO onboarding_steps (user_id, step, status, data, completed_at, updated_at, version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
        })
    }

    fn write(&mut self, person: &Person) -> rusqlite::Result<()> {
        let (id, number) = (person.id.to_string(), person.number);
        let (email, name) = (format!("person.{number}@example.com"), format!("Person {number}"));
        self.users.execute(params![id, email, name, name.to_lowercase(), PASSWORD_HASH, person.begun_at])?;
        let version =
            i64::try_from(STEPS.len()).unwrap_or_default() + i64::from(person.completed_at.is_some());
        let times = (person.completed_at, person.begun_at, person.changed_at);
        self.onboarding.execute(params![id, version, times.0, times.1, times.2])?;
        for (version, (step, status, completed_at)) in (1_i64..).zip(&person.steps) {
            let data = if *step == "profile" {
                format!(r#"{{"country":"{}","job_title":"Engineer"}}"#, person.country)
            } else {
                "{}".to_owned()
            };
            self.steps.execute(params![id, step, status, data, completed_at, person.changed_at, version])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_fit_the_schema_and_come_again_by_their_seed() {
        let folder = tempfile::tempdir().unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
        let mut files: Vec<_> =
            std::fs::read_dir(migrations).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let made = |name: &str| {
            let file = folder.path().join(name);
            let connection = Connection::open(&file).unwrap();
            for migration in &files {
                connection.execute_batch(&std::fs::read_to_string(migration).unwrap()).unwrap();
            }
            generate(&file, 300, 15, 1_795_000_000_000).unwrap();
            let count = |what: &str| -> i64 {
                connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
            };
            assert_eq!((count("users"), count("onboarding"), count("onboarding_steps")), (300, 300, 1500));
            let completed = count("onboarding WHERE completed_at IS NOT NULL");
            assert!((150..280).contains(&completed), "{completed}");
            let all = "SELECT group_concat(user_id || step || status || updated_at) FROM onboarding_steps";
            connection.query_row(all, [], |row| row.get::<_, String>(0)).unwrap()
        };
        assert_eq!(made("one"), made("other"));
    }
}
