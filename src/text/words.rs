//! Words by jieba, and beside them the pairs and single characters that catch what words miss.

use jieba_rs::Jieba;
use pinyin::ToPinyin;

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
    /// The pairs that the sounds belong to.
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
        let words = self.jieba.cut(folded, true).into_iter().map(|token| token.word);
        let words = words.filter(|word| word.chars().any(char::is_alphanumeric) && !STOP.contains(word));
        let mut terms = Terms { words: words.map(str::to_owned).collect(), ..Terms::default() };
        for run in folded.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            terms.add_run(run);
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

    /// Pairs of characters, each with its sound.
    pub fn sounding_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sounded.iter().zip(&self.sounds).map(|(pair, sound)| (pair.as_str(), sound.as_str()))
    }

    /// Takes the terms of another text in.
    pub fn join(&mut self, other: Self) {
        self.words.extend(other.words);
        self.pairs.extend(other.pairs);
        self.chars.extend(other.chars);
        self.sounds.extend(other.sounds);
        self.sounded.extend(other.sounded);
    }

    /// Adds the characters and pairs of one run without punctuation.
    fn add_run(&mut self, run: &str) {
        let mut latin = String::new();
        let mut before: Option<char> = None;
        let (mut sound_before, mut char_before): (Option<&str>, Option<char>) = (None, None);
        for c in run.chars() {
            if c.is_ascii_alphanumeric() {
                latin.push(c);
                (before, sound_before) = (None, None);
                continue;
            }
            let sound = c.to_pinyin().map(|sound| sound.plain());
            if let (Some(before), Some(sound)) = (sound_before, sound) {
                self.sounds.push(format!("{before}{sound}"));
                self.sounded.extend(char_before.map(|before| String::from_iter([before, c])));
            }
            (sound_before, char_before) = (sound, Some(c));
            self.end_latin(&mut latin);
            self.chars.push(c.into());
            if let Some(before) = before {
                let pair = String::from_iter([before, c]);
                if !STOP.contains(&pair.as_str()) {
                    self.pairs.push(pair);
                }
            }
            before = Some(c);
        }
        self.end_latin(&mut latin);
    }

    /// A number or a Latin word counts as one character and as one pair.
    fn end_latin(&mut self, latin: &mut String) {
        if !latin.is_empty() {
            self.pairs.push(latin.clone());
            self.chars.push(std::mem::take(latin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pairs_and_characters_of_a_question() {
        let terms = Segmenter::load().terms("我的失业金能领12个月吗?");
        assert!(terms.words.contains(&"失业".to_owned()), "{terms:?}");
        assert!(!terms.words.contains(&"我".to_owned()));
        assert_eq!(terms.pairs[2..4], ["失业", "业金"]);
        assert!(terms.chars.contains(&"12".to_owned()));
    }
}
