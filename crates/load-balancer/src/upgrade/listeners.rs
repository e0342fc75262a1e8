//! Listening sockets on their way from one process to the next.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The use of a listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Traffic in clear.
    Http,
    /// Traffic in TLS.
    Https,
    /// The admin interface.
    Admin,
}

/// Listening sockets, each with its use.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Vec<(Role, Arc<TcpListener>)>);

impl Listeners {
    /// Adds sockets of one use.
    pub(crate) fn add(&mut self, role: Role, listeners: impl IntoIterator<Item = Arc<TcpListener>>) {
        self.0.extend(listeners.into_iter().map(|listener| (role, listener)));
    }

    /// Takes out the sockets of an address: by the address, whatever their use was; where any port will do, by the use
    /// and the host.
    pub(crate) fn take(&mut self, role: Role, wanted: SocketAddr) -> Vec<Arc<TcpListener>> {
        let fits = |(of, listener): &mut (Role, Arc<TcpListener>)| {
            listener.local_addr().is_ok_and(|bound| match wanted.port() {
                0 => *of == role && bound.ip() == wanted.ip(),
                _ => bound == wanted,
            })
        };
        self.0.extract_if(.., fits).map(|(_, listener)| listener).collect()
    }

    pub(super) fn roles(&self) -> Vec<Role> {
        self.0.iter().map(|(role, _)| *role).collect()
    }

    pub(super) fn sockets(&self) -> impl Iterator<Item = &TcpListener> {
        self.0.iter().map(|(_, listener)| &**listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_by_address_and_by_use_where_any_port_will_do() {
        let mut listeners = Listeners::default();
        let open = || Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let (http, admin) = (open(), open());
        let (bound, any) = (http.local_addr().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)));
        listeners.add(Role::Http, [Arc::clone(&http), Arc::new(http.try_clone().unwrap())]);
        listeners.add(Role::Admin, [admin]);
        assert_eq!(listeners.roles(), [Role::Http, Role::Http, Role::Admin]);
        assert!(listeners.take(Role::Https, any).is_empty());
        assert!(listeners.take(Role::Http, SocketAddr::from(([0, 0, 0, 0], 0))).is_empty());
        assert_eq!(listeners.take(Role::Admin, any).len(), 1);
        assert_eq!(listeners.take(Role::Https, bound).len(), 2, "what it is used for may change");
        assert!(listeners.take(Role::Http, any).is_empty(), "they are taken");
    }
}
