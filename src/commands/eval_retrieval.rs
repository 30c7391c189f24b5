//! `luzhu eval retrieval`: the product's own search over any corpus.

use std::{collections::HashMap, fs, path::Path, time::Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    channels::terminal::print_line,
    commands::progress::Progress,
    library::{Library, passages::Passages},
};

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
    title: Option<String>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    id: String,
    text: String,
    relevant: Vec<String>,
}

/// The contract's figures.
#[derive(Debug, Serialize)]
struct Figures {
    docs: usize,
    queries: usize,
    recall_1: f64,
    recall_5: f64,
    mrr_10: f64,
    ndcg_10: f64,
    index_s: f64,
    /// Megabytes of text read and indexed in a second.
    index_mb_s: f64,
    index_bytes: u64,
    p50_ms: f64,
    p99_ms: f64,
    /// Half of the queries for words alone, on the same index, took at most this long.
    bare_p50_ms: f64,
    qps: f64,
    peak_rss_mb: f64,
}

/// Indexes the corpus, asks every query, prints the figures; with `list`, each query's rank first (0: not among ten).
pub fn run(library: &Library, corpus: &Path, queries: &Path, json: bool, list: bool) -> Result<()> {
    let documents: Vec<Document> = lines(corpus)?;
    let queries: Vec<Query> = lines(queries)?;
    let places: HashMap<&str, usize> =
        documents.iter().enumerate().map(|(i, document)| (document.id.as_str(), i)).collect();

    let measuring = (!list).then(Progress::measuring);
    let language = &library.language;
    let begun = Instant::now();
    let text = |document: &Document| match document.title.as_deref() {
        Some(title) => format!("{title}\n{}", document.text),
        None => document.text.clone(),
    };
    let texts: Vec<String> = documents.iter().map(text).collect();
    let index = Passages::build(&texts, language);
    let index_s = begun.elapsed().as_secs_f64();

    let (mut times, mut bare, mut sums) = (Vec::new(), Vec::new(), [0.0; 4]);
    for query in &queries {
        let begun = Instant::now();
        let hits = index.search(&query.text, 10, language);
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        let begun = Instant::now();
        std::hint::black_box(index.search_words(&query.text, 10, language));
        bare.push(begun.elapsed().as_secs_f64() * 1000.0);
        let relevant: Vec<usize> = query.relevant.iter().filter_map(|id| places.get(id.as_str()).copied()).collect();
        let ranks: Vec<usize> =
            hits.iter().enumerate().filter(|(_, text)| relevant.contains(text)).map(|(rank, _)| rank).collect();
        if list {
            print_line(&format!("{} {}", query.id, ranks.first().map_or(0, |rank| rank + 1)));
        }
        let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let ideal: f64 = (0..relevant.len().min(10)).map(gain).sum();
        sums[0] += f64::from(u8::from(ranks.first() == Some(&0)));
        sums[1] += f64::from(u8::from(ranks.first().is_some_and(|rank| *rank < 5)));
        sums[2] += ranks.first().map_or(0.0, |rank| 1.0 / (*rank as f64 + 1.0));
        sums[3] += if ideal > 0.0 { ranks.into_iter().map(gain).sum::<f64>() / ideal } else { 0.0 };
    }
    let total: f64 = times.iter().sum::<f64>() / 1000.0;
    times.sort_by(f64::total_cmp);
    bare.sort_by(f64::total_cmp);
    let at = |times: &[f64], share: f64| {
        let last = times.len().saturating_sub(1);
        times.get(((times.len() as f64 * share) as usize).min(last)).copied().unwrap_or_default()
    };
    let megabytes = texts.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    drop(measuring);
    let mean = sums.map(|sum| sum / queries.len().max(1) as f64);
    let figures = Figures {
        docs: documents.len(),
        queries: queries.len(),
        recall_1: mean[0],
        recall_5: mean[1],
        mrr_10: mean[2],
        ndcg_10: mean[3],
        index_s,
        index_mb_s: megabytes / index_s.max(1e-9),
        index_bytes: index.bytes(),
        p50_ms: at(&times, 0.5),
        p99_ms: at(&times, 0.99),
        bare_p50_ms: at(&bare, 0.5),
        qps: queries.len() as f64 / total.max(1e-9),
        peak_rss_mb: peak_rss_mb(),
    };
    print_line(&if json { serde_json::to_string(&figures)? } else { serde_json::to_string_pretty(&figures)? });
    Ok(())
}

fn lines<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).with_context(|| format!("{} line {} cannot be read", file.display(), i + 1))
        })
        .collect()
}

/// The most memory this process has had, in MB; 0 where the system does not say.
fn peak_rss_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(0.0, |kb| kb / 1024.0)
}
