//! The settings of mails: the mail server, the sender, and the base of links.

use std::path::PathBuf;

use lettre::message::Mailbox;
use service_kit::config::Sources;

use crate::mail::smtp::SmtpConfig;
use crate::mail::{PostConfig, PublicUrl};

/// The default sender, at a domain that cannot exist (RFC 2606).
const NOBODY: &str = "User Onboarding <no-reply@user-onboarding.invalid>";
/// The page's address in development.
const LOCAL_PAGE: &str = "http://localhost:3000";

/// The settings of mails.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The mail server of `SMTP_URL`, or the folder of `MAIL_OUTBOX_DIR`.
    pub post: PostConfig,
    /// The sender (`MAIL_FROM`).
    pub from: Mailbox,
    /// The base of links (`PUBLIC_URL`).
    pub base: PublicUrl,
}

impl MailConfig {
    /// Reads the settings. None where neither a server nor a folder is given: mails then wait for an instance that
    /// has one. `host` is the name of this host in EHLO.
    pub(super) fn read(sources: &mut Sources, base: Option<PublicUrl>, host: &str) -> Option<Self> {
        let ca_file: Option<PathBuf> = sources.optional("SMTP_CA_FILE");
        let folder: Option<PathBuf> = sources.optional("MAIL_OUTBOX_DIR");
        let from: Option<Mailbox> = sources.optional("MAIL_FROM");
        let server = sources.secret("SMTP_URL");
        if folder.as_ref().is_some_and(|folder| !folder.is_absolute()) {
            sources.reject("MAIL_OUTBOX_DIR", "must be an absolute path");
        }
        let post = match (server, folder) {
            (Some(url), _) => {
                for (name, missing) in [("MAIL_FROM", from.is_none()), ("PUBLIC_URL", base.is_none())] {
                    if missing {
                        sources.reject(name, "must be given with SMTP_URL");
                    }
                }
                let server = SmtpConfig::parse(url.expose(), host);
                let server = server.map_err(|error| sources.reject("SMTP_URL", error)).ok()?;
                PostConfig::Smtp(SmtpConfig { ca_file, ..server })
            }
            (None, Some(folder)) => PostConfig::Folder(folder),
            (None, None) => return None,
        };
        let from = from.or_else(|| NOBODY.parse().ok())?;
        let base = base.or_else(|| LOCAL_PAGE.parse().ok())?;
        Some(Self { post, from, base })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<MailConfig>, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let base = sources.optional("PUBLIC_URL");
        let config = MailConfig::read(&mut sources, base, "host");
        sources.finish().map(|()| config).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_server_comes_before_a_folder_and_nothing_is_nothing() {
        assert!(read(&[]).unwrap().is_none());
        let folder = read(&[("MAIL_OUTBOX_DIR", "/mails")]).unwrap().unwrap();
        assert!(matches!(&folder.post, PostConfig::Folder(path) if path.ends_with("mails")));
        assert_eq!(
            (folder.from.to_string().as_str(), folder.base.to_string().as_str()),
            (NOBODY, LOCAL_PAGE)
        );
        let both = [
            ("SMTP_URL", "smtps://a:b@mail.example"),
            ("MAIL_OUTBOX_DIR", "/mails"),
            ("MAIL_FROM", "Us <us@example.com>"),
            ("PUBLIC_URL", "https://example.com"),
            ("SMTP_CA_FILE", "/ca.pem"),
        ];
        let server = read(&both).unwrap().unwrap();
        assert!(matches!(&server.post, PostConfig::Smtp(smtp) if smtp.ca_file.is_some()));
        assert_eq!(server.from.email.to_string(), "us@example.com");
    }

    #[test]
    fn each_problem_is_told_by_its_name_and_no_secret_among_them() {
        for (pairs, name) in [
            (&[("SMTP_URL", "tell-tale")][..], "SMTP_URL: "),
            (&[("SMTP_URL", "smtp://x")][..], "MAIL_FROM: "),
            (&[("SMTP_URL", "smtp://x")][..], "PUBLIC_URL: "),
            (&[("MAIL_FROM", "nobody")][..], "MAIL_FROM: "),
            (&[("PUBLIC_URL", "example.com")][..], "PUBLIC_URL: "),
            (&[("MAIL_OUTBOX_DIR", "mails")][..], "MAIL_OUTBOX_DIR: "),
        ] {
            let text = read(pairs).unwrap_err();
            assert!(text.contains(name) && !text.contains("tell-tale"), "{name} in {text}");
        }
    }
}
