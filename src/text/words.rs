//! Words by jieba, and beside them the pairs and single characters that catch what words miss.

use std::sync::LazyLock;

use jieba_rs::Jieba;
use pinyin::ToPinyin;
use rustc_hash::FxHashSet as HashSet;

/// The search terms of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// Words, function words left out.
    pub words: Vec<String>,
    /// Neighbouring characters, two at a time.
    pub pairs: Vec<String>,
    /// Single Han characters, and whole numbers and Latin words.
    pub chars: Vec<String>,
    /// How neighbouring characters sound, without tones: what a slip of a pinyin keyboard keeps.
    pub sounds: Vec<String>,
    /// What the sounds were written as: two characters, or letters for one or both.
    sounded: Vec<String>,
}

/// Words that tell nothing about what is asked. Words like 多久 and 多少 do, and stay.
const STOP: &[&str] = &[
    "的",
    "了",
    "吗",
    "呢",
    "啊",
    "吧",
    "呀",
    "嘛",
    "哦",
    "喔",
    "是",
    "我",
    "你",
    "您",
    "他",
    "她",
    "它",
    "们",
    "我们",
    "你们",
    "他们",
    "在",
    "和",
    "与",
    "及",
    "或",
    "就",
    "都",
    "也",
    "还",
    "又",
    "很",
    "把",
    "被",
    "给",
    "让",
    "对",
    "从",
    "到",
    "着",
    "过",
    "要",
    "想",
    "会",
    "能",
    "可以",
    "请",
    "请问",
    "一下",
    "这",
    "那",
    "这个",
    "那个",
    "有",
    "个",
    "么",
    "啦",
    "咧",
    "矣",
    "欸",
    "诶",
    "嗯",
    "所以",
    "因为",
    "如果",
    "但是",
    "但",
    "然后",
    "现在",
    "已经",
    "这样",
    "知道",
    "说",
    "谢谢",
    "你好",
    "麻烦",
    "是不是",
    "有没有",
    "能不能",
    "可不可以",
    "会不会",
    "什么",
    "怎么",
    "如何",
    "怎样",
    "怎么样",
];

/// Cuts folded text into terms.
pub struct Segmenter {
    jieba: Jieba,
}

impl Segmenter {
    /// Loads jieba's own dictionary.
    pub fn load() -> Self {
        Self { jieba: Jieba::new() }
    }

    /// Makes `word` one word.
    pub fn learn(&mut self, word: &str) {
        self.jieba.add_word(word, None, None);
    }

    /// All terms of a folded text.
    pub fn terms(&self, folded: &str) -> Terms {
        self.cut(folded, true)
    }

    /// The terms of a folded text but for its sounds.
    pub fn silent_terms(&self, folded: &str) -> Terms {
        self.cut(folded, false)
    }

    fn cut(&self, folded: &str, sounds: bool) -> Terms {
        let words = self.jieba.cut(folded, true).into_iter().map(|token| token.word);
        let words = words.filter(|word| word.chars().any(char::is_alphanumeric) && !STOP.contains(word));
        let mut terms = Terms { words: words.map(str::to_owned).collect(), ..Terms::default() };
        for run in folded.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            terms.add_run(run, sounds);
        }
        terms
    }
}

impl Terms {
    /// Words, pairs, characters and sounds.
    pub fn kinds(&self) -> [&Vec<String>; 4] {
        [&self.words, &self.pairs, &self.chars, &self.sounds]
    }

    /// Words and pairs alone: enough to find what is worth a closer look.
    pub fn solid(&self) -> Self {
        Self { words: self.words.clone(), pairs: self.pairs.clone(), ..Self::default() }
    }

    /// Words alone.
    pub fn words_alone(&self) -> Self {
        Self { words: self.words.clone(), ..Self::default() }
    }

