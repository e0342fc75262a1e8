//! References: the stored form of an answer that shows a state.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use super::unreadable::Unreadable;

/// The first byte of a reference. A stored answer begins with `{`.
const MARK: u8 = 1;
const BYTES: usize = 1 + 16 + 8 + 1 + 16;

/// The completion of an onboarding in one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The onboarding had never been completed.
    Never,
    /// The onboarding was completed.
    Completed,
    /// The onboarding had been completed, and was open again.
    Reopened,
}

/// The name of an onboarding's state that an answer has shown in whole: 42 bytes instead of up to 80 KB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateReference {
    /// The id of the account.
    pub user_id: Uuid,
    /// The version of the onboarding.
    pub version: i64,
    /// The completion in that version.
    pub completion: Completion,
    /// The first bytes of the SHA-256 of the answer's body, by which an answer that is made again is compared with
    /// the first one.
    pub digest: [u8; 16],
}

/// The first bytes of the SHA-256 of a body.
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
        bytes.push(match self.completion {
            Completion::Never => 0,
            Completion::Completed => 1,
            Completion::Reopened => 2,
        });
        bytes.extend_from_slice(&self.digest);
        bytes
    }

    /// The reference; none where the bytes are those of an answer.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        if bytes.first() != Some(&MARK) {
            return Ok(None);
        }
        let bytes: &[u8; BYTES] = bytes.try_into().map_err(|_| Unreadable)?;
        let (mut user_id, mut version, mut digest) = ([0; 16], [0; 8], [0; 16]);
        user_id.copy_from_slice(&bytes[1..17]);
        version.copy_from_slice(&bytes[17..25]);
        digest.copy_from_slice(&bytes[26..]);
        let completion = match bytes[25] {
            0 => Completion::Never,
            1 => Completion::Completed,
            2 => Completion::Reopened,
            _ => return Err(Unreadable),
        };
        let (user_id, version) = (Uuid::from_bytes(user_id), i64::from_be_bytes(version));
        Ok(Some(Self { user_id, version, completion, digest }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_comes_back_as_it_was() {
        let (user_id, version, digest) = (Uuid::now_v7(), 7, digest_of(b"body"));
        let reference = |completion| StateReference { user_id, version, completion, digest };
        for completion in [Completion::Never, Completion::Completed, Completion::Reopened] {
            let reference = reference(completion);
            let bytes = reference.to_bytes();
            assert_eq!((bytes.len(), StateReference::from_bytes(&bytes)), (BYTES, Ok(Some(reference))));
        }
        let mut bytes = reference(Completion::Completed).to_bytes();
        assert_eq!(StateReference::from_bytes(b"{\"status\":200}"), Ok(None));
        assert_eq!(StateReference::from_bytes(&bytes[1..]).ok().flatten(), None);
        assert_eq!(StateReference::from_bytes(&bytes[..20]), Err(Unreadable));
        bytes[25] = 3;
        assert_eq!(StateReference::from_bytes(&bytes), Err(Unreadable));
        assert_ne!(digest_of(b"body"), digest_of(b"Body"));
    }
}
