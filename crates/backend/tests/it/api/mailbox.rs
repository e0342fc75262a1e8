//! What is mailed, read where it waits to be sent.

use backend::domain::mail::{Mail, MailContent, MailSecret};
use backend::outbox::Envelopes;
use backend::store::outbox::{NewMessage, SealedParameters};
use rusqlite::Connection;
use service_kit::config::Secret;
use service_kit::jwt::Keyring;

use super::harness::{Database, SECRET, WAIT};

/// Reads the mails that instances on one database write. Their parameters go from the outbox when they are sent, so that
/// they are copied when they are written.
pub(crate) struct Mailbox {
    connection: Connection,
    envelopes: Envelopes,
}

impl Mailbox {
    pub(crate) fn of(database: &Database) -> Self {
        let connection = Connection::open(database.path()).unwrap();
        connection.busy_timeout(WAIT).unwrap();
        let copy = "CREATE TABLE mailbox AS SELECT id, topic, recipient, language, kid, parameters FROM outbox WHERE 0;
            CREATE TRIGGER copy_mail AFTER INSERT ON outbox BEGIN
                INSERT INTO mailbox VALUES (NEW.id, NEW.topic, NEW.recipient, NEW.language, NEW.kid, NEW.parameters);
            END;";
        connection.execute_batch(copy).unwrap();
        let keyring = Keyring::new(&Secret::new(SECRET), &[]).unwrap();
        Self { connection, envelopes: Envelopes::new(&keyring).unwrap() }
    }

    /// All mails to `recipient`, in order.
    pub(crate) fn to(&self, recipient: &str) -> Vec<Mail> {
        let sql = "SELECT id, topic, language, kid, parameters FROM mailbox WHERE recipient = ? ORDER BY id";
        let mut query = self.connection.prepare(sql).unwrap();
        let messages = query.query_map([recipient], |row| {
            Ok(NewMessage {
                id: row.get::<_, String>(0)?.parse().unwrap(),
                channel: "mail".into(),
                topic: row.get(1)?,
                user_id: None,
                recipient: recipient.to_owned(),
                language: row.get(2)?,
                parameters: SealedParameters { kid: row.get(3)?, sealed: row.get(4)? },
                expires_at: None,
                in_order: false,
            })
        });
        messages.unwrap().map(|message| self.envelopes.open(&message.unwrap()).unwrap()).collect()
    }

    /// The names of the kinds of all mails to `recipient`, in order.
    pub(crate) fn kinds(&self, recipient: &str) -> Vec<&'static str> {
        self.to(recipient).iter().map(|mail| mail.content.kind()).collect()
    }

    /// Digits and token of the last mail to `recipient`. A mail for a forgotten password has no digits.
    pub(crate) fn last_code(&self, recipient: &str) -> (String, String) {
        match self.to(recipient).pop().unwrap().content {
            MailContent::VerifyEmail { code, token, .. }
            | MailContent::EmailChangeConfirm { code, token, .. } => (text(code), text(token)),
            MailContent::ResetPassword { token, .. } => (String::new(), text(token)),
            other => panic!("{other:?} brings no code"),
        }
    }
}

fn text(secret: MailSecret) -> String {
    let MailSecret(text) = secret;
    text
}
