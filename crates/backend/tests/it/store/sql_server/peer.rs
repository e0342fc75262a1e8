//! A scripted server: says what a real one says seldom, and shows what it heard.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use backend::config::{PoolConfig, SqlServerConfig};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use service_kit::config::Secret;

use super::tokens::{self, ENCRYPTION, LOGIN, NO_ENCRYPTION, PRELOGIN};

pub(crate) const PASSWORD: &str = "p4ssw0rd-of-the-peer";

/// What the server does.
pub(crate) struct Script {
    /// With it, every connection is encrypted.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// The answer to a login, as tokens, by the text of the login message.
    pub(crate) login: fn(&str) -> Vec<u8>,
    /// The answer to a batch that is no housekeeping, by its number from 0.
    pub(crate) batch: fn(usize) -> Answer,
}

pub(crate) enum Answer {
    Tokens(Vec<u8>),
    /// Half of an answer, and then the end of the connection.
    CutInside,
    /// None, for as long as the client waits.
    Never,
}

/// Everybody may log in, and every mutation is committed.
pub(crate) fn willing() -> Script {
    Script { tls: None, login: |_| logged_in(), batch: |_| committed() }
}

pub(crate) fn logged_in() -> Vec<u8> {
    [tokens::login_ack(), tokens::done()].concat()
}

pub(crate) fn committed() -> Answer {
    Answer::Tokens([tokens::bit("committed", 1), tokens::done()].concat())
}

pub(crate) fn failed(number: u32, class: u8) -> Answer {
    Answer::Tokens(tokens::error(number, class, "as scripted"))
}

#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    logins: usize,
    batches: Vec<String>,
}

pub(crate) struct Peer {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

impl Peer {
    pub(crate) fn start(script: Script) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script)
    }

    pub(crate) fn start_at(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (script, heard) = (Arc::new(script), Arc::new(Mutex::default()));
        let ear = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, ear) = (Arc::clone(&script), Arc::clone(&ear));
                // A connection that breaks is the client's to tell.
                thread::spawn(move || drop(serve(Recorded { stream, ear: Arc::clone(&ear) }, &script, &ear)));
            }
        });
        Self { address, heard }
    }

    /// How to reach it, by default without encryption.
    pub(crate) fn config(&self) -> SqlServerConfig {
        SqlServerConfig {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            database: "onboarding".into(),
            user: "app".into(),
            password: Secret::new(PASSWORD),
            encrypt: false,
            ca_file: None,
            trust_server_certificate: false,
            login_patience: Duration::ZERO,
            replica: None,
            read_only: false,
            pool: PoolConfig {
                max: 2,
                min: 0,
                idle_timeout: Duration::from_secs(30),
                acquire_timeout: Duration::from_secs(2),
            },
        }
    }

    /// The batches of [`Script::batch`], as far as they are text.
    pub(crate) fn batches(&self) -> Vec<String> {
        self.heard.lock().unwrap().batches.clone()
    }

    pub(crate) fn logins(&self) -> usize {
        self.heard.lock().unwrap().logins
    }

    /// All bytes as they came over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.heard.lock().unwrap().bytes.clone()
    }
}

/// The bare wire, written down.
struct Recorded {
    stream: TcpStream,
    ear: Arc<Mutex<Heard>>,
}

impl Read for Recorded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.ear.lock().unwrap().bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn serve(mut wire: Recorded, script: &Script, ear: &Mutex<Heard>) -> io::Result<()> {
    tokens::read_message(&mut wire)?;
    let encryption = if script.tls.is_some() { ENCRYPTION } else { NO_ENCRYPTION };
    tokens::answer(&mut wire, &tokens::prelogin(encryption))?;
    match &script.tls {
        None => session(wire, script, ear),
        Some(config) => session(handshake(wire, Arc::clone(config))?, script, ear),
    }
}

/// The TLS records of the handshake travel inside of pre-login packets.
fn handshake(
    mut wire: Recorded,
    config: Arc<ServerConfig>,
) -> io::Result<StreamOwned<ServerConnection, Recorded>> {
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        let (_, records) = tokens::read_message(&mut wire)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut records = records.as_slice();
        while !records.is_empty() {
            tls.read_tls(&mut records)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        let mut answer = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut answer)?;
        }
        wire.write_all(&tokens::packet(PRELOGIN, &answer))?;
    }
    Ok(StreamOwned::new(tls, wire))
}

fn session(mut stream: impl Read + Write, script: &Script, ear: &Mutex<Heard>) -> io::Result<()> {
    while let Some((kind, message)) = tokens::read_message(&mut stream)? {
        let text = tokens::text_of(&message);
        if kind == LOGIN {
            ear.lock().unwrap().logins += 1;
            tokens::answer(&mut stream, &(script.login)(&text))?;
            continue;
        }
        match reply(script, ear, text) {
            Answer::Tokens(tokens) => tokens::answer(&mut stream, &tokens)?,
            Answer::CutInside => {
                let whole = tokens::packet(4, &tokens::bit("committed", 1));
                stream.write_all(&whole[..whole.len() / 2])?;
                return stream.flush();
            }
            Answer::Never => while tokens::read_message(&mut stream)?.is_some() {},
        }
    }
    Ok(())
}

fn reply(script: &Script, ear: &Mutex<Heard>, text: String) -> Answer {
    if text.contains("@@TRANCOUNT") {
        return Answer::Tokens([tokens::int("open_transactions", 0), tokens::done()].concat());
    }
    if text.contains("SET XACT_ABORT ON") && !text.contains("BEGIN TRANSACTION") {
        return Answer::Tokens(tokens::done());
    }
    let mut heard = ear.lock().unwrap();
    heard.batches.push(text);
    (script.batch)(heard.batches.len() - 1)
}
