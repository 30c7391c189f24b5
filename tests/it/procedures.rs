//! Procedures: every repair at every question in both scripts, every branch and path, random
//! corrections, and edits under live conversations. Generated from the shipped content.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use luzhu::{
    conversation::{
        Conversation, Turn,
        dialog::{
            self,
            walk::{At, Walk, walk},
        },
        eligibility::ask::representatives,
        state::Task,
        step,
        told::Told,
    },
    library::{
        Library,
        fact::{Kind, Value},
        flow::{Flow, What},
        scheme::Need,
    },
    message::{Body, Kind as Reply, Script},
    text::when::Span,
};

use crate::house::{Dice, day, library};

/// The shipped procedures, without those that only weigh one scheme.
pub fn procedures(library: &Library) -> Vec<&Flow> {
    library.flows.iter().filter(|flow| !flow.names.is_empty()).collect()
}

/// Answers that stand for all: options, one step to either side of every threshold, not sure.
fn values(library: &Library, key: &str) -> Vec<Value> {
    let needs: Vec<&Need> = library.schemes.iter().flat_map(|scheme| &scheme.needs).collect();
    let fact = library.facts.get(key).expect("a fact");
    let mut values = representatives(library, &fact.id, &needs, day());
    values.retain(Value::is_known);
    let usual = match fact.kind {
        Kind::Choice | Kind::YesNo => None,
        Kind::Date => Some(Value::Days(Span::day("2026-09-15".parse().expect("a day")))),
        Kind::Birth => Some(Value::Days(Span::day("1984-05-05".parse().expect("a day")))),
        Kind::Months => Some(Value::Number(45)),
        Kind::Number => Some(Value::Number(3)),
        Kind::Money => Some(Value::Number(350_000)),
        Kind::Words => Some(Value::Words("保洁".into())),
    };
    values.extend(usual);
    values.push(Value::Unsure);
    values.retain(|value| library.facts.allows(key, value));
    values
}

fn at<'a>(library: &'a Library, flow: &'a Flow, told: &Told) -> Walk<'a> {
    walk(library, flow, told, &HashSet::new(), day())
}

/// A conversation that stands in a procedure with these answers.
pub fn standing(flow: &Flow, told: &Told, path: &[String]) -> Conversation {
    let task = Task {
        flow: flow.id.clone(),
        digest: flow.digest.clone(),
        answered: path.to_vec(),
        path: path.to_vec(),
        ..Task::default()
    };
    Conversation { told: told.clone(), tasks: vec![task], on: Some(day()), ..Conversation::default() }
}

/// One state for each question of a procedure: the shortest way to it.
pub fn questions(library: &Library, flow: &Flow) -> BTreeMap<String, Told> {
    let mut found = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([Told::default()]);
    while let Some(told) = open.pop_front() {
        let At::Question(key, _) = at(library, flow, &told).at else { continue };
        if found.contains_key(&key) {
            continue;
        }
        for value in values(library, &key) {
            let mut next = told.clone();
            next.set(&key, value);
            open.push_back(next);
        }
        found.insert(key, told);
    }
    found
}

/// Everyone who talks to the assistant in these tests.
struct Talk {
    library: Arc<Library>,
    script: Script,
    conversation: Conversation,
}

impl Talk {
    fn new(library: &Arc<Library>, script: Script, conversation: Conversation) -> Self {
        let conversation = Conversation { script, ..conversation };
        Self { library: Arc::clone(library), script, conversation }
    }

    /// Says words, in the script of the talk; gives everything that is said back.
    fn say(&mut self, words: &str) -> String {
        let words = self.library.language.spoken(words, self.script);
        let turn = step(&self.library, &self.conversation, &Body::Text(words), day());
        self.take(turn)
    }

    fn take(&mut self, turn: Turn) -> String {
        self.conversation = turn.conversation;
        turn.said.iter().map(|message| message.text() + "\n").collect()
    }

    fn question(&self) -> Option<String> {
        dialog::question_at(&self.library, &self.conversation, day())
    }

