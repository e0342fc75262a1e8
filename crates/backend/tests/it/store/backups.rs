//! Backups of a SQLite file: taken while it is written, checked, restored, refused.

use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backend::config::DatabaseConfig;
use backend::domain::now;
use backend::store::Store as _;
use backend::store::backup::{self, BackupError, Manifest, Source, Wanted};
use backend::store::sqlite::{self, SqliteStore};
use tempfile::TempDir;

use super::samples::registered;
use super::sqlite::{POOL, open};

/// A database with a store on it, and a folder for backups beside it.
struct Place {
    folder: TempDir,
    config: DatabaseConfig,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("onboarding.db");
        Self { folder, config: DatabaseConfig::Sqlite { path, pool: POOL } }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("onboarding.db")
    }

    fn backups(&self) -> String {
        self.folder.path().join("backups").display().to_string()
    }

    fn store(&self) -> Arc<SqliteStore> {
        sqlite::migrate(&self.path()).unwrap();
        Arc::new(open(&self.path()))
    }

    async fn take(&self, to: &str, keep: Option<u32>) -> Result<Vec<String>, BackupError> {
        let keep = keep.map(|keep| NonZeroU32::new(keep).unwrap());
        backup::take(&self.config, Wanted { to: to.into(), keep, log: false }, now()).await
    }

    async fn restore(&self, from: &str, force: bool) -> Result<Vec<String>, BackupError> {
        let source = Source { from: from.into(), logs: vec![], stop_at: None, force };
        backup::restore(&self.config, source, now()).await
    }

    async fn verify(&self, from: &str) -> Result<Vec<String>, BackupError> {
        backup::verify(&self.config, from.into()).await
    }

    fn users(&self) -> i64 {
        super::sqlite::count(&self.path(), "users")
    }

    /// The complete backups, oldest first.
    fn files(&self) -> Vec<PathBuf> {
        named(Path::new(&self.backups()), ".db")
    }
}

fn named(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.display().to_string().ends_with(ending)).collect();
    found.sort();
    found
}

fn text(error: &BackupError) -> String {
    service_kit::exit::chain(error)
}

