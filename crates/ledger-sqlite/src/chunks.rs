//! Cutting rows into chunks of few sizes, so that few texts of a statement stay prepared.

/// Up to so many rows are one chunk, whatever their number.
const WHOLE: usize = 16;

/// Chunks of a power of two, the longest first, until the rest is short: 117 rows at most 64 a chunk are 64, 32, 16 and 5.
pub(crate) struct Chunks<'a, T> {
    rest: &'a [T],
    max: usize,
}

impl<'a, T> Chunks<'a, T> {
    /// `max` is a power of two.
    pub(crate) const fn new(rows: &'a [T], max: usize) -> Self {
        Self { rest: rows, max }
    }
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = &'a [T];

    fn next(&mut self) -> Option<&'a [T]> {
        let power = self.rest.len().checked_ilog2()?;
        let size = if self.rest.len() <= WHOLE { self.rest.len() } else { 1_usize << power };
        let (chunk, rest) = self.rest.split_at_checked(size.min(self.max))?;
        self.rest = rest;
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    #[test]
    fn rows_are_cut_into_few_sizes() {
        let cases: [(usize, &[usize]); 7] = [
            (0, &[]),
            (1, &[1]),
            (15, &[15]),
            (16, &[16]),
            (17, &[16, 1]),
            (37, &[32, 5]),
            (117, &[64, 32, 16, 5]),
        ];
        for (rows, expected) in cases {
            let rows = vec![(); rows];
            let sizes: Vec<usize> = Chunks::new(&rows, 64).map(<[()]>::len).collect();
            assert_eq!(sizes, expected);
        }
    }
}
