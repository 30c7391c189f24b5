//! Finds the article, and the place in it, that answers a question; and says how sure it is.
//!
//! Two indexes give candidates: one over the `asks` lines, one over the sections (the summary is
//! section zero). A candidate's features are few and can be read in `ask --explain`; a weighted
//! sum of them is its score, and a logistic curve over the best candidate's is the confidence.

use std::collections::{HashMap, HashSet};

use crate::{
    library::{article::Article, search::TextIndex, terms::Lexicon},
    text::{Language, words::Terms},
};

/// How many texts of each index become candidates.
const CANDIDATES: usize = 40;

/// A question of this many characters or more may be a story: its clauses are read one by one too.
const STORY: usize = 18;

/// How many clauses of a story are read.
const CLAUSES: usize = 12;

/// Words that make a question, or an article, one about people from Taiwan.
const TAIWAN: &[&str] = &["台湾", "台胞", "台生", "台青", "台籍", "台人", "台企", "台商", "台干", "台企", "台陆通"];

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

/// What speaks for a candidate, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Features {
    /// Likeness of the nearest `asks` line: what both share against all of both.
    pub ask: f32,
    /// How much of the question the nearest `asks` line covers.
    pub ask_cover: f32,
    /// How much of the question the title, the summary and all `asks` cover together.
    pub own: f32,
    /// How much of the question the whole article covers.
    pub cover: f32,
    /// BM25 of the best section against the best of all sections.
    pub section: f32,
    /// BM25 of the best `asks` line against the best of all lines.
    pub line: f32,
    /// Whether both are about people from Taiwan, or neither is.
    pub side: f32,
}

/// A candidate: an article, the section that fits best, and why.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// The article's place in the library.
    pub article: usize,
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

/// One text that was indexed: where it stands, what its terms are, and what they tell together.
struct Text {
    article: usize,
    part: usize,
    terms: HashSet<TermId>,
    weight: f32,
}

/// Where in an article a term stands.
#[derive(Clone, Copy, Default)]
struct Places {
    /// In so many `asks` lines.
    lines: u16,
    /// In the title or the summary.
    title: bool,
    /// In a section.
    body: bool,
}

/// The indexes over all articles.
pub struct Finder {
    lines: TextIndex,
    line_texts: Vec<Text>,
    sections: TextIndex,
    section_texts: Vec<Text>,
    /// What each section is headed by (the summary by the title), in the order of `sections`.
    headings: Vec<Text>,
    ids: HashMap<String, TermId>,
    /// What each term tells: rare ones much, terms of every article little.
    tells: Vec<f32>,
    /// What a term tells that stands in no article.
    unknown: f32,
    places: Vec<HashMap<TermId, Places>>,
    taiwan: Vec<bool>,
}

/// A place (article, part) and the terms of its text.
type Part = ((usize, usize), Terms);

impl Finder {
    /// Indexes articles.
    pub fn build(articles: &[Article], language: &Language) -> Self {
        let terms = |text: &str| language.terms(&language.fold(text));
        let (mut lines, mut sections, mut headings): (Vec<Part>, Vec<Part>, Vec<Part>) = (vec![], vec![], vec![]);
        for (i, article) in articles.iter().enumerate() {
            lines.extend(article.asks.iter().enumerate().map(|(part, ask)| ((i, part), terms(ask))));
            sections.push(((i, 0), terms(&format!("{} {}", article.title, article.summary))));
            headings.push(((i, 0), terms(&article.title)));
            for (part, section) in article.sections.iter().enumerate() {
                let text = format!("{} {} {} {}", article.title, section.heading, section.answer, section.points.join(" "));
                sections.push(((i, part + 1), terms(&text)));
                headings.push(((i, part + 1), terms(&section.heading)));
            }
        }
        let mut finder = Self {
            lines: TextIndex::build(lines.iter().map(|(_, terms)| terms)),
            line_texts: vec![],
            sections: TextIndex::build(sections.iter().map(|(_, terms)| terms)),
            section_texts: vec![],
            headings: vec![],
            ids: HashMap::new(),
            tells: vec![],
            unknown: 0.0,
            places: vec![HashMap::new(); articles.len()],
            taiwan: articles.iter().map(|article| is_taiwan(&article.title) || article.topic == "taiwan").collect(),
        };
        finder.count(&lines, |places| places.lines += 1);
        finder.count(sections.iter().filter(|((_, part), _)| *part == 0), |places| places.title = true);
        finder.count(&sections, |places| places.body = true);
        finder.weigh_terms();
        finder.line_texts = finder.texts(&lines);
        finder.section_texts = finder.texts(&sections);
        finder.headings = finder.texts(&headings);
        finder
    }

