//! A wire to the server that can be cut at a chosen moment.

use std::net::SocketAddr;
use std::sync::Arc;

use backend::config::SqlServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does with the next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Lets all through.
    Whole,
    /// Breaks as soon as the client sends something, which does not arrive. Whole again then.
    CutBeforeRequest,
    /// Breaks as soon as the server answers something, which does not arrive. Whole again then.
    CutBeforeAnswer,
    /// Holds the server's answers back.
    Held,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    wire: Arc<watch::Sender<Wire>>,
}

impl Proxy {
    /// A wire to the server of `config`.
    pub(crate) async fn to(config: &SqlServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Arc::new(watch::Sender::new(Wire::Whole));
        let (server, switch) = (format!("{}:{}", config.host, config.port), Arc::clone(&wire));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&switch)));
            }
        });
        Self { address, wire }
    }

    /// `config`, over this wire.
    pub(crate) fn config(&self, config: &SqlServerConfig) -> SqlServerConfig {
        SqlServerConfig { host: self.address.ip().to_string(), port: self.address.port(), ..config.clone() }
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// Until a cut has happened.
    pub(crate) async fn until_whole(&self) {
        self.wire.subscribe().wait_for(|wire| *wire == Wire::Whole).await.unwrap();
    }
}

async fn relay(mut client: TcpStream, mut server: TcpStream, wire: Arc<watch::Sender<Wire>>) {
    let (mut request, mut answer) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            count = client.read(&mut request) => {
                let Ok(count @ 1..) = count else { return };
                if cut(&wire, Wire::CutBeforeRequest) || server.write_all(&request[..count]).await.is_err() {
                    return;
                }
            }
            count = server.read(&mut answer) => {
                let Ok(count @ 1..) = count else { return };
                if cut(&wire, Wire::CutBeforeAnswer) {
                    return;
                }
                wire.subscribe().wait_for(|wire| *wire != Wire::Held).await.map(drop).unwrap();
                if client.write_all(&answer[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Whether it is this connection that breaks.
fn cut(wire: &watch::Sender<Wire>, when: Wire) -> bool {
    wire.send_if_modified(|wire| {
        let now = *wire == when;
        if now {
            *wire = Wire::Whole;
        }
        now
    })
}
