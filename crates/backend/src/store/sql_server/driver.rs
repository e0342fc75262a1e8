//! The configuration of the driver, made from this service's.

use std::fs;
use std::path::{Path, PathBuf};

use tiberius::{AuthMethod, Config, EncryptionLevel};

use crate::config::SqlServerConfig;

const APPLICATION_NAME: &str = "onboarding-backend";

/// The reason why a file cannot be the certificate authority. The driver would tell it with the first connection
/// only, and less clearly.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaFileError {
    /// The file cannot be read.
    #[error("cannot read the certificate authority's file {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The ending is unknown. The driver goes by the ending.
    #[error("the certificate authority's file {0} must end in .pem, .crt (both PEM) or .der")]
    Extension(PathBuf),
    /// The file does not have exactly one certificate.
    #[error("the certificate authority's file {0} must hold exactly one certificate, but holds {1}")]
    Count(PathBuf, usize),
}

/// The driver's configuration for `database` on the server of `config`.
///
/// Without `encrypt`, only what the server insists on is encrypted. With `encrypt`, a server that cannot encrypt is
/// refused.
pub(super) fn driver_config(config: &SqlServerConfig, database: &str) -> Result<Config, CaFileError> {
    let mut driver = Config::new();
    driver.host(&config.host);
    driver.port(config.port);
    driver.database(database);
    driver.application_name(APPLICATION_NAME);
    driver.readonly(config.read_only);
    driver.authentication(AuthMethod::sql_server(&config.user, config.password.expose()));
    let plain = EncryptionLevel::NotSupported;
    driver.encryption(if config.encrypt { EncryptionLevel::Required } else { plain });
    match (&config.ca_file, config.trust_server_certificate) {
        (_, true) => driver.trust_cert(),
        (Some(path), false) => {
            check_ca_file(path)?;
            driver.trust_cert_ca(path.display());
        }
        (None, false) => {}
    }
    Ok(driver)
}

fn check_ca_file(path: &Path) -> Result<(), CaFileError> {
    let bytes = fs::read(path).map_err(|error| CaFileError::Unreadable(path.to_owned(), error))?;
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let certificates = match extension.as_deref().and_then(|extension| extension.to_str()) {
        Some("der") => 1,
        Some("pem" | "crt") => String::from_utf8_lossy(&bytes).matches("-----BEGIN CERTIFICATE-----").count(),
        _ => return Err(CaFileError::Extension(path.to_owned())),
    };
    if certificates == 1 { Ok(()) } else { Err(CaFileError::Count(path.to_owned(), certificates)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_is_checked_before_the_first_connection() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            check_ca_file(&path).map_err(|error| error.to_string())
        };
        let one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert_eq!(check("ca.pem", one), Ok(()));
        assert_eq!(check("ca.CRT", one), Ok(()));
        assert!(check("two.pem", &one.repeat(2)).unwrap_err().ends_with("holds 2"));
        assert!(check("none.pem", "").unwrap_err().ends_with("holds 0"));
        assert!(check("ca.txt", one).unwrap_err().contains("must end in"));
        let missing = check_ca_file(Path::new("/nowhere/ca.pem")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/ca.pem"));
    }
}
