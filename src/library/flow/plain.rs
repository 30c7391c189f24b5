//! How plainly a text is written: what a tired person reads on a small screen, or hears once.

/// Characters in a sentence.
const SENTENCE: usize = 50;

/// Characters between two signs of punctuation.
const CLAUSE: usize = 30;

/// What makes a text hard to read, if anything does.
pub(super) fn too_hard(text: &str) -> Option<String> {
    // A figure's name is read as the figure.
    let text = crate::library::article::fill(text, |_| "2000元".into());
    let longest = |ends: &[char]| text.split(ends).map(|part| part.trim().chars().count()).max().unwrap_or_default();
    let sentence = longest(&['。', '！', '？', '；', '\n', '!', '?', ';']);
    let clause = longest(&[
        '。', '！', '？', '；', '，', '、', '：', '（', '）', '“', '”', '\n', '!', '?', ';', ',', ':', '(', ')',
    ]);
    if sentence > SENTENCE {
        Some(format!("hard to read: a sentence of {sentence} characters; at most {SENTENCE}"))
    } else if clause > CLAUSE {
        Some(format!("hard to read: {clause} characters without a pause; at most {CLAUSE}"))
    } else {
        None
    }
}