    fn spoken(&self, words: &str) -> String {
        self.library.language.spoken(words, self.script)
    }
}

/// What is tried at a question: its name, and what goes wrong, if anything does.
type Trial = (&'static str, fn(&mut Talk, &str) -> Result<(), String>);

fn expect(fine: bool, what: impl Into<String>) -> Result<(), String> {
    if fine { Ok(()) } else { Err(what.into()) }
}

/// The same question is asked again, in words.
fn stays(talk: &Talk, key: &str, said: &str) -> Result<(), String> {
    let ask = talk.spoken(&talk.library.facts.get(key).expect("a fact").ask);
    expect(talk.question().as_deref() == Some(key), format!("now at {:?}: {said}", talk.question()))?;
    expect(said.contains(&ask), format!("does not ask again: {said}"))
}

fn cancel(talk: &mut Talk, key: &str) -> Result<(), String> {
    let told = talk.conversation.told.clone();
    talk.say("不办了");
    expect(talk.conversation.tasks.is_empty(), "still in it")?;
    let said = talk.say("继续");
    expect(talk.conversation.told == told, "answers were lost")?;
    stays(talk, key, &said)
}

fn restart(talk: &mut Talk, _: &str) -> Result<(), String> {
    let first = first_question(talk);
    let said = talk.say("重新开始");
    expect(talk.conversation.told.is_empty(), "answers are left")?;
    stays(talk, &first, &said)
}

fn first_question(talk: &Talk) -> String {
    let flow = talk.library.flow(&talk.conversation.tasks[0].flow).expect("a flow");
    match at(&talk.library, flow, &Told::default()).at {
        At::Question(key, _) => key,
        other => panic!("begins with {other:?}"),
    }
}

fn back(talk: &mut Talk, key: &str) -> Result<(), String> {
    let before = path(talk).last().cloned();
    let said = talk.say("上一步");
    let Some(before) = before else { return stays(talk, key, &said) };
    stays(talk, &before, &said)?;
    let kept = talk.conversation.told.get(&before).cloned();
    let said = talk.say("不变");
    expect(talk.conversation.told.get(&before).cloned() == kept, "the earlier answer changed")?;
    stays(talk, key, &said)
}

fn path(talk: &Talk) -> Vec<String> {
    let flow = talk.library.flow(&talk.conversation.tasks[0].flow).expect("a flow");
    at(&talk.library, flow, &talk.conversation.told).path
}

fn skip(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("跳过");
    if talk.library.facts.get(key).expect("a fact").needed {
        return stays(talk, key, &said);
    }
    expect(talk.conversation.told.get(key) == Some(&Value::Skipped), "not skipped")?;
    expect(talk.question().as_deref() != Some(key), "asked again")
}

fn unsure(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("我不清楚");
    let paper = talk.spoken(&talk.library.facts.get(key).expect("a fact").unsure);
    let forgotten = talk.conversation.tasks.is_empty();
    expect(forgotten || talk.conversation.told.get(key) == Some(&Value::Unsure), "not taken")?;
    expect(talk.question().as_deref() != Some(key), "asked again")?;
    expect(said.contains(&paper), format!("does not say which paper shows it: {said}"))
}

fn help(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("帮助");
    let why = talk.spoken(&talk.library.facts.get(key).expect("a fact").why);
    expect(said.contains(&why) && said.contains(&talk.spoken("上一步")), said.clone())?;
    stays(talk, key, &said)
}

fn why(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("为什么问这个");
    let why = talk.spoken(&talk.library.facts.get(key).expect("a fact").why);
    expect(said.contains(&why), said.clone())?;
    stays(talk, key, &said)
}

fn repeat(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("再说一遍");
    stays(talk, key, &said)
}

fn review(talk: &mut Talk, key: &str) -> Result<(), String> {
    let lines = path(talk).len();
    let said = talk.say("我刚才答了什么");
    expect(lines == 0 || said.contains("· "), said)?;
    let said = talk.say("继续");
    stays(talk, key, &said)
}

fn summary(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("总结");
    expect(said.contains(&talk.spoken("办理小结")), said.clone())?;
    stays(talk, key, &said)
}

/// Names a question that was answered; it is asked again, and its answer stands until there is another.
fn correct_by_name(talk: &mut Talk, key: &str) -> Result<(), String> {
    let Some(earlier) = path(talk).first().cloned() else { return Ok(()) };
    let name = talk.library.facts.get(&earlier).expect("a fact").name.clone();
    let said = talk.say(&format!("改一下{name}"));
    stays(talk, &earlier, &said)?;
    let said = talk.say("不变");
    stays(talk, key, &said)
}

/// Names a question and its new value, then takes it back.
fn correct_by_value(talk: &mut Talk, key: &str) -> Result<(), String> {
    let Some((earlier, option)) = other_option(talk) else { return Ok(()) };
    let fact = talk.library.facts.get(&earlier).expect("a fact").clone();
    let before = talk.conversation.told.get(&earlier).cloned();
    let label = &fact.option(&option).expect("an option").label;
    talk.say(&format!("{}改成{label}", fact.name));
    expect(
        talk.conversation.told.get(&earlier) == Some(&Value::Option(option)),
        format!("{} was not corrected to {label}", fact.name),
    )?;
    let said = talk.say("改回来");
    expect(talk.conversation.told.get(&earlier).cloned() == before, "was not taken back")?;
    stays(talk, key, &said)
}

/// An answered question, and an option of it that was not chosen.
fn other_option(talk: &Talk) -> Option<(String, String)> {
    path(talk).into_iter().rev().find_map(|key| {
        let told = talk.conversation.told.get(&key)?.clone();
        let fact = talk.library.facts.get(&key).filter(|fact| fact.kind == Kind::Choice)?;
        let option = fact.options.iter().find(|option| told != Value::Option(option.id.clone()))?;
        Some((key, option.id.clone()))
    })
}

fn policy_question(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("失业金能领几个月？");
    expect(said.contains(&talk.spoken("来源：")), said.clone())?;
    stays(talk, key, &said)
}

/// Another procedure in the middle, and another in that, and another; each leads back.
fn three_deep(talk: &mut Talk, key: &str) -> Result<(), String> {
    let here = talk.conversation.tasks[0].flow.clone();
    let others = ["失业保险关系转移", "停领失业金", "申请调解", "就业见习"];
    let mut depth = 1;
    let library = Arc::clone(&talk.library);
    let other = |name: &&&str| library.flows.iter().any(|flow| flow.title == ***name && flow.id != here);
    for name in others.iter().filter(other).take(3) {
        talk.say(&format!("我要办{name}"));
        depth += 1;
        expect(talk.conversation.tasks.len() == depth, format!("{name} did not begin"))?;
    }
    expect(depth == 4, "there are not three others")?;
    let mut said = String::new();
    for _ in 0..3 {
        said = talk.say("不办了");
        expect(said.contains(&talk.spoken("我们回到")) || said.contains(&talk.spoken("先停在这里")), said.clone())?;
    }
    stays(talk, key, &said)
}

fn person(talk: &mut Talk, key: &str) -> Result<(), String> {
    let said = talk.say("转人工");
    expect(talk.conversation.request.is_some(), "nobody was called")?;
    expect(talk.conversation.mode(&talk.library) == "queued", "not queued")?;
    stays(talk, key, &said)?;
    let said = talk.say("取消");
    expect(talk.conversation.request.is_none(), "the request stands")?;
    stays(talk, key, &said)
}

fn silence(talk: &mut Talk, key: &str) -> Result<(), String> {
    talk.conversation.on = day().checked_sub_days(chrono::Days::new(14));
    let said = talk.say("你好");
    expect(said.contains(&talk.spoken("欢迎回来")), said.clone())?;
    stays(talk, key, &said)
}

fn off_topic(talk: &mut Talk, key: &str) -> Result<(), String> {
    if talk.library.facts.get(key).expect("a fact").kind == Kind::Words {
        return Ok(());
    }
    let said = talk.say("明天会下雨吗");
    stays(talk, key, &said)
}

fn unclear(talk: &mut Talk, key: &str) -> Result<(), String> {
    if talk.library.facts.get(key).expect("a fact").kind == Kind::Words {
        return Ok(());
    }
    let said = talk.say("嘿哟嘿哟嘿");
    expect(said.contains(&talk.spoken("我没有听懂")), said.clone())?;
    stays(talk, key, &said)
}

const TRIALS: [Trial; 18] = [
    ("cancel and resume", cancel),
    ("restart", restart),
    ("back and keep", back),
    ("skip", skip),
    ("not sure", unsure),
    ("help", help),
    ("why", why),
    ("repeat", repeat),
    ("review", review),
    ("summary", summary),
    ("correct by name", correct_by_name),
    ("correct by value, and back", correct_by_value),
    ("policy question", policy_question),
    ("three deep", three_deep),
    ("person", person),
    ("silence", silence),
    ("off topic", off_topic),
    ("unclear", unclear),
];

#[test]
fn every_repair_works_at_every_question_in_both_scripts() {
    let library = library();
    let mut wrong = Vec::new();
    let mut talks = 0;
    for flow in procedures(&library) {
        for (key, told) in questions(&library, flow) {
            let walk = at(&library, flow, &told);
            for (script, (name, trial)) in
                [Script::Hans, Script::Hant].iter().flat_map(|script| TRIALS.map(|trial| (script, trial)))
            {
                let mut talk = Talk::new(&library, *script, standing(flow, &told, &walk.path));
                talks += 1;
                if let Err(what) = trial(&mut talk, &key) {
                    wrong.push(format!("{} at {key}, {script:?}, {name}: {what}", flow.id));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {talks}:\n{}",
        wrong.len(),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(talks >= 3000, "only {talks} conversations");
}

/// All ways through a procedure, or as many as `most`.
fn ways(library: &Library, flow: &Flow, most: usize, mut each: impl FnMut(&Walk<'_>)) -> usize {
    let mut open = vec![Told::default()];
    let mut count = 0;
    while let Some(told) = open.pop() {
        let walk = at(library, flow, &told);
        match &walk.at {
            At::Question(key, _) => {
                // What only fills a list or a summary leads nowhere else: two values stand for all.
                for value in values(library, key) {
                    let mut next = told.clone();
                    next.set(key, value);
                    open.push(next);
                }
            }
            _ => {
                count += 1;
                each(&walk);
                if count >= most {
                    return count;
                }
            }
        }
    }
    count
}

/// Every way of every node of a procedure, as (node, answer).
fn branches(library: &Library, flow: &Flow) -> BTreeSet<(String, String)> {
    let mut branches = BTreeSet::new();
    for node in &flow.nodes {
        let id = format!("{}/{}", flow.id, node.id);
        let answers: Vec<String> = match &node.what {
            What::Ask(key) => match library.facts.get(key) {
                Some(fact) if !fact.options.is_empty() => {
                    fact.options.iter().map(|option| option.id.clone()).chain(["unsure".to_owned()]).collect()
                }
                _ => vec![String::new(), "unsure".into()],
            },
            What::Weigh { .. } => node.goto.named().map(str::to_owned).collect(),
            _ => vec![String::new()],
        };
        branches.extend(answers.into_iter().map(|answer| (id.clone(), answer)));
    }
    branches
}

#[test]
fn every_branch_of_every_procedure_is_walked_and_every_way_ends() {
    let library = library();
    let mut missed = Vec::new();
    for flow in procedures(&library) {
        let mut open = branches(&library, flow);
        let mut ends = 0;
        // All ways where there are few; else random ones, as many.
        let count = ways(&library, flow, 10_000, |walk| {
            ends += usize::from(matches!(walk.at, At::End(..) | At::Counsellor | At::Conflict(_)));
            open.retain(|way| !walk.trail.contains(way));
        });
        assert_eq!(ends, count, "{}", flow.id);
        let mut dice = Dice::new(7);
        for round in 0..if open.is_empty() { 0 } else { 4000 } {
            // Some rules have ended; their ways are walked on a day on which they held.
            let day = if round % 2 == 0 { day() } else { "2025-07-01".parse().expect("a day") };
            let mut told = Told::default();
            loop {
                let walk = walk(&library, flow, &told, &HashSet::new(), day);
                let At::Question(key, _) = &walk.at else {
                    open.retain(|way| !walk.trail.contains(way));
                    break;
                };
                let values = values(&library, key);
                told.set(key, values[dice.below(values.len())].clone());
            }
        }
        missed.extend(open.into_iter().map(|(node, answer)| format!("{node} {answer}")));
    }
    assert!(missed.is_empty(), "never walked:\n{}", missed.join("\n"));
}

/// The walk with the answers that it does not reach taken away.
fn reached(library: &Library, flow: &Flow, told: &Told) -> (Told, String) {
    let walk = at(library, flow, told);
    let mut only = told.clone();
    only.retain(|key| walk.path.iter().any(|other| other == key));
    (only, shown(&walk))
}

/// A walk as text, to be compared.
fn shown(walk: &Walk<'_>) -> String {
    format!("{:?} {:?} {:?}", walk.path, walk.events, walk.at)
}

/// How many random sequences are tried; fewer while developing.
fn rounds(all: usize) -> usize {
    std::env::var("LUZHU_ROUNDS").ok().and_then(|share| share.parse().ok()).unwrap_or(all)
}

#[test]
fn random_corrections_use_no_stale_answer_ask_nothing_twice_and_can_be_undone() {
    let library = library();
    let flows = procedures(&library);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rounds = rounds(100_000);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (library, flows) = (&library, &flows);
            scope.spawn(move || {
                let mut dice = Dice::new(100 + thread as u64);
                for round in 0..rounds / threads + 1 {
                    corrections(library, flows[round % flows.len()], &mut dice);
                }
            });
        }
    });
}

/// One random sequence of answers, corrections and undoing.
fn corrections(library: &Library, flow: &Flow, dice: &mut Dice) {
    let mut told = Told::default();
    for _ in 0..dice.below(8) + 2 {
        let walk = at(library, flow, &told);
        if let At::Question(key, _) = &walk.at {
            // What has a valid answer is never asked for.
            assert!(
                told.get(key).is_none_or(|value| !library.facts.allows(key, value)),
                "{}: {key} is asked twice",
                flow.id
            );
            let values = values(library, key);
            told.set(key, values[dice.below(values.len())].clone());
        }
    }
    let walk = at(library, flow, &told);
    if walk.path.is_empty() {
        return;
    }
    let before = shown(&walk);
    let key = walk.path[dice.below(walk.path.len())].clone();
    let values = values(library, &key);
    let earlier = told.set(&key, values[dice.below(values.len())].clone()).expect("it was answered");
    // Nothing that is not on the way has a say in it.
    let (only, with_all) = reached(library, flow, &told);
    assert_eq!(with_all, shown(&at(library, flow, &only)), "{}: a stale answer is used after {key} changed", flow.id);
    told.set(&key, earlier);
    assert_eq!(before, shown(&at(library, flow, &told)), "{}: undoing {key} does not restore", flow.id);
}

#[test]
fn edits_under_live_conversations_lose_nothing_and_are_told() {
    let shipped = library();
    let mut library = crate::house::load();
    let ids: Vec<String> = procedures(&shipped).iter().map(|flow| flow.id.clone()).collect();
    let mut dice = Dice::new(11);
    let mut told_of = 0;
    for round in 0..rounds(1000) {
        let id = &ids[round % ids.len()];
        let place = library.flows.iter().position(|flow| flow.id == *id).expect("a flow");
        let original = library.flows[place].clone();
        let states = questions(&shipped, &original);
        edit(&mut library.flows[place], &mut dice);
        library.flows[place].digest = format!("edited {round}");
        for (key, told) in &states {
            let path = at(&shipped, &original, told).path;
            let conversation = standing(&original, told, &[path, vec![key.clone()]].concat());
            let turn = step(&library, &conversation, &Body::Text("继续".into()), day());
            let said: String = turn.said.iter().map(|message| message.text()).collect();
            for (key, value) in told.iter() {
                let kept = turn.conversation.told.get(key) == Some(value);
                let ended = turn.conversation.tasks.is_empty();
                assert!(kept || ended, "{id}: the answer to {key} is lost");
            }
            assert!(said.contains("更新过了"), "{id} at {key}: {said}");
            told_of += 1;
        }
        library.flows[place] = original;
    }
    assert!(told_of > 0);
}

/// Changes a procedure as an editor might: nodes go, come, move, or lead elsewhere.
fn edit(flow: &mut Flow, dice: &mut Dice) {
    use luzhu::library::flow::{Goto, Target};
    let count = flow.nodes.len();
    let at = dice.below(count);
    match dice.below(5) {
        // Taken out: whoever led there goes on behind it.
        0 => {
            let next = flow.nodes[at].goto.ways().first().copied().unwrap_or(Target::Counsellor);
            flow.nodes[at].what = What::Say(luzhu::library::flow::Saying::default());
            flow.nodes[at].goto = Goto::On(next);
        }
        // Leads somewhere else, even in a circle.
        1 => flow.nodes[at].goto = Goto::On(Target::Node(dice.below(count))),
        // Asks something else.
        2 => flow.nodes[at].what = What::Ask(["district", "left_on", "registered"][dice.below(3)].into()),
        // Leads to nothing.
        3 => flow.nodes[at].goto = Goto::On(Target::Node(count + 5)),
        // A new first question.
        _ => {
            let first = flow.nodes[0].clone();
            flow.nodes.push(first);
            flow.nodes[0].what = What::Ask("born".into());
            flow.nodes[0].goto = Goto::On(Target::Node(count));
        }
    }
}

#[test]
fn a_procedure_that_is_gone_is_told_and_nothing_is_lost() {
    let library = library();
    let told: Told = [("identity".to_owned(), Value::Option("mainland".into()))].into_iter().collect();
    let gone = Task { flow: "no-longer-here".into(), ..Task::default() };
    let conversation =
        Conversation { told: told.clone(), tasks: vec![gone], on: Some(day()), ..Conversation::default() };
    let turn = step(&library, &conversation, &Body::Text("1".into()), day());
    assert!(turn.said[0].text().contains("已经下线"), "{}", turn.said[0].text());
    assert_eq!(turn.conversation.told, told);
}

#[test]
fn the_same_talk_twice_is_the_same_to_the_byte() {
    let library = library();
    let lines = [
        "我要办失业登记",
        "1",
        "2",
        "3",
        "上一步",
        "不变",
        "总结",
        "我不确定",
        "上个月底",
        "3年9个月",
        "被公司裁员了",
        "是",
        "没有",
        "跳过",
        "取消",
        "继续",
        "重新开始",
        "我要申領失業給付",
        "改一下离职原因",
        "不对，我是去年三月走的",
        "52岁",
        "台灣居民",
        "繁",
        "简",
        "0",
        "我要办灵活就业社保补贴",
        "为什么问这个",
        "男",
        "思明",
        "3500块",
        "失业金能领几个月",
        "我想看看我能享受什么政策",
    ];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rounds = rounds(10_000);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let library = &library;
            scope.spawn(move || {
                let mut dice = Dice::new(500 + thread as u64);
                for _ in 0..rounds / threads + 1 {
                    let typed: Vec<&str> = (0..6).map(|_| lines[dice.below(lines.len())]).collect();
                    assert_eq!(played(library, &typed), played(library, &typed), "{typed:?}");
                }
            });
        }
    });
}