    /// Notes where the terms of some parts stand.
    fn count<'a>(&mut self, parts: impl IntoIterator<Item = &'a Part>, note: impl Fn(&mut Places)) {
        for ((article, _), terms) in parts {
            for key in keys(terms).collect::<HashSet<_>>() {
                let new = TermId::try_from(self.ids.len()).unwrap_or(TermId::MAX);
                let id = *self.ids.entry(key).or_insert(new);
                note(self.places[*article].entry(id).or_default());
            }
        }
    }

    /// Pairs and words carry the sense; characters only mend what those miss.
    fn weigh_terms(&mut self) {
        let mut holders = vec![0_u32; self.ids.len()];
        for id in self.places.iter().flat_map(HashMap::keys) {
            holders[*id as usize] += 1;
        }
        let articles = self.places.len() as f32;
        let rarity = |holders: u32| ((articles + 1.0) / (holders as f32 + 0.5)).ln().max(0.05);
        self.tells = vec![0.0; self.ids.len()];
        for (key, id) in &self.ids {
            self.tells[*id as usize] = rarity(holders[*id as usize]) * kind_weight(key);
        }
        // A word of no article at all says that the question may be about something else; but
        // names and slips are such words too, so it counts like a word of a few articles.
        self.unknown = rarity(2);
    }

    fn texts(&self, parts: &[Part]) -> Vec<Text> {
        let text = |((article, part), terms): &Part| {
            let terms: HashSet<TermId> = keys(terms).filter_map(|key| self.ids.get(&key).copied()).collect();
            let weight = terms.iter().map(|id| self.tells[*id as usize]).sum();
            Text { article: *article, part: *part, weight, terms }
        };
        parts.iter().map(text).collect()
    }

    /// Reads a question.
    pub fn read(&self, question: &str, language: &Language, lexicon: &Lexicon) -> Reading {
        let folded = language.fold(question);
        let terms = language.terms(&folded);
        let widened: Vec<_> = lexicon.widen(&folded).into_iter().map(|(word, to)| (word.to_owned(), to.to_vec())).collect();
        let more = language.terms(&widened.iter().flat_map(|(_, to)| to).cloned().collect::<Vec<_>>().join(" "));
        Reading { folded, terms, widened, more }
    }

    /// The candidates for a question. `without` leaves one `asks` line out, as if it were not
    /// there: that is how we measure what questions that nobody has thought of will find.
    pub fn find(&self, reading: &Reading, language: &Language, lexicon: &Lexicon, without: Option<AskLine>) -> Found {
        let mut best = self.find_whole(reading, without);
        let length = reading.folded.chars().count();
        if length >= STORY {
            let clauses = reading.folded.split(['。', '，', ',', '!', '?', ';', '；', '\n', ' ', '、', ':']);
            let clauses = clauses.filter(|clause| (4..length).contains(&clause.chars().count()));
            // The question is more often at the end of a story than at its beginning.
            for clause in clauses.rev().take(CLAUSES) {
                let found = self.find_whole(&self.read(clause, language, lexicon), without);
                // A clause is only part of what was said, so it must be clearly nearer.
                if found.confidence * 0.9 > best.confidence {
                    best = Found { confidence: found.confidence * 0.9, ..found };
                }
            }
        }
        best
    }

    fn find_whole(&self, reading: &Reading, without: Option<AskLine>) -> Found {
        let question = Question::new(self, reading);
        let mut candidates: HashMap<usize, Finding> = HashMap::new();
        let new = |article| Finding { article, section: 0, features: Features::default(), score: 0.0 };

        let hits = self.sections.search(&reading.terms, &reading.more, CANDIDATES);
        let top = hits.first().map_or(1.0, |hit| hit.score);
        for hit in &hits {
            let text = &self.section_texts[hit.text];
            let features = &mut candidates.entry(text.article).or_insert_with(|| new(text.article)).features;
            features.section = features.section.max(hit.score / top);
        }
        let left_out = |text: &Text| without == Some((text.article, text.part));
        let mut hits = self.lines.search(&reading.terms, &reading.more, CANDIDATES);
        hits.retain(|hit| !left_out(&self.line_texts[hit.text]));
        let top = hits.first().map_or(1.0, |hit| hit.score);
        for hit in &hits {
            let text = &self.line_texts[hit.text];
            let features = &mut candidates.entry(text.article).or_insert_with(|| new(text.article)).features;
            features.line = features.line.max(hit.score / top);
            let shared = question.shared(|id| text.terms.contains(&id));
            features.ask_cover = features.ask_cover.max(shared / question.weight);
            features.ask = features.ask.max(2.0 * shared / (question.weight + text.weight));
        }
        let taiwan = is_taiwan(&reading.folded);
        let mut findings: Vec<Finding> = candidates.into_values().collect();
        for finding in &mut findings {
            let missing = self.line_texts.iter().find(|text| left_out(text) && text.article == finding.article);
            let places = &self.places[finding.article];
            let lines = |id: TermId, places: &Places| places.lines > u16::from(missing.is_some_and(|text| text.terms.contains(&id)));
            let own = question.shared(|id| places.get(&id).is_some_and(|places| places.title || lines(id, places)));
            let cover = question.shared(|id| places.get(&id).is_some_and(|places| places.title || places.body || lines(id, places)));
            finding.features.own = own / question.weight;
            finding.features.cover = cover / question.weight;
            finding.features.side = if taiwan == self.taiwan[finding.article] { 1.0 } else { 0.0 };
            finding.score = finding.features.score();
        }
        findings.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
        findings.truncate(6);
        for finding in &mut findings {
            finding.section = self.section_for(&question, finding.article);
        }
        let confidence = confidence(&findings);
        Found { findings, confidence }
    }

    /// The section to tell: one whose heading is clearly nearer to the question than the title
    /// and the summary are, else the summary.
    fn section_for(&self, question: &Question, article: usize) -> usize {
        let likeness = |text: &Text| 2.0 * question.shared(|id| text.terms.contains(&id)) / (question.weight + text.weight);
        let cover = |text: &Text| question.shared(|id| text.terms.contains(&id)) / question.weight;
        let fit = |(heading, body): &(&Text, &Text)| likeness(heading) + cover(body);
        let own = |(heading, _): &(&Text, &Text)| heading.article == article;
        let parts: Vec<_> = self.headings.iter().zip(&self.section_texts).filter(own).collect();
        let summary = parts.first().map_or(0.0, fit);
        let best = parts.iter().skip(1).max_by(|a, b| fit(a).total_cmp(&fit(b)));
        best.filter(|part| fit(part) > summary + 0.15).map_or(0, |(heading, _)| heading.part)
    }
}

