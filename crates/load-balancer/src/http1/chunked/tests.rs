//! Whatever pieces a body comes in, its content is the same.

use super::*;
use proptest::prelude::*;

/// Decodes `pieces` one after the other: the content, how many bytes were used, and the decoder.
fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, usize, Decoder), ChunkError> {
    let (mut decoder, mut content, mut used) = (Decoder::default(), Vec::new(), 0);
    for piece in pieces {
        let mut buffer = piece.to_vec();
        let step = decoder.decode(&mut buffer)?;
        content.extend_from_slice(&buffer[..step.data]);
        used += step.used;
    }
    Ok((content, used, decoder))
}

#[test]
fn content_extensions_and_trailers() {
    let body =
        b"5;a=\"b c\"\r\nhello\r\n6 ; x\r\n world\r\n000;last\r\nX-Sum: 11\r\nContent-Length: 9\r\n\r\nGET /";
    let (content, used, decoder) = decode(&[body]).unwrap();
    assert_eq!((content.as_slice(), used), (&b"hello world"[..], body.len() - 5));
    assert!(decoder.is_done());
    assert_eq!(decoder.trailers(), b"X-Sum: 11\r\n");
}

#[test]
fn what_is_not_in_the_grammar_is_refused() {
    use ChunkError::*;
    for (body, error) in [
        ("\r\n", Size),
        ("x\r\n", Size),
        ("-1\r\n", Size),
        ("+1\r\n", Size),
        ("0x1\r\n", Size),
        (" 1\r\n", Size),
        ("1 \r\n", Size),
        ("1_\r\n", Size),
        ("0000000000000001\r\n", Size),
        ("ffffffffffffffff\r\n", Size),
        ("1\n", Size),
        ("1\rx", LineEnd),
        ("1;a\nb\r\n", Extension),
        ("1;a\0b\r\n", Extension),
        ("1;a\rb", LineEnd),
        ("1\r\nab", LineEnd),
        ("1\r\na\n", LineEnd),
        ("1\r\na\rx", LineEnd),
        ("0\r\nX: a\nb", LineEnd),
        ("0\r\nX: a\rb", LineEnd),
        ("0\r\nX : a\r\n\r\n", Trailers),
        ("0\r\n folded\r\n\r\n", Trailers),
        ("0\r\nX: a\0\r\n\r\n", Trailers),
    ] {
        assert_eq!(decode(&[body.as_bytes()]).map(drop), Err(error), "{body:?}");
    }
}

#[test]
fn lines_have_limits() {
    let extension = format!("1;{}\r\na\r\n", "x".repeat(5000));
    assert_eq!(decode(&[extension.as_bytes()]).map(drop), Err(ChunkError::Extension));
    let trailers = format!("0\r\nX: {}\r\n\r\n", "x".repeat(9000));
    assert_eq!(decode(&[trailers.as_bytes()]).map(drop), Err(ChunkError::Trailers));
}

#[test]
fn size_lines() {
    for (len, line) in [
        (0, "0\r\n"),
        (9, "9\r\n"),
        (255, "ff\r\n"),
        (4096, "1000\r\n"),
        (usize::MAX, "ffffffffffffffff\r\n"),
    ] {
        assert_eq!(SizeLine::new(len).as_bytes(), line.as_bytes());
    }
}

proptest! {
    #[test]
    fn content_survives_any_chunks_and_any_pieces(
        content in proptest::collection::vec(any::<u8>(), 0..400),
        chunk in 1_usize..100, piece in 1_usize..60, after in "[ -~]{0,20}",
    ) {
        let mut body = Vec::new();
        for chunk in content.chunks(chunk) {
            body.extend_from_slice(SizeLine::new(chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let end = body.len();
        body.extend_from_slice(after.as_bytes());
        let pieces: Vec<_> = body.chunks(piece).collect();
        let (decoded, used, decoder) = decode(&pieces).unwrap();
        prop_assert_eq!((decoded, used), (content, end));
        prop_assert!(decoder.is_done());
    }

    #[test]
    fn any_bytes_mean_the_same_in_any_pieces(
        bytes in "([0-9a-f]{1,2}|\r\n|\r|\n|;| |[ -~]|X: y){0,40}", piece in 1_usize..7,
    ) {
        let whole = decode(&[bytes.as_bytes()]).map(|(content, used, _)| (content, used));
        let pieces: Vec<_> = bytes.as_bytes().chunks(piece).collect();
        prop_assert_eq!(decode(&pieces).map(|(content, used, _)| (content, used)), whole);
    }
}
