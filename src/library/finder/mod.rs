//! Finds the article, and the place in it, that answers a question; and says how sure it is.
//!
//! Two indexes give candidates: one over the `asks` lines, one over the sections (the summary is
//! section zero). A candidate's features are few and can be read in `ask --explain`; a weighted
//! sum of them is its score, and a logistic curve over the best candidate's is the confidence.

mod build;
mod question;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use crate::{
    library::{
        finder::question::{Question, terms_of},
        search::TextIndex,
        terms::Lexicon,
    },
    text::{Language, words::Terms},
};

/// How many texts of each index become candidates.
const CANDIDATES: usize = 60;

/// What the words of a clear question tell, in the units of [`Finder::weigh_terms`].
const ENOUGH: f32 = 30.0;

/// How many findings are kept.
const KEPT: usize = 6;

/// Words that make a question, or an article, one about people from Taiwan.
const TAIWAN: &[&str] = &["台湾", "台胞", "台生", "台青", "台籍", "台人", "台企", "台商", "台干", "台陆通"];

/// An `asks` line, by article and line.
pub type AskLine = (usize, usize);

/// How a question was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Cleaned, lower case, simplified.
    pub folded: String,
    /// Its terms.
    pub terms: Terms,
    /// Words of the lexicon in it, and the mainland terms that they lead to.
    pub widened: Vec<(String, Vec<String>)>,
    /// The terms of those.
    more: Terms,
}

/// What speaks for a candidate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Features {
    /// How much more often the question's terms stand in this article's `asks`, title and
    /// sections than in all articles': a mean of logarithms, about -1 to 1.
    pub bayes: f32,
    /// Likeness of the nearest `asks` line, 0 to 1: what both share against all of both.
    pub ask: f32,
    /// The mean likeness of the three nearest lines.
    pub near: f32,
    /// The mean likeness of the eight nearest lines.
    pub around: f32,
    /// Likeness of the title or the nearest heading.
    pub head: f32,
    /// How much of the question stands anywhere in the article.
    pub cover: f32,
    /// How much the words and pairs that stand there tell, however long the question: 0 to 1.
    pub evidence: f32,
    /// 1 if both are about people from Taiwan, or neither is.
    pub side: f32,
}

/// A candidate: an article (or a matter that we leave to others), the section that fits best, and why.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Its place in the library: articles first, then what we leave to others.
    pub subject: usize,
    /// The section to tell: 0 is the summary, 1 the first section.
    pub section: usize,
    /// What speaks for it.
    pub features: Features,
    /// The weighted sum.
    pub score: f32,
}

/// The candidates for a question, best first, and how sure we are of the first.
#[derive(Clone, Debug)]
pub struct Found {
    /// Best first.
    pub findings: Vec<Finding>,
    /// The probability that the first one is what was asked.
    pub confidence: f32,
}

/// The number of a term that stands anywhere in the articles.
type TermId = u32;

/// Texts in the order of their subjects, and for each term the texts that hold it.
#[derive(Default)]
struct Texts {
    texts: Vec<Text>,
    holders: Vec<Vec<u32>>,
}

/// One text that was indexed: where it stands, what its terms are, and what they tell together.
struct Text {
    article: usize,
    part: usize,
    /// In order, each once.
    terms: Vec<TermId>,
    weight: f32,
}

/// Where in an article a term stands.
#[derive(Clone, Copy, Default)]
struct Places {
    /// In so many `asks` lines.
    lines: u16,
    /// In the title or the summary, each counting like a line.
    title: bool,
    /// In a section.
    body: bool,
}

/// The indexes over all articles.
pub struct Finder {
    lines: TextIndex,
    line_texts: Texts,
    sections: TextIndex,
    section_texts: Texts,
    /// What each section is headed by (the summary by the title), in the order of `sections`.
    headings: Texts,
    ids: HashMap<String, TermId>,
    /// For each sound of two characters the pairs that have it, the commonest first.
    by_sound: HashMap<String, Vec<String>>,
    /// What each term tells: rare ones much, terms of every article little.
    tells: Vec<f32>,
    /// What a term tells that stands in no article.
    unknown: f32,
    places: Vec<HashMap<TermId, Places>>,
    /// In how many `asks` lines and titles of all articles each term stands.
    spread: Vec<f32>,
    about: Vec<About>,
    /// Subjects from here on are not ours.
    articles: usize,
}

/// What is known of a subject besides its terms.
struct About {
    lines: usize,
    /// Whether it is about people from Taiwan; nothing where that makes no difference.
    taiwan: Option<bool>,
}

