//! Weighted turns, laid out once, so that a turn is one look-up.

/// The longest schedule; longer ones are shortened by rounding weights. 16 bits of resolution are plenty.
const LONGEST: usize = 1 << 16;

/// The order in which servers take turns: as many turns for each server as its weight says, spread as evenly as
/// possible, so that a weight of 5 does not mean five requests in a row.
pub(super) fn build(weights: &[u32]) -> Box<[u32]> {
    let weights = reduced(weights);
    let servers = u32::try_from(weights.len()).unwrap_or(u32::MAX);
    let mut turns: Vec<(f64, u32)> = Vec::with_capacity(weights.iter().map(|weight| *weight as usize).sum());
    for (server, weight) in (0_u32..).zip(&weights) {
        // Each server's turns are 1/weight apart; a phase of its own keeps servers from bunching up.
        let phase = (2.0 * f64::from(server) + 1.0) / (2.0 * f64::from(servers));
        turns.extend((0..*weight).map(|turn| ((f64::from(turn) + phase) / f64::from(*weight), server)));
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    turns.into_iter().map(|(_, server)| server).collect()
}

/// The weights' ratios in small numbers, none of them zero.
fn reduced(weights: &[u32]) -> Vec<u32> {
    let divisor = weights.iter().copied().fold(0, gcd).max(1);
    let small: Vec<u32> = weights.iter().map(|weight| weight / divisor).collect();
    let sum: u64 = small.iter().map(|weight| u64::from(*weight)).sum();
    let limit = LONGEST.max(weights.len()) as u64;
    if sum <= limit {
        return small;
    }
    let scale = |weight: &u32| u32::try_from(u64::from(*weight) * limit / sum).unwrap_or(u32::MAX).max(1);
    small.iter().map(scale).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_by_weight() {
        let rows: [(&[u32], &[u32]); 6] = [
            (&[], &[]),
            (&[7], &[0]),
            (&[1, 1, 1], &[0, 1, 2]),
            (&[4, 4], &[0, 1]),
            (&[200, 100], &[0, 0, 1]),
            (&[3, 1], &[0, 0, 0, 1]),
        ];
        for (weights, expected) in rows {
            assert_eq!(build(weights).as_ref(), expected, "{weights:?}");
        }
    }

    #[test]
    fn a_heavy_server_does_not_hog_the_turns() {
        let schedule = build(&[5, 5, 2]);
        let longest_run = schedule.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap();
        assert!(longest_run <= 2, "{schedule:?}");
    }

    #[test]
    fn long_schedules_are_shortened_and_leave_no_one_out() {
        let weights: Vec<u32> = (0..500).map(|n| if n == 0 { 1 } else { 997 }).collect();
        let schedule = build(&weights);
        assert!(schedule.len() <= LONGEST + weights.len(), "{}", schedule.len());
        assert!(schedule.contains(&0));
    }
}
