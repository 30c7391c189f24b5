//! Finds passages in any collection of texts: candidates by words from the full-text index and by pairs, ranked by
//! what words, pairs and characters of the question stand in the passage, and in its best sentence.

use rustc_hash::FxHashMap as HashMap;

use crate::{
    library::search::{IndexBuilder, TextIndex},
    text::{
        Language,
        words::{Terms, sound_of},
    },
};

/// Passages that are looked at closely.
const CANDIDATES: usize = 30;

/// Passages that are looked at closely for their pairs of characters.
const BY_PAIRS: usize = 20;

/// What words, pairs and characters weigh.
const KINDS: [f32; 3] = [1.0, 0.7, 1.2];

/// The place of the pairs among the kinds.
const PAIRS: usize = 1;

/// What the best sentence weighs beside the whole passage.
const SENTENCE: f32 = 0.8;

/// How soon a word that stands there again tells no more: BM25's k1.
const SATURATION: f32 = 0.9;

/// How much long passages are held back: BM25's b.
const LENGTH: f32 = 0.5;

/// Words and characters that ask; passages that answer seldom hold them. Weighed by hand.
const ASKING: &[&str] = &[
    "哪", "谁", "几", "何", "什", "么", "多少", "为何", "哪里", "哪些", "哪个", "哪一", "哪年", "何时", "何处", "何种",
    "何人", "是谁", "几年", "几个", "几月", "几岁", "何者", "哪位", "哪种", "请问", "怎", "样", "吗", "呢", "是什",
    "么时", "为什", "一年", "个国", "个人",
];

/// What a word that asks is worth.
const ASKS: f32 = 0.1;

/// The place of a passage that is no candidate.
const NOT_LOOKED_AT: u16 = u16::MAX;

/// A term in a passage.
#[derive(Clone, Copy)]
struct Posting {
    passage: u32,
    times: u16,
    /// Bit n: it stands in sentence n; all sentences from the 64th on share the last bit.
    sentences: u64,
}

/// A collection of passages.
pub struct Passages {
    index: TextIndex,
    lists: Lists,
    /// For each sound the pairs that have it, with their numbers.
    by_sound: HashMap<String, Vec<(String, u32)>>,
}

/// What terms tell of a passage, and of each of its sentences.
#[derive(Clone)]
struct Score {
    whole: f32,
    sentences: [f32; 64],
    /// The most of any sentence.
    best: f32,
}

/// Which terms stand in which passages.
#[derive(Default)]
struct Lists {
    /// Words, pairs and characters, each by its number.
    ids: [HashMap<String, u32>; 3],
    postings: Vec<Vec<Posting>>,
    /// What each term tells; nothing if it stands in every second passage.
    weights: Vec<f32>,
    /// How long each passage is, in characters, against the mean.
    lengths: Vec<f32>,
}

/// The kinds of terms that passages are ranked by.
fn kinds(terms: &Terms) -> [&Vec<String>; 3] {
    [&terms.words, &terms.pairs, &terms.chars]
}

