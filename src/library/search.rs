//! Full-text search over short Chinese texts: words, and beside them pairs and characters.
//!
//! The index lives in memory and is derived; deleting it loses nothing. Query text is never
//! query syntax: a query is built from terms.

use tantivy::{
    Index, IndexReader, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::{FAST, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
};

use crate::text::words::Terms;

/// What the fields weigh against each other.
const WEIGHTS: [f32; 4] = [1.0, 1.0, 0.5, 0.25];

/// An index over numbered texts.
pub struct TextIndex {
    reader: IndexReader,
    fields: [Field; 4],
    bytes: u64,
}

/// A text that was found: its number, and its BM25 score over all fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The text's place in the order in which it was added.
    pub text: usize,
    /// Higher is nearer; comparable within one query only.
    pub score: f32,
}

impl TextIndex {
    /// Indexes texts in the order given.
    pub fn build<'a>(texts: impl IntoIterator<Item = &'a Terms>) -> Self {
        Self::try_build(texts).expect("an index in memory meets no input or output that could fail")
    }

    fn try_build<'a>(texts: impl IntoIterator<Item = &'a Terms>) -> tantivy::Result<Self> {
        let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut schema = Schema::builder();
        let fields = ["word", "pair", "char", "sound"].map(|name| schema.add_text_field(name, options.clone()));
        let number = schema.add_u64_field("number", NumericOptions::from(FAST));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 64 << 20)?;
        for (i, terms) in texts.into_iter().enumerate() {
            let mut document = TantivyDocument::new();
            for (field, terms) in fields.iter().zip(terms.kinds()) {
                document.add_text(*field, terms.join(" "));
            }
            document.add_u64(number, i as u64);
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let reader = index.reader()?;
        let bytes = reader.searcher().space_usage()?.total().get_bytes();
        Ok(Self { reader, fields, bytes })
    }

    /// The size of the index.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The nearest texts for a question and the words that it was widened by.
    pub fn search(&self, asked: &Terms, widened: &Terms, most: usize) -> Vec<Hit> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (terms, share) in [(asked, 1.0), (widened, 0.7)] {
            for ((field, terms), weight) in self.fields.iter().zip(terms.kinds()).zip(WEIGHTS) {
                for term in terms {
                    let term = TermQuery::new(Term::from_field_text(*field, term), IndexRecordOption::WithFreqs);
                    clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(term), weight * share))));
                }
            }
        }
        if clauses.is_empty() || most == 0 {
            return vec![];
        }
        self.try_search(&BooleanQuery::new(clauses), most).expect("an index in memory meets no input or output that could fail")
    }

    fn try_search(&self, query: &BooleanQuery, most: usize) -> tantivy::Result<Vec<Hit>> {
        let searcher = self.reader.searcher();
        let found = searcher.search(query, &TopDocs::with_limit(most).order_by_score())?;
        let mut hits = Vec::with_capacity(found.len());
        for (score, place) in found {
            let numbers = searcher.segment_reader(place.segment_ord).fast_fields().u64("number")?;
            if let Some(number) = numbers.first(place.doc_id) {
                hits.push(Hit { text: usize::try_from(number).unwrap_or_default(), score });
            }
        }
        Ok(hits)
    }
}
