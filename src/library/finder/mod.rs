//! Finds the article, and the place in it, that answers a question; and says how sure it is.
//!
//! Two indexes give candidates: one over the `asks` lines, one over the sections (the summary is
//! section zero). A candidate's features are few and can be read in `ask --explain`; a weighted
//! sum of them is its score, and a logistic curve over the best candidate's is the confidence.

mod build;
mod learned;
mod question;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use serde::Serialize;

use crate::{
    library::{
        finder::{
            learned::Learned,
            question::{Question, terms_of},
        },
        search::TextIndex,
        terms::Lexicon,
    },
    text::{
        Language,
        words::{Terms, clauses},
    },
};

/// How many texts of each index become candidates.
const CANDIDATES: usize = 60;

/// What the words of a clear question tell, in the units of [`Finder::weigh_terms`].
const ENOUGH: f32 = 30.0;

/// What the heading above it counts for the sentence that answers, and for a point below that.
const ANSWERS: f32 = 1.0;
const POINTS_OUT: f32 = 0.5;

/// How much nearer a section must be than the whole article to be told in its place.
const NEARER: f32 = 0.3;

/// What a term is worth of the question before: where an article is chosen, and where sentences of it are.
const BEFORE: f32 = 0.5;
const ECHO: f32 = 0.15;

/// How many findings are kept.
const KEPT: usize = 6;

/// From here on a lead before the next candidate says no more, nor one before what is not ours.
const CLEAR: f32 = 1.6;
const FAR: f32 = 2.0;

/// Words that make a question, or an article, one about people from Taiwan.
const TAIWAN: &[&str] = &["台湾", "台胞", "台生", "台青", "台籍", "台人", "台企", "台商", "台干", "台陆通"];

/// An `asks` line, by article and line.
pub type AskLine = (usize, usize);

/// In how many parts the lines are left out by turns.
const PARTS: usize = 10;

/// What is learned when a part of all lines is not there, for each part: so we measure what questions that nobody
/// has thought of will find.
pub struct Parts(Vec<Learned>);

/// How a question was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Cleaned, lower case, simplified.
    pub folded: String,
    /// Its terms.
    pub terms: Terms,
    /// Words of the lexicon in it, and the mainland terms that they lead to.
    pub widened: Vec<(String, Vec<String>)>,
    /// The text with slips of a pinyin keyboard mended, if it has any.
    pub mended: Option<String>,
    /// The terms of those.
    more: Terms,
    /// The terms of the clauses of a long story that ask nothing.
    rest: Option<Terms>,
    /// What the question follows on: the subject that was told before it, and the terms of that question.
    after: Option<(usize, Terms)>,
}

impl Reading {
    /// The reading of a question that follows on another, to which a subject was told.
    pub fn following(self, told: usize, before: Self) -> Self {
        Self { after: Some((told, before.terms.and(before.more))), ..self }
    }
}

/// What speaks for a candidate.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Features {
    /// How much more often the question's terms stand in this article's `asks`, title and
    /// sections than in all articles': a mean of logarithms, about -1 to 1.
    pub bayes: f32,
    /// What was learned from all lines that the question's terms say for this subject: about -1 to 1.
    pub learned: f32,
    /// Likeness of the title or the nearest heading.
    pub head: f32,
    /// How much of the question stands anywhere in the article.
    pub cover: f32,
    /// How much the words and pairs that stand there tell, however long the question: 0 to 1.
    pub evidence: f32,
    /// 1 if both are about people from Taiwan, or neither is.
    pub side: f32,
    /// 1 if one of its lines says just this.
    pub same: f32,
}

/// A candidate: an article (or a matter that we leave to others), the section that fits best, and why.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its place in the library: articles first, then what we leave to others.
    pub subject: usize,
    /// The section to tell: 0 is the summary, 1 the first section.
    pub section: usize,
    /// The sentences of the article that share terms with the question, by their places in
    /// [`Article::sentences`](crate::library::article::Article::sentences), the likest first.
    pub sentences: Vec<usize>,
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
    /// The probability that one of the first two is.
    pub either: f32,
    /// Whether the first is so far before the second that no other reading needs to be told.
    pub clear: bool,
}