impl Passages {
    /// Reads a collection, on all processors.
    pub fn build(texts: &[String], language: &Language) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let read =
            |text: &String| sentences(&language.fold(text)).map(|text| language.silent_terms(text)).collect::<Vec<_>>();
        let share = texts.len().div_ceil(threads * 8).max(1);
        let (mut lists, mut by_sound) = (Lists::default(), HashMap::<String, Vec<(String, u32)>>::default());
        let mut index = IndexBuilder::new();
        std::thread::scope(|scope| {
            let mut waiting = std::collections::VecDeque::new();
            let mut shares = texts.chunks(share);
            loop {
                while waiting.len() < threads {
                    let Some(texts) = shares.next() else { break };
                    waiting.push_back(scope.spawn(move || texts.iter().map(read).collect::<Vec<_>>()));
                }
                let Some(first) = waiting.pop_front() else { break };
                for mut sentences in first.join().expect("reading does not panic") {
                    lists.add(&sentences);
                    // The index is asked for words alone.
                    sentences.iter_mut().for_each(|terms| terms.pairs.clear());
                    index.add(sentences.iter());
                }
            }
        });
        for (pair, id) in &lists.ids[PAIRS] {
            if let Some(sound) = sound_of(pair) {
                by_sound.entry(sound).or_default().push((pair.to_owned(), *id));
            }
        }
        lists.weigh();
        let mean = lists.lengths.iter().sum::<f32>() / lists.lengths.len().max(1) as f32;
        lists.lengths.iter_mut().for_each(|length| *length /= mean.max(1.0));
        Self { index: index.finish(), lists, by_sound }
    }

    /// The size of the full-text index.
    pub fn bytes(&self) -> u64 {
        self.index.bytes()
    }

    /// The passages nearest to a question, best first, by their places in the collection.
    pub fn search(&self, question: &str, most: usize, language: &Language) -> Vec<usize> {
        let asked = language.terms(&language.fold(question));
        let mut candidates = self.by_words(&asked, CANDIDATES.max(most));
        let [words, mut pairs, chars] = self.lists.known(kinds(&asked));
        pairs.extend(self.meant(&asked));
        candidates.extend(self.by_pairs(&pairs));
        // A term that stands twice in a question is asked once.
        let mut terms = [words, pairs, chars].concat();
        terms.sort_unstable();
        terms.dedup();
        let mut ranked = self.rank(&terms, candidates);
        ranked.truncate(most);
        ranked
    }

    /// What the full-text index alone finds by the words of a question: the measure that [`Passages::search`] is
    /// held against.
    pub fn search_words(&self, question: &str, most: usize, language: &Language) -> Vec<usize> {
        self.by_words(&language.terms(&language.fold(question)), most)
    }

    fn by_words(&self, asked: &Terms, most: usize) -> Vec<usize> {
        self.index.search(&asked.words_alone(), most)
    }

    /// The passages that hold most of some pairs, rare ones counting more: where words were cut otherwise, or
    /// misspelt, these find what words miss.
    fn by_pairs(&self, pairs: &[u32]) -> Vec<usize> {
        let (mut sums, mut found) = (vec![0.0_f32; self.lists.lengths.len()], Vec::new());
        for postings in pairs.iter().map(|id| &self.lists.postings[*id as usize]) {
            // Pairs of every tenth passage find nothing, and take long.
            if postings.len() * 10 > self.lists.lengths.len() {
                continue;
            }
            let tells = self.lists.tells(postings.len());
            for posting in postings {
                let sum = &mut sums[posting.passage as usize];
                if *sum == 0.0 {
                    found.push(posting.passage);
                }
                *sum += tells;
            }
        }
        if found.len() > BY_PAIRS {
            let sum = |passage: u32| sums[passage as usize];
            found.select_nth_unstable_by(BY_PAIRS, |a, b| sum(*b).total_cmp(&sum(*a)).then(a.cmp(b)));
            found.truncate(BY_PAIRS);
        }
        found.into_iter().map(|passage| passage as usize).collect()
    }

    /// For pairs that stand in no passage, those that sound the same and share a character.
    fn meant(&self, asked: &Terms) -> Vec<u32> {
        let unknown = asked.sounding_pairs().filter(|(pair, _)| !self.lists.ids[PAIRS].contains_key(*pair));
        let same = |pair: &str, other: &str| pair.chars().zip(other.chars()).any(|(a, b)| a == b);
        let meant = unknown.flat_map(|(pair, sound)| {
            let others = self.by_sound.get(sound).into_iter().flatten();
            others.filter(move |(other, _)| same(pair, other)).map(|(_, id)| *id)
        });
        meant.collect()
    }

    /// Candidates by what these terms, in order and each once, tell of them.
    fn rank(&self, terms: &[u32], mut candidates: Vec<usize>) -> Vec<usize> {
        candidates.sort_unstable();
        candidates.dedup();
        let mut places = vec![NOT_LOOKED_AT; self.lists.lengths.len()];
        (0..).zip(&candidates).for_each(|(place, passage)| places[*passage] = place);
        let mut scores = vec![Score { whole: 0.0, sentences: [0.0; 64], best: 0.0 }; candidates.len()];
        for id in terms {
            let (postings, tells) = (&self.lists.postings[*id as usize], self.lists.weights[*id as usize]);
            if tells == 0.0 {
                continue;
            }
            // Lists are short: to walk along them is quicker than to look candidates up in them.
            for Posting { passage, times, sentences } in postings {
                let i = match places[*passage as usize] {
                    NOT_LOOKED_AT => continue,
                    place => usize::from(place),
                };
                let (times, length) = (f32::from(*times), self.lists.lengths[*passage as usize]);
                let held_back = SATURATION * (1.0 - LENGTH + LENGTH * length);
                let score = &mut scores[i];
                score.whole += tells * times * (SATURATION + 1.0) / (times + held_back);
                let mut left = *sentences;
                while left != 0 {
                    let sum = &mut score.sentences[left.trailing_zeros() as usize];
                    *sum += tells;
                    score.best = score.best.max(*sum);
                    left &= left - 1;
                }
            }
        }
        let score = |i: usize| scores[i].whole + SENTENCE * scores[i].best;
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        order.into_iter().map(|i| candidates[i]).collect()
    }
}

