//! What is said to a server that backs up and restores, and what it answers. A real server's own
//! part is `BACKUP` and `RESTORE` themselves.

use backend::config::DatabaseConfig;
use backend::domain::Timestamp;
use backend::store::backup::{self, BackupError, Source, Wanted};
use time::macros::datetime;

use super::peer::{Answer, Peer, Script, failed, willing};
use super::server::Database;
use super::tokens;

const AT: Timestamp = datetime!(2026-11-25 09:00 UTC);

fn config(peer: &Peer) -> DatabaseConfig {
    DatabaseConfig::SqlServer(peer.config())
}

fn done() -> Answer {
    Answer::Tokens(tokens::done())
}

fn table(columns: &[&str], rows: &[&[Option<&str>]]) -> Answer {
    Answer::Tokens([tokens::table(columns, rows), tokens::done()].concat())
}

fn one(column: &str, value: &str) -> Answer {
    table(&[column], &[&[Some(value)]])
}

fn number(column: &str, value: i32) -> Answer {
    Answer::Tokens([tokens::int(column, value), tokens::done()].concat())
}

fn wanted(to: &str, log: bool) -> Wanted {
    Wanted { to: to.into(), keep: None, log }
}

fn source(logs: &[&str], stop_at: Option<Timestamp>, force: bool) -> Source {
    let logs = logs.iter().map(|&log| log.into()).collect();
    Source { from: "/backup/it's.bak".into(), logs, stop_at, force }
}

/// The statements of a peer's batches, each from the keyword that `starts` finds.
fn heard(peer: &Peer, keywords: &[&str]) -> Vec<String> {
    let from_keyword = |text: String| {
        let start = keywords.iter().filter_map(|keyword| text.find(keyword)).min();
        start.map(|start| text[start..].chars().take_while(|&c| c != '\0').collect())
    };
    peer.batches().into_iter().filter_map(from_keyword).collect()
}