/// A question's terms, each with what it tells.
struct Question {
    terms: Vec<(TermId, f32)>,
    /// What the lexicon added: worth less than what was written.
    more: Vec<(TermId, f32)>,
    /// What all terms tell together, unknown ones included.
    weight: f32,
}

impl Question {
    fn new(finder: &Finder, reading: &Reading) -> Self {
        let (mut terms, mut weight) = (Vec::new(), 0.1);
        let asked: HashSet<String> = keys(&reading.terms).collect();
        for key in &asked {
            let id = finder.ids.get(key).copied();
            let tells = id.map_or(finder.unknown * kind_weight(key), |id| finder.tells[id as usize]);
            weight += tells;
            terms.extend(id.map(|id| (id, tells)));
        }
        let more: HashSet<String> = keys(&reading.more).filter(|key| !asked.contains(key)).collect();
        let more = more.iter().filter_map(|key| finder.ids.get(key)).map(|id| (*id, finder.tells[*id as usize] * 0.7)).collect();
        Self { terms, more, weight }
    }

    /// How much of the question stands where `stands` says.
    fn shared(&self, stands: impl Fn(TermId) -> bool) -> f32 {
        let sum = self.terms.iter().chain(&self.more).filter(|(id, _)| stands(*id)).map(|(_, tells)| tells).sum::<f32>();
        sum.min(self.weight)
    }
}

/// Terms of all three kinds, told apart by their first letter.
fn keys(terms: &Terms) -> impl Iterator<Item = String> {
    let kind = |kind: char, terms: &Vec<String>| terms.iter().map(move |term| format!("{kind}{term}")).collect::<Vec<_>>();
    kind('w', &terms.words).into_iter().chain(kind('p', &terms.pairs)).chain(kind('c', &terms.chars))
}

fn kind_weight(key: &str) -> f32 {
    if key.starts_with('c') { 0.4 } else { 1.0 }
}

fn is_taiwan(folded: &str) -> bool {
    TAIWAN.iter().any(|word| folded.contains(word))
}

impl Features {
    /// The weights were chosen on leave-one-out of all `asks` lines and half of our questions.
    fn score(&self) -> f32 {
        1.0 * self.ask + 0.5 * self.ask_cover + 0.6 * self.own + 0.5 * self.cover + 0.35 * self.section + 0.25 * self.line + 0.3 * self.side
    }
}

/// A logistic curve over the best candidate's features and its lead over the next article.
fn confidence(findings: &[Finding]) -> f32 {
    let Some(first) = findings.first() else { return 0.0 };
    let lead = findings.get(1).map_or(first.score, |second| first.score - second.score);
    let f = first.features;
    let z = -4.0 + 3.0 * f.ask + 2.0 * f.own + 2.0 * f.cover + 3.0 * lead.min(0.6);
    1.0 / (1.0 + (-z).exp())
}
