//! How long one answer takes inside the process, beside what jieba and OpenCC alone take for the
//! same text: the ratio is what counts, machines differ.

use std::{hint::black_box, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use luzhu::{
    conversation::{
        Conversation,
        eligibility::{Known, given},
        step,
    },
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

/// All schemes against one person's facts, beside the words alone of a question of hers.
fn weighing(c: &mut Criterion) {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let language = Language::load().expect("dictionaries");
    let library = Library::load(Path::new("knowledge"), Path::new("dialogs"), today, language).expect("sound content");
    let facts = r#"
        identity = "mainland"
        situation = "no_work"
        origin = "left_job"
        left_reason = "laid_off"
        insured_months = 45
        registered = true
        wants_work = true
        born = 1974-03-01
        sex = "man"
        hukou = "xiamen"
        urban = "urban"
        graduate = false
    "#;
    let told = given::read(&library, facts, today).expect("facts");
    let known = Known { library: &library, told: &told, day: today };
    let schemes: Vec<_> = library.schemes.iter().collect();
    let mut group = c.benchmark_group("weigh");
    group.bench_function("all schemes", |b| {
        b.iter(|| library.schemes.iter().map(|scheme| black_box(&known).weigh(scheme)).collect::<Vec<_>>());
    });
    group.bench_function("next question over all", |b| b.iter(|| black_box(&known).next_question(&schemes)));
    group.bench_function("jieba+OpenCC on one question", |b| {
        b.iter(|| library.language.terms(&library.language.fold(black_box(QUESTIONS[2]))));
    });
    group.finish();
}

criterion_group!(benches, answers, weighing);
criterion_main!(benches);
