//! A compact histogram of durations.

/// The number of buckets for each power of two (the scheme of `HdrHistogram`). A duration is known to 1/32 of its
/// length.
const BUCKETS_PER_OCTAVE: u64 = 32;
const OCTAVE_BITS: u32 = BUCKETS_PER_OCTAVE.trailing_zeros();

/// Counts of durations by bucket. Adding and removing are exact. A quantile is off by 1.6 % at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations(
    // Each bucket that has any, with their number, in order. A list, since very many are read for each that is changed.
    Vec<(u16, u64)>,
);

/// The bytes are no serialized [`Durations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no list of durations")]
pub struct BadDurations;

impl Durations {
    /// The bucket of a duration in seconds.
    pub fn bucket(seconds: u64) -> u16 {
        let octave = (u64::BITS - seconds.leading_zeros()).saturating_sub(OCTAVE_BITS + 1);
        // At most 59 octaves of 32 buckets.
        u16::try_from(u64::from(octave) * BUCKETS_PER_OCTAVE + (seconds >> octave)).unwrap_or(u16::MAX)
    }

    /// The middle of a bucket, in seconds.
    fn middle(bucket: u16) -> u64 {
        let bucket = u64::from(bucket);
        let octave = (bucket / BUCKETS_PER_OCTAVE).saturating_sub(1);
        let first = (bucket - octave * BUCKETS_PER_OCTAVE) << octave;
        first + (1_u64 << octave) / 2
    }

    /// Adds one duration to `bucket`.
    pub fn add(&mut self, bucket: u16) {
        match self.place(bucket) {
            Ok(index) => self.0[index].1 += 1,
            Err(index) => self.0.insert(index, (bucket, 1)),
        }
    }

    /// Removes one duration from `bucket`. False where the bucket is empty.
    #[must_use]
    pub fn remove(&mut self, bucket: u16) -> bool {
        let Ok(index) = self.place(bucket) else { return false };
        self.0[index].1 -= 1;
        if self.0[index].1 == 0 {
            self.0.remove(index);
        }
        true
    }

    /// The index of `bucket`: `Ok` where the bucket is there, `Err` where the bucket would be.
    fn place(&self, bucket: u16) -> Result<usize, usize> {
        self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket)
    }

    /// The duration in seconds that `percent` of all durations do not exceed (nearest rank); none where there are no
    /// durations.
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.0.iter().map(|(_, count)| count).sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut below = 0;
        let bucket = self.0.iter().find(|(_, count)| {
            below += *count;
            below >= rank
        });
        bucket.map(|(bucket, _)| Self::middle(*bucket))
    }

    /// The counts as bytes for the database: pairs of the distance from the bucket before and the count, each in
    /// LEB128.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut bytes, mut last) = (Vec::new(), 0);
        for (bucket, count) in &self.0 {
            push(&mut bytes, u64::from(*bucket) - last);
            push(&mut bytes, *count);
            last = u64::from(*bucket);
        }
        bytes
    }

    /// The counts of the bytes of [`Self::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`BadDurations`] where the bytes are not those of durations.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, BadDurations> {
        let (mut buckets, mut last) = (Vec::with_capacity(bytes.len() / 2), 0_u64);
        while !bytes.is_empty() {
            let step = pull(&mut bytes)?;
            last = last.checked_add(step).ok_or(BadDurations)?;
            let bucket = u16::try_from(last).map_err(|_| BadDurations)?;
            let count = pull(&mut bytes)?;
            // In order, each once, and none of nothing: only so can what is in them be found.
            if count == 0 || (step == 0 && !buckets.is_empty()) {
                return Err(BadDurations);
            }
            buckets.push((bucket, count));
        }
        Ok(Self(buckets))
    }
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7F).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

fn pull(bytes: &mut &[u8]) -> Result<u64, BadDurations> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or(BadDurations)?;
        *bytes = rest;
        number |= u64::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(BadDurations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_the_order_of_their_durations_and_narrow() {
        let mut last = 0;
        for seconds in (0..5000).chain((13..60).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 7])) {
            let bucket = Durations::bucket(seconds);
            assert!(bucket >= last, "{seconds}");
            last = bucket;
            let off = Durations::middle(bucket).abs_diff(seconds);
            assert!(off * 62 <= seconds, "{seconds} is taken for {}", Durations::middle(bucket));
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_durations() {
        let mut durations = Durations::default();
        assert_eq!(durations.quantile(50), None);
        let mut sorted: Vec<u64> = (0..997_u64).map(|number| number * 7919 % 86_400).collect();
        for seconds in &sorted {
            durations.add(Durations::bucket(*seconds));
        }
        sorted.sort_unstable();
        for percent in [1_u64, 50, 90, 100] {
            let exact = sorted[usize::try_from((997 * percent).div_ceil(100)).unwrap() - 1];
            let found = durations.quantile(percent).unwrap();
            assert!(found.abs_diff(exact) * 62 <= exact, "{percent}: {found} for {exact}");
        }
    }

    #[test]
    fn what_was_added_can_be_taken_away_and_stored() {
        let mut durations = Durations::default();
        let buckets = [0, 5, 5, 300, 1200, 5, 300];
        for bucket in buckets {
            durations.add(bucket);
        }
        let bytes = durations.to_bytes();
        assert_eq!(Durations::from_bytes(&bytes), Ok(durations.clone()));
        assert!(bytes.len() <= 12, "{}", bytes.len());
        assert!(buckets.iter().all(|bucket| durations.remove(*bucket)));
        assert!(!durations.remove(5));
        assert_eq!((&durations, durations.to_bytes().len()), (&Durations::default(), 0));
        for bad in [&[0x80][..], &[5], &[0xFF, 0xFF, 0xFF, 0x7F, 1], &[0xFF; 20], &[5, 0], &[5, 1, 0, 1]] {
            assert_eq!(Durations::from_bytes(bad), Err(BadDurations), "{bad:?}");
        }
    }
}
