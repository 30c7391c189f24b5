//! What we know: articles, figures, the words of the field, and the index over them. Loaded and
//! checked once; immutable, and never failing, after that.

pub mod amount;
pub mod article;
pub mod elsewhere;
pub mod fact;
pub mod finder;
pub mod fixed;
pub mod flow;
pub mod office;
pub mod passages;
pub mod problem;
pub mod read;
pub mod reckon;
pub mod repair;
pub mod scheme;
pub mod search;
pub mod source;
pub mod terms;
mod whole;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;

use crate::{
    library::{
        amount::Amounts,
        article::Article,
        elsewhere::Elsewhere,
        fact::Facts,
        finder::{Finder, Finding, Found, Reading},
        fixed::Fixed,
        flow::{Flow, What},
        office::Office,
        problem::{Problem, Report},
        repair::Repairs,
        scheme::Scheme,
        terms::Lexicon,
        whole::Whole,
    },
    text::Language,
};

/// What a question can be about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Something we know.
    Article(&'a Article),
    /// Something we leave to others.
    Elsewhere(&'a Elsewhere),
}

/// Everything that the assistant knows.
pub struct Library {
    /// The dictionaries.
    pub language: Language,
    /// All articles, by id.
    pub articles: Vec<Article>,
    /// All figures.
    pub amounts: Amounts,
    /// Replies that never wait for search, in the order in which they are tried.
    pub fixed: Vec<Fixed>,
    /// What can be known of a person, and every question.
    pub facts: Facts,
    /// Benefits and services with their conditions.
    pub schemes: Vec<Scheme>,
    /// Procedures, and for each scheme one that only weighs it.
    pub flows: Vec<Flow>,
    /// What can be said at every question.
    pub repairs: Repairs,
    /// The counsellors' office.
    pub office: Office,
    elsewhere: Vec<Elsewhere>,
    /// Words that differ across the strait.
    pub lexicon: Lexicon,
    finder: Finder,
    by_id: HashMap<String, usize>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("articles", &self.articles.len()).finish_non_exhaustive()
    }
}

