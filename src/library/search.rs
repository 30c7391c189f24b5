//! Full-text search over Chinese texts: words, and beside them pairs of characters. It gives candidates; what
//! uses it ranks them by more than this.
//!
//! The index lives in memory and is derived; deleting it loses nothing. Query text is never
//! query syntax: a query is built from terms.

use tantivy::{
    Index, IndexReader, IndexWriter, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{FAST, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
};

use crate::text::words::Terms;

/// An index over numbered texts.
pub struct TextIndex {
    reader: IndexReader,
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
        let bytes = reader.searcher().space_usage().expect(IN_MEMORY).total().get_bytes();
        TextIndex { reader, fields: self.fields, bytes }
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
        self.try_search(&BooleanQuery::new(clauses), most).expect(IN_MEMORY)
    }

    fn try_search(&self, query: &BooleanQuery, most: usize) -> tantivy::Result<Vec<usize>> {
        let searcher = self.reader.searcher();
        let found = searcher.search(query, &TopDocs::with_limit(most).order_by_score())?;
        let mut hits = Vec::with_capacity(found.len());
        for (_, place) in found {
            let numbers = searcher.segment_reader(place.segment_ord).fast_fields().u64("number")?;
            if let Some(number) = numbers.first(place.doc_id) {
                hits.push(usize::try_from(number).unwrap_or_default());
            }
        }
        Ok(hits)
    }
}
