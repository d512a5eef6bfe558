//! Cutting rows into chunks of a power of two.

/// The longest chunks first: 37 rows at most 16 a chunk are 16, 16, 4 and 1.
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
        let (chunk, rest) = self.rest.split_at_checked((1_usize << power).min(self.max))?;
        self.rest = rest;
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    #[test]
    fn rows_are_cut_into_powers_of_two() {
        let cases: [(usize, &[usize]); 6] = [
            (0, &[]),
            (1, &[1]),
            (3, &[2, 1]),
            (16, &[16]),
            (37, &[16, 16, 4, 1]),
            (31, &[16, 8, 4, 2, 1]),
        ];
        for (rows, expected) in cases {
            let rows = vec![(); rows];
            let sizes: Vec<usize> = Chunks::new(&rows, 16).map(<[()]>::len).collect();
            assert_eq!(sizes, expected);
        }
    }
}
