//! The folder that a cluster writes its mails into, for all people of a run.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::time::sleep;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The mailboxes of all people. Clones share the codes.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
    read: Arc<Mutex<Read>>,
}

#[derive(Debug, Default)]
struct Read {
    files: HashSet<OsString>,
    /// The six digits of each mail to an address, in no order.
    codes: HashMap<String, Vec<String>>,
}

impl Mailbox {
    /// The mails in `folder`, which need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, read: Arc::default() }
    }

    /// The codes that were mailed to `email`, as soon as there is one; none after `patience`.
    pub async fn codes(&self, email: &str, patience: Duration) -> Vec<String> {
        let start = Instant::now();
        loop {
            let found = self.look(email);
            if !found.is_empty() || start.elapsed() > patience {
                return found;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn look(&self, email: &str) -> Vec<String> {
        let mut read = self.read.lock().unwrap();
        for file in std::fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok) {
            let name = file.file_name();
            let is_mail = Path::new(&name).extension().is_some_and(|extension| extension == "eml");
            if is_mail && read.files.insert(name) {
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                if let Some((to, code)) = code_of(&text) {
                    read.codes.entry(to).or_default().push(code);
                }
            }
        }
        read.codes.get(email).cloned().unwrap_or_default()
    }
}

/// The recipient of a mail, and its line of six digits.
fn code_of(text: &str) -> Option<(String, String)> {
    let to = text.lines().find_map(|line| line.strip_prefix("To: "))?;
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.lines().map(str::trim).find(is_code)?;
    Some((to.trim().to_owned(), code.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_code_is_found_when_its_mail_comes() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::new(folder.path().join("mails"));
        assert!(mailbox.codes("a@b.example", Duration::ZERO).await.is_empty());
        std::fs::create_dir(folder.path().join("mails")).unwrap();
        let mail = "From: x\r\nTo: a@b.example\r\n\r\nHello,\r\n\r\n    314159\r\n\r\nhttp://x/#token=1\r\n";
        std::fs::write(folder.path().join("mails/1.eml"), mail).unwrap();
        std::fs::write(folder.path().join("mails/.2.draft"), mail).unwrap();
        assert_eq!(mailbox.codes("a@b.example", Duration::ZERO).await, ["314159"]);
        assert!(mailbox.codes("c@d.example", Duration::ZERO).await.is_empty());
    }
}
