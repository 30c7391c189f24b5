//! Builds the finder: reads all texts once, and keeps numbers of them.

use std::sync::mpsc;

use rustc_hash::FxHashMap as HashMap;

use crate::{
    library::{
        article::{Article, Section},
        finder::{
            About, Finder, Places, TermId, Text, Texts, bare,
            learned::Learned,
            question::{each_key, kind, terms_of},
        },
        search::IndexBuilder,
        terms::Lexicon,
    },
    text::{Language, words::Terms},
};

/// A text that was read: what it is, where it stands (subject, part), and its terms.
struct Part {
    kind: PartKind,
    place: (usize, usize),
    terms: Terms,
}

enum PartKind {
    Line,
    Section,
    Heading,
    Sentence,
}

/// Numbers for terms, and what sounds alike, while texts are read.
#[derive(Default)]
struct Words {
    ids: HashMap<String, TermId>,
    sounds: HashMap<String, HashMap<String, u32>>,
}

impl Words {
    /// Gives every term of a text its number.
    fn intern(&mut self, part: &Part) -> Text {
        let mut ids = Vec::new();
        each_key(&part.terms, |key| {
            let new = TermId::try_from(self.ids.len()).unwrap_or(TermId::MAX);
            ids.push(match self.ids.get(key) {
                Some(id) => *id,
                None => *self.ids.entry(key.to_owned()).or_insert(new),
            });
        });
        ids.sort_unstable();
        ids.dedup();
        for (pair, sound) in part.terms.sounding_pairs() {
            match self.sounds.get_mut(sound).and_then(|pairs| pairs.get_mut(pair)) {
                Some(count) => *count += 1,
                None => *self.sounds.entry(sound.into()).or_default().entry(pair.into()).or_default() += 1,
            }
        }
        ids.shrink_to_fit();
        Text { article: part.place.0, part: part.place.1, weight: 0.0, terms: ids }
    }

    /// For each sound its pairs, the commonest first.
    fn by_sound(&mut self) -> HashMap<String, Vec<String>> {
        let sort = |pairs: HashMap<String, u32>| {
            let mut pairs: Vec<_> = pairs.into_iter().collect();
            pairs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            pairs.into_iter().map(|(pair, _)| pair).collect()
        };
        std::mem::take(&mut self.sounds).into_iter().map(|(sound, pairs)| (sound, sort(pairs))).collect()
    }
}

/// Reads the terms of all `asks` lines.
fn read_lines(asks: &[Vec<String>], language: &Language, lexicon: &Lexicon, to: impl Fn(Part)) {
    for (i, asks) in asks.iter().enumerate() {
        for (part, folded) in asks.iter().enumerate() {
            let mut terms = language.terms(folded);
            // A line in Taiwan words speaks for the mainland ones too.
            terms.join(terms_of(&lexicon.widen(folded), language));
            to(Part { kind: PartKind::Line, place: (i, part), terms });
        }
    }
}

/// Reads the terms of all sections, of what heads them, and of their sentences; the summary is section zero.
fn read_sections(articles: &[Article], language: &Language, to: impl Fn(Part)) {
    let terms = |text: &str| language.terms(&language.fold(text));
    for (i, article) in articles.iter().enumerate() {
        let send = |kind, part, terms| to(Part { kind, place: (i, part), terms });
        let (title, summary) = (terms(&article.title), terms(&article.summary));
        let mut sentences = 0..;
        let mut sentence =
            |terms: &Terms| send(PartKind::Sentence, sentences.next().unwrap_or_default(), terms.clone());
        sentence(&summary);
        send(PartKind::Section, 0, title.clone().and(summary));
        send(PartKind::Heading, 0, title.clone());
        for (part, section) in (1..).zip(&article.sections) {
            let heading = terms(&section.heading);
            let mut whole = title.clone().and(heading.clone());
            for text in std::iter::once(&section.answer).chain(&section.points) {
                let terms = terms(text);
                sentence(&terms);
                whole.join(terms);
            }
            send(PartKind::Section, part, whole);
            send(PartKind::Heading, part, heading);
        }
    }
}

/// For each sentence of an article its section, and whether it answers; the summary is section zero.
fn sections_of(article: &Article) -> Vec<(usize, bool)> {
    let section = |(i, section): (usize, &Section)| {
        std::iter::once((i, true)).chain(section.points.iter().map(move |_| (i, false))).collect::<Vec<_>>()
    };
    std::iter::once((0, true)).chain((1..).zip(&article.sections).flat_map(section)).collect()
}

