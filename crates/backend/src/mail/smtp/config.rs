//! The mail server of `SMTP_URL`.

use std::path::PathBuf;

use service_kit::config::Secret;
use url::Url;

use crate::percent::decode;

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// The server's host name, which the server's certificate must have.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The security of the connection.
    pub tls: Tls,
    /// User and password; none for a server without a log-in.
    pub login: Option<(String, Secret)>,
    /// The file of trusted authorities, instead of those of the system (`SMTP_CA_FILE`).
    pub ca_file: Option<PathBuf>,
    /// The name of this host in EHLO.
    pub hello: String,
}

/// The security of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314): `smtps://`.
    Implicit,
    /// STARTTLS (RFC 3207), without which no mail is sent: `smtp://`.
    StartTls,
    /// No TLS: `smtp://…?tls=none`.
    None,
}

/// The reason why a text names no mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoServer {
    /// The text is no URL, or has another scheme.
    #[error("must be a URL like smtps://user:password@mail.example.com or smtp://mail.example.com:587")]
    Malformed,
    /// The query is not `tls=none`.
    #[error("may have no query but ?tls=none, which smtp:// alone takes")]
    Query,
    /// The URL has a password and no TLS, so that everybody on the way could read the password.
    #[error("has a user but no TLS: a password is sent over a secured connection only")]
    Exposed,
}

impl SmtpConfig {
    /// Reads `SMTP_URL`. `hello` is the name of this host in EHLO.
    ///
    /// # Errors
    ///
    /// A [`NoServer`] by cause.
    pub fn parse(text: &str, hello: &str) -> Result<Self, NoServer> {
        let url: Url = text.trim().parse().map_err(|_| NoServer::Malformed)?;
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Tls::Implicit, 465),
            ("smtp", None) => (Tls::StartTls, 587),
            ("smtp", Some("tls=none")) => (Tls::None, 25),
            ("smtp" | "smtps", Some(_)) => return Err(NoServer::Query),
            _ => return Err(NoServer::Malformed),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NoServer::Malformed)?;
        let bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let decoded = |part: &str| decode(part).map_err(|_| NoServer::Malformed);
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(NoServer::Malformed),
            (user, Some(password)) => Some((decoded(user)?, Secret::new(decoded(password)?))),
        };
        match (bare, &login, tls) {
            (false, ..) => Err(NoServer::Malformed),
            (_, Some(_), Tls::None) => Err(NoServer::Exposed),
            _ => {
                let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let port = url.port().unwrap_or(port);
                Ok(Self { host, port, tls, login, ca_file: None, hello: hello.to_owned() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_with_their_security_and_login() {
        let read = |text| SmtpConfig::parse(text, "host").map(|c| (c.host, c.port, c.tls, c.login));
        let login = || Some(("me@x".to_owned(), Secret::new("p:w")));
        let table = [
            (
                "smtps://me%40x:p%3Aw@mail.example",
                Ok(("mail.example".to_owned(), 465, Tls::Implicit, login())),
            ),
            ("smtp://mail.example:2525", Ok(("mail.example".to_owned(), 2525, Tls::StartTls, None))),
            ("smtp://127.0.0.1:1025?tls=none", Ok(("127.0.0.1".to_owned(), 1025, Tls::None, None))),
            ("smtp://[::1]/", Ok(("::1".to_owned(), 587, Tls::StartTls, None))),
            ("smtp://me:pw@mail.example?tls=none", Err(NoServer::Exposed)),
            ("smtps://mail.example?tls=none", Err(NoServer::Query)),
            ("smtp://mail.example?tls=maybe", Err(NoServer::Query)),
            ("smtps://me@mail.example", Err(NoServer::Malformed)),
            ("smtps://mail.example/x", Err(NoServer::Malformed)),
            ("https://mail.example", Err(NoServer::Malformed)),
            ("mail.example", Err(NoServer::Malformed)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
