//! The few messages of MS-TDS that a scripted server needs.

use std::io::{self, Read, Write};

pub(super) const PRELOGIN: u8 = 0x12;
pub(super) const LOGIN: u8 = 0x10;
const ANSWER: u8 = 0x04;
const LAST: u8 = 0x01;

/// `ENCRYPT_NOT_SUP` and `ENCRYPT_REQ` of a pre-login answer.
pub(super) const NO_ENCRYPTION: u8 = 2;
pub(super) const ENCRYPTION: u8 = 3;

/// Reads a message: its packets' type and joined payload; none at the end of the stream.
pub(super) fn read_message(stream: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; 8];
        match stream.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let mut payload = vec![0; length.saturating_sub(header.len())];
        stream.read_exact(&mut payload)?;
        message.append(&mut payload);
        if header[1] & LAST != 0 {
            return Ok(Some((header[0], message)));
        }
    }
}

/// One packet of the type `kind`.
pub(super) fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
    [&[kind, LAST, length[0], length[1], 0, 0, 1, 0], payload].concat()
}

/// Sends tokens as an answer.
pub(super) fn answer(stream: &mut impl Write, tokens: &[u8]) -> io::Result<()> {
    stream.write_all(&packet(ANSWER, tokens))?;
    stream.flush()
}

/// The options VERSION and ENCRYPTION of a pre-login answer.
pub(super) fn prelogin(encryption: u8) -> Vec<u8> {
    let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff];
    [&options[..], &[16, 0, 0, 0, 0, 0], &[encryption]].concat()
}

pub(super) fn login_ack() -> Vec<u8> {
    let body = [&[1, 0x74, 0, 0, 4][..], &short_text("Scripted"), &[16, 0, 0, 0]].concat();
    with_length(0xad, &body)
}

pub(super) fn done() -> Vec<u8> {
    [&[0xfd][..], &[0; 12]].concat()
}

pub(super) fn error(number: u32, class: u8, text: &str) -> Vec<u8> {
    let length = u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes();
    let body = [
        &number.to_le_bytes()[..],
        &[1, class],
        &length,
        &utf16(text),
        &short_text("scripted"),
        &short_text(""),
        &1_u32.to_le_bytes(),
    ];
    // DONE_ERROR
    let done = [&[0xfd, 2][..], &[0; 11]].concat();
    [with_length(0xaa, &body.concat()), done].concat()
}

/// A result set of one row with one BIT.
pub(super) fn bit(column: &str, value: u8) -> Vec<u8> {
    row(column, 0x32, &[value])
}

/// A result set of one row with one INT.
pub(super) fn int(column: &str, value: i32) -> Vec<u8> {
    row(column, 0x38, &value.to_le_bytes())
}

/// A result set of one row as the views of the server give them.
pub(super) fn sample(metric: &str, label_1: Option<&str>, value: f64) -> Vec<u8> {
    let texts = ["metric", "label_1", "label_2"].map(nvarchar).concat();
    let float = [&[0, 0, 0, 0, 0, 0, 0x3e][..], &short_text("value")].concat();
    let row = [&[0xd1][..], &cell(Some(metric)), &cell(label_1), &cell(None), &value.to_le_bytes()].concat();
    [&[0x81, 4, 0][..], &texts, &float, &row].concat()
}

/// A result set of texts.
pub(super) fn table(columns: &[&str], rows: &[&[Option<&str>]]) -> Vec<u8> {
    let metadata: Vec<u8> = columns.iter().flat_map(|column| nvarchar(column)).collect();
    let row =
        |row: &&[Option<&str>]| [vec![0xd1], row.iter().flat_map(|text| cell(*text)).collect()].concat();
    let rows: Vec<u8> = rows.iter().flat_map(row).collect();
    [&[0x81, u8::try_from(columns.len()).unwrap(), 0][..], &metadata, &rows].concat()
}

/// A result set of one row as `RESTORE HEADERONLY` gives it: when the backup was complete, by the
/// server's wall, as days since 1900 and minutes of the day.
pub(super) fn header(days: i32, minutes: u32) -> Vec<u8> {
    let date = [&[0, 0, 0, 0, 1, 0, 0x6f, 8][..], &short_text("BackupFinishDate")].concat();
    let id = [&[0, 0, 0, 0, 1, 0, 0x24, 16][..], &short_text("BackupSetGUID")].concat();
    let ticks = minutes * 60 * 300;
    let row = [&[0xd1, 8][..], &days.to_le_bytes(), &ticks.to_le_bytes(), &[16], &[7; 16]].concat();
    [&[0x81, 2, 0][..], &date, &id, &row].concat()
}

/// What is said of a column NVARCHAR(100), nullable, with a collation.
fn nvarchar(name: &str) -> Vec<u8> {
    [&[0, 0, 0, 0, 1, 0, 0xe7, 200, 0, 9, 4, 0xd0, 0, 0x34][..], &short_text(name)].concat()
}

/// An NVARCHAR in a row.
fn cell(text: Option<&str>) -> Vec<u8> {
    let Some(text) = text else { return vec![0xff, 0xff] };
    let bytes = utf16(text);
    [&u16::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
}

fn row(column: &str, kind: u8, value: &[u8]) -> Vec<u8> {
    let metadata = [&[0x81, 1, 0, 0, 0, 0, 0, 0, 0, kind][..], &short_text(column)].concat();
    [&metadata[..], &[0xd1], value].concat()
}

fn with_length(token: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&[token][..], &length, body].concat()
}

fn short_text(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.encode_utf16().count()).unwrap()][..], &utf16(text)].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What of a message is text.
pub(super) fn text_of(message: &[u8]) -> String {
    let units = |offset: usize| -> String {
        let pairs = message[offset.min(message.len())..].chunks_exact(2);
        String::from_utf16_lossy(
            &pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect::<Vec<_>>(),
        )
    };
    // Texts begin at even and at odd places.
    units(0) + &units(1)
}
