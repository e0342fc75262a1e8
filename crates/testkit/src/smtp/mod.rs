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

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// The sender, without angle brackets.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Head and body, without dot-stuffing.
    pub data: Vec<u8>,
    /// Whether the mail came over TLS.
    pub secured: bool,
    /// The argument of `AUTH PLAIN`, in base64.
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

/// A fault for one mail.
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

/// The security of connections to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Connections are not secured.
    None,
    /// STARTTLS, where the client wants it.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// The server, which ends when it is dropped.
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
    /// Starts a server that takes every mail.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Security::None).await
    }

    /// Starts a server with TLS for `localhost`.
    ///
    /// # Errors
    ///
    /// The error of the system.
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

    /// The listen address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The self-signed certificate, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Gives each of the next mails a fault, in order. Mails after these are taken.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.faults.lock().unwrap().extend(faults);
    }

    /// Delays the answer to each recipient, as servers do that check senders.
    pub fn delay(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap() = delay;
    }

    /// All mails that the server took, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The number of mails of each `Message-ID`, and whether all of them had the same bytes.
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
