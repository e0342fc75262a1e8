//! The Unix socket by which a successor finds its predecessor.
//!
//! The socket is in the abstract namespace: it needs no directory that can be written, and nothing is left behind by a
//! process that is killed. Its name has the process's id and the namespace of such ids, so that two containers with one
//! network do not meet. Anybody on the machine can connect to an abstract socket; so each side asks the kernel for the
//! other's user, and talks only to its own and to root.

use std::io;

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

/// The door of this process.
#[derive(Debug)]
pub(crate) struct Door(UnixListener);

impl Door {
    /// Opens the door of this process. Needs a tokio runtime with I/O.
    pub(crate) fn open() -> io::Result<Self> {
        Self::of(std::process::id())
    }

    pub(super) fn of(pid: u32) -> io::Result<Self> {
        UnixListener::bind(name(pid)?).map(Self)
    }

    /// Waits for a process of the same user, or of root.
    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        let (stream, _) = self.0.accept().await?;
        trusted(stream)
    }
}

/// Connects to the door of the process `pid`, which must be of the same user, or of root.
pub(super) async fn connect(pid: u32) -> io::Result<UnixStream> {
    trusted(UnixStream::connect(name(pid)?).await?)
}

fn trusted(stream: UnixStream) -> io::Result<UnixStream> {
    let (theirs, ours) = (stream.peer_cred()?.uid(), geteuid().as_raw());
    if theirs == ours || theirs == 0 {
        return Ok(stream);
    }
    let what = format!("the other process is of user {theirs}, this one of user {ours}");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// A leading NUL stands for the abstract namespace (unix(7)).
fn name(pid: u32) -> io::Result<String> {
    let namespace = std::fs::read_link("/proc/self/ns/pid")?;
    Ok(format!("\0load-balancer/{}/{pid}", namespace.display()))
}