    /// Pairs of characters, each with its sound.
    pub fn sounding_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sounded.iter().zip(&self.sounds).map(|(pair, sound)| (pair.as_str(), sound.as_str()))
    }

    /// The terms of two texts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.join(other);
        self
    }

    /// Takes the terms of another text in.
    pub fn join(&mut self, other: Self) {
        self.words.extend(other.words);
        self.pairs.extend(other.pairs);
        self.chars.extend(other.chars);
        self.sounds.extend(other.sounds);
        self.sounded.extend(other.sounded);
    }

    /// Adds the characters, pairs and sounds of one run without punctuation.
    fn add_run(&mut self, run: &str, with_sounds: bool) {
        let (mut before, mut sound_before): (Option<char>, Option<(&str, &str)>) = (None, None);
        for piece in pieces(run) {
            let sounds = match piece.chars().next() {
                Some(c) if !c.is_ascii_alphanumeric() => {
                    self.chars.push(piece.into());
                    if let Some(before) = before.replace(c) {
                        let pair = String::from_iter([before, c]);
                        if !STOP.contains(&pair.as_str()) {
                            self.pairs.push(pair);
                        }
                    }
                    let sound = if with_sounds { c.to_pinyin() } else { None };
                    sound.map(|sound| vec![(sound.plain(), piece)]).unwrap_or_default()
                }
                // A number or a Latin word counts as one character and as one pair.
                _ => {
                    self.pairs.push(piece.into());
                    self.chars.push(piece.into());
                    before = None;
                    syllables(piece)
                }
            };
            if sounds.is_empty() {
                sound_before = None;
            }
            for (sound, written) in sounds {
                if let Some((sound_before, written_before)) = sound_before.replace((sound, written)) {
                    self.sounds.push(format!("{sound_before}{sound}"));
                    self.sounded.push(format!("{written_before}{written}"));
                }
            }
        }
    }
}

/// A run cut into Han characters and stretches of letters and digits.
fn pieces(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match first.is_ascii_alphanumeric() {
            true => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// Letters that are pinyin (shiye) as syllables, each as it sounds and as it was written; nothing when they
/// are anything else.
fn syllables(letters: &str) -> Vec<(&str, &str)> {
    static ALL: LazyLock<HashSet<&str>> =
        LazyLock::new(|| ('\u{4e00}'..='\u{9fa5}').filter_map(|c| c.to_pinyin()).map(|sound| sound.plain()).collect());
    if letters.is_empty() || letters.len() > 40 {
        return vec![];
    }
    // The longest first syllable that leaves syllables behind it.
    let longest = letters.len().min(6);
    let fits = |length: &usize| letters.is_char_boundary(*length) && ALL.contains(&letters[..*length]);
    (1..=longest)
        .rev()
        .filter(fits)
        .find_map(|length| {
            let (first, rest) = letters.split_at(length);
            let after = syllables(rest);
            (rest.is_empty() || !after.is_empty()).then(|| [vec![(first, first)], after].concat())
        })
        .unwrap_or_default()
}

/// How a pair of characters sounds, without tones; nothing for other texts.
pub fn sound_of(pair: &str) -> Option<String> {
    let sounds: Option<Vec<&str>> = pair.chars().map(|c| c.to_pinyin().map(|sound| sound.plain())).collect();
    sounds.filter(|sounds| sounds.len() == 2).map(|sounds| sounds.concat())
}

/// The parts of a folded text between signs of punctuation.
pub fn clauses(folded: &str) -> Vec<&str> {
    let ends = [',', '。', ';', '!', '?', '、', '\n', ' ', ':'];
    folded.split(ends).map(str::trim).filter(|clause| !clause.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_pinyin_sound() {
        assert_eq!(syllables("shiye").iter().map(|(sound, _)| *sound).collect::<Vec<_>>(), ["shi", "ye"]);
        assert_eq!(syllables("hr"), []);
        let terms = Segmenter::load().terms("见xi补tie,shiye dengji");
        for (sound, written) in [("jianxi", "见xi"), ("xibu", "xi补"), ("butie", "补tie"), ("shiye", "shiye")] {
            assert!(terms.sounding_pairs().any(|pair| pair == (written, sound)), "{written}: {terms:?}");
        }
    }

    #[test]
    fn words_pairs_and_characters_of_a_question() {
        let terms = Segmenter::load().terms("我的失业金能领12个月吗?");
        assert!(terms.words.contains(&"失业".to_owned()), "{terms:?}");
        assert!(!terms.words.contains(&"我".to_owned()));
        assert_eq!(terms.pairs[2..4], ["失业", "业金"]);
        assert!(terms.chars.contains(&"12".to_owned()));
    }
}
