//! An answer that is kept as the name of what it told.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use super::unreadable::Unreadable;

/// What such a record begins with; one that bears the answer itself begins with `{`.
const MARK: u8 = 1;
const BYTES: usize = 1 + 16 + 8 + 1 + 16;

/// Names the state of an onboarding, which an answer has told in whole: 42 bytes instead of up to 80 KB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateReference {
    /// Whose onboarding.
    pub user_id: Uuid,
    /// Which version of it.
    pub version: i64,
    /// Whether it was completed by then.
    pub completed: bool,
    /// The beginning of the SHA-256 of the answer's body: what is made anew is the same, or it is told apart.
    pub digest: [u8; 16],
}

/// The beginning of the SHA-256 of a body.
pub(super) fn digest_of(body: &[u8]) -> [u8; 16] {
    let mut start = [0; 16];
    start.copy_from_slice(&digest(&SHA256, body).as_ref()[..16]);
    start
}

impl StateReference {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(MARK);
        bytes.extend_from_slice(self.user_id.as_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.push(u8::from(self.completed));
        bytes.extend_from_slice(&self.digest);
        bytes
    }

    /// None where the bytes are no reference but an answer.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        if bytes.first() != Some(&MARK) {
            return Ok(None);
        }
        let bytes: &[u8; BYTES] = bytes.try_into().map_err(|_| Unreadable)?;
        let (mut user_id, mut version, mut digest) = ([0; 16], [0; 8], [0; 16]);
        user_id.copy_from_slice(&bytes[1..17]);
        version.copy_from_slice(&bytes[17..25]);
        digest.copy_from_slice(&bytes[26..]);
        let (user_id, version) = (Uuid::from_bytes(user_id), i64::from_be_bytes(version));
        Ok(Some(Self { user_id, version, completed: bytes[25] == 1, digest }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_comes_back_as_it_was() {
        let reference = StateReference {
            user_id: Uuid::now_v7(),
            version: 7,
            completed: true,
            digest: digest_of(b"body"),
        };
        let bytes = reference.to_bytes();
        assert_eq!((bytes.len(), StateReference::from_bytes(&bytes)), (BYTES, Ok(Some(reference))));
        assert_eq!(StateReference::from_bytes(b"{\"status\":200}"), Ok(None));
        assert_eq!(StateReference::from_bytes(&bytes[1..]).ok().flatten(), None);
        assert_eq!(StateReference::from_bytes(&bytes[..20]), Err(Unreadable));
        assert_ne!(digest_of(b"body"), digest_of(b"Body"));
    }
}
