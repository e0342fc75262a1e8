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

/// A server whose database is there, with nobody in it.
fn restorable(call: usize) -> Answer {
    match call {
        2 => one("state", "ONLINE"),
        3 => number("sessions", 0),
        5 => {
            let columns = ["LogicalName", "PhysicalName", "Type"];
            let row = |name, kind| [Some(name), Some("/elsewhere/x"), Some(kind)];
            table(&columns, &[&row("onboarding", "D"), &row("second", "D"), &row("onboarding_log", "L")])
        }
        6 => {
            let rows: [&[Option<&str>]; 2] =
                [&[Some("onboarding"), Some("/data/onboarding.mdf")], &[Some(""), Some("/data/")]];
            table(&["name", "physical_name"], &rows)
        }
        8 => one("moment", "2026-11-25T09:00:00.000"),
        _ => done(),
    }
}

#[tokio::test]
async fn a_restore_keeps_what_is_there_and_applies_the_logs_up_to_a_moment() {
    let peer = Peer::start(Script { batch: restorable, ..willing() });
    let source = source(&["/backup/a.trn"], Some(AT), false);
    let report = backup::restore(&config(&peer), source, AT).await.unwrap();
    assert_eq!(report[0], "kept what was there as /backup/onboarding-before-restore-20261125T090000000Z.bak");
    let heard = heard(&peer, &["BACKUP", "ALTER", "RESTORE"]);
    let expected = [
        "RESTORE VERIFYONLY FROM DISK = N'/backup/it''s.bak' WITH CHECKSUM",
        "RESTORE VERIFYONLY FROM DISK = N'/backup/a.trn' WITH CHECKSUM",
        "BACKUP DATABASE [onboarding] TO DISK = N'/backup/onboarding-before-restore-20261125T090000000Z.bak' \
         WITH CHECKSUM, COMPRESSION, COPY_ONLY",
        "RESTORE FILELISTONLY FROM DISK = N'/backup/it''s.bak'",
        "ALTER DATABASE [onboarding] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;\n\
         RESTORE DATABASE [onboarding] FROM DISK = N'/backup/it''s.bak' WITH REPLACE, CHECKSUM, NORECOVERY, \
         MOVE N'onboarding' TO N'/data/onboarding.mdf', MOVE N'second' TO N'/data/onboarding_second.mdf', \
         MOVE N'onboarding_log' TO N'/data/onboarding_onboarding_log.ldf'",
        "RESTORE LOG [onboarding] FROM DISK = N'/backup/a.trn' WITH CHECKSUM, NORECOVERY, \
         STOPAT = N'2026-11-25T09:00:00.000'",
        "RESTORE DATABASE [onboarding] WITH RECOVERY",
        "ALTER DATABASE [onboarding] SET MULTI_USER",
    ];
    assert_eq!(heard.len(), expected.len(), "{heard:#?}");
    for (heard, expected) in heard.iter().zip(expected) {
        assert!(heard.starts_with(expected), "{heard}\nis not\n{expected}");
    }
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
    assert!(peer.batches().last().unwrap().contains("SET MULTI_USER"), "{:?}", peer.batches());
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
