//! The command line as scripts use it, and what it does with bad input.

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use serde_json::Value;

use crate::house::luzhu;

fn run(arguments: &[&str]) -> Output {
    luzhu(arguments).output().expect("luzhu runs")
}

fn fed(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = luzhu(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("luzhu runs");
    let mut stdin = child.stdin.take().expect("its standard input");
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    feeding.join().expect("fed").expect("all of it");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn ask_answers_in_words_and_in_json() {
    let words = run(&["ask", "失業給付可以領多久"]);
    assert!(words.status.success());
    assert!(text(&words.stdout).contains("2個月"), "{}", text(&words.stdout));
    let json = run(&["ask", "--json", "失業給付可以領多久"]);
    let answer: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(
        (&answer["kind"], &answer["script"], &answer["article"]),
        (&"answer".into(), &"hant".into(), &"benefit-months".into())
    );
    assert_eq!(answer["text"], text(&words.stdout).trim_end());
    assert!(answer["sources"][0]["as_of"].is_string() && answer["confidence"].as_f64().is_some_and(|sure| sure > 0.5));
    assert_eq!(answer["choices"].as_array().expect("choices").last().expect("one")["key"], "0");
    assert!(text(&run(&["ask", "--explain", "失業給付可以領多久"]).stdout).contains("benefit-months"));
}

#[test]
fn every_line_of_input_gets_one_line_whatever_it_holds() {
    let long = "失业".repeat(900_000);
    let lines: Vec<&[u8]> = vec![
        "失业金怎么领".as_bytes(),
        b"",
        b"   ",
        "🙂".as_bytes(),
        b"\xff\xfe\x80 broken",
        b"a\0b\x07c",
        "\u{202e}\u{200d}\u{200b}".as_bytes(),
        "１２３３３是什么电话".as_bytes(),
        b"<script>alert(1)</script>",
        "工资 AND (title:* OR \"".as_bytes(),
        long.as_bytes(),
        "试用期最长多久".as_bytes(),
    ];
    let output = fed(&["ask", "--json"], &lines.join(&b'\n'));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), lines.len());
    assert!(answers.iter().all(|answer| !answer["text"].as_str().expect("text").is_empty()));
    assert_eq!(
        (&answers[0]["kind"], &answers[1]["kind"], &answers[11]["article"]),
        (&"answer".into(), &"smalltalk".into(), &"probation".into())
    );
    assert_eq!(text(&fed(&["ask"], &lines.join(&b'\n')).stdout).lines().count(), lines.len());
}

#[test]
fn chat_remembers_only_when_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let turns = |input: &str, kept: &[&str]| -> Vec<Value> {
        let output = fed(&[&["chat", "--json"], kept].concat(), input.as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let kept = ["--data", data, "--user", "王"];
    let first = turns("繁\n转人工\n", &kept);
    assert_eq!((&first[1]["mode"], &first[1]["messages"][0]["kind"]), (&"queued".into(), &"human".into()));
    assert_eq!(first[0]["outcomes"], Value::Array(vec![]));
    let second = turns("ok\n", &kept);
    assert_eq!((&second[0]["mode"], &second[0]["messages"][0]["script"]), (&"queued".into(), &"hant".into()));
    assert_eq!(turns("ok\n", &[])[0]["mode"], "open");
}

#[test]
fn wrong_command_lines_and_wrong_places_are_told_in_one_sentence() {
    assert_eq!(run(&["ask", "--nonsense"]).status.code(), Some(2));
    assert_eq!(run(&["fly"]).status.code(), Some(2));
    assert_eq!(
        luzhu(&[]).args(["ask"]).env("LUZHU_KNOWLEDGE", "/nowhere").output().expect("runs").status.code(),
        Some(2)
    );
    let nowhere = run(&["check", "--knowledge", "/nowhere"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).contains("/nowhere"), "{}", text(&nowhere.stderr));
    let unwritable = run(&["serve", "--listen", "127.0.0.1:0", "--data", "/proc/luzhu"]);
    assert_eq!(unwritable.status.code(), Some(1));
    assert!(text(&unwritable.stderr).contains("--data"), "{}", text(&unwritable.stderr));
    let lines = fed(&["eval", "answers", "/nowhere.jsonl"], b"");
    assert_eq!(lines.status.code(), Some(1));
    for command in ["serve", "chat", "ask", "check", "eval"] {
        assert!(luzhu(&[]).args([command]).output().is_ok());
        let help =
            std::process::Command::new(env!("CARGO_BIN_EXE_luzhu")).args([command, "--help"]).output().expect("help");
        assert!(help.status.success() && help.stdout.len() > 200);
    }
}

#[test]
fn one_program_at_a_time_in_a_data_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = crate::house::Server::start(folder.path(), &[]);
    let second = run(&["chat", "--json", "--data", folder.path().to_str().expect("a path"), "--user", "x"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains(&format!("process {}", server.child.id())), "{}", text(&second.stderr));
    let port = server.url.rsplit(':').next().expect("a port");
    let other = tempfile::tempdir().expect("a folder");
    let taken =
        run(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--data", other.path().to_str().expect("a path")]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(text(&taken.stderr).contains("--listen"), "{}", text(&taken.stderr));
}

#[test]
fn search_is_measured_over_any_corpus() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, lines: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, lines).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let corpus = file(
        "c.jsonl",
        "{\"id\":\"a\",\"text\":\"鷺島的春天多雨\"}\n{\"id\":\"b\",\"text\":\"工厂在城北\",\"title\":\"地图\"}\n",
    );
    let queries = file(
        "q.jsonl",
        "{\"id\":\"1\",\"text\":\"鹭岛春天下雨吗\",\"relevant\":[\"a\"]}\n{\"id\":\"2\",\"text\":\"工廠在哪\",\"relevant\":[\"b\"]}\n",
    );
    let output = run(&["eval", "retrieval", "--corpus", &corpus, "--queries", &queries, "--json"]);
    let figures: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (
            figures["docs"].as_i64(),
            figures["queries"].as_i64(),
            figures["recall_1"].as_f64(),
            figures["ndcg_10"].as_f64()
        ),
        (Some(2), Some(2), Some(1.0), Some(1.0))
    );
    for key in ["recall_5", "mrr_10", "index_s", "index_bytes", "p50_ms", "p99_ms", "qps", "peak_rss_mb"] {
        assert!(figures[key].is_number(), "{key}");
    }
}

