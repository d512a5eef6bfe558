//! Which characters of a text from outside may be shown or logged as they are.

/// Whether a terminal, a log or a page only shows it: it moves nothing, turns nothing, breaks no line, and can be seen.
pub fn is_harmless(c: char) -> bool {
    !(c.is_control() || turns(c) || breaks(c) || hides(c))
}

/// Changes the direction of what follows.
const fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// Breaks a line where few expect it.
const fn breaks(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Has no width, so that two texts that differ look the same: Unicode's default ignorable code points, and interlinear marks.
const fn hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn what_moves_turns_breaks_or_hides_is_not_shown() {
        for c in "aé東 ü\u{301}🙂\u{a0}".chars() {
            assert!(is_harmless(c), "{c:?}");
        }
        for c in "\0\n\u{1b}\u{7f}\u{9b}\u{ad}\u{61c}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{2028}\u{202e}\u{2060}\u{2066}\u{3164}\u{fe0f}\u{feff}\u{fffb}\u{e0041}\u{e01ef}".chars() {
            assert!(!is_harmless(c), "{c:?}");
        }
    }
}
