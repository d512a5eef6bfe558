//! Bodies, cut into what fits into one call.

use aws::body::fits;

/// What is gathered for one call. With each body comes what its sender keeps of it.
#[derive(Debug)]
pub struct Batch<T> {
    most: usize,
    bytes: usize,
    bodies: Vec<(String, T)>,
}

impl<T> Batch<T> {
    /// Begins, with at most so many messages in a call, and never more than SQS takes.
    pub const fn new(most: usize) -> Self {
        Self { most, bytes: 0, bodies: Vec::new() }
    }

    /// Adds a body; returns those before it when it does not fit beside them.
    pub fn add(&mut self, body: String, kept: T) -> Option<Vec<(String, T)>> {
        let messages = self.bodies.len();
        let has_room = messages < self.most && fits(messages, self.bytes, body.len());
        let full = if has_room { Vec::new() } else { self.take() };
        self.bytes += body.len();
        self.bodies.push((body, kept));
        Some(full).filter(|full| !full.is_empty())
    }

    /// Whether nothing is gathered.
    pub const fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    /// What is left.
    pub fn take(&mut self) -> Vec<(String, T)> {
        self.bytes = 0;
        std::mem::take(&mut self.bodies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1_048_576;

    /// The sizes of bodies as calls take them.
    fn cut(most: usize, sizes: &[usize]) -> Vec<Vec<usize>> {
        let mut batch = Batch::new(most);
        let mut calls: Vec<_> =
            sizes.iter().filter_map(|size| batch.add("x".repeat(*size), ())).collect();
        calls.push(batch.take());
        let calls = calls.into_iter().filter(|call| !call.is_empty());
        calls.map(|call| call.iter().map(|(body, ())| body.len()).collect()).collect()
    }

    #[test]
    fn a_call_takes_ten_messages_and_a_mebibyte() {
        type Sizes<'a> = &'a [usize];
        let cases: [(usize, Sizes<'_>, &[Sizes<'_>]); 9] = [
            (10, &[], &[]),
            (10, &[1], &[&[1]]),
            (10, &[1; 10], &[&[1; 10]]),
            (10, &[1; 21], &[&[1; 10], &[1; 10], &[1]]),
            (3, &[1; 7], &[&[1; 3], &[1; 3], &[1]]),
            (10, &[MIB, 1], &[&[MIB], &[1]]),
            (10, &[1, MIB], &[&[1], &[MIB]]),
            (10, &[MIB / 2, MIB / 2, 1], &[&[MIB / 2, MIB / 2], &[1]]),
            (10, &[MIB / 2, MIB / 2 + 1, 1], &[&[MIB / 2], &[MIB / 2 + 1, 1]]),
        ];
        for (most, sizes, calls) in cases {
            assert_eq!(cut(most, sizes), calls, "{most} {sizes:?}");
        }
    }
}