impl Lists {
    fn add(&mut self, sentences: &[Terms]) {
        let passage = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        for (n, terms) in sentences.iter().enumerate() {
            let bit = 1_u64 << n.min(63);
            for (kind, terms) in kinds(terms).into_iter().enumerate() {
                for term in terms {
                    self.note(kind, term, passage, bit);
                }
            }
        }
        self.lengths.push(sentences.iter().map(|terms| terms.chars.len()).sum::<usize>() as f32);
    }

    fn note(&mut self, kind: usize, term: &str, passage: u32, bit: u64) {
        let id = match self.ids[kind].get(term) {
            Some(id) => *id as usize,
            None => {
                let new = self.postings.len();
                self.ids[kind].insert(term.to_owned(), u32::try_from(new).unwrap_or(u32::MAX));
                self.postings.push(vec![]);
                new
            }
        };
        match self.postings[id].last_mut().filter(|last| last.passage == passage) {
            Some(last) => {
                last.times = last.times.saturating_add(1);
                last.sentences |= bit;
            }
            None => self.postings[id].push(Posting { passage, times: 1, sentences: bit }),
        }
    }

    /// Notes what each term tells, once everything is added.
    fn weigh(&mut self) {
        let mut weights = vec![0.0; self.postings.len()];
        for (kind, ids) in self.ids.iter().enumerate() {
            for (term, id) in ids {
                let (weight, holders) = (&mut weights[*id as usize], self.postings[*id as usize].len());
                // What stands in every second passage tells next to nothing.
                if holders * 2 <= self.lengths.len() {
                    let asks = if ASKING.contains(&term.as_str()) { ASKS } else { 1.0 };
                    *weight = KINDS[kind] * asks * self.tells(holders);
                }
            }
        }
        self.weights = weights;
    }

    /// The numbers of those terms that stand in any passage.
    fn known(&self, terms: [&Vec<String>; 3]) -> [Vec<u32>; 3] {
        let known = |kind: usize| terms[kind].iter().filter_map(|term| self.ids[kind].get(term).copied()).collect();
        [known(0), known(1), known(2)]
    }

    /// What a term tells that stands in so many passages.
    fn tells(&self, holders: usize) -> f32 {
        let (all, holders) = (self.lengths.len() as f32, holders as f32);
        (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln()
    }
}

/// The sentences of a folded text.
fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_inclusive(['。', '!', '?', ';', '\n']).filter(|sentence| !sentence.trim().is_empty())
}
