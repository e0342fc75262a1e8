//! A chunked body means the same in whatever pieces it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use load_balancer::internals::http1::chunked::{ChunkError, Decoder};

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let pieces: Vec<_> = bytes.chunks(usize::from(size % 16) + 1).collect();
    assert_eq!(decode(&[bytes]), decode(&pieces));
});

/// The content, how many bytes were used, and the trailers.
fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, usize, Vec<u8>), ChunkError> {
    let (mut decoder, mut content, mut used) = (Decoder::default(), Vec::new(), 0);
    for piece in pieces {
        let mut buffer = piece.to_vec();
        let step = decoder.decode(&mut buffer)?;
        content.extend_from_slice(&buffer[..step.data]);
        used += step.used;
    }
    Ok((content, used, decoder.trailers().to_vec()))
}
