//! Sends mails to a mail server, by SMTP (RFC 5321).

mod config;

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::time::timeout;

use super::SendError;
use super::message::Letter;
pub use config::{NoServer, SmtpConfig, Tls};

/// The longest time for handing a mail over. Another instance may take the mail soon after.
pub const SEND_LIMIT: Duration = Duration::from_secs(45);
/// The longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// The reason why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `SMTP_CA_FILE` cannot be read.
    #[error("cannot read SMTP_CA_FILE")]
    Read(#[from] std::io::Error),
    /// `SMTP_CA_FILE` has no certificates, or the TLS library fails.
    #[error("TLS to the mail server cannot be set up")]
    Tls(#[from] Error),
}

/// A mail server, with the open connection where there is one.
pub struct Smtp {
    config: SmtpConfig,
    tls: TlsParameters,
    connection: Option<AsyncSmtpConnection>,
}

impl Smtp {
    /// Reads the certificates. The connection is made with the first mail.
    pub(super) fn new(config: &SmtpConfig) -> Result<Self, TlsError> {
        let mut tls = TlsParameters::builder(config.host.clone());
        if let Some(path) = &config.ca_file {
            tls = tls.certificate_store(CertificateStore::None);
            tls = tls.add_root_certificate(Certificate::from_pem(&std::fs::read(path)?)?);
        }
        Ok(Self { config: config.clone(), tls: tls.build_rustls()?, connection: None })
    }

    pub(super) async fn send(&mut self, letter: &Letter) -> Result<(), SendError> {
        let mut connection = match self.kept_connection().await {
            Some(kept) => kept,
            None => timeout(CONNECT_LIMIT, self.connect())
                .await
                .map_err(|_| SendError::Unavailable("connecting takes too long".to_owned()))?
                .map_err(|error| SendError::Unavailable(told(&error)))?,
        };
        let limit = SEND_LIMIT.saturating_sub(CONNECT_LIMIT * 2);
        let sent = timeout(limit, transaction(&mut connection, letter)).await;
        let result =
            sent.unwrap_or_else(|_| Err(SendError::Deferred("the server takes too long".to_owned())));
        // What the server has answered by a code leaves the connection in order; what was cut off does not.
        if result.is_ok() || matches!(result, Err(SendError::Refused(_))) {
            self.connection = Some(connection);
        }
        result
    }

    pub(super) async fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // The mails are sent; a server that does not say goodbye is of no concern.
            let _ = timeout(Duration::from_secs(1), connection.quit()).await;
        }
    }

    /// The connection that the mail before has used; none where the server has closed it.
    async fn kept_connection(&mut self) -> Option<AsyncSmtpConnection> {
        let mut kept = self.connection.take()?;
        let answered = timeout(CONNECT_LIMIT, kept.command(Rset)).await;
        matches!(answered, Ok(Ok(_))).then_some(kept)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let config = &self.config;
        let hello = ClientId::Domain(config.hello.clone());
        let implicit = (config.tls == Tls::Implicit).then(|| self.tls.clone());
        let server = (config.host.as_str(), config.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_LIMIT), &hello, implicit, None).await?;
        if config.tls == Tls::StartTls {
            connection.starttls(self.tls.clone(), &hello).await?;
        }
        if let Some((user, password)) = &config.login {
            let login = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(&MECHANISMS, &login).await?;
        }
        Ok(connection)
    }
}

/// Sends one mail. A refused sender is a fault of all mails. A refused recipient or content is a fault of this mail.
async fn transaction(connection: &mut AsyncSmtpConnection, letter: &Letter) -> Result<(), SendError> {
    let mut parameters = Vec::new();
    if letter.envelope.to().iter().any(|to| !to.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SendError::Refused(
                "the server does not support non-ASCII addresses (SMTPUTF8)".to_owned(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let sender = Mail::new(letter.envelope.from().cloned(), parameters);
    connection.command(sender).await.map_err(|error| SendError::Unavailable(told(&error)))?;
    for to in letter.envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(|error| blamed(&error))?;
    }
    connection.command(Data).await.map_err(|error| blamed(&error))?;
    connection.message(&letter.bytes).await.map_err(|error| blamed(&error))?;
    Ok(())
}

fn blamed(error: &Error) -> SendError {
    if error.is_permanent() { SendError::Refused(told(error)) } else { SendError::Deferred(told(error)) }
}

fn told(error: &Error) -> String {
    service_kit::exit::chain(error)
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("config", &self.config).finish_non_exhaustive()
    }
}
