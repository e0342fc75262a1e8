//! Makes the message of a mail (RFC 5322). The same mail of the outbox always gives the same bytes.

use lettre::address::{AddressError, Envelope};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, Message};
use uuid::Uuid;

use super::links::PublicUrl;
use super::templates::Templates;
use crate::domain::Timestamp;
use crate::domain::mail::Mail;

/// Makes messages of mails.
#[derive(Debug)]
pub struct Writer {
    from: Mailbox,
    base: PublicUrl,
    templates: Templates,
}

/// A message, ready for the mail server.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The id of the mail in the outbox, which is also in the `Message-ID`.
    pub id: Uuid,
    /// Sender and recipient, for the SMTP commands.
    pub envelope: Envelope,
    /// Head and body, with CRLF line ends. The transfer encodings need 7 bits only; a non-ASCII address is the one
    /// exception.
    pub bytes: Vec<u8>,
}

/// The reason why a message cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Mail cannot be sent to the address.
    #[error("the recipient's address cannot be sent to")]
    Recipient(#[from] AddressError),
    /// A template does not fit the fields of the mail.
    #[error("a template of a mail fails")]
    Template(#[from] minijinja::Error),
    /// A part of the message is missing.
    #[error("a mail cannot be put together")]
    Message(#[from] lettre::error::Error),
}

impl Writer {
    /// A writer of mails from `from`, with links that begin with `base`.
    ///
    /// # Errors
    ///
    /// The error of a template that cannot be read.
    pub fn new(from: Mailbox, base: PublicUrl) -> Result<Self, minijinja::Error> {
        Ok(Self { from, base, templates: Templates::new()? })
    }

    /// The message of `mail`. Each attempt and each instance makes the same bytes, so that a receiver can tell a
    /// repetition.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] by cause.
    pub fn write(&self, mail: &Mail, id: Uuid, created_at: Timestamp) -> Result<Letter, WriteError> {
        let rendered = self.templates.render(&mail.content, mail.language.as_ref(), &self.base)?;
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(mail.to.as_str())?))
            .subject(rendered.subject)
            .date(created_at.into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834: no out-of-office reply wants to come back.
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        if let Some(link) = self.base.unsubscription_for(&mail.content) {
            // RFC 2369 section 3.2, and RFC 8058: one click in the mail program is enough.
            for (name, value) in [
                ("List-Unsubscribe", format!("<{link}>")),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ] {
                message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
            }
        }
        let message = message.multipart(
            MultiPart::builder()
                .kind(MultiPartKind::Alternative)
                .boundary(format!("part-{}", id.simple()))
                .singlepart(part(ContentType::TEXT_PLAIN, rendered.text))
                .singlepart(part(ContentType::TEXT_HTML, rendered.html)),
        )?;
        Ok(Letter { id, envelope: message.envelope().clone(), bytes: message.formatted() })
    }
}

fn part(content_type: ContentType, text: String) -> SinglePart {
    SinglePart::builder().header(content_type).body(text)
}

/// The address with its domain in A-labels (RFC 5891), which every server takes.
fn address(written: &str) -> Result<Address, AddressError> {
    let (local, domain) = written.rsplit_once('@').ok_or(AddressError::MissingParts)?;
    let ascii = url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string());
    Address::new(local, ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::{MailContent, MailSecret};
    use time::macros::datetime;

    fn mail(to: &str) -> Mail {
        let secret = |text: &str| MailSecret(text.to_owned());
        let (code, token) = (secret("314159"), secret("a".repeat(100).as_str()));
        let content = MailContent::VerifyEmail { full_name: "Zoë".into(), code, token, minutes: 10 };
        let (user_id, language) = (None, "de".parse().ok());
        Mail { user_id, to: to.parse().unwrap(), language, content, expires_at: None }
    }

    fn writer() -> Writer {
        let from = "Wärter <no-reply@mail.example>".parse().unwrap();
        Writer::new(from, "https://example.com".parse().unwrap()).unwrap()
    }

    const AT: Timestamp = datetime!(2026-03-01 12:00:00.123 UTC);

    #[test]
    fn a_message_is_the_same_each_time_and_of_ascii_alone() {
        let (writer, id) = (writer(), Uuid::now_v7());
        let mail = mail("zoe@bücher.example");
        let letter = writer.write(&mail, id, AT).unwrap();
        assert_eq!(letter.bytes, writer.write(&mail, id, AT).unwrap().bytes);
        assert!(letter.bytes.is_ascii());
        let text = String::from_utf8(letter.bytes).unwrap();
        for line in [
            format!("Message-ID: <{id}@mail.example>"),
            "To: zoe@xn--bcher-kva.example".to_owned(),
            "Date: Sun, 01 Mar 2026 12:00:00 +0000".to_owned(),
            "Auto-Submitted: auto-generated".to_owned(),
            "MIME-Version: 1.0".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(
            text.contains("multipart/alternative")
                && text.contains("text/plain")
                && text.contains("text/html")
        );
        assert!(text.lines().all(|line| line.len() <= 998), "RFC 5322 section 2.1.1");
        assert_eq!(letter.envelope.to()[0].to_string(), "zoe@xn--bcher-kva.example");
    }

    #[test]
    fn a_reminder_says_how_to_end_reminders() {
        let (full_name, token) = ("Zoë".to_owned(), MailSecret("k.i-d_.t".into()));
        let content = MailContent::OnboardingReminder { full_name, token };
        let reminder = Mail { content, ..mail("zoe@example.com") };
        let letter = writer().write(&reminder, Uuid::now_v7(), AT).unwrap();
        let parsed = mailparse::parse_mail(&letter.bytes).unwrap();
        let header = |name: &str| mailparse::MailHeaderMap::get_first_value(&parsed.headers[..], name);
        let link = "https://example.com/api/unsubscribe/k.i-d_.t";
        assert_eq!(header("List-Unsubscribe"), Some(format!("<{link}>")));
        assert_eq!(header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
        for part in &parsed.subparts {
            assert!(part.get_body().unwrap().contains(link));
        }
        let other = writer().write(&mail("zoe@example.com"), Uuid::now_v7(), AT).unwrap();
        assert!(!String::from_utf8(other.bytes).unwrap().contains("List-Unsubscribe"));
    }

    #[test]
    fn two_messages_differ_in_their_ids() {
        let (writer, mail) = (writer(), mail("jörg@example.com"));
        let first = writer.write(&mail, Uuid::now_v7(), AT).unwrap();
        assert_ne!(first.bytes, writer.write(&mail, Uuid::now_v7(), AT).unwrap().bytes);
        assert!(first.envelope.to().iter().any(|to| !to.to_string().is_ascii()));
    }
}
