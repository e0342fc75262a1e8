//! Response heads from upstreams, read as strictly as requests: RFC 9112 sections 4 and 6.3.

use super::fields::{self, FieldSet, Known, Slots};
use super::length::{Framing, Length, LengthError};
use super::request::Options;
use thiserror::Error;

/// The longest response head, in bytes.
pub const MAX_HEAD: usize = 64 * 1024;

/// A response head, borrowed from the bytes it was read from.
#[derive(Debug)]
pub struct ResponseHead<'h, 'b> {
    /// 100 to 599.
    pub status: u16,
    /// The reason phrase, which may be empty.
    pub reason: &'b str,
    /// Every field, in order.
    pub fields: &'h [httparse::Header<'b>],
    /// The fields that are for this hop only or are written anew.
    pub consumed: FieldSet,
    /// The length of the body that follows.
    pub length: Length,
    /// `Content-Length` of a response that has no body because of its request (HEAD).
    pub announced: Option<u64>,
    /// Whether the connection can be used again: the upstream says so, and has announced no content where there can be
    /// none.
    pub keep_alive: bool,
    /// The protocol that a 101 switches to.
    pub upgrade: Option<&'b [u8]>,
    /// Whether there is `X-Retry-Safe: 1`: nothing was done.
    pub retry_safe: bool,
    /// `X-Unavailable`: what the upstream lacks, which all servers of the pool share.
    pub unavailable: Option<&'b [u8]>,
    /// Whether there is a `Date`.
    pub has_date: bool,
    /// How many bytes the head took.
    pub len: usize,
}

impl<'h, 'b> ResponseHead<'h, 'b> {
    /// The fields that pass through.
    pub fn passing(&self) -> impl Iterator<Item = &'h httparse::Header<'b>> + use<'h, 'b> {
        fields::passing(self.fields, self.consumed)
    }
}

/// Why an upstream's answer cannot be passed on.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum ResponseError {
    /// The head is longer than [`MAX_HEAD`], or has more than [`fields::MAX_FIELDS`] fields.
    #[error("the upstream's head is too large")]
    HeadTooLarge,
    /// The head is not HTTP/1.
    #[error("the upstream's head is malformed: {0}")]
    Malformed(httparse::Error),
    /// A line that ends in a lone LF.
    #[error("a line of the upstream's head does not end in CRLF")]
    BareLineFeed,
    /// A status under 100 or over 599.
    #[error("the upstream's status is out of range")]
    Status,
    /// The length of the body is refused.
    #[error("the upstream's body: {0}")]
    Length(#[from] LengthError),
    /// 101 without `Upgrade`.
    #[error("the upstream switches protocols without saying to which")]
    Upgrade,
}

/// Reads a response head from the start of `bytes`; `None` while it is not whole.
/// `to_head` says that the request was a HEAD, whose answer has no body.
pub fn parse<'h, 'b>(
    bytes: &'b [u8],
    slots: &'h mut Slots<'b>,
    to_head: bool,
) -> Result<Option<ResponseHead<'h, 'b>>, ResponseError> {
    let mut raw = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let len = match config.parse_response_with_uninit_headers(&mut raw, bytes, slots) {
        Ok(httparse::Status::Complete(len)) if len <= MAX_HEAD => len,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(ResponseError::HeadTooLarge),
        Err(error) => return Err(ResponseError::Malformed(error)),
    };
    if !fields::lines_end_in_crlf(&bytes[..len]) {
        return Err(ResponseError::BareLineFeed);
    }
    let status = raw.code.filter(|code| (100..=599).contains(code)).ok_or(ResponseError::Status)?;
    let reading = Reading { content: Content::of(status), ..Reading::default() }.read(raw.headers)?;
    reading.finish(status, raw.reason.unwrap_or_default(), raw.version == Some(0), to_head, raw.headers, len)
}

/// The effect of a status on the content, and of fields where there is no content.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Content {
    #[default]
    ByFraming,
    Never,
    /// There is no content, and the head announces some.
    NeverButAnnounced,
}

impl Content {
    /// Whether an answer with this status ends with its head, whatever its fields say (RFC 9112 section 6.3). Fields
    /// about content are not passed on then: RFC 9110 section 8.6 and RFC 9112 section 6.1 forbid them with 1xx and
    /// 204, and with 304 they may be left out.
    fn of(status: u16) -> Self {
        if matches!(status, 100..=199 | 204 | 304) { Self::Never } else { Self::ByFraming }
    }
}

/// The results of one pass over the fields.
#[derive(Default)]
struct Reading<'b> {
    content: Content,
    framing: Framing,
    consumed: FieldSet,
    options: Options<'b>,
    retry_safe: bool,
    unavailable: Option<&'b [u8]>,
    has_date: bool,
}

impl<'b> Reading<'b> {
    fn read(mut self, fields: &[httparse::Header<'b>]) -> Result<Self, ResponseError> {
        self.consumed = fields::consumed(fields, |field, value| self.take_in(field, value))?;
        if self.options.names_others {
            let has_date = &mut self.has_date;
            fields::consume_named(fields, &mut self.consumed, |field| {
                *has_date &= field != Known::Date;
            });
        }
        Ok(self)
    }

    /// Takes one field in; `true` when the field is consumed here.
    fn take_in(&mut self, field: Known, value: &'b [u8]) -> Result<bool, ResponseError> {
        match field {
            Known::ContentLength | Known::TransferEncoding if self.content != Content::ByFraming => {
                // That there are no bytes is true, and many servers say it.
                if field == Known::TransferEncoding || value != b"0" {
                    self.content = Content::NeverButAnnounced;
                }
            }
            Known::ContentLength => self.framing.content_length(value)?,
            Known::TransferEncoding => self.framing.transfer_encoding(value)?,
            Known::Connection => self.options.read(value),
            Known::Upgrade => self.options.protocols = Some(value),
            Known::HopByHop | Known::ServedBy | Known::RequestId => {}
            Known::RetrySafe => self.retry_safe = value == b"1",
            Known::Unavailable => self.unavailable = Some(value),
            Known::Date => {
                self.has_date = true;
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish<'h>(
        self,
        status: u16,
        reason: &'b str,
        http10: bool,
        to_head: bool,
        fields: &'h [httparse::Header<'b>],
        len: usize,
    ) -> Result<Option<ResponseHead<'h, 'b>>, ResponseError> {
        let declared = self.framing.finish(http10)?;
        let upgrade = self.options.upgrade().filter(|_| status == 101);
        if status == 101 && upgrade.is_none() {
            return Err(ResponseError::Upgrade);
        }
        Ok(Some(ResponseHead {
            status,
            reason,
            fields,
            consumed: self.consumed,
            length: match self.content {
                Content::ByFraming if !to_head => declared.unwrap_or(Length::UntilClose),
                _ => Length::Empty,
            },
            announced: match declared {
                Some(Length::Exact(length)) if to_head => Some(length),
                _ => None,
            },
            keep_alive: self.options.keeps_alive(http10) && self.content != Content::NeverButAnnounced,
            upgrade,
            retry_safe: self.retry_safe,
            unavailable: self.unavailable,
            has_date: self.has_date,
            len,
        }))
    }
}

#[cfg(test)]
mod tests;
