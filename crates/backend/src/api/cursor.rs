//! Cursors: the places where lists go on, as clients give them back.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The length of a cursor's beginning, which tells lists apart.
const LIST_BYTES: usize = 8;

/// The cursor was not given for this list.
#[derive(Debug, thiserror::Error)]
#[error("is not a next_cursor of this list with these filters")]
pub(super) struct ForeignCursor;

/// The cursor of `position` in the list that `list` describes.
pub(super) fn write(list: &str, position: &impl Serialize) -> Result<String, serde_json::Error> {
    let bytes = [name(list).as_slice(), &serde_json::to_vec(position)?].concat();
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The position of a cursor that [`write()`] gave for the same list.
///
/// # Errors
///
/// [`ForeignCursor`] for any other text.
pub(super) fn read<P: DeserializeOwned>(list: &str, text: &str) -> Result<P, ForeignCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ForeignCursor)?;
    let position = bytes.strip_prefix(name(list).as_slice()).ok_or(ForeignCursor)?;
    serde_json::from_slice(position).map_err(|_| ForeignCursor)
}

/// The list's name within a cursor, which is the same in every instance.
fn name(list: &str) -> [u8; LIST_BYTES] {
    let mut name = [0; LIST_BYTES];
    name.copy_from_slice(&digest(&SHA256, list.as_bytes()).as_ref()[..LIST_BYTES]);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_list() {
        let cursor = write("accounts of admins", &("key", 7)).unwrap();
        assert!(cursor.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{cursor}");
        assert_eq!(read::<(String, i64)>("accounts of admins", &cursor).unwrap(), ("key".to_owned(), 7));
        assert!(read::<(String, i64)>("accounts of users", &cursor).is_err());
        for nonsense in ["", "x", "!", "AAAA", &cursor[1..]] {
            assert!(read::<(String, i64)>("accounts of admins", nonsense).is_err(), "{nonsense}");
        }
    }
}