fn played(library: &Library, typed: &[&str]) -> String {
    let mut conversation = Conversation::default();
    let mut out = String::new();
    for line in typed {
        let turn = step(library, &conversation, &Body::Text((*line).into()), day());
        out.push_str(&serde_json::to_string(&(&turn.said, &turn.conversation)).expect("JSON"));
        conversation = turn.conversation;
    }
    out
}

#[test]
fn repair_words_are_understood_and_others_are_not() {
    let library = library();
    let read =
        |list: &str| std::fs::read_to_string(crate::house::repo(&format!("tests/phrases/{list}.txt"))).expect("a list");
    let repair = |text: &str| {
        library.repairs.read(&library.language.fold(text)).map(|repair| format!("{repair:?}").to_lowercase())
    };
    let mut missed = Vec::new();
    let mut count = 0;
    for line in read("repair").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (id, phrase) = line.split_once('\t').expect("an id and a phrase");
        count += 1;
        if repair(phrase).as_deref() != Some(id) {
            missed.push(format!("{phrase}: {:?} instead of {id}", repair(phrase)));
        }
    }
    for line in read("repair-none").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        count += 1;
        if let Some(repair) = repair(line) {
            missed.push(format!("{line}: taken for {repair}"));
        }
    }
    assert!(missed.is_empty(), "{} of {count}:\n{}", missed.len(), missed.join("\n"));
}

