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
