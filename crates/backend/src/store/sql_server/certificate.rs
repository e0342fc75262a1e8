//! Advice for a server certificate that was not accepted.

use tiberius::error::Error as DriverError;

/// The beginning of rustls's text.
const REFUSED: &str = "invalid peer certificate";

/// The advice by rustls's word for the problem.
const ADVICE: [(&str, &str); 9] = [
    (
        "CaUsedAsEndEntity",
        "it is a certificate authority's own (CA:TRUE); give the server one that the authority issued to it, with its \
         name, and set DB_CA_FILE to the authority's",
    ),
    (
        "UnknownIssuer",
        "its issuer is not among the authorities that are trusted; set DB_CA_FILE to the issuer's certificate",
    ),
    (
        "NotValidForName",
        "it names another host; connect by a name that is in it (subjectAltName), or have one issued for this name",
    ),
    ("Expired", "it has expired, or the clock of this machine is wrong; renew it on the server"),
    ("NotValidYet", "it is not valid yet, or the clock of this machine is wrong"),
    (
        "BadSignature",
        "DB_CA_FILE has the issuer's name, but another key; set it to the certificate that issued this one",
    ),
    ("RequiredEkuNotFound", "it is not for servers; have one issued with extended key usage serverAuth"),
    ("InvalidPurpose", "it is not for servers; have one issued with extended key usage serverAuth"),
    ("UnsupportedCertVersion", "it is of X.509 version 1; have one of version 3 issued"),
];

const OTHERWISE: &str = "have the server use one that an authority issued for its name, and set DB_CA_FILE to the \
                         authority's";

/// The advice for `error`; none where the error is not about a certificate.
pub(super) fn advice(error: &DriverError) -> Option<&'static str> {
    let (DriverError::Io { message, .. } | DriverError::Tls(message)) = error else { return None };
    let wrong = message.split_once(REFUSED)?.1;
    let known = ADVICE.iter().find(|(word, _)| wrong.contains(word));
    Some(known.map_or(OTHERWISE, |(_, advice)| advice))
}
