//! Ids. They follow from a seed and a counter, so that a run can be repeated.

/// Where ids come from.
#[derive(Debug, Clone)]
pub struct Draw {
    seed: u64,
    count: u64,
}

impl Draw {
    /// Begins.
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// A number that was not drawn before: each step of the mixture (`SplitMix64`) can be undone.
    fn number(&mut self) -> u64 {
        self.count = self.count.wrapping_add(1);
        let mut mixed = self.seed.wrapping_add(self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 13 lower-case letters and digits, as in the ids of entities.
    pub fn tail(&mut self) -> String {
        let mut number = self.number();
        let mut tail = String::new();
        for _ in 0..13 {
            tail.extend(char::from_digit(u32::try_from(number % 36).unwrap_or(0), 36));
            number /= 36;
        }
        tail
    }

    /// An id in the form of a UUID.
    pub fn uuid(&mut self) -> String {
        let text = format!("{:016x}{:016x}", self.number(), self.number());
        let (head, rest) = (&text[..8], &text[20..]);
        format!("{head}-{}-4{}-8{}-{rest}", &text[8..12], &text[13..16], &text[17..20])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Draw;

    #[test]
    fn ids_come_once_and_again_from_the_same_seed() {
        let many = |seed| {
            let mut draw = Draw::new(seed);
            (0..1_000).map(|_| draw.tail()).collect::<Vec<_>>()
        };
        assert_eq!(many(7), many(7));
        assert_ne!(many(7), many(8));
        assert_eq!(many(7).into_iter().collect::<BTreeSet<_>>().len(), 1_000);
        let uuid = Draw::new(7).uuid();
        assert_eq!((uuid.len(), uuid.matches('-').count()), (36, 4), "{uuid}");
    }
}
