//! Pages of a list.

/// Rows of a list from where a token says, at most so many, and the token of the next page.
///
/// `None`: the token is none of ours.
pub fn page<T>(rows: Vec<T>, size: usize, token: Option<&str>) -> Option<(Vec<T>, Option<String>)> {
    let start = match token {
        None => 0,
        Some(token) => token.strip_prefix("offline-")?.parse::<usize>().ok()?,
    };
    let end = start.saturating_add(size);
    let next = (end < rows.len()).then(|| format!("offline-{end}"));
    Some((rows.into_iter().skip(start).take(size).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_follow_each_other() {
        let next = |text: &str| Some(text.to_owned());
        let cases = [
            (None, Some((vec![1, 2], next("offline-2")))),
            (Some("offline-2"), Some((vec![3, 4], next("offline-4")))),
            (Some("offline-4"), Some((vec![5], None))),
            (Some("offline-9"), Some((vec![], None))),
            (Some("2"), None),
            (Some("offline-x"), None),
        ];
        for (token, expected) in cases {
            assert_eq!(page(vec![1, 2, 3, 4, 5], 2, token), expected, "{token:?}");
        }
    }
}