impl Text {
    fn holds(&self, id: TermId) -> bool {
        self.terms.binary_search(&id).is_ok()
    }
}

impl Finder {
    /// For pairs that nobody writes (登计), the pair that sounds the same and shares a character
    /// (登记). It is added to what was written, never put in its place.
    fn mended(&self, terms: &Terms) -> Terms {
        let mut more = Terms::default();
        for (pair, sound) in terms.sounding_pairs().filter(|(pair, _)| !self.ids.contains_key(&format!("p{pair}"))) {
            let shares = |other: &&String| other.chars().zip(pair.chars()).any(|(a, b)| a == b);
            if let Some(meant) = self.by_sound.get(sound).and_then(|pairs| pairs.iter().find(shares)) {
                more.pairs.push(meant.clone());
                more.words.push(meant.clone());
                more.chars.extend(meant.chars().map(String::from));
            }
        }
        more
    }

    /// Reads a question.
    pub fn read(&self, question: &str, language: &Language, lexicon: &Lexicon) -> Reading {
        let folded = language.fold(question);
        let terms = language.terms(&folded);
        let widened = lexicon.widen(&folded);
        let mut more = terms_of(&widened, language);
        more.join(self.mended(&terms));
        let widened = widened.into_iter().map(|(word, to)| (word.to_owned(), to.to_vec())).collect();
        Reading { folded, terms, widened, more }
    }

    /// The candidates for a question. `without` leaves one `asks` line out, as if it were not
    /// there: that is how we measure what questions that nobody has thought of will find.
    pub fn find(&self, reading: &Reading, without: Option<AskLine>) -> Found {
        let question = Question::new(self, reading);
        let left_out = |text: &Text| without == Some((text.article, text.part));
        let mut looked_for = reading.terms.solid();
        looked_for.join(reading.more.solid());
        let hits = self.lines.search(&looked_for, CANDIDATES);
        let lines = hits.iter().map(|text| &self.line_texts.texts[*text]).filter(|text| !left_out(text));
        let hits = self.sections.search(&looked_for, CANDIDATES);
        let sections = hits.iter().map(|text| &self.section_texts.texts[*text]);
        let candidates: HashSet<usize> = lines.chain(sections).map(|text| text.article).collect();

        let missing =
            without.and_then(|line| self.line_texts.texts.iter().find(|text| (text.article, text.part) == line));
        let like = Likeness { lines: self.line_texts.likeness(&question), headings: self.headings.likeness(&question) };
        let taiwan = is_taiwan(&reading.folded);
        let find = |article: usize| {
            let mut features = self.features(&question, &like, article, missing);
            features.side = f32::from(u8::from(self.about[article].taiwan.is_none_or(|about| about == taiwan)));
            Finding { subject: article, section: 0, features, score: features.score() }
        };
        let mut findings: Vec<Finding> = candidates.into_iter().map(find).collect();
        findings.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.subject.cmp(&b.subject)));
        for finding in findings.iter_mut().take(KEPT) {
            finding.section = self.section_for(&question, &like, finding.subject);
        }
        let confidence = confidence(&findings, self.articles);
        findings.truncate(KEPT);
        Found { findings, confidence }
    }

    fn features(&self, question: &Question, like: &Likeness, article: usize, missing: Option<&Text>) -> Features {
        let place = |text: &Text| (text.article, text.part);
        let left_out = |i: &usize| missing.is_some_and(|missing| place(missing) == place(&self.line_texts.texts[*i]));
        let lines = self.line_texts.of(article).filter(|i| !left_out(i));
        let mut likeness: Vec<f32> = lines.map(|i| like.lines[i]).collect();
        likeness.sort_by(|a, b| b.total_cmp(a));
        let mean = |most: usize| likeness.iter().take(most).sum::<f32>() / most as f32;
        let places = &self.places[article];
        let own_missing = missing.filter(|missing| missing.article == article);
        let lines_less = |id: TermId| u16::from(own_missing.is_some_and(|missing| missing.holds(id)));
        let stands = |id: TermId, places: &Places| places.title || places.body || places.lines > lines_less(id);
        let solid = question.solid.iter().filter(|(id, _)| places.get(id).is_some_and(|places| stands(*id, places)));
        let solid = solid.map(|(_, tells)| tells).sum::<f32>().min(question.solid_weight);
        Features {
            bayes: self.bayes(question, article, missing),
            ask: likeness.first().copied().unwrap_or_default(),
            near: mean(3),
            around: mean(8),
            head: self.headings.of(article).map(|i| like.headings[i]).fold(0.0, f32::max),
            cover: question.shared(|id| places.get(&id).is_some_and(|places| stands(id, places))) / question.weight,
            evidence: (solid / ENOUGH).min(1.0),
            side: 0.0,
        }
    }

    /// Naive Bayes, with the article's terms smoothed by those of all articles.
    fn bayes(&self, question: &Question, article: usize, missing: Option<&Text>) -> f32 {
        const SMOOTH: f32 = 3.0;
        let about = &self.about[article];
        let own_missing = missing.filter(|missing| missing.article == article);
        let lines = (about.lines - usize::from(own_missing.is_some())) as f32 + 1.0;
        let all = (self.line_texts.texts.len() + self.about.len()) as f32;
        let mut sum = 0.0;
        for (id, share) in &question.bayes {
            let less = |text: Option<&Text>| f32::from(u8::from(text.is_some_and(|text| text.holds(*id))));
            let places = self.places[article].get(id).copied().unwrap_or_default();
            let here = f32::from(places.lines) - less(own_missing)
                + f32::from(u8::from(places.title))
                + f32::from(u8::from(places.body));
            let everywhere = (self.spread[*id as usize] - less(missing) + 0.5) / all;
            sum += share * ((here + SMOOTH * everywhere) / (lines + SMOOTH) / everywhere).ln().max(-3.0);
        }
        sum / question.bayes_weight / 3.0
    }

    /// The section to tell: one whose heading is clearly nearer to the question than the title
    /// and the summary are, else the summary.
    fn section_for(&self, question: &Question, like: &Likeness, article: usize) -> usize {
        let cover = |i: usize| question.shared(|id| self.section_texts.texts[i].holds(id)) / question.weight;
        let fit = |i: usize| like.headings[i] + cover(i);
        // Sections and headings stand in the same order, the summary first.
        let mut parts = self.headings.of(article);
        let summary = parts.next().map_or(0.0, fit);
        let best = parts.max_by(|a, b| fit(*a).total_cmp(&fit(*b)));
        best.filter(|i| fit(*i) > summary + 0.15).map_or(0, |i| self.headings.texts[i].part)
    }
}