/// Bad answers get a clear sentence, and nothing is lost.
#[test]
fn bad_answers_are_answered_clearly() {
    let library = library();
    let flow = library.flow("unemployment-registration").expect("a flow");
    let told = &questions(&library, flow)["left_on"];
    let path = at(&library, flow, told).path;
    let long = "我说不清楚".repeat(2000);
    for (typed, answer) in [
        ("2月31日", "不太对"),
        ("明年三月", "不太对"),
        ("前几天", "不够准"),
        (long.as_str(), "没有听懂"),
        ("110101190001010015", "没有保存"),
        ("🙂", "没有收到文字"),
    ] {
        let mut talk = Talk::new(&library, Script::Hans, standing(flow, told, &path));
        let said = talk.say(typed);
        assert!(said.contains(answer), "{typed}: {said}");
        assert_eq!(talk.question().as_deref(), Some("left_on"), "{typed}");
        assert_eq!(&talk.conversation.told, told, "{typed}");
    }
    // Twenty answers at once: what can be understood is taken in.
    let mut talk = Talk::new(&library, Script::Hans, standing(flow, told, &path));
    let said = talk.say("上个月底走的，公司裁员，我住在厦门，想找工作，住思明区，男的，1974年3月出生，交了四年社保，没领过补贴，没有残疾，不是低保，没读书，会用手机，大陆人，厦门户口，城镇的，已经登记了，没在领钱，没有执照，不是应届生");
    assert!(said.contains("离职时间：2026年10月底") && said.contains("公司裁员"), "{said}");
    // One script after the other.
    let mut talk = Talk::new(&library, Script::Hans, Conversation::default());
    for line in ["我要办失业登记", "台灣居民", "居住证", "沒工作", "从单位离职"] {
        let turn = step(&library, &talk.conversation, &Body::Text(line.into()), day());
        assert!(turn.said.iter().all(|message| message.kind == Reply::Flow), "{line}: {:?}", turn.said);
        talk.take(turn);
    }
    assert_eq!(talk.question().as_deref(), Some("left_on"));
}