#[tokio::test]
async fn a_backup_of_a_running_store_holds_all_that_was_acknowledged() {
    let place = Place::new();
    let store = place.store();
    for _ in 0..20 {
        registered(&*store).await;
    }
    let writer = Arc::clone(&store);
    let writing = tokio::spawn(async move {
        for _ in 0..50 {
            registered(&*writer).await;
        }
    });
    let report = place.take(&place.backups(), None).await.unwrap();
    writing.await.unwrap();
    let file = place.files().pop().unwrap();
    assert!(report[0].starts_with(&file.display().to_string()), "{report:?}");
    let manifest = Manifest::read(&file).unwrap();
    assert!((20..=70).contains(&manifest.rows["users"]), "{manifest:?}");
    assert_eq!(manifest.rows["users"], manifest.rows["onboarding"]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(place.verify(&place.backups()).await.unwrap().len(), 1);
    let left = named(Path::new(&place.backups()), ".partial");
    assert!(left.is_empty(), "{left:?}");
    let metrics = store.observe().await.unwrap().into_iter().flat_map(|view| view.samples.unwrap());
    let stamp = metrics.into_iter().find(|s| s.definition.name == "db_server_last_backup_timestamp_seconds");
    #[expect(clippy::cast_precision_loss, reason = "a Unix time")]
    let now = now().unix_timestamp() as f64;
    assert!((now - stamp.unwrap().value).abs() < 60.0);
}

#[tokio::test]
async fn only_the_newest_are_kept_and_other_files_stay() {
    let place = Place::new();
    let _store = place.store();
    fs::create_dir(place.backups()).unwrap();
    let other = Path::new(&place.backups()).join("notes.db");
    fs::write(&other, "mine").unwrap();
    for round in 1..=4 {
        let report = place.take(&place.backups(), Some(2)).await.unwrap();
        assert_eq!(report.len() - 1, usize::from(round > 2), "{report:?}");
    }
    let files = place.files();
    assert_eq!(files.len(), 3, "{files:?}");
    assert_eq!(named(Path::new(&place.backups()), ".json").len(), 2);
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
}

#[tokio::test]
async fn what_cannot_be_backed_up_is_named() {
    let place = Place::new();
    let missing = place.take(&place.backups(), None).await.unwrap_err();
    assert!(matches!(missing, BackupError::NoDatabase { .. }), "{missing:?}");
    assert!(!place.path().exists(), "a backup makes no database");

    let _store = place.store();
    let file = place.folder.path().join("one.db").display().to_string();
    place.take(&file, None).await.unwrap();
    let again = text(&place.take(&file, None).await.unwrap_err());
    assert!(again.contains("one.db exists already"), "{again}");
    let keep = text(
        &place.take(&place.folder.path().join("two.db").display().to_string(), Some(1)).await.unwrap_err(),
    );
    assert!(keep.contains("--keep needs a folder"), "{keep}");
    let inside = text(&place.take(&format!("{file}/backups"), None).await.unwrap_err());
    assert!(inside.contains("cannot make the folder") && inside.contains("one.db/backups"), "{inside}");
    let wanted = Wanted { to: place.backups(), keep: None, log: true };
    let log = text(&backup::take(&place.config, wanted, now()).await.unwrap_err());
    assert!(log.contains("--log is for SQL Server"), "{log}");

    fs::create_dir_all(place.backups()).unwrap();
    let lock = fs::File::create(Path::new(&place.backups()).join(".lock")).unwrap();
    lock.lock().unwrap();
    let busy = place.take(&place.backups(), None).await.unwrap_err();
    assert!(matches!(busy, BackupError::Busy { .. }), "{busy:?}");
}

#[tokio::test]
async fn a_damaged_backup_is_found_and_never_restored() {
    let place = Place::new();
    let store = place.store();
    registered(&*store).await;
    place.take(&place.backups(), None).await.unwrap();
    store.close().await;
    let file = place.files().pop().unwrap();
    let (name, good) = (file.display().to_string(), fs::read(&file).unwrap());

    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for bad in [flipped, good[..good.len() - 4096].to_vec()] {
        fs::write(&file, bad).unwrap();
        for error in [place.verify(&name).await.unwrap_err(), place.restore(&name, true).await.unwrap_err()] {
            assert!(
                matches!(error, BackupError::Damaged { .. }) && text(&error).contains("SHA-256"),
                "{error:?}"
            );
        }
    }
    fs::write(&file, &good).unwrap();
    fs::remove_file(Manifest::path_for(&file)).unwrap();
    let bare = text(&place.verify(&name).await.unwrap_err());
    assert!(bare.contains("its manifest") && bare.contains("cannot be read"), "{bare}");
    let none = place.verify(&place.backups()).await.unwrap_err();
    assert!(matches!(none, BackupError::None { .. }), "{none:?}");
    let missing = text(&place.restore("/nowhere/x.db", false).await.unwrap_err());
    assert!(missing.contains("cannot read /nowhere/x.db"), "{missing}");
    assert_eq!(place.users(), 1);
}

#[tokio::test]
async fn a_restore_waits_for_no_instance_to_notice() {
    let place = Place::new();
    let store = place.store();
    registered(&*store).await;
    place.take(&place.backups(), None).await.unwrap();
    registered(&*store).await;
    for force in [false, true] {
        let refused = place.restore(&place.backups(), force).await.unwrap_err();
        assert!(matches!(refused, BackupError::InUse { .. }), "{refused:?}");
    }
    registered(&*store).await;
    store.close().await;

    let report = place.restore(&place.backups(), false).await.unwrap();
    assert_eq!((report.len(), place.users()), (2, 1), "{report:?}");
    let aside = PathBuf::from(report[0].strip_prefix("kept what was there as ").unwrap());
    assert_eq!(super::sqlite::count(&aside, "users"), 3);
    assert_eq!(fs::metadata(&aside).unwrap().permissions().mode() & 0o777, 0o600);
    // Instances go on as if nothing had been.
    let store = place.store();
    registered(&*store).await;
    store.ping().await.unwrap();
    assert_eq!(place.users(), 2);
}

#[tokio::test]
async fn a_lost_file_comes_back_and_a_ruined_one_is_put_aside_when_told() {
    let place = Place::new();
    let store = place.store();
    registered(&*store).await;
    place.take(&place.backups(), None).await.unwrap();
    store.close().await;
    for file in named(place.folder.path(), ".db") {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(place.restore(&place.backups(), false).await.unwrap().len(), 1);
    assert_eq!(place.users(), 1);
    assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o777, 0o600);

    fs::write(place.path(), "this is no database, but it is long enough to be read as one").unwrap();
    let unknown = place.restore(&place.backups(), false).await.unwrap_err();
    assert!(
        matches!(unknown, BackupError::Unknown { .. }) && text(&unknown).contains("--force"),
        "{unknown:?}"
    );
    let report = place.restore(&place.backups(), true).await.unwrap();
    let aside = report[0].strip_prefix("kept what was there as ").unwrap();
    assert!(fs::read_to_string(aside).unwrap().starts_with("this is no database"));
    assert_eq!(place.users(), 1);
    assert!(named(place.folder.path(), ".restoring").is_empty());
}

#[tokio::test]
async fn a_backup_of_another_schema_is_refused_and_so_are_options_for_servers() {
    let place = Place::new();
    let store = place.store();
    store.close().await;
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    connection.execute("UPDATE schema_migrations SET checksum = 'edited' WHERE version = 2", []).unwrap();
    let schema = place.take(&place.backups(), None).await.unwrap_err();
    assert!(text(&schema).contains("migration 2 (create_sessions) was changed"), "{schema:?}");
    assert!(place.files().is_empty() && named(Path::new(&place.backups()), ".partial").is_empty());

    let source = Source { from: place.backups(), logs: vec!["a.trn".into()], stop_at: None, force: false };
    let error = backup::restore(&place.config, source, now()).await.unwrap_err();
    assert!(matches!(error, BackupError::Unsupported { .. }), "{error:?}");
}
