//! Words that differ across the strait, as data: `terms.tsv`. A term widens a question; it never
//! silently replaces what a person wrote.

use std::path::Path;

use rustc_hash::FxHashMap as HashMap;

use crate::{
    library::{
        problem::{Problem, Report},
        read,
    },
    text::Language,
};

/// Every way of saying a thing, with the mainland terms that it leads to.
#[derive(Default)]
pub struct Lexicon {
    /// Folded surface form → folded mainland terms.
    leads_to: HashMap<String, Vec<String>>,
    /// Folded Taiwan word → the word as a reply may name it, and the mainland terms beside which it stands.
    says: HashMap<String, (String, Vec<String>)>,
    /// The longest surface form, in characters.
    longest: usize,
}

/// The columns of the file.
const COLUMNS: [&str; 5] = ["concept", "mainland", "taiwan", "variants", "say"];

impl Lexicon {
    /// Reads the table: tab-separated, `|` between words, one heading line.
    pub fn load(file: &Path, language: &Language, problems: &mut Vec<Problem>) -> Self {
        let Some(text) = read::text_of(file, problems) else { return Self::default() };
        let mut report = Report::on(file, problems);
        let mut lines = text.lines().enumerate();
        let heading = lines.next().map(|(_, line)| line.split('\t').collect::<Vec<_>>()).unwrap_or_default();
        report.expect(heading == COLUMNS, "line 1", format!("the columns are {}", COLUMNS.join(", ")));
        let mut lexicon = Self::default();
        for (i, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, mainland, taiwan, variants, say] = cells[..] else {
                report.add(format!("line {}", i + 1), format!("a row has the columns {}", COLUMNS.join(", ")));
                continue;
            };
            let list = |cell: &str| {
                cell.split('|').map(|word| language.fold(word)).filter(|word| !word.is_empty()).collect::<Vec<_>>()
            };
            let mainland = list(mainland);
            report.expect(!mainland.is_empty(), format!("line {}", i + 1), "a row needs its mainland term");
            if !say.is_empty() {
                lexicon.says.insert(language.fold(say), (say.to_owned(), mainland.clone()));
            }
            for surface in list(taiwan).into_iter().chain(list(variants)) {
                lexicon.add(surface, &mainland);
            }
        }
        lexicon
    }

    fn add(&mut self, surface: String, mainland: &[String]) {
        // One character alone says too little.
        if surface.chars().count() < 2 {
            return;
        }
        self.longest = self.longest.max(surface.chars().count());
        let leads_to = self.leads_to.entry(surface).or_default();
        for term in mainland {
            if !leads_to.contains(term) {
                leads_to.push(term.clone());
            }
        }
    }

    /// The Taiwan words in a folded question that a reply may name, each with the mainland terms that it stands for.
    pub fn says(&self, folded: &str) -> Vec<&(String, Vec<String>)> {
        let mut found: Vec<_> = self.says.iter().filter(|(word, _)| folded.contains(word.as_str())).collect();
        // The longest word first: 失業給付 before 給付.
        found.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(b.0)));
        found.into_iter().map(|(_, say)| say).collect()
    }

    /// All ways of saying things, each with its mainland terms.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.leads_to.iter().map(|(surface, terms)| (surface.as_str(), terms.as_slice()))
    }

    /// All words of the table, so that they can be learnt as words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.leads_to.iter().flat_map(|(surface, terms)| terms.iter().chain([surface])).map(String::as_str)
    }

    /// The mainland terms that the words of a folded question lead to, longest words first, each
    /// part of the question read once.
    pub fn widen(&self, folded: &str) -> Vec<(&str, &[String])> {
        let places: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
        let mut found = Vec::new();
        let mut from = 0;
        while from + 1 < places.len() {
            let most = (places.len() - 1 - from).min(self.longest);
            let hit = (2..=most).rev().find_map(|length| {
                self.leads_to.get_key_value(&folded[places[from]..places[from + length]]).map(|hit| (length, hit))
            });
            match hit {
                Some((length, (surface, terms))) => {
                    found.push((surface.as_str(), terms.as_slice()));
                    from += length;
                }
                None => from += 1,
            }
        }
        found
    }
}