/// How like a question is to every line and to every heading.
struct Likeness {
    lines: Vec<f32>,
    headings: Vec<f32>,
}

impl Texts {
    /// The texts of one subject.
    fn of(&self, article: usize) -> std::ops::Range<usize> {
        self.texts.partition_point(|text| text.article < article)
            ..self.texts.partition_point(|text| text.article <= article)
    }

    /// What the question and each text share against all of both, 0 to 1.
    fn likeness(&self, question: &Question) -> Vec<f32> {
        let mut shared = vec![0.0_f32; self.texts.len()];
        for (id, tells) in &question.terms {
            for i in &self.holders[*id as usize] {
                shared[*i as usize] += tells;
            }
        }
        let like = |(shared, text): (f32, &Text)| 2.0 * shared.min(question.weight) / (question.weight + text.weight);
        shared.into_iter().zip(&self.texts).map(like).collect()
    }
}

fn is_taiwan(folded: &str) -> bool {
    TAIWAN.iter().any(|word| folded.contains(word))
}

impl Features {
    /// The weights were fitted on `asks` lines left out and on labelled questions; see the README.
    fn score(&self) -> f32 {
        // A line that says just this wins, whatever else speaks for others.
        let same = if self.ask > 0.985 { 2.0 } else { 0.0 };
        same + 2.0 * self.bayes
            + 0.35 * self.near
            + 0.8 * self.around
            + 1.2 * self.head
            + 0.4 * self.cover
            + 0.5 * self.side
    }
}

/// A logistic curve over three things: how far the best candidate is before the next one, how far
/// it is before anything that is not ours, and how much its words tell. Fitted on labelled
/// questions, with those that should not be answered counting three times.
fn confidence(findings: &[Finding], articles: usize) -> f32 {
    let Some(first) = findings.first() else { return 0.0 };
    let lead = |other: Option<&Finding>, most: f32| other.map_or(most, |other| (first.score - other.score).min(most));
    let next = lead(findings.get(1), 0.6);
    let ours = lead(findings.iter().skip(1).find(|finding| finding.subject >= articles), 1.0);
    let z = -5.2 + 4.4 * next + 3.6 * ours + 2.2 * first.features.evidence;
    1.0 / (1.0 + (-z).exp())
}
