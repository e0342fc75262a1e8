//! Opens the listening sockets of an address, or goes on with those of the process before.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::{StartError, listener};
use crate::upgrade::{Listeners, Role};

/// The first sockets of an address.
pub(super) struct Opening(Opened);

/// All sockets of an address, on one port.
pub(super) struct Opened {
    pub(super) address: SocketAddr,
    pub(super) sockets: Vec<Arc<TcpListener>>,
}

impl Opening {
    /// Takes the sockets of the process before, or else opens the first one.
    pub(super) fn new(
        role: Role,
        address: SocketAddr,
        inherited: &mut Listeners,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError::Bind { address, source };
        let mut sockets = inherited.take(role, address);
        if sockets.is_empty() {
            listener::refuse_taken(address).map_err(failed)?;
            sockets.push(Arc::new(listener::bind(address).map_err(failed)?));
        }
        let address = sockets[0].local_addr().map_err(failed)?;
        Ok(Self(Opened { address, sockets }))
    }

    /// Opens further ones until there is one for each of `workers` workers.
    pub(super) fn complete(self, workers: usize) -> Result<Opened, StartError> {
        let Opened { address, mut sockets } = self.0;
        while sockets.len() < workers {
            let socket = listener::bind(address).map_err(|source| StartError::Bind { address, source })?;
            sockets.push(Arc::new(socket));
        }
        Ok(Opened { address, sockets })
    }
}

impl Opened {
    /// The sockets of one of `workers` workers: more than one, where the process before had more workers. None is ever
    /// closed, because the kernel resets what waits in its queue.
    pub(super) fn of(&self, worker: usize, workers: usize) -> impl Iterator<Item = Arc<TcpListener>> {
        self.sockets.iter().skip(worker).step_by(workers).cloned()
    }
}