impl Library {
    /// Reads `knowledge/` and `dialogs/`, and checks them as of `today`.
    ///
    /// # Errors
    /// Every problem of every file, in the order of files.
    pub fn load(
        knowledge: &Path,
        dialogs: &Path,
        today: NaiveDate,
        mut language: Language,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let amounts = Amounts::load(&knowledge.join("amounts.toml"), &mut problems);
        let lexicon = Lexicon::load(&knowledge.join("terms.tsv"), &language, &mut problems);
        let elsewhere = elsewhere::load(&dialogs.join("elsewhere.toml"), &mut problems);
        let files = files_below(knowledge, "md", &mut problems);
        let mut fixed_problems = Vec::new();
        let (fixed, loaded, folded) = std::thread::scope(|scope| {
            // Compiling the patterns takes as long as reading all articles.
            let fixed = scope.spawn(|| Fixed::load(&dialogs.join("fixed.toml"), &language, &mut fixed_problems));
            let load = |file: PathBuf| Article::load(&file, &mut problems).map(|article| (file, article));
            let loaded: Vec<(PathBuf, Article)> = files.into_iter().filter_map(load).collect();
            let folded = fold_asks(&loaded, &elsewhere, &language);
            (fixed.join().expect("compiling patterns does not panic"), loaded, folded)
        });
        problems.append(&mut fixed_problems);
        for (file, article) in &loaded {
            article.check(&amounts, today, &mut Report::on(file, &mut problems));
        }
        let mut facts = Facts::load(&knowledge.join("facts.toml"), &language, &amounts, &mut problems);
        let repairs = Repairs::load(&dialogs.join("repair.toml"), &language, &mut problems);
        let office = Office::load(&knowledge.join("office.toml"), &language, &mut problems);
        let schemes: Vec<(PathBuf, Scheme)> = files_below(&knowledge.join("schemes"), "toml", &mut problems)
            .into_iter()
            .filter_map(|file| Scheme::load(&file, &facts, &amounts, &mut problems).map(|scheme| (file, scheme)))
            .collect();
        let flows: Vec<(PathBuf, Flow)> = flow_files(dialogs, &mut problems)
            .into_iter()
            .filter_map(|file| Flow::load(&file, &language, &mut facts, &mut problems).map(|flow| (file, flow)))
            .collect();
        let whole = Whole {
            knowledge,
            dialogs,
            articles: &loaded,
            folded: &folded,
            fixed: &fixed,
            elsewhere: &elsewhere,
            facts: &facts,
            schemes: &schemes,
            flows: &flows,
            amounts: &amounts,
            language: &language,
        };
        whole.check(&mut problems);
        office.check(&whole, &mut Report::on(&knowledge.join("office.toml"), &mut problems));
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(problems);
        }
        lexicon.words().for_each(|word| language.learn(word));
        let articles: Vec<Article> = loaded.into_iter().map(|(_, article)| article).collect();
        let by_id = articles.iter().enumerate().map(|(i, article)| (article.id.clone(), i)).collect();
        let finder = Finder::build(&articles, &folded, &language, &lexicon);
        let schemes: Vec<Scheme> = schemes.into_iter().map(|(_, scheme)| scheme).collect();
        let weighing = schemes.iter().map(|scheme| Flow::to_weigh(&scheme.id, &scheme.title, &scheme.article));
        let flows = flows.into_iter().map(|(_, flow)| flow).chain(weighing).collect();
        Ok(Self {
            language,
            articles,
            amounts,
            fixed,
            facts,
            schemes,
            flows,
            repairs,
            office,
            elsewhere,
            lexicon,
            finder,
            by_id,
        })
    }

    /// A scheme by its id.
    pub fn scheme(&self, id: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.id == id)
    }

    /// A procedure by its id, or by the id of the scheme that it weighs.
    pub fn flow(&self, id: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id == id)
    }

    /// Every fact and question that a procedure can ask for, those of its lists left out; derived
    /// facts as they are named.
    pub fn asked_by(&self, flow: &Flow) -> Vec<String> {
        let mut asked = Vec::new();
        for node in &flow.nodes {
            match &node.what {
                What::Ask(key) => asked.push(key.clone()),
                What::Weigh { schemes, asks: true } => {
                    let schemes = schemes.iter().filter_map(|id| self.scheme(id));
                    asked.extend(schemes.flat_map(Scheme::facts).map(str::to_owned));
                }
                What::Run(other) => {
                    asked.extend(self.flow(other).map(|other| self.asked_by(other)).unwrap_or_default())
                }
                _ => {}
            }
        }
        asked
    }

    /// The procedures that are offered under an article: its own first, then the schemes that it
    /// explains and that have no procedure.
    pub fn offered_under(&self, article: &str) -> Vec<&str> {
        let flows =
            self.flows.iter().filter(|flow| !flow.names.is_empty() && flow.about.iter().any(|about| about == article));
        let schemes = self.schemes.iter().filter(|scheme| scheme.article == article && scheme.flow.is_none());
        flows.map(|flow| flow.id.as_str()).chain(schemes.map(|scheme| scheme.id.as_str())).collect()
    }

    /// An article by its id.
    pub fn article(&self, id: &str) -> Option<&Article> {
        self.by_id.get(id).map(|i| &self.articles[*i])
    }

    /// What a finding is about.
    pub fn subject(&self, finding: &Finding) -> Subject<'_> {
        match self.articles.get(finding.subject) {
            Some(article) => Subject::Article(article),
            None => Subject::Elsewhere(&self.elsewhere[finding.subject - self.articles.len()]),
        }
    }

    /// The fixed reply to a matter, if it has one.
    pub fn reply_for(&self, matter: &Elsewhere) -> Option<&Fixed> {
        self.fixed.iter().find(|fixed| matter.reply.as_ref() == Some(&fixed.id))
    }

    /// The name of what a finding is about.
    pub fn name_of(&self, finding: &Finding) -> &str {
        match self.subject(finding) {
            Subject::Article(article) => &article.id,
            Subject::Elsewhere(elsewhere) => &elsewhere.id,
        }
    }

    /// Reads a question and finds what answers it. What a long story says that it asks is read alone where that
    /// makes us surer of an article; but danger, and a wish for a person, is heard anywhere in it.
    pub fn find(&self, question: &str) -> (Reading, Found) {
        let read = |text: &str| {
            let reading = self.read(text);
            let found = self.finder.find(&reading, None);
            (reading, found)
        };
        let (reading, found) = read(question);
        if let Some(asked) = finder::asked_in_story(&reading.folded).filter(|_| !self.calls(&found)) {
            let (asked, alone) = read(asked);
            let ours = alone.findings.first().map(|first| self.subject(first));
            if alone.confidence > found.confidence && matches!(ours, Some(Subject::Article(_))) {
                return (asked, alone);
            }
        }
        (reading, found)
    }

    /// Whether what was found first is danger, or a wish for a person: a matter that has a reply of its own.
    pub fn calls(&self, found: &Found) -> bool {
        let first = found.findings.first().map(|first| self.subject(first));
        matches!(first, Some(Subject::Elsewhere(matter)) if matter.reply.is_some())
    }

    fn read(&self, text: &str) -> Reading {
        self.finder.read(text, &self.language, &self.lexicon)
    }

    /// What answers a question that follows on another, to which an article was told; nothing when there is no
    /// such article any more.
    pub fn find_after(&self, before: &str, told: &str, question: Reading) -> Option<Found> {
        let before = self.read(before);
        Some(self.finder.find(&question.following(*self.by_id.get(told)?, before), None))
    }

    /// What a line of `asks` finds when that line itself is left out; `parts` are the finder's.
    pub fn find_without(&self, question: &str, line: finder::AskLine, parts: &finder::Parts) -> Found {
        self.finder.find(&self.read(question), Some((line, parts)))
    }

    /// See [`Finder::parts`].
    pub fn parts(&self) -> finder::Parts {
        self.finder.parts()
    }

    /// What is worth a look though nothing is wrong: what is overdue, `asks` lines that another article wins,
    /// articles that compete for the same questions or that none finds, and words that lead nowhere.
    pub fn warnings(&self, today: NaiveDate) -> Vec<Problem> {
        let mut warnings = self.overdue(today);
        let parts = self.parts();
        for (i, article) in self.articles.iter().enumerate() {
            let mut warn = |key: String, says: String| {
                warnings.push(Problem { file: format!("{}.md", article.id), key, says });
            };
            for (line, ask) in article.asks.iter().enumerate() {
                let (_, found) = self.find(ask);
                match found.findings.first() {
                    Some(first) if first.subject == i => {}
                    Some(first) => {
                        warn(format!("asks[{line}]"), format!("`{ask}` finds {} instead", self.name_of(first)))
                    }
                    None => warn(format!("asks[{line}]"), format!("`{ask}` finds nothing")),
                }
            }
            // As if nobody had thought of the question.
            let mut instead: BTreeMap<String, usize> = BTreeMap::new();
            let lines: Vec<usize> = (0..article.asks.len()).step_by(SAMPLE).collect();
            for line in &lines {
                let found = self.find_without(&article.asks[*line], (i, *line), &parts);
                if let Some(first) = found.findings.first().filter(|first| first.subject != i) {
                    *instead.entry(self.name_of(first).to_owned()).or_default() += 1;
                }
            }
            let found = lines.len() - instead.values().sum::<usize>();
            if found * 2 < lines.len() {
                warn("asks".into(), format!("only {found} of {} questions find it when they are new", lines.len()));
            }
            for (other, times) in instead.into_iter().filter(|(_, times)| times * 4 > lines.len()) {
                warn(
                    "asks".into(),
                    format!("{times} of {} questions find {other} when they are new: tell the two apart", lines.len()),
                );
            }
        }
        let nowhere: Vec<&str> =
            self.lexicon.rows().filter(|(_, terms)| !self.reach(terms)).map(|(word, _)| word).collect();
        if !nowhere.is_empty() {
            let says = format!(
                "{} words lead to no article, such as {}",
                nowhere.len(),
                nowhere[..nowhere.len().min(8)].join(", ")
            );
            warnings.push(Problem { file: "terms.tsv".into(), key: "mainland".into(), says });
        }
        warnings
    }

    /// Whether any article holds one of some terms.
    fn reach(&self, terms: &[String]) -> bool {
        terms.iter().any(|term| self.finder.reaches(&self.language.terms(term)))
    }

    /// What the calendar asks for: reviews that are due, and holidays that are not entered.
    pub fn overdue(&self, today: NaiveDate) -> Vec<Problem> {
        let mut overdue = self.office.warnings(today, |id| self.article(id).map(|article| article.as_of));
        let due = self.articles.iter().filter(|article| article.review_by < today);
        overdue.extend(due.map(|article| Problem {
            file: format!("{}.md", article.id),
            key: "review_by".into(),
            says: format!("the review was due on {}", article.review_by),
        }));
        overdue
    }
}

