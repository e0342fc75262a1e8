use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use thiserror::Error;

/// Why no TLS client could be made.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate could not be read.
    #[error("cannot read the certificate")]
    Read(#[from] io::Error),
    /// The file is no PEM certificate.
    #[error("no certificate in PEM form")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// rustls refuses it.
    #[error("cannot use the certificate")]
    Refused(#[from] rustls::Error),
}

/// The way that connections are made.
#[derive(Debug, Clone)]
pub struct Dial {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

impl Dial {
    /// Plain TCP.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// TLS 1.3 with AES-256-GCM and nothing else, so that every contender encrypts alike. Trusts `certificate` only.
    pub fn tls(address: SocketAddr, certificate: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&fs::read(certificate)?)?)?;
        let suite = aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384;
        let provider = CryptoProvider { cipher_suites: vec![suite], ..aws_lc_rs::default_provider() };
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { address, tls: Some(config.into()) })
    }

    /// Connects, then makes the socket non-blocking. Over loopback that takes no longer than the system call.
    pub(super) fn connect(&self) -> io::Result<Stream> {
        let socket = TcpStream::connect(self.address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let tls = self.tls.as_ref().map(session).transpose()?.map(Box::new);
        Ok(Stream { socket, tls })
    }
}

fn session(config: &Arc<ClientConfig>) -> io::Result<ClientConnection> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let mut session = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    // A whole request waits in the session until the handshake is done.
    session.set_buffer_limit(None);
    Ok(session)
}

/// A non-blocking socket, with or without TLS.
pub(super) struct Stream {
    pub(super) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Stream {
    /// Whether [`Stream::read`] may have more although the socket has nothing.
    pub(super) fn buffers(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether TLS holds bytes that the socket has not taken.
    pub(super) fn holds(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Takes bytes to send; fewer than given, or `WouldBlock`, when the socket is full.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        flush(tls, &mut self.socket)?;
        let taken = tls.writer().write(bytes)?;
        // Taken bytes are the session's to send: a full socket is told by the next call.
        match flush(tls, &mut self.socket) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Reads as [`Read::read`] does; 0 is the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(into) };
        loop {
            match tls.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            tls.read_tls(&mut self.socket)?;
            tls.process_new_packets().map_err(io::Error::other)?;
            flush(tls, &mut self.socket)?;
        }
    }
}

/// Sends what the session holds, or says `WouldBlock`.
fn flush(tls: &mut ClientConnection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(socket)?;
    }
    Ok(())
}