impl Found {
    /// These findings, and after their first those of another reading of the question.
    pub fn or(mut self, mut other: Self) -> Self {
        let first: Vec<Finding> = self.findings.drain(..1.min(self.findings.len())).collect();
        let told = |finding: &Finding| first.iter().any(|first| first.subject == finding.subject);
        other.findings.retain(|finding| !told(finding));
        let findings = first.into_iter().chain(other.findings).collect();
        Self { findings, either: self.either.max(other.either), clear: false, ..self }
    }
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
    section_texts: Vec<Text>,
    /// What each section is headed by (the summary by the title), in the order of `sections`.
    headings: Texts,
    /// The sentences that an answer is made of, in the order of [`Article::sentences`](crate::library::article::Article::sentences).
    sentences: Vec<Text>,
    ids: HashMap<String, TermId>,
    /// For each sound of two characters the pairs that have it, the commonest first.
    by_sound: HashMap<String, Vec<String>>,
    /// What each term tells: rare ones much, terms of every article little.
    tells: Vec<f32>,
    /// What each term counts for by its kind, where it is counted or learned from.
    shares: Vec<f32>,
    /// What a term tells that stands in no article.
    unknown: f32,
    places: Vec<HashMap<TermId, Places>>,
    /// In how many `asks` lines and titles of all articles each term stands.
    spread: Vec<f32>,
    about: Vec<About>,
    /// What the terms say for each subject.
    learned: Learned,
    /// Every `asks` line without its punctuation, and its subject.
    same: HashMap<String, usize>,
    /// Subjects from here on are not ours.
    articles: usize,
}

/// What is known of a subject besides its terms.
struct About {
    lines: usize,
    /// Whether it is about people from Taiwan; nothing where that makes no difference.
    taiwan: Option<bool>,
    /// The subjects that it leads to.
    next: Vec<usize>,
    /// For each sentence its section, and whether it is the one that answers.
    sections: Vec<(usize, bool)>,
}

impl Text {
    fn holds(&self, id: TermId) -> bool {
        self.terms.binary_search(&id).is_ok()
    }
}

impl Finder {
    /// The text with pairs of sounds that nobody writes so (登计, 登ji, dengji) as the pair that sounds the same and
    /// shares what was written as a character (登记), where `is` says so. A character that makes sense with its
    /// other neighbour is no slip.
    fn mended(&self, folded: &str, terms: &Terms, is: impl Fn(&str) -> bool) -> Option<String> {
        let mut text = folded.to_owned();
        let known = |pair: &str| self.ids.contains_key(&format!("p{pair}"));
        let pairs: Vec<(&str, &str)> = terms.sounding_pairs().collect();
        for (i, (written, sound)) in pairs.iter().enumerate() {
            if !is(written) || known(written) {
                continue;
            }
            let before = i.checked_sub(1).is_some_and(|i| known(pairs[i].0) && pairs[i].0.ends_with(first_of(written)));
            let after = pairs.get(i + 1).is_some_and(|(pair, _)| known(pair) && written.ends_with(first_of(pair)));
            let slip = |meant: &&String| {
                let (first, last) = (meant.starts_with(first_of(written)), meant.ends_with(last_of(written)));
                let letters = written.chars().all(|c| c.is_ascii_alphanumeric());
                letters || (first && !after) || (last && !before)
            };
            if let Some(meant) = self.by_sound.get(*sound).and_then(|pairs| pairs.iter().find(slip)) {
                text = text.replace(written, meant);
            }
        }
        (text != folded).then_some(text)
    }

    /// Reads a question.
    pub fn read(&self, question: &str, language: &Language, lexicon: &Lexicon) -> Reading {
        let mut folded = language.fold(question);
        let mut terms = language.terms(&folded);
        // Letters that spell a word are that word.
        let spells = |written: &str| written.contains(|c: char| c.is_ascii_alphabetic());
        if let Some(spelled) = self.mended(&folded, &terms, spells) {
            terms = language.terms(&spelled);
            folded = spelled;
        }
        let widened = lexicon.widen(&folded);
        let mut more = terms_of(&widened, language);
        // A slip may be none: what was meant is added to what was written, never put in its place.
        let mended = self.mended(&folded, &terms, |_| true);
        if let Some(mended) = &mended {
            more.join(terms_of(&lexicon.widen(mended), language));
            more.join(language.terms(mended));
        }
        let others = |word: &str, to: &[String]| to.iter().filter(|term| *term != word).cloned().collect::<Vec<_>>();
        let widened = widened.into_iter().map(|(word, to)| (word.to_owned(), others(word, to)));
        let widened = widened.filter(|(_, to)| !to.is_empty()).collect();
        let rest = rest_of_story(&folded).map(|rest| language.terms(&rest));
        Reading { folded, terms, widened, mended, more, rest, after: None }
    }