impl Finder {
    /// Indexes articles, and what is not ours: `asks` are the folded lines of both. Reading is done
    /// on other threads, since people wait for the program to start; nothing but numbers is kept of
    /// what was read.
    pub fn build(articles: &[Article], asks: &[Vec<String>], language: &Language, lexicon: &Lexicon) -> Self {
        let (mut lines, mut sections) = (IndexBuilder::new(), IndexBuilder::new());
        let mut words = Words::default();
        let [mut line_texts, mut section_texts, mut headings, mut sentences] = [const { Vec::new() }; 4];
        std::thread::scope(|scope| {
            let (send, parts) = mpsc::sync_channel::<Part>(256);
            let send_sections = send.clone();
            // A receiver that is gone means that this thread is unwinding already.
            scope.spawn(move || read_lines(asks, language, lexicon, |part| drop(send.send(part))));
            scope.spawn(move || read_sections(articles, language, |part| drop(send_sections.send(part))));
            for part in parts {
                let text = words.intern(&part);
                match part.kind {
                    PartKind::Line => {
                        lines.add([&part.terms]);
                        line_texts.push(text);
                    }
                    PartKind::Section => {
                        sections.add([&part.terms]);
                        section_texts.push(text);
                    }
                    PartKind::Heading => headings.push(text),
                    PartKind::Sentence => sentences.push(text),
                }
            }
        });
        let taiwan = |i: usize| articles.get(i).map(|article| article.topic == "taiwan");
        let place = |id: &String| articles.iter().position(|article| article.id == *id);
        let next = |i: usize| articles.get(i).map(|article| article.next.iter().filter_map(place).collect());
        let about = asks.iter().enumerate();
        let about = about.map(|(i, asks)| About {
            lines: asks.len(),
            taiwan: taiwan(i),
            next: next(i).unwrap_or_default(),
            sections: articles.get(i).map(sections_of).unwrap_or_default(),
        });
        let mut finder = Self {
            lines: lines.finish(),
            line_texts: Texts::default(),
            sections: sections.finish(),
            section_texts: vec![],
            headings: Texts::default(),
            sentences: vec![],
            by_sound: words.by_sound(),
            ids: words.ids,
            tells: vec![],
            shares: vec![],
            unknown: 0.0,
            places: vec![HashMap::default(); asks.len()],
            spread: vec![],
            articles: articles.len(),
            about: about.collect(),
            learned: Learned::default(),
            same: HashMap::default(),
        };
        for (i, ask) in asks.iter().enumerate().flat_map(|(i, asks)| asks.iter().map(move |ask| (i, ask))) {
            finder.same.entry(bare(ask)).or_insert(i);
        }
        finder.count(&line_texts, |places| places.lines += 1);
        finder.count(section_texts.iter().filter(|text| text.part == 0), |places| places.title = true);
        finder.count(&section_texts, |places| places.body = true);
        finder.weigh_terms();
        finder.line_texts = finder.texts(line_texts);
        finder.section_texts = finder.weighed(section_texts);
        finder.headings = finder.texts(headings);
        finder.sentences = finder.weighed(sentences);
        finder.learned = finder.learn(None);
        finder
    }

    /// Notes where the terms of some texts stand.
    fn count<'a>(&mut self, texts: impl IntoIterator<Item = &'a Text>, note: impl Fn(&mut Places)) {
        for text in texts {
            for id in &text.terms {
                note(self.places[text.article].entry(*id).or_default());
            }
        }
    }

    /// Rare terms tell much, terms of every article little.
    fn weigh_terms(&mut self) {
        let mut holders = vec![0_u32; self.ids.len()];
        for id in self.places.iter().flat_map(HashMap::keys) {
            holders[*id as usize] += 1;
        }
        self.spread = vec![0.0; self.ids.len()];
        for (id, places) in self.places.iter().flatten() {
            self.spread[*id as usize] += f32::from(places.lines) + f32::from(u8::from(places.title));
        }
        let articles = self.places.len() as f32;
        let rarity = |holders: u32| ((articles + 1.0) / (holders as f32 + 0.5)).ln().max(0.05);
        self.tells = vec![0.0; self.ids.len()];
        self.shares = vec![0.0; self.ids.len()];
        for (key, id) in &self.ids {
            self.shares[*id as usize] = kind(key).bayes;
            self.tells[*id as usize] = rarity(holders[*id as usize]) * kind(key).tells;
        }
        // A word of no article at all says that the question may be about something else; but
        // names and slips are such words too, so it counts like a word of a few articles.
        self.unknown = rarity(2);
    }

    /// Texts that the terms of a question are looked up in.
    fn texts(&self, texts: Vec<Text>) -> Texts {
        let mut holders = vec![vec![]; self.ids.len()];
        for (i, text) in (0_u32..).zip(&texts) {
            text.terms.iter().for_each(|id| holders[*id as usize].push(i));
        }
        Texts { texts: self.weighed(texts), holders }
    }

    /// Texts with what their terms tell together.
    fn weighed(&self, mut texts: Vec<Text>) -> Vec<Text> {
        for text in &mut texts {
            text.weight = text.terms.iter().map(|id| self.tells[*id as usize]).sum();
        }
        texts
    }
}
