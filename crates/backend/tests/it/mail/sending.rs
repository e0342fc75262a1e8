//! One instance: what it sends, what it tries again and what it gives up.

use std::time::Duration;

use backend::domain::now;
use backend::store::Store as _;
use testkit::smtp::{Fault, MailServer, Security};
use testkit::{Process, eventually};

use super::{LIMIT, message, store, write};
use crate::api::harness::{Database, Instance};
use crate::api::processes::{address, program};

fn smtp(server: &MailServer) -> [(&'static str, String); 3] {
    [
        ("SMTP_URL", format!("smtp://{}?tls=none", server.address())),
        ("MAIL_FROM", "User Onboarding <no-reply@onboarding.example>".to_owned()),
        ("PUBLIC_URL", "https://onboarding.example".to_owned()),
    ]
}

async fn sending(database: &Database, settings: &[(&'static str, String)]) -> Instance {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Instance::start_with(database, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_sent_with_its_code_and_link_which_are_then_deleted() {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let store = store(&database.path());
    let _instance = sending(&database, &smtp(&server)).await;
    write(&store, vec![message("zoe@example.com", "314159", None)]).await;
    let mail = eventually(LIMIT, || async { server.received().pop() }).await;
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("no-reply@onboarding.example", &["zoe@example.com".to_owned()][..])
    );
    let parsed = mailparse::parse_mail(&mail.data).unwrap();
    assert_eq!(parsed.ctype.mimetype, "multipart/alternative");
    for part in &parsed.subparts {
        let text = part.get_body().unwrap();
        assert!(
            text.contains("314159")
                && text.contains("https://onboarding.example/verify-email#token=token-314159"),
            "{text}"
        );
    }
    eventually(LIMIT, || async {
        database.count("outbox WHERE sent_at IS NOT NULL AND parameters IS NULL") == 1
    })
    .await;
    // Nothing is sent a second time.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_tried_again_or_given_up_by_who_is_to_blame() {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let store = store(&database.path());
    server.script([
        Fault::Recipient(550),
        Fault::Content(554),
        Fault::Recipient(450),
        Fault::DropBeforeData,
        Fault::DropAfterContent,
        Fault::DropAfterTaking,
    ]);
    let expired = message("late@example.com", "000000", Some(now() - time::Duration::MINUTE));
    let mut messages: Vec<_> =
        (1..=6).map(|n| message(&format!("m{n}@example.com"), &format!("{n}"), None)).collect();
    messages.push(expired);
    write(&store, messages).await;
    let instance = sending(&database, &smtp(&server)).await;
    let count = |condition: &str| database.count(&format!("outbox WHERE {condition}"));
    // Two are refused for good and one is too old; four are tried again after 5 s, and then all is well.
    eventually(LIMIT, || async {
        let (dead, sent) = (count("dead_at IS NOT NULL"), count("sent_at IS NOT NULL"));
        if (dead, sent) == (3, 4) { Ok(()) } else { Err(format!("{dead} dead, {sent} sent")) }
    })
    .await;
    assert_eq!(count("last_error LIKE '%550%' OR last_error LIKE '%554%' OR last_error LIKE '%expired%'"), 3);
    assert_eq!(count("sent_at IS NOT NULL AND attempts = 2"), 4);
    let by_id = server.by_message_id();
    // The one whose answer was lost came twice, and can be told by its id and its bytes.
    assert_eq!(by_id.len(), 4, "{by_id:?}");
    assert_eq!(by_id.values().map(|(times, _)| times).sum::<usize>(), 5);
    assert!(by_id.values().all(|(_, same)| *same));
    let metrics = reqwest::get(instance.url("/metrics")).await.unwrap().text().await.unwrap();
    for line in [
        "outbox_attempts_total{channel=\"mail\",result=\"dead\",topic=\"verify_email\"} 3",
        "outbox_attempts_total{channel=\"mail\",result=\"deferred\",topic=\"verify_email\"} 4",
        "outbox_attempts_total{channel=\"mail\",result=\"sent\",topic=\"verify_email\"} 4",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(metrics.contains("outbox_messages{channel=\"mail\",state=\"waiting\"}"), "{metrics}");
    assert!(metrics.contains("outbox_oldest_seconds{channel=\"mail\"}"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_its_end_an_instance_finishes_a_mail_and_gives_the_others_back() {
    let database = Database::new();
    let store = store(&database.path());
    let server = MailServer::start().await.unwrap();
    let settings = smtp(&server);
    let url = database.url();
    let mut all: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("DATABASE_URL", &url));
    // Slow, so that the end comes in the middle of a mail, with others taken and not begun.
    server.delay(Duration::from_millis(700));
    write(&store, (0..5).map(|n| message("zoe@example.com", &n.to_string(), None)).collect()).await;
    let mut process = Process::spawn(program("serve", &all)).unwrap();
    address(&process).await;
    eventually(LIMIT, || async { store.outbox_status("mail").await.unwrap().leased > 0 }).await;
    assert_eq!(process.terminate(LIMIT).await.unwrap().code(), Some(0));
    let status = store.outbox_status("mail").await.unwrap();
    assert_eq!(status.leased, 0, "what was taken was given back or sent: {status:?}");
    let sent = u64::try_from(database.count("outbox WHERE sent_at IS NOT NULL")).unwrap();
    assert_eq!(sent, server.received().len() as u64, "what was being sent was brought to its end");
    assert_eq!(status.waiting, 5 - sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_each_mail_is_a_file() {
    let database = Database::new();
    let store = store(&database.path());
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mails");
    let _instance = sending(&database, &[("MAIL_OUTBOX_DIR", mails.display().to_string())]).await;
    let messages = [message("zoe@example.com", "1", None), message("zoe@example.com", "2", None)];
    let names: Vec<_> = messages.iter().map(|message| mails.join(format!("{}.eml", message.id))).collect();
    write(&store, messages.to_vec()).await;
    eventually(LIMIT, || async { names.iter().all(|name| name.exists()) }).await;
    let text = std::fs::read(&names[0]).unwrap();
    assert!(
        mailparse::parse_mail(&text).unwrap().subparts[0]
            .get_body()
            .unwrap()
            .contains("http://localhost:3000/")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_and_the_login_go_over_tls_to_a_server_that_proves_its_name() {
    for (security, scheme) in [(Security::Implicit, "smtps"), (Security::StartTls, "smtp")] {
        let (database, server) = (Database::new(), MailServer::start_with(security).await.unwrap());
        let store = store(&database.path());
        let mut settings = smtp(&server);
        settings[0].1 = format!("{scheme}://me:p%3Aw@localhost:{}", server.address().port());
        write(&store, vec![message("zoe@example.com", "314159", None)]).await;
        // Nobody that this machine trusts vouches for the server.
        let distrustful = sending(&database, &settings).await;
        eventually(LIMIT, || async { database.count("outbox WHERE last_error LIKE '%certificate%'") == 1 })
            .await;
        assert!(server.received().is_empty());
        distrustful.shutdown.trigger();
        distrustful.ended.await.unwrap();

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), server.certificate()).unwrap();
        let authority = ("SMTP_CA_FILE", file.path().display().to_string());
        let settings: Vec<_> = settings.into_iter().chain([authority]).collect();
        let _instance = sending(&database, &settings).await;
        let mail = eventually(LIMIT, || async { server.received().pop() }).await;
        assert!(mail.secured, "{scheme}");
        // NUL me NUL p:w
        assert_eq!(mail.login.as_deref(), Some("AG1lAHA6dw=="), "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_in_the_clear_to_a_server_without_starttls() {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    let store = store(&database.path());
    let mut settings = smtp(&server);
    settings[0].1 = format!("smtp://localhost:{}", server.address().port());
    write(&store, vec![message("zoe@example.com", "314159", None)]).await;
    let _instance = sending(&database, &settings).await;
    eventually(LIMIT, || async { database.count("outbox WHERE last_error LIKE '%STARTTLS%'") == 1 }).await;
    assert!(server.received().is_empty());
}
