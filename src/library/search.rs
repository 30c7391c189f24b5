//! Full-text search over Chinese texts: words, and beside them pairs of characters. It gives candidates; what
//! uses it ranks them by more than this.
//!
//! The index lives in memory and is derived; deleting it loses nothing. Query text is never
//! query syntax: a query is built from terms.

use tantivy::{
    DocAddress, Index, IndexWriter, Searcher, TantivyDocument, Term,
    collector::TopDocs,
    columnar::Column,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{FAST, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
};

use crate::text::words::Terms;

/// An index over numbered texts.
pub struct TextIndex {
    searcher: Searcher,
    /// For each segment the numbers of its texts.
    numbers: Vec<Column<u64>>,
    fields: [Field; 2],
    bytes: u64,
}

/// An index that texts are still added to.
pub struct IndexBuilder {
    index: Index,
    writer: IndexWriter,
    fields: [Field; 2],
    number: Field,
    texts: u64,
}

const IN_MEMORY: &str = "an index in memory meets no input or output that could fail";

impl IndexBuilder {
    /// An empty index.
    pub fn new() -> Self {
        let indexing =
            TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut schema = Schema::builder();
        let fields = ["word", "pair"].map(|name| schema.add_text_field(name, options.clone()));
        let number = schema.add_u64_field("number", NumericOptions::from(FAST));
        let index = Index::create_in_ram(schema.build());
        let writer = index.writer_with_num_threads(1, 16 << 20).expect(IN_MEMORY);
        Self { index, writer, fields, number, texts: 0 }
    }

    /// Adds the next text, by the terms of its sentences.
    pub fn add<'a>(&mut self, sentences: impl IntoIterator<Item = &'a Terms>) {
        let mut document = TantivyDocument::new();
        for terms in sentences {
            for (field, terms) in self.fields.iter().zip(terms.kinds()) {
                document.add_text(*field, terms.join(" "));
            }
        }
        document.add_u64(self.number, self.texts);
        self.texts += 1;
        self.writer.add_document(document).expect(IN_MEMORY);
    }

    /// Makes what was added searchable.
    pub fn finish(mut self) -> TextIndex {
        self.writer.commit().expect(IN_MEMORY);
        self.writer.wait_merging_threads().expect(IN_MEMORY);
        let reader = self.index.reader().expect(IN_MEMORY);
        let searcher = reader.searcher();
        let bytes = searcher.space_usage().expect(IN_MEMORY).total().get_bytes();
        let numbers = searcher.segment_readers().iter().map(|segment| segment.fast_fields().u64("number"));
        let numbers = numbers.collect::<tantivy::Result<_>>().expect(IN_MEMORY);
        TextIndex { searcher, numbers, fields: self.fields, bytes }
    }
}

impl Default for IndexBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl TextIndex {
    /// The size of the index.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The texts nearest to a question by BM25 over all fields, best first: each one's place in the
    /// order in which it was added.
    pub fn search(&self, asked: &Terms, most: usize) -> Vec<usize> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (field, terms) in self.fields.iter().zip(asked.kinds()) {
            for term in terms {
                let term = TermQuery::new(Term::from_field_text(*field, term), IndexRecordOption::WithFreqs);
                clauses.push((Occur::Should, Box::new(term)));
            }
        }
        if clauses.is_empty() || most == 0 {
            return vec![];
        }
        let found = self.searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(most).order_by_score());
        let number = |place: DocAddress| self.numbers[place.segment_ord as usize].first(place.doc_id);
        let numbers = found.expect(IN_MEMORY).into_iter().filter_map(|(_, place)| number(place));
        numbers.map(|number| usize::try_from(number).unwrap_or_default()).collect()
    }
}
