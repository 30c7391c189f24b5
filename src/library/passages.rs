//! Finds passages in any collection of texts: candidates from the full-text index, ranked by what words, pairs
//! and characters of the question stand in the passage, and in its best sentence.

use rustc_hash::FxHashMap as HashMap;

use crate::{
    library::search::{IndexBuilder, TextIndex},
    text::{Language, words::Terms},
};

/// Passages that are looked at closely.
const CANDIDATES: usize = 60;

/// What words, pairs and characters weigh.
const KINDS: [f32; 3] = [1.0, 0.7, 1.2];

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
    ids: HashMap<String, u32>,
    postings: Vec<Vec<Posting>>,
    /// For each sound the pairs that have it.
    by_sound: HashMap<String, Vec<String>>,
    /// How long each passage is, in characters, against the mean.
    lengths: Vec<f32>,
}

/// Kind and term as one key.
fn key(kind: usize, term: &str) -> String {
    format!("{kind}{term}")
}

/// The kinds of terms that passages are ranked by.
fn kinds(terms: &Terms) -> [&Vec<String>; 3] {
    [&terms.words, &terms.pairs, &terms.chars]
}

impl Passages {
    /// Reads a collection, on all processors.
    pub fn build(texts: &[String], language: &Language) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let read = |text: &String| sentences(&language.fold(text)).map(|text| language.terms(text)).collect::<Vec<_>>();
        let share = texts.len().div_ceil(threads * 8).max(1);
        let mut passages = Self {
            index: IndexBuilder::new().finish(),
            ids: HashMap::default(),
            postings: vec![],
            by_sound: HashMap::default(),
            lengths: vec![],
        };
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
                for sentences in first.join().expect("reading does not panic") {
                    passages.add(&sentences);
                    index.add(sentences.iter());
                }
            }
        });
        passages.index = index.finish();
        let mean = passages.lengths.iter().sum::<f32>() / passages.lengths.len().max(1) as f32;
        passages.lengths.iter_mut().for_each(|length| *length /= mean.max(1.0));
        passages
    }

    fn add(&mut self, sentences: &[Terms]) {
        let passage = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        for (n, terms) in sentences.iter().enumerate() {
            let bit = 1_u64 << n.min(63);
            for (kind, terms) in kinds(terms).into_iter().enumerate() {
                for term in terms {
                    self.note(key(kind, term), passage, bit);
                }
            }
            for (pair, sound) in terms.sounding_pairs() {
                let pairs = self.by_sound.entry(sound.to_owned()).or_default();
                if !pairs.iter().any(|known| known == pair) {
                    pairs.push(pair.to_owned());
                }
            }
        }
        self.lengths.push(sentences.iter().map(|terms| terms.chars.len()).sum::<usize>() as f32);
    }

    fn note(&mut self, key: String, passage: u32, bit: u64) {
        let new = self.postings.len();
        let id = *self.ids.entry(key).or_insert(new as u32) as usize;
        if id == new {
            self.postings.push(vec![]);
        }
        match self.postings[id].last_mut().filter(|last| last.passage == passage) {
            Some(last) => {
                last.times = last.times.saturating_add(1);
                last.sentences |= bit;
            }
            None => self.postings[id].push(Posting { passage, times: 1, sentences: bit }),
        }
    }

    /// The size of the full-text index.
    pub fn bytes(&self) -> u64 {
        self.index.bytes()
    }

    /// The passages nearest to a question, best first, by their places in the collection.
    pub fn search(&self, question: &str, most: usize, language: &Language) -> Vec<usize> {
        let asked = language.terms(&language.fold(question));
        let meant = self.meant(&asked);
        let mut looked_for = asked.solid();
        looked_for.pairs.extend(meant.iter().cloned());
        let candidates = self.index.search(&looked_for, CANDIDATES.max(most));
        let mut terms: HashMap<String, f32> = HashMap::default();
        for (kind, own) in kinds(&asked).into_iter().enumerate() {
            for term in own {
                let asks = if ASKING.contains(&term.as_str()) { ASKS } else { 1.0 };
                terms.insert(key(kind, term), KINDS[kind] * asks);
            }
        }
        for pair in meant {
            terms.entry(key(1, &pair)).or_insert(KINDS[1]);
        }
        let mut ranked = self.rank(&terms, candidates);
        ranked.truncate(most);
        ranked
    }

    /// What the full-text index alone finds by the words of a question: the measure that [`Passages::search`] is
    /// held against.
    pub fn search_words(&self, question: &str, most: usize, language: &Language) -> Vec<usize> {
        let mut words = language.terms(&language.fold(question));
        words.pairs.clear();
        self.index.search(&words, most)
    }

    /// For pairs that stand in no passage, those that sound the same and share a character.
    fn meant(&self, asked: &Terms) -> Vec<String> {
        let unknown = asked.sounding_pairs().filter(|(pair, _)| !self.ids.contains_key(&key(1, pair)));
        let same = |pair: &str, other: &str| pair.chars().zip(other.chars()).any(|(a, b)| a == b);
        unknown
            .flat_map(|(pair, sound)| {
                self.by_sound.get(sound).into_iter().flatten().filter(move |other| same(pair, other))
            })
            .cloned()
            .collect()
    }

    fn rank(&self, terms: &HashMap<String, f32>, mut candidates: Vec<usize>) -> Vec<usize> {
        candidates.sort_unstable();
        let mut whole = vec![0.0_f32; candidates.len()];
        let mut best = vec![[0.0_f32; 64]; candidates.len()];
        let all = self.lengths.len() as f32;
        // Sums of floats depend on their order, and a map has none.
        let mut ids: Vec<(u32, f32)> =
            terms.iter().filter_map(|(key, worth)| Some((*self.ids.get(key)?, *worth))).collect();
        ids.sort_unstable_by_key(|(id, _)| *id);
        for (id, worth) in ids {
            let postings = &self.postings[id as usize];
            let holders = postings.len() as f32;
            let tells = worth * (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
            for (i, passage) in candidates.iter().enumerate() {
                let Ok(at) = postings.binary_search_by_key(&(*passage as u32), |posting| posting.passage) else {
                    continue;
                };
                let Posting { times, sentences, .. } = postings[at];
                let length = SATURATION * (1.0 - LENGTH + LENGTH * self.lengths[*passage]);
                whole[i] += tells * f32::from(times) * (SATURATION + 1.0) / (f32::from(times) + length);
                let mut left = sentences;
                while left != 0 {
                    best[i][left.trailing_zeros() as usize] += tells;
                    left &= left - 1;
                }
            }
        }
        let score = |i: usize| whole[i] + SENTENCE * best[i].iter().copied().fold(0.0, f32::max);
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        order.into_iter().map(|i| candidates[i]).collect()
    }
}

/// The sentences of a folded text.
fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_inclusive(['。', '!', '?', ';', '\n']).filter(|sentence| !sentence.trim().is_empty())
}