/// Where any words are an answer, someone in danger is still heard.
#[test]
fn danger_is_heard_at_every_kind_of_question() {
    let library = library();
    for (flow, key) in [
        ("register-recruiting-need", "post_name@posts.1"),
        ("unemployment-registration", "left_on"),
        ("unemployment-registration", "wants_work"),
    ] {
        let flow = library.flow(flow).expect("a flow");
        let told = &questions(&library, flow)[key];
        let path = at(&library, flow, told).path;
        for words in ["我真的不想活了", "活着没有意思，想一了百了", "人生沒有意義，想離開這個世界"]
        {
            let mut talk = Talk::new(&library, Script::Hans, standing(flow, told, &path));
            let turn = step(&library, &talk.conversation, &Body::Text(words.into()), day());
            assert_eq!(turn.said[0].kind, Reply::Crisis, "{words} at {key}");
            talk.take(turn);
            assert_eq!(&talk.conversation.told, told, "{words} is no answer");
            assert!(talk.conversation.request.is_some());
        }
    }
}

/// What was told is kept for thirty days, and no longer.
#[test]
fn answers_are_kept_for_thirty_days() {
    let library = library();
    let flow = library.flow("unemployment-registration").expect("a flow");
    let told = &questions(&library, flow)["left_on"];
    let path = at(&library, flow, told).path;
    for (days, kept) in [(1, true), (30, true), (31, false)] {
        let conversation =
            Conversation { on: day().checked_sub_days(chrono::Days::new(days)), ..standing(flow, told, &path) };
        let turn = step(&library, &conversation, &Body::Text("你好".into()), day());
        let said = turn.said[0].text();
        assert_eq!(turn.conversation.told == *told, kept, "{days} days: {said}");
        assert!(said.contains(if kept { "欢迎回来" } else { "超过30天" }), "{days} days: {said}");
    }
}