/// Every so many lines are tried as if they were new.
const SAMPLE: usize = 3;

/// The `asks` of all articles, then of what is not ours, in the form that is searched.
fn fold_asks(loaded: &[(PathBuf, Article)], elsewhere: &[Elsewhere], language: &Language) -> Vec<Vec<String>> {
    let asks = loaded.iter().map(|(_, article)| &article.asks).chain(elsewhere.iter().map(|matter| &matter.asks));
    let asks: Vec<&Vec<String>> = asks.collect();
    let texts: Vec<&str> = asks.iter().flat_map(|asks| asks.iter().map(String::as_str)).collect();
    let mut folded = language.fold_all(&texts).into_iter();
    asks.iter().map(|asks| folded.by_ref().take(asks.len()).collect()).collect()
}

/// Every procedure's file: whatever is not one of the lists beside them.
fn flow_files(dialogs: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let mut files = files_below(dialogs, "toml", problems);
    files.retain(|file| {
        !["fixed", "elsewhere", "repair"].iter().any(|name| file.file_stem().is_some_and(|stem| stem == *name))
    });
    files
}

/// Every file below a folder whose name ends so, by name.
fn files_below(folder: &Path, extension: &str, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            Report::on(folder, problems).add("folder", format!("cannot be read: {error}"));
            return vec![];
        }
    };
    let mut files = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            files.extend(files_below(&path, extension, problems));
        } else if path.extension().is_some_and(|own| own == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}