#[tokio::test]
async fn a_backup_is_written_with_checksums_and_read_again() {
    let batch: fn(usize) -> Answer = |call| match call {
        0 => one("model", "FULL"),
        1 => failed(3201, 16),
        // Not in this edition.
        2 => failed(1844, 16),
        _ => done(),
    };
    let peer = Peer::start(Script { batch, ..willing() });
    let report = backup::take(&config(&peer), wanted("/backup", false), AT).await.unwrap();
    let path =
        "/backup/onboarding-20260101T000000000Z.bak".replace("20260101T000000000", "20261125T090000000");
    assert!(report.len() == 1 && report[0].starts_with(&path), "{report:?}");
    let heard = heard(&peer, &["BACKUP", "RESTORE", "SELECT"]);
    assert!(heard[1].starts_with(&format!("RESTORE HEADERONLY FROM DISK = N'{path}'")), "{heard:?}");
    let statement = format!("BACKUP DATABASE [onboarding] TO DISK = N'{path}' WITH CHECKSUM");
    assert!(heard[2].starts_with(&format!("{statement}, COMPRESSION")), "{heard:?}");
    assert!(heard[3].starts_with(&statement) && !heard[3].contains("COMPRESSION"), "{heard:?}");
    assert!(
        heard[4].starts_with(&format!("RESTORE VERIFYONLY FROM DISK = N'{path}' WITH CHECKSUM")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_log_needs_a_model_that_keeps_it() {
    let simple = Peer::start(Script { batch: |_| one("model", "SIMPLE"), ..willing() });
    let refused = backup::take(&config(&simple), wanted("/backup", true), AT).await.unwrap_err();
    assert!(refused.to_string().contains("RECOVERY FULL"), "{refused}");
    assert_eq!(simple.batches().len(), 1);

    let batch: fn(usize) -> Answer = |call| match call {
        0 => one("model", "FULL"),
        1 => failed(3201, 16),
        _ => done(),
    };
    let full = Peer::start(Script { batch, ..willing() });
    backup::take(&config(&full), wanted("D:\\backup", true), AT).await.unwrap();
    let heard = heard(&full, &["BACKUP LOG"]);
    assert!(heard[0].contains("N'D:\\backup\\onboarding-20261125T090000000Z.trn'"), "{heard:?}");
}

#[tokio::test]
async fn what_the_server_cannot_back_up_is_named() {
    let missing = Peer::start(Script { batch: |_| table(&["model"], &[]), ..willing() });
    let error = backup::take(&config(&missing), wanted("/backup", false), AT).await.unwrap_err();
    assert!(matches!(error, BackupError::NoDatabase { .. }), "{error:?}");

    let there: fn(usize) -> Answer = |call| if call == 0 { one("model", "FULL") } else { done() };
    let peer = Peer::start(Script { batch: there, ..willing() });
    let error = backup::take(&config(&peer), wanted("/backup/x.bak", false), AT).await.unwrap_err();
    assert!(error.to_string().contains("/backup/x.bak exists already"), "{error}");

    let full_disk: fn(usize) -> Answer = |call| match call {
        0 => one("model", "FULL"),
        1 => failed(3201, 16),
        _ => failed(3202, 16),
    };
    let peer = Peer::start(Script { batch: full_disk, ..willing() });
    let error = backup::take(&config(&peer), wanted("/backup/x.bak", false), AT).await.unwrap_err();
    let text = super::told(&error);
    assert!(text.contains("server's file /backup/x.bak") && text.contains("as scripted"), "{text}");

    let keep = Wanted { keep: std::num::NonZeroU32::new(3), ..wanted("/backup", false) };
    let error = backup::take(&config(&peer), keep, AT).await.unwrap_err();
    assert!(error.to_string().contains("--keep is for SQLite"), "{error}");
    let damaged = backup::verify(&config(&peer), "/backup/x.bak".into()).await.unwrap_err();
    assert!(matches!(damaged, BackupError::Damaged { .. }), "{damaged:?}");
}

/// Days from 1900 to the day of [`AT`].
const DAY: i32 = 46_349;

/// A backup that was complete at so many minutes of that day, on the server's wall.
fn header(minutes: u32) -> Answer {
    Answer::Tokens([tokens::header(DAY, minutes), tokens::done()].concat())
}

/// A server whose database is there, with nobody in it. Its wall was an hour ahead of UTC on that
/// day: the backup was complete at 08:00 UTC, the first log at 08:30, the second at 09:30, the third at 10:30.
fn restorable(call: usize) -> Answer {
    match call {
        4 => header(9 * 60),
        6 => header(9 * 60 + 30),
        8 => header(10 * 60 + 30),
        10 => header(11 * 60 + 30),
        5 | 7 | 9 | 11 => number("minutes", 60),
        12 | 21 => one("state", "ONLINE"),
        13 => number("sessions", 0),
        15 => {
            let columns = ["LogicalName", "PhysicalName", "Type"];
            let row = |name, kind| [Some(name), Some("/elsewhere/x"), Some(kind)];
            table(&columns, &[&row("onboarding", "D"), &row("second", "D"), &row("onboarding_log", "L")])
        }
        16 => {
            let rows: [&[Option<&str>]; 2] =
                [&[Some("onboarding"), Some("/data/onboarding.mdf")], &[Some(""), Some("/data/")]];
            table(&["name", "physical_name"], &rows)
        }
        19 => one("state", "RESTORING"),
        _ => done(),
    }
}

const LOGS: [&str; 3] = ["/backup/a.trn", "/backup/b.trn", "/backup/c.trn"];

#[tokio::test]
async fn a_restore_keeps_what_is_there_and_applies_the_logs_up_to_a_moment() {
    let peer = Peer::start(Script { batch: restorable, ..willing() });
    let report = backup::restore(&config(&peer), source(&LOGS, Some(AT), false), AT).await.unwrap();
    assert_eq!(report[0], "kept what was there as /backup/onboarding-before-restore-20261125T090000000Z.bak");
    let heard = heard(&peer, &["BACKUP", "ALTER", "RESTORE"]);
    let expected = [
        "RESTORE VERIFYONLY FROM DISK = N'/backup/it''s.bak' WITH CHECKSUM",
        "RESTORE VERIFYONLY FROM DISK = N'/backup/a.trn' WITH CHECKSUM",
        "RESTORE VERIFYONLY FROM DISK = N'/backup/b.trn' WITH CHECKSUM",
        "RESTORE VERIFYONLY FROM DISK = N'/backup/c.trn' WITH CHECKSUM",
        "RESTORE HEADERONLY FROM DISK = N'/backup/it''s.bak'",
        "RESTORE HEADERONLY FROM DISK = N'/backup/a.trn'",
        "RESTORE HEADERONLY FROM DISK = N'/backup/b.trn'",
        "RESTORE HEADERONLY FROM DISK = N'/backup/c.trn'",
        "BACKUP DATABASE [onboarding] TO DISK = N'/backup/onboarding-before-restore-20261125T090000000Z.bak' \
         WITH CHECKSUM, COMPRESSION, COPY_ONLY",
        "RESTORE FILELISTONLY FROM DISK = N'/backup/it''s.bak'",
        "ALTER DATABASE [onboarding] SET OFFLINE WITH ROLLBACK IMMEDIATE;\n\
         RESTORE DATABASE [onboarding] FROM DISK = N'/backup/it''s.bak' WITH REPLACE, CHECKSUM, NORECOVERY, \
         MOVE N'onboarding' TO N'/data/onboarding.mdf', MOVE N'second' TO N'/data/onboarding_second.mdf', \
         MOVE N'onboarding_log' TO N'/data/onboarding_onboarding_log.ldf'",
        "RESTORE LOG [onboarding] FROM DISK = N'/backup/a.trn' WITH CHECKSUM, RECOVERY, \
         STOPAT = N'2026-11-25T10:00:00.000'",
        "RESTORE LOG [onboarding] FROM DISK = N'/backup/b.trn' WITH CHECKSUM, RECOVERY, \
         STOPAT = N'2026-11-25T10:00:00.000'",
        "ALTER DATABASE [onboarding] SET MULTI_USER",
    ];
    assert_eq!(heard.len(), expected.len(), "{heard:#?}");
    for (heard, expected) in heard.iter().zip(expected) {
        assert!(heard.starts_with(expected), "{heard}\nis not\n{expected}");
    }
}

#[tokio::test]
async fn a_moment_that_the_backups_do_not_hold_is_refused_before_anything_is_touched() {
    for (moment, reach) in [
        (datetime!(2026-11-25 07:59 UTC), "/backup/it's.bak begins with 2026-11-25T08:00:00Z"),
        (datetime!(2026-11-25 10:31 UTC), "the last log ends with 2026-11-25T10:30:00Z"),
    ] {
        let peer = Peer::start(Script { batch: restorable, ..willing() });
        let refused =
            backup::restore(&config(&peer), source(&LOGS, Some(moment), true), AT).await.unwrap_err();
        assert!(refused.to_string().ends_with(reach), "{refused}");
        let touched = ["ALTER", "BACKUP DATABASE", "RESTORE DATABASE"];
        assert!(heard(&peer, &touched).is_empty(), "{:?}", heard(&peer, &touched));
    }
}

#[tokio::test]
async fn logs_without_a_moment_are_applied_whole() {
    let batch: fn(usize) -> Answer = |call| match call {
        2 => one("state", "ONLINE"),
        3 => number("sessions", 0),
        5 => table(&["LogicalName", "Type"], &[&[Some("onboarding"), Some("D")]]),
        6 => table(&["name", "physical_name"], &[&[Some(""), Some("/data/")]]),
        _ => done(),
    };
    let peer = Peer::start(Script { batch, ..willing() });
    backup::restore(&config(&peer), source(&LOGS[..1], None, false), AT).await.unwrap();
    let heard = heard(&peer, &["RESTORE LOG", "RESTORE DATABASE [onboarding] WITH"]);
    assert!(heard[0].contains("WITH CHECKSUM, NORECOVERY"), "{heard:?}");
    assert!(heard[1].contains("WITH RECOVERY"), "{heard:?}");
}

#[tokio::test]
async fn a_restore_beneath_sessions_must_be_forced() {
    let busy: fn(usize) -> Answer = |call| match call {
        1 => one("state", "ONLINE"),
        2 => number("sessions", 3),
        _ => done(),
    };
    let peer = Peer::start(Script { batch: busy, ..willing() });
    let refused = backup::restore(&config(&peer), source(&[], None, false), AT).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("in use by 3 sessions") && text.contains("--force to end"), "{text}");
    assert!(!peer.batches().iter().any(|batch| batch.contains("RESTORE DATABASE")));
    let no_log = backup::restore(&config(&peer), source(&[], Some(AT), false), AT).await.unwrap_err();
    assert!(no_log.to_string().contains("--stop-at needs the log backups"), "{no_log}");
}

#[tokio::test]
async fn a_restore_that_fails_opens_the_database_again() {
    let fails: fn(usize) -> Answer = |call| match call {
        1 => one("state", "ONLINE"),
        2 => number("sessions", 0),
        4 => table(&["LogicalName", "Type"], &[&[Some("onboarding"), Some("D")]]),
        5 => table(&["name", "physical_name"], &[&[Some(""), Some("/data/")]]),
        6 => failed(3154, 16),
        _ => done(),
    };
    let peer = Peer::start(Script { batch: fails, ..willing() });
    let error = backup::restore(&config(&peer), source(&[], None, false), AT).await.unwrap_err();
    assert!(super::told(&error).contains("cannot restore the database"), "{error:?}");
    assert!(peer.batches().last().unwrap().contains("SET ONLINE"), "{:?}", peer.batches());
}

#[tokio::test]
async fn what_cannot_be_kept_aside_is_replaced_by_force_alone() {
    let suspect: fn(usize) -> Answer = |call| match call {
        1 => one("state", "SUSPECT"),
        2 => number("sessions", 0),
        _ => done(),
    };
    let peer = Peer::start(Script { batch: suspect, ..willing() });
    let error = backup::restore(&config(&peer), source(&[], None, false), AT).await.unwrap_err();
    assert!(matches!(error, BackupError::NotKept { .. }), "{error:?}");
    assert!(super::told(&error).contains("it is SUSPECT"), "{}", super::told(&error));
}

#[tokio::test]
async fn a_server_backs_up_and_restores_or_says_why_not() {
    let Some((_, database)) = super::fresh().await else { return };
    let version = database.rows("SELECT CAST(@@VERSION AS NVARCHAR(300))").await;
    let complete = version[0].get::<&str, _>(0).unwrap().starts_with("Microsoft SQL Server");
    let config = DatabaseConfig::SqlServer(database.config.clone());
    let folder =
        database.rows("SELECT CAST(SERVERPROPERTY(N'InstanceDefaultBackupPath') AS NVARCHAR(260))").await;
    let folder = folder[0].get::<&str, _>(0).unwrap_or("/tmp").to_owned();
    let taken = backup::take(&config, wanted(&folder, false), AT).await;
    if !complete {
        let error = taken.unwrap_err();
        assert!(matches!(error, BackupError::File { .. } | BackupError::Database { .. }), "{error:?}");
        return;
    }
    let from = taken.unwrap()[0].split(": ").next().unwrap().to_owned();
    restore_beside(&database, &from).await;
}

/// Restores a backup of `database` under another name, with its files beside the first's.
async fn restore_beside(database: &Database, from: &str) {
    let Some(beside) = Database::named_anew().await else { return };
    let config = DatabaseConfig::SqlServer(beside.config.clone());
    let source = Source { from: from.into(), logs: vec![], stop_at: None, force: false };
    backup::restore(&config, source, AT).await.unwrap();
    assert_eq!(beside.count("schema_migrations").await, database.count("schema_migrations").await);
}
