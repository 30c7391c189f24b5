//! What no single file can know: ids are unique, what is named exists, every fact is asked for.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use crate::{
    library::{
        amount::Amounts,
        article::Article,
        elsewhere::Elsewhere,
        fact::{Facts, Kind},
        fixed::Fixed,
        flow::{self, Flow, What},
        problem::{Problem, Report},
        scheme::Scheme,
    },
    message::Script,
    text::Language,
};

/// All content, as it was read.
pub(super) struct Whole<'a> {
    pub knowledge: &'a Path,
    pub dialogs: &'a Path,
    pub articles: &'a [(PathBuf, Article)],
    /// The `asks` of all articles, in the form that is searched.
    pub folded: &'a [Vec<String>],
    pub fixed: &'a [Fixed],
    pub elsewhere: &'a [Elsewhere],
    pub facts: &'a Facts,
    pub schemes: &'a [(PathBuf, Scheme)],
    pub flows: &'a [(PathBuf, Flow)],
    pub amounts: &'a Amounts,
    pub language: &'a Language,
}

impl Whole<'_> {
    /// Reports everything that does not fit together.
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.articles.is_empty() {
            Report::on(self.knowledge, problems).add("folder", "there is not one article here");
        }
        self.ids(problems);
        self.titles_and_asks(problems);
        self.links(problems);
        self.replies(problems);
        let lines = self.lines();
        for (file, flow) in self.flows {
            flow::check(flow, self, &lines, &mut Report::on(file, problems));
        }
        self.facts_are_asked_for(problems);
    }

    /// Whether there is an article of this id.
    pub(super) fn has_article(&self, id: &str) -> bool {
        self.articles.iter().any(|(_, article)| article.id == id)
    }

    /// A procedure by its id.
    pub(super) fn flow(&self, id: &str) -> Option<&Flow> {
        self.flows.iter().map(|(_, flow)| flow).find(|flow| flow.id == id)
    }

    /// Whether there is a scheme of this id.
    pub(super) fn has_scheme(&self, id: &str) -> bool {
        self.schemes.iter().any(|(_, scheme)| scheme.id == id)
    }

    /// Whether an id names anything that can be offered.
    pub(super) fn has(&self, id: &str) -> bool {
        self.has_article(id) || self.has_scheme(id) || self.flow(id).is_some()
    }

    /// Every title and `asks` line with its article.
    fn lines(&self) -> HashMap<String, &str> {
        let mut lines = HashMap::new();
        for ((_, article), asks) in self.articles.iter().zip(self.folded) {
            let title = self.language.fold(&article.title);
            lines.extend(asks.iter().chain([&title]).map(|line| (line.replace(' ', ""), article.id.as_str())));
        }
        lines
    }

    /// One id names one thing.
    fn ids(&self, problems: &mut Vec<Problem>) {
        let articles = self.articles.iter().map(|(file, article)| (article.id.as_str(), file));
        let schemes = self.schemes.iter().map(|(file, scheme)| (scheme.id.as_str(), file));
        let flows = self.flows.iter().map(|(file, flow)| (flow.id.as_str(), file));
        let mut seen: HashMap<&str, &PathBuf> = HashMap::new();
        for (id, file) in articles.chain(schemes).chain(flows) {
            if let Some(other) = seen.insert(id, file) {
                Report::on(file, problems).add("file name", format!("the id `{id}` is taken by {}", other.display()));
            }
        }
    }

    fn titles_and_asks(&self, problems: &mut Vec<Problem>) {
        let (mut titles, mut asks) = (HashMap::new(), HashMap::new());
        for ((file, article), folded) in self.articles.iter().zip(self.folded) {
            let mut report = Report::on(file, problems);
            if let Some(other) = titles.insert(&article.title, &article.id) {
                report.add("title", format!("the title is taken by {other}"));
            }
            for (i, ask) in folded.iter().enumerate() {
                if let Some(other) = asks.insert(ask, &article.id).filter(|other| *other != &article.id) {
                    report.add(format!("asks[{i}]"), format!("this line stands in {other} too"));
                }
            }
            for (key, text) in article.texts() {
                report.expect(!self.is_traditional(text), key, TRADITIONAL);
            }
        }
    }

    /// Whether a text is written in the script that is only spoken.
    pub(super) fn is_traditional(&self, text: &str) -> bool {
        self.language.script_of(text) == Some(Script::Hant)
    }

    /// What articles, replies and schemes lead to exists.
    fn links(&self, problems: &mut Vec<Problem>) {
        for (file, article) in self.articles {
            let mut report = Report::on(file, problems);
            for (i, next) in article.next.iter().enumerate() {
                report.expect(self.has(next), format!("next[{i}]"), format!("there is nothing called `{next}`"));
                report.expect(*next != article.id, format!("next[{i}]"), "an article cannot lead to itself");
            }
        }
        for (file, scheme) in self.schemes {
            let mut report = Report::on(file, problems);
            let article = self.has_article(&scheme.article);
            report.expect(article, "article", format!("there is no article `{}`", scheme.article));
            if let Some(flow) = scheme.flow.as_ref().filter(|flow| self.flow(flow).is_none()) {
                report.add("flow", format!("there is no procedure `{flow}`"));
            }
        }
    }

    fn replies(&self, problems: &mut Vec<Problem>) {
        let mut report = Report::on(&self.dialogs.join("fixed.toml"), problems);
        let mut names = HashSet::new();
        for row in self.fixed {
            report.expect(names.insert(&row.id), format!("fixed.{}", row.id), "this id stands here twice");
            for next in row.next.iter().filter(|next| !self.has(next)) {
                report.add(format!("fixed.{}.next", row.id), format!("there is nothing called `{next}`"));
            }
        }
        let mut report = Report::on(&self.dialogs.join("elsewhere.toml"), problems);
        for matter in self.elsewhere {
            let known = matter.reply.as_ref().is_none_or(|reply| self.fixed.iter().any(|fixed| &fixed.id == reply));
            report.expect(known, format!("elsewhere.{}.reply", matter.id), "there is no fixed reply of this id");
        }
    }

    /// A fact that nobody asks for is a mistake in whoever should ask for it.
    fn facts_are_asked_for(&self, problems: &mut Vec<Problem>) {
        let mut used: HashSet<&str> = self.schemes.iter().flat_map(|(_, scheme)| scheme.facts()).collect();
        for node in self.flows.iter().flat_map(|(_, flow)| &flow.nodes) {
            match &node.what {
                What::Ask(fact) => used.extend([fact.as_str()]),
                What::List(list) => used.extend(list.each.iter().map(String::as_str)),
                _ => {}
            }
        }
        self.facts.conflicts.iter().for_each(|conflict| conflict.when.each_fact(&mut |fact| used.extend([fact])));
        let derived = self.facts.all().filter(|fact| used.contains(fact.id.as_str())).flat_map(|fact| &fact.from);
        let derived: Vec<&str> = derived.map(String::as_str).collect();
        used.extend(derived);
        let mut report = Report::on(&self.knowledge.join("facts.toml"), problems);
        for fact in self.facts.all().filter(|fact| !fact.id.contains('/')) {
            let key = format!("fact.{}", fact.id);
            report.expect(used.contains(fact.id.as_str()), key.as_str(), "nobody asks for this fact");
            flow::check_words(fact, self, &key, &mut report);
            if let Some(function) = fact.function {
                let kinds: Vec<Kind> = fact.from.iter().filter_map(|from| Some(self.facts.get(from)?.kind)).collect();
                let fits = function.derives_from() == Some(kinds.as_slice())
                    && matches!(fact.kind, Kind::Number | Kind::Months);
                let says = "this function takes other facts, or gives another kind";
                report.expect(fits, format!("{key}.function"), says);
            }
        }
    }
}

/// What is said of text in the wrong script.
pub(super) const TRADITIONAL: &str = "this is traditional; articles are written in simplified and spoken in both";
