//! Maps the errors of requests to an [`ErrorKind`]; `respond` chooses the status.

use crate::client::ClientError;
use crate::http1::length::LengthError;
use crate::http1::request::RequestError;
use crate::http1::target::TargetError;
use crate::respond::ErrorKind;

/// The refusal of a head.
pub(super) fn request(error: RequestError) -> ErrorKind {
    use ErrorKind::BadRequest;
    match error {
        RequestError::LineTooLong => ErrorKind::TargetTooLong,
        RequestError::HeadTooLarge => ErrorKind::HeadTooLarge,
        RequestError::Version => ErrorKind::VersionNotSupported,
        RequestError::Expectation => ErrorKind::ExpectationFailed,
        RequestError::Malformed(_) => BadRequest("The request's head is malformed."),
        RequestError::BareLineFeed => BadRequest("A line of the request's head does not end in CRLF."),
        RequestError::HostCount => BadRequest("There must be exactly one Host field."),
        RequestError::Target(error) => target(error),
        RequestError::Length(error) => length(error),
    }
}

/// The refusal of a target or a host, in whatever protocol these came.
pub(crate) fn target(error: TargetError) -> ErrorKind {
    use ErrorKind::BadRequest;
    match error {
        TargetError::Connect => ErrorKind::NotImplemented("CONNECT is not served."),
        TargetError::InvalidTarget => BadRequest("The request target is not valid."),
        TargetError::UnencodedOctet => {
            BadRequest("The request target has a character that must be percent-encoded (RFC 3986).")
        }
        TargetError::DotSegment => BadRequest("The request target has a dot segment."),
        TargetError::InvalidHost => BadRequest("The host is not valid."),
    }
}

/// The refusal for a malformed body, or for a client that has left.
pub(super) fn client(error: &ClientError) -> ErrorKind {
    match error {
        ClientError::Malformed(error) => ErrorKind::BadRequest(error.detail()),
        ClientError::Left(_) => ErrorKind::BadRequest("The request is not whole."),
        ClientError::Internal(_) => ErrorKind::Internal,
    }
}

fn length(error: LengthError) -> ErrorKind {
    use ErrorKind::BadRequest;
    match error {
        LengthError::RepeatedLength => BadRequest("Content-Length is given more than once."),
        LengthError::InvalidLength => BadRequest("Content-Length is not a number."),
        LengthError::LengthAndCoding => {
            BadRequest("Content-Length and Transfer-Encoding are given together.")
        }
        LengthError::AmbiguousCoding => BadRequest("Transfer-Encoding is not exactly chunked."),
        LengthError::CodingInHttp10 => BadRequest("HTTP/1.0 has no Transfer-Encoding."),
        LengthError::UnknownCoding => {
            ErrorKind::NotImplemented("Only the chunked transfer coding is understood.")
        }
    }
}
