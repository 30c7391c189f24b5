//! Takes out of a text what nobody meant to write: invisible characters, controls, odd widths.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// One normal form of a text: compatibility characters and full width folded, invisible and
/// control characters dropped, runs of white space as one blank, no blanks at the ends.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.nfkc().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        if c.is_control() {
            continue;
        }
        if std::mem::take(&mut blank) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A text as it may be kept and shown: its own characters, but no controls other than line
/// breaks, and no characters that turn the reading direction or hide.
pub fn keep(text: &str) -> String {
    let shown = |c: &char| *c == '\n' || *c == '\u{200d}' || !(c.is_control() || is_invisible(*c));
    text.chars().filter(shown).collect::<String>().trim().to_owned()
}

/// JSON in which every half of a surrogate pair that stands alone (`\ud83d` without its second half) is
/// the replacement sign, so that one broken character does not spoil the whole.
pub fn paired(json: &str) -> Cow<'_, str> {
    let half = |at: usize| -> Option<u32> {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let (mut out, mut kept, mut at) = (String::new(), 0, 0);
    while let Some(found) = json[at..].find('\\') {
        let here = at + found;
        at = match (half(here), half(here + 6)) {
            (Some(first), Some(second)) if first < 0xdc00 && second >= 0xdc00 => here + 12,
            (Some(_), _) => {
                out.push_str(&json[kept..here]);
                out.push_str("\\ufffd");
                kept = here + 6;
                kept
            }
            // An escaped character is no beginning of an escape; it may be of several bytes.
            (None, _) => here + 1 + json[here + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    if kept == 0 { Cow::Borrowed(json) } else { Cow::Owned(out + &json[kept..]) }
}

/// Characters without a shape of their own: zero width, direction marks, fillers, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_invisible_characters_do_not_matter() {
        assert_eq!(clean("　ＡＢ１２\u{200b}失\u{202e}业\0金 \n 怎么领？"), "AB12失业金 怎么领?");
        assert_eq!(clean("\u{feff} \t"), "");
    }

    #[test]
    fn halves_of_characters_spoil_nothing_else() {
        let same = [r#"{"text":"a"}"#, r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u4e2d\"\n""#, "\"\\", r"\u", "\\中"];
        for json in same {
            assert_eq!(paired(json), json);
        }
        assert_eq!(paired(r#""\ud83dx\ude00\ud83d\ud83d\ude00""#), r#""\ufffdx\ufffd\ufffd\ud83d\ude00""#);
    }

    #[test]
    fn what_is_kept_has_no_direction_marks_but_keeps_lines() {
        assert_eq!(keep("a\u{202e}b\nc\0\u{7}"), "ab\nc");
    }
}
