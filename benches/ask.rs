//! How long one answer takes inside the process, beside what jieba and OpenCC alone take for the
//! same text: the ratio is what counts, machines differ.

use std::{hint::black_box, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use luzhu::{
    conversation::{Conversation, step},
    library::Library,
    message::Body,
    text::Language,
};

const QUESTIONS: [&str; 8] = [
    "失业金能领几个月",
    "失業給付怎麼申請",
    "我被公司裁员了，老板一分钱都没给，合同也没签过，我能要双倍工资吗",
    "頭家積欠我兩個月薪水，愛佗位投訴",
    "没有离质证明 人家给登记不",
    "红烧肉怎么做",
    "台灣人可以領創業補助嗎",
    "转人工",
];

fn answers(c: &mut Criterion) {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let language = Language::load().expect("dictionaries");
    let library = Library::load(Path::new("knowledge"), Path::new("dialogs"), today, language).expect("sound content");
    let conversation = Conversation::default();
    let mut group = c.benchmark_group("ask");
    for question in QUESTIONS {
        let name: String = question.chars().take(12).collect();
        let body = Body::Text(question.into());
        group.bench_function(format!("answer {name}"), |b| {
            b.iter(|| step(&library, &conversation, black_box(&body), today))
        });
        group.bench_function(format!("jieba+OpenCC {name}"), |b| {
            b.iter(|| library.language.terms(&library.language.fold(black_box(question))));
        });
    }
    group.finish();
}

criterion_group!(benches, answers);
criterion_main!(benches);
