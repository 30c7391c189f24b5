//! A question's terms and what they are worth.

use rustc_hash::FxHashSet as HashSet;

use crate::{
    library::finder::{Finder, Reading, TermId},
    text::{Language, words::Terms},
};

/// A question's terms, each with what it tells.
pub(super) struct Question {
    /// Terms of our articles; what the lexicon added is worth less than what was written.
    pub(super) terms: Vec<(TermId, f32)>,
    /// What all terms tell together, unknown ones included.
    pub(super) weight: f32,
    /// The words and pairs among them.
    pub(super) solid: Vec<(TermId, f32)>,
    pub(super) solid_weight: f32,
    /// The same terms, with their shares in the Bayes feature.
    pub(super) bayes: Vec<(TermId, f32)>,
    pub(super) bayes_weight: f32,
}

/// What a term is worth that the lexicon added.
const ADDED: f32 = 0.7;

/// What a term is worth of a story around a question.
const REST: f32 = 0.4;

impl Question {
    /// `before` is what a term is worth of the question before.
    pub(super) fn new(finder: &Finder, reading: &Reading, before: f32) -> Self {
        let mut question =
            Self { terms: vec![], weight: 0.1, solid: vec![], solid_weight: 0.1, bayes: vec![], bayes_weight: 1.0 };
        let asked = keys(&reading.terms);
        let mut more = keys(&reading.more);
        more.retain(|key| !asked.contains(key));
        let rest = reading.rest.as_ref().map(keys).unwrap_or_default();
        let worth = |key: &String| if rest.contains(key) { REST } else { 1.0 };
        for key in &asked {
            let worth = worth(key);
            let tells = finder.ids.get(key).map_or(finder.unknown * kind(key).tells, |id| finder.tells[*id as usize]);
            question.weight += tells * worth;
            question.solid_weight += if kind(key).solid { tells * worth } else { 0.0 };
            question.bayes_weight += kind(key).tells * worth;
        }
        let earlier = reading.after.as_ref().map(|(_, terms)| keys(terms)).unwrap_or_default();
        let earlier: Vec<&String> =
            earlier.iter().filter(|key| !asked.contains(*key) && !more.contains(*key)).collect();
        let asked = asked.iter().map(|key| (key, worth(key)));
        for (key, worth) in
            asked.chain(more.iter().map(|key| (key, ADDED))).chain(earlier.into_iter().map(|key| (key, before)))
        {
            if let Some(id) = finder.ids.get(key) {
                question.terms.push((*id, finder.tells[*id as usize] * worth));
                if kind(key).solid {
                    question.solid.push((*id, finder.tells[*id as usize] * worth));
                }
                // A term of sections alone says nothing about how people ask.
                if finder.spread[*id as usize] > 0.0 {
                    question.bayes.push((*id, kind(key).bayes * worth));
                }
            }
        }
        // Sets have no order, and sums of floats do: sort, so that equal questions score equally.
        for terms in [&mut question.terms, &mut question.solid, &mut question.bayes] {
            terms.sort_by_key(|(id, _)| *id);
        }
        question
    }

    /// How much of the question stands where `stands` says.
    pub(super) fn shared(&self, stands: impl Fn(TermId) -> bool) -> f32 {
        self.terms.iter().filter(|(id, _)| stands(*id)).map(|(_, tells)| tells).sum::<f32>().min(self.weight)
    }
}

/// A kind of terms, and what it counts for.
pub(super) struct TermKind {
    pub(super) letter: char,
    pub(super) tells: f32,
    pub(super) bayes: f32,
    pub(super) solid: bool,
}

/// The kinds in the order of [`Terms::kinds`]: words and pairs carry the sense; characters and
/// sounds mend what those miss.
const KINDS: [TermKind; 4] = [
    TermKind { letter: 'w', tells: 1.0, bayes: 1.0, solid: true },
    TermKind { letter: 'p', tells: 1.0, bayes: 1.0, solid: true },
    TermKind { letter: 'c', tells: 0.4, bayes: 0.7, solid: false },
    TermKind { letter: 's', tells: 0.5, bayes: 0.5, solid: false },
];

/// Does something with the terms of all kinds, told apart by their first letter.
pub(super) fn each_key(terms: &Terms, mut act: impl FnMut(&str)) {
    let mut key = String::new();
    for (kind, terms) in KINDS.iter().zip(terms.kinds()) {
        for term in terms {
            key.clear();
            key.push(kind.letter);
            key.push_str(term);
            act(&key);
        }
    }
}

/// Each term once.
fn keys(terms: &Terms) -> HashSet<String> {
    let mut keys = HashSet::default();
    each_key(terms, |key| {
        keys.insert(key.to_owned());
    });
    keys
}

pub(super) fn kind(key: &str) -> &'static TermKind {
    KINDS.iter().find(|kind| key.starts_with(kind.letter)).unwrap_or(&KINDS[0])
}

/// The terms of the mainland words that the lexicon found in a text.
pub(super) fn terms_of(widened: &[(&str, &[String])], language: &Language) -> Terms {
    let words: Vec<&str> = widened.iter().flat_map(|(_, to)| to.iter().map(String::as_str)).collect();
    language.terms(&words.join(" "))
}
