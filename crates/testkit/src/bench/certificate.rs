//! One self-signed certificate for all contenders, made at run time.

use std::{fs, io, path::Path};

use thiserror::Error;

/// Why no certificate could be made.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The key or the certificate could not be made.
    #[error("cannot make the certificate")]
    Make(#[from] rcgen::Error),
    /// A file could not be written.
    #[error("cannot write the certificate")]
    Write(#[from] io::Error),
}

/// Writes `site.crt`, `site.key` and `site.pem` (both in one file, as HAProxy wants it): ECDSA P-256 for `localhost`.
pub fn write(dir: &Path) -> Result<(), CertificateError> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    fs::write(dir.join("site.crt"), &certificate)?;
    fs::write(dir.join("site.key"), &key)?;
    fs::write(dir.join("site.pem"), format!("{certificate}{key}"))?;
    Ok(())
}
