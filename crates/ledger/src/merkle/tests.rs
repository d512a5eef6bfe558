use super::*;

fn leaves(count: u8) -> Vec<Digest> {
    (0..count).map(|n| leaf(&format!("line {n}"))).collect()
}

fn root(leaves: &[Digest]) -> Digest {
    let mut root = Root::default();
    for leaf in leaves {
        root.add(*leaf);
    }
    root.finish()
}

/// The definition of RFC 6962, word by word.
fn defined(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        _ => {
            let mut left = 1;
            while left * 2 < leaves.len() {
                left *= 2;
            }
            node(&defined(&leaves[..left]), &defined(&leaves[left..]))
        }
    }
}

#[test]
fn the_root_is_the_defined_one() {
    for count in 0..70 {
        let leaves = leaves(count);
        assert_eq!(root(&leaves), defined(&leaves), "{count} leaves");
    }
    // SHA-256 of nothing, and of a zero byte: known values.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root(&[]).to_string(), empty);
    let zero = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(leaf("").to_string(), zero);
}

#[test]
fn a_path_leads_to_the_root_from_its_leaf_only() {
    for count in 1..40_u8 {
        let leaves = leaves(count);
        let expected = root(&leaves);
        let size = u64::from(count);
        for index in 0..leaves.len() {
            let path = Path::of(&leaves, index).unwrap();
            assert_eq!(path.root(leaves[index], size), Some(expected), "{index} of {count}");
            let other = leaf("another");
            assert_ne!(path.root(other, size), Some(expected), "{index} of {count}");
            let elsewhere = Path { index: (path.index + 1) % size, ..path.clone() };
            if count > 1 {
                assert_ne!(elsewhere.root(leaves[index], size), Some(expected));
            }
            let mut longer = path.clone();
            longer.hashes.push(other);
            assert_eq!(longer.root(leaves[index], size), None);
        }
        assert_eq!(Path::of(&leaves, leaves.len()), None);
        let beyond = Path { index: size, hashes: Vec::new() };
        assert_eq!(beyond.root(leaves[0], size), None);
    }
}
