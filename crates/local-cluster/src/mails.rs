//! Shows on the terminal which mails came, because people have no mailbox here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mailparse::{MailHeaderMap as _, ParsedMail};

use crate::terminal::Terminal;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const NAME: &str = "mail";

/// Watches the folder that backends write mails into. The task never ends by itself and is aborted with the cluster.
pub(crate) async fn watch(folder: PathBuf, terminal: Terminal) {
    // What came in an earlier run was told then.
    let mut known = mails(&folder);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = mails(&folder);
        for path in now.difference(&known) {
            if let Some(line) = std::fs::read(path).ok().and_then(|bytes| told(&bytes)) {
                terminal.good(NAME, line);
            }
        }
        known = now;
    }
}

/// The files in the folder; none where the folder does not exist yet.
fn mails(folder: &Path) -> BTreeSet<PathBuf> {
    let files =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|file| file.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect()
}

/// The recipient, the subject and the link of a mail.
fn told(bytes: &[u8]) -> Option<String> {
    let mail = mailparse::parse_mail(bytes).ok()?;
    let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
    let text = plain_text(&mail).unwrap_or_default();
    let link =
        text.split_whitespace().find(|word| word.starts_with("http://") || word.starts_with("https://"));
    Some(
        format!("for {}: {}  {}", header("To"), header("Subject"), link.unwrap_or_default())
            .trim_end()
            .to_owned(),
    )
}

fn plain_text(mail: &ParsedMail<'_>) -> Option<String> {
    let is_plain = |part: &&ParsedMail<'_>| part.ctype.mimetype == "text/plain";
    let part = mail.subparts.iter().find(is_plain).or(Some(mail).filter(is_plain))?;
    part.get_body().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_told_with_whom_it_is_for_and_its_link() {
        let mail = "To: zoe@example.com\r\nSubject: =?utf-8?b?QmVzdMOkdGlnZW4=?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Gr=C3=BC=C3=9Fe\r\n\r\nhttp://127.0.0.1:3000/verify-email#token=3Dabc=\r\ndef\r\n--b\r\n\
            Content-Type: text/html\r\n\r\n<a href=\"http://elsewhere/\">x</a>\r\n--b--\r\n";
        let line = told(mail.as_bytes()).unwrap();
        assert_eq!(line, "for zoe@example.com: Bestätigen  http://127.0.0.1:3000/verify-email#token=abcdef");
        assert_eq!(told(b"To: a@b\r\nSubject: no link\r\n\r\nhello").unwrap(), "for a@b: no link");
    }
}
