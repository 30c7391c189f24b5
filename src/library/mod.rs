//! What we know: articles, figures, the words of the field, and the index over them. Loaded and
//! checked once; immutable, and never failing, after that.

pub mod amount;
pub mod article;
pub mod elsewhere;
pub mod finder;
pub mod fixed;
pub mod problem;
pub mod read;
pub mod search;
pub mod source;
pub mod terms;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;

use crate::{
    library::{
        amount::Amounts,
        article::Article,
        elsewhere::Elsewhere,
        finder::{Finder, Finding, Found, Reading},
        fixed::Fixed,
        problem::{Problem, Report},
        terms::Lexicon,
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
    elsewhere: Vec<Elsewhere>,
    lexicon: Lexicon,
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
        let files = markdown_files(knowledge, &mut problems);
        let mut fixed_problems = Vec::new();
        let (fixed, loaded, folded) = std::thread::scope(|scope| {
            // Compiling the patterns takes as long as reading all articles.
            let fixed = scope.spawn(|| Fixed::load(&dialogs.join("fixed.toml"), &language, &mut fixed_problems));
            let loaded: Vec<_> =
                files.iter().filter_map(|file| Some((file, Article::load(file, &mut problems)?))).collect();
            let folded = fold_asks(&loaded, &elsewhere, &language);
            (fixed.join().expect("compiling patterns does not panic"), loaded, folded)
        });
        problems.append(&mut fixed_problems);
        for (file, article) in &loaded {
            article.check(&amounts, today, &mut Report::on(file, &mut problems));
        }
        check_together(&loaded, &files, &fixed, &folded, dialogs, &language, &mut problems);
        for matter in &elsewhere {
            let known = matter.reply.as_ref().is_none_or(|reply| fixed.iter().any(|fixed| &fixed.id == reply));
            let mut report = Report::on(&dialogs.join("elsewhere.toml"), &mut problems);
            report.expect(known, format!("elsewhere.{}.reply", matter.id), "there is no fixed reply of this id");
        }
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(problems);
        }
        lexicon.words().for_each(|word| language.learn(word));
        let articles: Vec<Article> = loaded.into_iter().map(|(_, article)| article).collect();
        let by_id = articles.iter().enumerate().map(|(i, article)| (article.id.clone(), i)).collect();
        let finder = Finder::build(&articles, &folded, &language, &lexicon);
        Ok(Self { language, articles, amounts, fixed, elsewhere, lexicon, finder, by_id })
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

    /// Reads a question and finds what answers it.
    pub fn find(&self, question: &str) -> (Reading, Found) {
        let reading = self.finder.read(question, &self.language, &self.lexicon);
        let found = self.finder.find(&reading, None);
        (reading, found)
    }

    /// What a line of `asks` finds when that line itself is left out.
    pub fn find_without(&self, question: &str, line: finder::AskLine) -> Found {
        let reading = self.finder.read(question, &self.language, &self.lexicon);
        self.finder.find(&reading, Some(line))
    }

    /// What is worth a look though nothing is wrong: overdue reviews, and `asks` lines that
    /// another article wins.
    pub fn warnings(&self, today: NaiveDate) -> Vec<Problem> {
        let mut warnings = Vec::new();
        for (i, article) in self.articles.iter().enumerate() {
            let mut warn =
                |key: String, says: String| warnings.push(Problem { file: format!("{}.md", article.id), key, says });
            if article.review_by < today {
                warn("review_by".into(), format!("the review was due on {}", article.review_by));
            }
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
        }
        warnings
    }
}

/// The `asks` of all articles, then of what is not ours, in the form that is searched.
fn fold_asks(loaded: &[(&PathBuf, Article)], elsewhere: &[Elsewhere], language: &Language) -> Vec<Vec<String>> {
    let asks = loaded.iter().map(|(_, article)| &article.asks).chain(elsewhere.iter().map(|matter| &matter.asks));
    let asks: Vec<&Vec<String>> = asks.collect();
    let texts: Vec<&str> = asks.iter().flat_map(|asks| asks.iter().map(String::as_str)).collect();
    let mut folded = language.fold_all(&texts).into_iter();
    asks.iter().map(|asks| folded.by_ref().take(asks.len()).collect()).collect()
}

/// Every `.md` file below a folder, by name.
fn markdown_files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
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
            files.extend(markdown_files(&path, problems));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Checks what one file cannot know: ids and titles are unique, `next` exists, text is simplified.
fn check_together(
    loaded: &[(&PathBuf, Article)],
    files: &[PathBuf],
    fixed: &[Fixed],
    folded: &[Vec<String>],
    dialogs: &Path,
    language: &Language,
    problems: &mut Vec<Problem>,
) {
    let ids: HashSet<&str> = loaded.iter().map(|(_, article)| article.id.as_str()).collect();
    if files.is_empty() {
        problems.push(Problem {
            file: "knowledge".into(),
            key: "folder".into(),
            says: "there is not one article here".into(),
        });
    }
    let (mut seen, mut titles, mut asks) = (HashMap::new(), HashMap::new(), HashMap::new());
    for ((file, article), folded) in loaded.iter().zip(folded) {
        let mut report = Report::on(file, problems);
        if let Some(other) = seen.insert(&article.id, *file) {
            report.add("file name", format!("the id `{}` is taken by {}", article.id, other.display()));
        }
        if let Some(other) = titles.insert(&article.title, &article.id) {
            report.add("title", format!("the title is taken by {other}"));
        }
        for (i, ask) in folded.iter().enumerate() {
            if let Some(other) = asks.insert(ask, &article.id).filter(|other| *other != &article.id) {
                report.add(format!("asks[{i}]"), format!("this line stands in {other} too"));
            }
        }
        for (i, next) in article.next.iter().enumerate() {
            report.expect(
                ids.contains(next.as_str()),
                format!("next[{i}]"),
                format!("there is nothing called `{next}`"),
            );
            report.expect(*next != article.id, format!("next[{i}]"), "an article cannot lead to itself");
        }
        for (key, text) in article.texts() {
            let simplified = language.script_of(text) != Some(crate::message::Script::Hant);
            report.expect(
                simplified,
                key,
                "this is traditional; articles are written in simplified and spoken in both",
            );
        }
    }
    let mut report = Report::on(&dialogs.join("fixed.toml"), problems);
    let mut names = HashSet::new();
    for row in fixed {
        report.expect(names.insert(&row.id), format!("fixed.{}", row.id), "this id stands here twice");
        for next in &row.next {
            report.expect(
                ids.contains(next.as_str()),
                format!("fixed.{}.next", row.id),
                format!("there is nothing called `{next}`"),
            );
        }
    }
}
