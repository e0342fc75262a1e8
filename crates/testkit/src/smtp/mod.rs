//! A mail server on a free port of the loopback that records what it takes, and fails as scripted (RFC 5321).

mod session;
mod tls;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// From whom, without angle brackets.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// Head and body, without the stuffed dots.
    pub data: Vec<u8>,
    /// Whether it came over TLS.
    pub secured: bool,
    /// What came with `AUTH PLAIN`, in base64.
    pub login: Option<String>,
}

impl Received {
    /// The value of a header that stands on one line, compared without regard to case.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.data);
        let head = text.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// What goes wrong with one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The sender is answered by this code.
    Sender(u16),
    /// The recipient is answered by this code.
    Recipient(u16),
    /// The content is answered by this code, and not taken.
    Content(u16),
    /// The connection is lost before the content.
    DropBeforeData,
    /// The connection is lost after the content, which is not taken.
    DropAfterContent,
    /// The connection is lost after the content was taken, before the sender hears of it.
    DropAfterTaking,
}

/// How connections to the server are secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// By STARTTLS, where the client wants it.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct MailServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    certificate: String,
    listening: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    faults: Mutex<VecDeque<Fault>>,
    delay: Mutex<Duration>,
}

impl MailServer {
    /// Starts one that takes everything.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Security::None).await
    }

    /// The same with TLS for `localhost`.
    pub async fn start_with(security: Security) -> io::Result<Self> {
        let (certificate, acceptor) = tls::for_localhost();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, shared) = (listener.local_addr()?, Arc::<Shared>::default());
        let state = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (state, acceptor) = (Arc::clone(&state), acceptor.clone());
                tokio::spawn(async move {
                    // A client that goes away is what tests want to see.
                    let _ = session::serve(stream, connection, (security, acceptor), &state).await;
                });
            }
        });
        Ok(Self { address, shared, certificate, listening })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its certificate, which vouches for itself, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The next mails fail so, one after the other; then all are taken again.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.faults.lock().unwrap().extend(faults);
    }

    /// Each recipient is answered only after this time, as by servers that look at who calls.
    pub fn delay(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap() = delay;
    }

    /// All that was taken, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// How often each `Message-ID` was taken, and whether all of one id were the same byte for byte.
    pub fn by_message_id(&self) -> BTreeMap<String, (usize, bool)> {
        let mut all: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        let mut first: BTreeMap<String, Received> = BTreeMap::new();
        for mail in self.received() {
            let id = mail.header("Message-ID").unwrap_or_default();
            let same = first.get(&id).is_none_or(|seen| seen.data == mail.data && seen.to == mail.to);
            let entry = all.entry(id.clone()).or_insert((0, true));
            *entry = (entry.0 + 1, entry.1 && same);
            first.entry(id).or_insert(mail);
        }
        all
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