    /// What is learned from all lines but those of a part, and from all that the articles say.
    fn learn(&self, but: Option<usize>) -> Learned {
        let lines = self.line_texts.texts.iter().filter(|text| but != Some(text.part % PARTS));
        let texts = lines.chain(&self.headings.texts).chain(&self.sentences);
        let line =
            |text: &Text| (text.article, self.vector(text.terms.iter().map(|id| (*id, self.shares[*id as usize]))));
        Learned::from(&texts.map(line).collect::<Vec<_>>(), self.ids.len(), self.about.len())
    }

    /// Terms, each with its share, as a vector of length one; what few lines hold is longer. What stands in one line
    /// only tells nothing of others.
    fn vector(&self, terms: impl Iterator<Item = (TermId, f32)>) -> Vec<(TermId, f32)> {
        let lines = self.line_texts.texts.len() as f32;
        let holders = |id: TermId| self.line_texts.holders[id as usize].len();
        let rare = |id: TermId| ((lines + 1.0) / (holders(id) as f32 + 1.0)).ln() + 1.0;
        let terms: Vec<_> =
            terms.filter(|(id, _)| holders(*id) > 1).map(|(id, share)| (id, share * rare(id))).collect();
        let length = terms.iter().map(|(_, tells)| tells * tells).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        terms.into_iter().map(|(id, tells)| (id, tells / length)).collect()
    }

