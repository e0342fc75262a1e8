//! A request's place at a server.

use std::sync::Arc;

use super::Server;

/// Counts as in flight from the pick until it is dropped, which is when the response body has ended.
#[derive(Debug)]
pub struct Lease(Arc<Server>);

impl Lease {
    /// Enters the server.
    #[inline]
    pub fn new(server: Arc<Server>) -> Self {
        server.enter();
        Self(server)
    }

    /// Whose place it is.
    #[inline]
    pub fn server(&self) -> &Arc<Server> {
        &self.0
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_flight_ends_with_the_lease() {
        let server = Arc::new(Server::new("p", "s", "127.0.0.1:1", 1, Arc::default()));
        let first = Lease::new(Arc::clone(&server));
        let second = Lease::new(Arc::clone(&server));
        assert_eq!(server.in_flight(), 2);
        drop(first);
        assert_eq!(server.in_flight(), 1);
        drop(second);
        assert_eq!(server.in_flight(), 0);
    }
}
