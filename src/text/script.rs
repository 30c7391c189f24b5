//! The two scripts: folding to simplified, speaking traditional, telling which one was written.
//!
//! Conversion is by character only. OpenCC's phrase conversions break the words of policies
//! (社区→社群, 程序→程式, 户口注销→戶口登出), so they are not used.

use std::collections::HashSet;

use opencc_rust::{DefaultConfig, OpenCC};

use crate::message::Script;

/// What `s2tw` gets wrong in our field, and how it is written; applied in this order. Found by
/// reading every converted sentence of `knowledge/` that holds a character with several forms.
const PROTECTED: &[(&str, &str)] = &[
    ("臺", "台"),
    ("佈", "布"),
    ("賬", "帳"),
    ("湖裡", "湖里"),
    ("裡辦公", "里辦公"),
    ("後埔", "后埔"),
    // 签 is a signature here; 籤 is a lot or a label.
    ("籤", "簽"),
    ("抽簽", "抽籤"),
    ("標簽", "標籤"),
    // 金发 is money paid out here, not blond hair.
    ("髮", "發"),
    ("理發", "理髮"),
    ("美發", "美髮"),
    ("發型", "髮型"),
    ("託底", "托底"),
    ("僱主", "雇主"),
    ("大小周", "大小週"),
    ("頭發", "頭髮"),
    ("回複", "回覆"),
    ("回復", "回覆"),
    ("大多隻", "大多只"),
];

/// Simplified shapes that are words of their own in traditional too; they tell nothing.
const EITHER: &str = "台里后干只面谷斗几云曲松板表范郁姜才采出刮回伙借局卷克困累了幸致制准朱折征吁余志注卜仆向冲划系秋千胡须周咸同升占吊布床挂晒欲涂炮熏玩球粘雇麻症";

/// The converters, and which characters belong to one script alone.
pub struct Scripts {
    to_hans: OpenCC,
    to_hant: OpenCC,
    only_hans: HashSet<char>,
    only_hant: HashSet<char>,
}

impl Scripts {
    /// Loads the dictionaries and works out which characters tell the script.
    pub fn load() -> Result<Self, String> {
        let open = |config| {
            OpenCC::new(config).map_err(|_| "OpenCC's dictionaries are missing; install libopencc-dev".to_owned())
        };
        let (to_hans, to_hant) = (open(DefaultConfig::TW2S)?, open(DefaultConfig::S2TW)?);
        let all: Vec<char> = ('\u{4e00}'..='\u{9fff}').collect();
        let lines = |converter: &OpenCC| -> Vec<char> {
            let text: String = all.iter().flat_map(|c| [*c, '\n']).collect();
            converter.convert(&text).lines().filter_map(|line| line.chars().next()).collect()
        };
        let (hans, hant) = (lines(&to_hans), lines(&to_hant));
        let changed = |to: &[char]| -> HashSet<char> {
            all.iter().zip(to).filter(|(from, to)| from != to).map(|(from, _)| *from).collect()
        };
        let only_hant: HashSet<char> = changed(&hans).into_iter().filter(|c| *c != '么').chain(['妳', '祂']).collect();
        let only_hans = changed(&hant).into_iter().filter(|c| !EITHER.contains(*c) && !only_hant.contains(c)).collect();
        Ok(Self { to_hans, to_hant, only_hans, only_hant })
    }

    /// Simplified by character.
    pub fn simplified(&self, text: &str) -> String {
        // OpenCC takes a simplified 么 for a traditional one (幺), and does not know 妳.
        // An account is written with either of two characters, for which it keeps two.
        self.to_hans.convert(text).replace('幺', "么").replace('妳', "你").replace('帐', "账")
    }

    /// Traditional as written in Taiwan, by character, with our protected words.
    pub fn traditional(&self, text: &str) -> String {
        let mut text = self.to_hant.convert(text);
        for (wrong, right) in PROTECTED {
            if text.contains(wrong) {
                text = text.replace(wrong, right);
            }
        }
        text
    }

    /// The script of a text by its telling characters; nothing when there are none or a tie.
    pub fn detect(&self, text: &str) -> Option<Script> {
        let count = |set: &HashSet<char>| text.chars().filter(|c| set.contains(c)).count();
        match (count(&self.only_hans), count(&self.only_hant)) {
            (hans, hant) if hans > hant => Some(Script::Hans),
            (hans, hant) if hans < hant => Some(Script::Hant),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_words_survive_both_ways() {
        let scripts = Scripts::load().expect("dictionaries");
        for (hans, hant) in [
            ("社区窗口办理程序", "社區窗口辦理程序"),
            ("台湾居民居住证", "台灣居民居住證"),
            ("湖里区人事档案", "湖里區人事檔案"),
            ("户口注销需要哪些文件", "戶口註銷需要哪些文件"),
            ("失业登记", "失業登記"),
            ("失业保险金发放标准", "失業保險金發放標準"),
            ("签合同，理发店，请回复数字", "簽合同，理髮店，請回覆數字"),
        ] {
            assert_eq!(scripts.traditional(hans), hant);
            assert_eq!(scripts.simplified(hant), hans);
        }
    }

    #[test]
    fn the_script_is_told_by_the_characters_that_differ() {
        let scripts = Scripts::load().expect("dictionaries");
        assert_eq!(scripts.detect("失業給付怎麼申請"), Some(Script::Hant));
        assert_eq!(scripts.detect("失业金怎么领"), Some(Script::Hans));
        for either in ["台胞", "你好", "0", "ok", "我才三十", "在湖里", "后天去"] {
            assert_eq!(scripts.detect(either), None, "{either}");
        }
    }
}