/// A file of facts, in a folder that is gone at the end.
fn facts(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("facts.toml");
    std::fs::write(&file, text).expect("written");
    let name = file.to_str().expect("a path").to_owned();
    (folder, name)
}

#[test]
fn weigh_tells_every_outcome_with_its_proof() {
    let (_folder, file) =
        facts("insured_months = 45\nleft_reason = \"laid_off\"\nregistered = true\nwants_work = true\n");
    let one = run(&["weigh", "--facts", &file, "--scheme", "unemployment-benefit", "--json"]);
    let weighed: Value = serde_json::from_slice(&one.stdout).expect("JSON");
    let outcome = &weighed["outcomes"][0];
    assert_eq!((&outcome["scheme"], &outcome["verdict"]), (&"unemployment-benefit".into(), &"eligible".into()));
    let paid = outcome["needs"].as_array().expect("needs").iter().find(|need| need["id"] == "paid-a-year").expect("it");
    assert_eq!(
        (&paid["holds"], &paid["value"], &paid["threshold"]),
        (&true.into(), &"45个月".into(), &"12个月".into())
    );
    assert!(paid["source"].is_string() && paid["as_of"].is_string());
    let months =
        outcome["awards"].as_array().expect("awards").iter().find(|award| award["name"] == "months").expect("it");
    assert_eq!((&months["value"], &months["working"]), (&"6".into(), &"满3年 × 2个月".into()));
    let all: Value = serde_json::from_slice(&run(&["weigh", "--facts", &file, "--json"]).stdout).expect("JSON");
    assert!(all["outcomes"].as_array().expect("outcomes").len() >= 16);
    // The smallest change, in words.
    let (_folder, file) =
        facts("insured_months = 9\nleft_reason = \"laid_off\"\nregistered = true\nwants_work = true\n");
    let words = text(&run(&["weigh", "--facts", &file, "--scheme", "unemployment-benefit"]).stdout);
    assert!(words.contains("不符合条件") && words.contains("再缴3个月失业保险，就满12个月"), "{words}");
}

#[test]
fn bad_facts_are_told_in_one_sentence_each() {
    for (given, says) in [
        ("shoe_size = 42\n", "shoe_size: there is no fact of this name"),
        ("age = 52\n", "age: there is no fact of this name"),
        ("left_reason = \"aliens\"\n", "left_reason: give one of"),
        ("insured_months = -5\n", "insured_months: give whole months"),
        ("insured_months = [1]\n", "insured_months: give a word"),
        ("born = \"2015年\"\ninsured_months = 144\n", "contradicts itself"),
        ("insured_months =\n", "cannot be used"),
    ] {
        let (_folder, file) = facts(given);
        let output = run(&["weigh", "--facts", &file]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{given}");
        assert!(said.contains(says), "{given}: {said}");
    }
    let (_folder, file) = facts("");
    let unknown = run(&["weigh", "--facts", &file, "--scheme", "no-such-scheme"]);
    assert!(unknown.status.code() == Some(1) && text(&unknown.stderr).contains("no-such-scheme"));
    assert_eq!(run(&["weigh", "--facts", "/no/such/file.toml"]).status.code(), Some(1));
}

#[test]
fn a_procedure_is_drawn_and_outlined() {
    let picture = text(&run(&["draw", "unemployment-registration"]).stdout);
    assert!(picture.contains("flowchart TD") && picture.contains("台湾居民"), "{picture}");
    let outline = text(&run(&["draw", "unemployment-registration", "--text"]).stdout);
    assert!(outline.starts_with("失业登记。共") && outline.contains("第1步，问："), "{outline}");
    let none = run(&["draw", "no-such-procedure"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("unemployment-registration"), "it says what there is");
}

#[test]
fn chat_tells_where_one_is_and_what_was_weighed() {
    let typed = "我要办失业登记\n大陆居民\n转人工\n取消\n不办了\n我能享受什么政策\n";
    let output = fed(&["chat", "--json"], typed.as_bytes());
    let turns: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let places: Vec<_> =
        turns.iter().map(|turn| (turn["mode"].clone(), turn["flow"].clone(), turn["question"].clone())).collect();
    let place = |mode: &str, flow: Option<&str>, question: Option<&str>| (mode.into(), flow.into(), question.into());
    let registration = Some("unemployment-registration");
    assert_eq!(places[0], place("in_flow", registration, Some("identity")));
    assert_eq!(places[1], place("in_flow", registration, Some("situation")));
    assert_eq!(places[2], place("queued", registration, Some("situation")));
    assert_eq!(places[3], place("in_flow", registration, Some("situation")));
    assert_eq!(places[4], place("open", None, None));
    assert_eq!(places[5].0, "checking");
}
