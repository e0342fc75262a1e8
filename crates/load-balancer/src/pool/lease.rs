//! A lease: a request's place at a server.

use super::Server;

/// A guard that counts a request as in flight from the pick until it is dropped, when the response body has ended.
#[derive(Debug)]
pub struct Lease<'a>(&'a Server);

impl<'a> Lease<'a> {
    /// Counts the request at the server.
    #[inline]
    pub fn new(server: &'a Server) -> Self {
        server.enter();
        Self(server)
    }
}

impl Drop for Lease<'_> {
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
        let server = Server::new("p", "s", "127.0.0.1:1", 1, std::sync::Arc::default());
        let first = Lease::new(&server);
        let second = Lease::new(&server);
        assert_eq!(server.in_flight(), 2);
        drop(first);
        assert_eq!(server.in_flight(), 1);
        drop(second);
        assert_eq!(server.in_flight(), 0);
    }
}