/// A choice from an older message still means what it said.
#[test]
fn a_stale_button_is_understood() {
    let library = library();
    let flow = library.flow("unemployment-registration").expect("a flow");
    let told = &questions(&library, flow)["left_on"];
    let conversation = standing(flow, told, &at(&library, flow, told).path);
    let press = |act: &str| step(&library, &conversation, &Body::Choice(act.into()), day());
    let turn = press("answer/identity/taiwan");
    assert_eq!(turn.conversation.told.get("identity"), Some(&Value::Option("taiwan".into())));
    assert!(turn.said[0].text().contains("改好了"), "{}", turn.said[0].text());
    for gone in [
        "answer/identity/martian",
        "answer/no-such-question/yes",
        "begin/no-such-flow",
        "change/no-such-question",
        "mend/fly",
    ] {
        let turn = press(gone);
        assert_eq!(&turn.conversation.told, told, "{gone}");
        assert!(!turn.said[0].text().is_empty());
    }
}

/// Everything that a procedure says fits every channel, in both scripts.
#[test]
fn all_that_is_said_fits_every_channel() {
    use luzhu::message::limits;
    let library = library();
    for flow in &library.flows {
        for told in questions(&library, flow).into_values() {
            // The question, and from there one answer that may lead to the end.
            let path = at(&library, flow, &told).path;
            for (script, words) in [
                (Script::Hans, "再说一遍"),
                (Script::Hans, "1"),
                (Script::Hant, "不知道"),
                (Script::Hant, "总结"),
                (Script::Hans, "我刚才答了什么"),
            ] {
                let conversation = Conversation { script, pinned: true, ..standing(flow, &told, &path) };
                let asked = step(&library, &conversation, &Body::Text("再说一遍".into()), day());
                let turn = step(&library, &asked.conversation, &Body::Text(words.into()), day());
                for message in &turn.said {
                    let text = message.text();
                    assert!(
                        text.encode_utf16().count() <= limits::TEXT,
                        "{}: {} long: {text}",
                        flow.id,
                        text.chars().count()
                    );
                    assert!(message.choices.len() <= limits::CHOICES, "{}: {text}", flow.id);
                    assert!(
                        message.choices.iter().all(|choice| choice.act.to_string().len() <= limits::ACT_BYTES),
                        "{}: {text}",
                        flow.id
                    );
                    assert!(!text.contains(['{', '}']), "{}: {text}", flow.id);
                }
                let last = turn.said.last().expect("something is said");
                assert!(
                    last.choices.iter().any(|choice| choice.key == "0"),
                    "{}: no way to a person: {}",
                    flow.id,
                    last.text()
                );
            }
        }
    }
}
