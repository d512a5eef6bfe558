//! A Merkle tree over lines of text, in the shape of RFC 6962, section 2.1: one hash stands for a long list, and a short path
//! shows that a line is in it.
//!
//! A leaf is SHA-256 over the byte 0 and the line's bytes; a node is SHA-256 over the byte 1 and the hashes of its two parts,
//! of which the left one has the largest power of two of leaves that is less than all. The root of no lines is SHA-256 of
//! nothing. So an auditor can compute a root with any tool that knows SHA-256.

use marketplace::digest::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The hash of a line.
pub fn leaf(line: &str) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(line.as_bytes());
    Digest::new(hasher.finalize().into())
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.bytes());
    hasher.update(right.bytes());
    Digest::new(hasher.finalize().into())
}

/// The root of leaves that come one after the other, in memory that grows with the logarithm of their number.
#[derive(Debug, Clone, Default)]
pub struct Root {
    /// Complete subtrees from the largest to the smallest: how many leaves, and the hash.
    subtrees: Vec<(u64, Digest)>,
}

impl Root {
    /// Takes in the next leaf.
    pub fn add(&mut self, leaf: Digest) {
        let mut tree = (1_u64, leaf);
        while let Some(left) = self.subtrees.pop_if(|left| left.0 == tree.0) {
            tree = (left.0.saturating_add(tree.0), node(&left.1, &tree.1));
        }
        self.subtrees.push(tree);
    }

    /// The root of all leaves so far.
    pub fn finish(mut self) -> Digest {
        let Some((_, mut root)) = self.subtrees.pop() else { return Digest::of(&[]) };
        while let Some((_, left)) = self.subtrees.pop() {
            root = node(&left, &root);
        }
        root
    }
}

/// That one leaf is in a tree: its place and the hashes that lead to the root, from the leaf's neighbour up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The leaf's place, from 0.
    pub index: u64,
    /// The hashes beside the way up.
    pub hashes: Vec<Digest>,
}

impl Path {
    /// The path of one of these leaves; `None` if there is no such place.
    pub fn of(leaves: &[Digest], index: usize) -> Option<Self> {
        leaves.get(index)?;
        let mut hashes = Vec::new();
        let (mut rest, mut place) = (leaves, index);
        while rest.len() > 1 {
            let (left, right) = rest.split_at(split(rest.len()));
            let (own, other) = if place < left.len() { (left, right) } else { (right, left) };
            place = if place < left.len() { place } else { place.saturating_sub(left.len()) };
            let mut root = Root::default();
            for leaf in other {
                root.add(*leaf);
            }
            hashes.push(root.finish());
            rest = own;
        }
        hashes.reverse();
        Some(Self { index: u64::try_from(index).ok()?, hashes })
    }

    /// The root of a tree of so many leaves that has this leaf at this place; `None` if the path does not fit such a tree.
    pub fn root(&self, leaf: Digest, leaves: u64) -> Option<Digest> {
        if self.index >= leaves {
            return None;
        }
        // From the root down: at each level, whether we are in the left part.
        let mut sides = Vec::new();
        let (mut size, mut place) = (leaves, self.index);
        while size > 1 {
            let left = split(usize::try_from(size).ok()?);
            let left = u64::try_from(left).ok()?;
            let is_left = place < left;
            sides.push(is_left);
            (size, place) = if is_left {
                (left, place)
            } else {
                (size.saturating_sub(left), place.saturating_sub(left))
            };
        }
        if sides.len() != self.hashes.len() {
            return None;
        }
        let steps = sides.into_iter().rev().zip(&self.hashes);
        Some(steps.fold(
            leaf,
            |hash, (is_left, other)| {
                if is_left { node(&hash, other) } else { node(other, &hash) }
            },
        ))
    }
}

/// The largest power of two that is less than this number of leaves.
fn split(leaves: usize) -> usize {
    leaves.saturating_sub(1).checked_ilog2().map_or(1, |log| 1_usize << log)
}

#[cfg(test)]
mod tests;