    /// What is learned without each part.
    pub fn parts(&self) -> Parts {
        let learn = |part| move || self.learn(Some(part));
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..PARTS).map(|part| scope.spawn(learn(part))).collect();
            let learned = threads.into_iter().map(|thread| thread.join());
            Parts(learned.map(|learned| learned.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect())
        })
    }

    /// The candidates for a question. `without` leaves one `asks` line out, as if it were not
    /// there: that is how we measure what questions that nobody has thought of will find.
    pub fn find(&self, reading: &Reading, without: Option<(AskLine, &Parts)>) -> Found {
        let learned = without.map_or(&self.learned, |((_, line), parts)| &parts.0[line % PARTS]);
        let without = without.map(|(line, _)| line);
        let question = Question::new(self, reading, BEFORE);
        let learned = learned.scores(&self.vector(question.bayes.iter().copied()));
        let left_out = |text: &Text| without == Some((text.article, text.part));
        let mut looked_for = reading.terms.solid();
        looked_for.join(reading.more.solid());
        if let Some((_, terms)) = &reading.after {
            looked_for.join(terms.solid());
        }
        let hits = self.lines.search(&looked_for, CANDIDATES);
        let lines = hits.iter().map(|text| &self.line_texts.texts[*text]).filter(|text| !left_out(text));
        let hits = self.sections.search(&looked_for, CANDIDATES);
        let sections = hits.iter().map(|text| &self.section_texts[*text]);
        let same = if without.is_none() && reading.after.is_none() {
            self.same.get(&bare(&reading.folded)).copied()
        } else {
            None
        };
        let told = reading.after.as_ref().map(|(told, _)| *told);
        let candidates = lines.chain(sections).map(|text| text.article).chain(told).chain(same);
        // What was told is ours, and so is what follows on it.
        let candidates: HashSet<usize> =
            candidates.filter(|subject| told.is_none() || *subject < self.articles).collect();

        let missing =
            without.and_then(|line| self.line_texts.texts.iter().find(|text| (text.article, text.part) == line));
        let like = self.headings.likeness(&question);
        let taiwan = is_taiwan(&reading.folded);
        let find = |article: usize| {
            let mut features = self.features(&question, &like, article, missing);
            features.learned = learned[article];
            features.side = f32::from(u8::from(self.about[article].taiwan.is_none_or(|about| about == taiwan)));
            features.same = f32::from(u8::from(same == Some(article)));
            Finding { subject: article, section: 0, sentences: vec![], features, score: features.score() }
        };
        let mut findings: Vec<Finding> = candidates.into_iter().map(find).collect();
        findings.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.subject.cmp(&b.subject)));
        // Which article follows on what was asked before; what is told of it, on what is asked now.
        let echo = reading.after.as_ref().map(|_| Question::new(self, reading, ECHO));
        let like = echo.as_ref().map_or(like, |echo| self.headings.likeness(echo));
        let asked = echo.as_ref().unwrap_or(&question);
        for finding in findings.iter_mut().take(KEPT) {
            finding.section = self.section_for(asked, &like, finding.subject);
            finding.sentences = self.sentences_for(asked, &like, finding.subject);
        }
        let confidence = self.confidence(&findings);
        let either = self.either(&findings);
        let clear = findings.first().is_none_or(|first| lead(first, findings.get(1), CLEAR) >= CLEAR);
        findings.truncate(KEPT);
        Found { findings, confidence, either, clear }
    }

    fn features(&self, question: &Question, like: &[f32], article: usize, missing: Option<&Text>) -> Features {
        let places = &self.places[article];
        let own_missing = missing.filter(|missing| missing.article == article);
        let lines_less = |id: TermId| u16::from(own_missing.is_some_and(|missing| missing.holds(id)));
        let stands = |id: TermId, places: &Places| places.title || places.body || places.lines > lines_less(id);
        let solid = question.solid.iter().filter(|(id, _)| places.get(id).is_some_and(|places| stands(*id, places)));
        let solid = solid.map(|(_, tells)| tells).sum::<f32>().min(question.solid_weight);
        Features {
            bayes: self.bayes(question, article, missing),
            learned: 0.0,
            head: self.headings.of(article).map(|i| like[i]).fold(0.0, f32::max),
            cover: question.shared(|id| places.get(&id).is_some_and(|places| stands(id, places))) / question.weight,
            evidence: (solid / ENOUGH).min(1.0),
            side: 0.0,
            same: 0.0,
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

    /// The sentences that fit the question, the best first: by what they share with it, and by the headings above
    /// them. What stands in every sentence of the article tells nothing here: they are all about that.
    fn sentences_for(&self, question: &Question, like: &[f32], article: usize) -> Vec<usize> {
        let texts = &self.sentences[places_of(&self.sentences, article)];
        let holders = |id: TermId| texts.iter().filter(|text| text.holds(id)).count() as f32;
        let rare = |id: TermId| ((texts.len() as f32 + 1.0) / (holders(id) + 0.5)).ln().clamp(0.05, 2.0);
        let terms: Vec<(TermId, f32)> = question.terms.iter().map(|(id, tells)| (*id, tells * rare(*id))).collect();
        let headings = self.headings.of(article).start;
        let fit = |text: &Text| {
            let shared: f32 = terms.iter().filter(|(id, _)| text.holds(*id)).map(|(_, tells)| tells).sum();
            let own = 2.0 * shared / (question.weight + text.weight);
            match self.about[article].sections.get(text.part) {
                // The summary and the title say what all of it is about.
                None | Some((0, _)) => own,
                Some((section, answers)) => {
                    own + like[headings + section] * if *answers { ANSWERS } else { POINTS_OUT }
                }
            }
        };
        let mut fits: Vec<(usize, f32)> = texts.iter().map(|text| (text.part, fit(text))).collect();
        fits.retain(|(_, fit)| *fit > 0.0);
        fits.sort_by(|a, b| b.1.total_cmp(&a.1));
        fits.into_iter().map(|(part, _)| part).collect()
    }

    /// The section to tell: one whose heading is clearly nearer to the question than the title
    /// and the summary are, else the summary.
    fn section_for(&self, question: &Question, like: &[f32], article: usize) -> usize {
        let cover = |i: usize| question.shared(|id| self.section_texts[i].holds(id)) / question.weight;
        let fit = |i: usize| like[i] + cover(i);
        // Sections and headings stand in the same order, the summary first.
        let mut parts = self.headings.of(article);
        let summary = parts.next().map_or(0.0, fit);
        let best = parts.max_by(|a, b| fit(*a).total_cmp(&fit(*b)));
        best.filter(|i| fit(*i) > summary + NEARER).map_or(0, |i| self.headings.texts[i].part)
    }
}

fn first_of(text: &str) -> char {
    text.chars().next().unwrap_or_default()
}

fn last_of(text: &str) -> char {
    text.chars().next_back().unwrap_or_default()
}

/// What asks in a story.
const ASKING: &[&str] = &[
    "?",
    "吗",
    "么",
    "怎",
    "多少",
    "多久",
    "几",
    "哪",
    "啥",
    "咋",
    "能不",
    "可不",
    "会不",
    "是不",
    "有没",
    "要不要",
    "该不",
    "如何",
    "请问",
    "想问",
    "就问",
    "求",
    "可以",
    "能",
    "该",
    "算",
    "行不",
];

/// What says in a story that now it asks.
const ASKS: &[&str] =
    &["想问", "请问", "就问", "先问", "问一下", "问下", "想知道", "想晓得", "想了解", "到底", "求告诉", "请教"];

/// A story is at least so long, in characters.
const STORY: usize = 26;

/// What a question in a story must say to be read alone, in characters.
const SAYS_ENOUGH: usize = 8;

/// What a long story says that it asks, from the last such word on; nothing when that leans on the story.
pub fn asked_in_story(folded: &str) -> Option<&str> {
    let at = ASKS.iter().filter_map(|word| folded.rfind(word)).max()?;
    let (story, asked) = (folded.chars().count(), &folded[at..]);
    (story >= STORY && asked.chars().count() >= SAYS_ENOUGH && !asked.contains("这")).then_some(asked)
}

/// The clauses of a long story that ask nothing; nothing when all do, or none.
fn rest_of_story(folded: &str) -> Option<String> {
    if folded.chars().count() < STORY {
        return None;
    }
    let asks = |clause: &&str| ASKING.iter().any(|word| clause.contains(word));
    let (asking, rest): (Vec<&str>, Vec<&str>) = clauses(folded).into_iter().partition(asks);
    (!asking.is_empty() && !rest.is_empty()).then(|| rest.join(","))
}

impl Finder {
    /// How far the best candidate is before the next one that it does not itself lead to, how far it is before
    /// anything that is not ours, how much its words tell, and how much of the question stands in it. Fitted on
    /// labelled questions; see the README.
    fn confidence(&self, findings: &[Finding]) -> f32 {
        let Some((first, others)) = findings.split_first() else { return 0.0 };
        let f = &first.features;
        if first.subject >= self.articles {
            return probability(-0.63 + 0.98 * lead(first, others.first(), 3.0) + 1.67 * f.bayes);
        }
        let next = lead(first, others.iter().find(|other| !self.are_related(first.subject, other.subject)), CLEAR);
        let ours = lead(first, others.iter().find(|other| other.subject >= self.articles), FAR);
        probability(-3.15 + 1.3 * next + 0.8 * ours + 1.7 * f.evidence + 1.37 * f.cover)
    }

    /// The same for the two best candidates together.
    fn either(&self, findings: &[Finding]) -> f32 {
        let [first, second, others @ ..] = findings else { return 0.0 };
        if first.subject.max(second.subject) >= self.articles {
            return 0.0;
        }
        let most = |feature: fn(&Features) -> f32| feature(&first.features).max(feature(&second.features));
        let third = lead(first, others.first(), CLEAR);
        let ours = lead(first, others.iter().find(|other| other.subject >= self.articles), FAR);
        let known = 1.17 * most(|f| f.evidence) + 2.1 * most(|f| f.cover);
        probability(-1.8 + 1.58 * third + 0.15 * ours + known)
    }

    /// Whether any article holds a word, or all pairs, of some terms.
    pub fn reaches(&self, terms: &Terms) -> bool {
        let known = |kind: char, term: &String| self.ids.contains_key(&format!("{kind}{term}"));
        terms.words.iter().any(|word| known('w', word))
            || !terms.pairs.is_empty() && terms.pairs.iter().all(|pair| known('p', pair))
    }

    /// Whether one of two subjects leads to the other.
    fn are_related(&self, a: usize, b: usize) -> bool {
        self.about[a].next.contains(&b) || self.about[b].next.contains(&a)
    }
}

/// How far a candidate is before another, at most so far.
fn lead(first: &Finding, other: Option<&Finding>, most: f32) -> f32 {
    other.map_or(most, |other| (first.score - other.score).min(most))
}

/// The places of one subject's texts, which stand in the order of their subjects.
fn places_of(texts: &[Text], article: usize) -> std::ops::Range<usize> {
    texts.partition_point(|text| text.article < article)..texts.partition_point(|text| text.article <= article)
}

impl Texts {
    /// The texts of one subject.
    fn of(&self, article: usize) -> std::ops::Range<usize> {
        places_of(&self.texts, article)
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

/// A folded text without punctuation and blanks.
fn bare(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_taiwan(folded: &str) -> bool {
    TAIWAN.iter().any(|word| folded.contains(word))
}

impl Features {
    /// The weights were fitted on `asks` lines left out and on labelled questions; see the README.
    fn score(&self) -> f32 {
        // A line that says just this wins, whatever else speaks for others.
        6.0 * self.same + 2.0 * self.bayes + 3.0 * self.learned + 1.4 * self.head + 3.0 * self.cover + 0.4 * self.side
    }
}

/// A logistic curve.
fn probability(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}
