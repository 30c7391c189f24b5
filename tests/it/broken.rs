//! Broken content: each file of `../broken` changes one thing in a small sound library, and names
//! what `luzhu check` must say about it.
//!
//! ```text
//! # what is wrong
//! file: knowledge/pay.md
//! replace: status    = "confirmed"
//! by: status    = "maybe"
//! expect: pay.md: status
//! ```
//! `replace` and `by` may span lines, up to the next key; `write:` gives a whole file, `hex:` its
//! bytes.

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use crate::house::{luzhu, repo};

const SOUND: [(&str, &str); 7] = [
    ("knowledge/pay.md", include_str!("../broken/sound/pay.md")),
    ("knowledge/leave.md", include_str!("../broken/sound/leave.md")),
    ("knowledge/amounts.toml", include_str!("../broken/sound/amounts.toml")),
    ("knowledge/terms.tsv", include_str!("../broken/sound/terms.tsv")),
    ("knowledge/office.toml", include_str!("../broken/sound/office.toml")),
    ("knowledge/facts.toml", include_str!("../broken/sound/facts.toml")),
    ("knowledge/schemes/benefit.toml", include_str!("../broken/sound/benefit.toml")),
];
const SOUND_DIALOGS: [(&str, &str); 4] = [
    ("dialogs/fixed.toml", include_str!("../broken/sound/fixed.toml")),
    ("dialogs/elsewhere.toml", include_str!("../broken/sound/elsewhere.toml")),
    ("dialogs/repair.toml", include_str!("../broken/sound/repair.toml")),
    ("dialogs/claim.toml", include_str!("../broken/sound/claim.toml")),
];

fn lay_out(folder: &Path) {
    for (name, text) in SOUND.into_iter().chain(SOUND_DIALOGS) {
        write(&folder.join(name), text.as_bytes());
    }
}

fn write(file: &Path, bytes: &[u8]) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(file, bytes).expect("written");
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let place = |name: &str| folder.join(name).to_str().expect("a path").to_owned();
    let content = ["--knowledge".into(), place("knowledge"), "--dialogs".into(), place("dialogs")];
    luzhu(arguments).args(content).output().expect("luzhu runs")
}

/// `key: value` blocks; a value runs on until the next key.
fn parts(text: &str) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let key = ["file", "replace", "by", "write", "hex", "expect"]
            .into_iter()
            .find(|key| line.starts_with(&format!("{key}:")));
        if let Some(key) = key {
            let value = line[key.len() + 1..].strip_prefix(' ').unwrap_or_default();
            parts.insert(key.into(), value.into());
            current = Some(key);
        } else if let Some(part) = current.and_then(|key| parts.get_mut(key)) {
            part.push('\n');
            part.push_str(line);
        }
    }
    parts
}

#[test]
fn the_sound_library_is_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path());
    let output = run(folder.path(), &["check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_break_is_found_with_its_file_and_key() {
    let mut files: Vec<_> =
        fs::read_dir(repo("tests/broken")).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 25, "only {} breaks", files.len());
    let mut missed = Vec::new();
    for file in files {
        let parts = parts(&fs::read_to_string(&file).expect("text"));
        let folder = tempfile::tempdir().expect("a folder");
        lay_out(folder.path());
        let broken = folder.path().join(&parts["file"]);
        if let Some(text) = parts.get("write") {
            write(&broken, text.as_bytes());
        } else if let Some(hex) = parts.get("hex") {
            let bytes: Vec<u8> = hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect();
            write(&broken, &bytes);
        } else {
            let sound = fs::read_to_string(&broken).expect("text");
            assert!(sound.contains(&parts["replace"]), "{}: nothing to replace", file.display());
            write(&broken, sound.replacen(&parts["replace"], &parts["by"], 1).as_bytes());
        }
        let output = run(folder.path(), &["check"]);
        let said = String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned();
        let warns = parts["expect"].starts_with("warning ");
        let expected = parts["expect"].trim_start_matches("warning ");
        if output.status.code() != Some(i32::from(!warns)) || !said.contains(expected) {
            missed.push(format!("{}: expected `{expected}`, got {:?}:\n{said}", file.display(), output.status.code()));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn serve_refuses_broken_content_and_prints_every_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path());
    write(
        &folder.path().join("knowledge/pay.md"),
        SOUND[0].1.replace("next      = [\"leave\"]", "next      = [\"nowhere\"]").as_bytes(),
    );
    write(&folder.path().join("knowledge/leave.md"), SOUND[1].1.replace("topic ", "topik ").as_bytes());
    let data = folder.path().join("data");
    let output = run(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("nowhere") && said.contains("topik"), "{said}");
    assert!(!data.exists(), "nothing is made before the content is sound");
}
