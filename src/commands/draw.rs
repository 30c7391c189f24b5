//! `luzhu draw`: a procedure as a picture (Mermaid), or as an outline that reads well aloud.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::{
    channels::terminal::print_line,
    library::{
        Library,
        flow::{Flow, Goto, Node, Target, What},
    },
};

/// Prints a procedure.
///
/// # Errors
/// When there is none of this name.
pub fn run(library: &Library, id: &str, text: bool) -> Result<()> {
    let flow = library.flow(id).with_context(|| {
        let names: Vec<&str> =
            library.flows.iter().filter(|flow| !flow.names.is_empty()).map(|flow| flow.id.as_str()).collect();
        format!("there is no procedure `{id}`; there are {}", names.join(", "))
    })?;
    print_line(if text { outline(library, flow) } else { mermaid(library, flow) }.trim_end());
    Ok(())
}

/// Every way of a node: what leads there, and where.
fn ways(node: &Node) -> Vec<(String, Target)> {
    match &node.goto {
        Goto::On(target) => vec![(String::new(), *target)],
        Goto::By(ways, other) => ways.iter().cloned().chain(other.map(|other| ("else".to_owned(), other))).collect(),
        Goto::Nowhere => vec![],
    }
}

/// What a node does, in words.
fn words(library: &Library, node: &Node) -> String {
    let ask = |key: &str| library.facts.get(key).map_or("", |fact| fact.ask.as_str()).to_owned();
    match &node.what {
        What::Ask(key) => format!("问：{}", ask(key)),
        What::Say(saying) => format!("说：{}", saying.lead),
        What::Weigh { schemes, .. } if schemes.first().is_some_and(|id| id == "*") => "判断：全部政策".into(),
        What::Weigh { schemes, .. } => {
            let titles: Vec<&str> = schemes.iter().filter_map(|id| Some(library.scheme(id)?.title.as_str())).collect();
            format!("判断：{}", titles.join("、"))
        }
        What::Run(other) => format!("办：{}", library.flow(other).map_or("", |flow| flow.title.as_str())),
        What::List(list) => {
            let each: Vec<String> = list.each.iter().map(|fact| ask(fact)).collect();
            format!("逐个{}：{}", list.item, each.join(" "))
        }
        What::End(saying, _) => format!("结束：{}", saying.lead),
    }
}

/// The words of the answer that leads a way.
fn answer(library: &Library, node: &Node, way: &str) -> String {
    let label = match &node.what {
        What::Ask(key) => library.facts.get(key).and_then(|fact| fact.option(way)).map(|option| option.label.clone()),
        _ => None,
    };
    let other = match way {
        "" => return String::new(),
        "unsure" => "不确定",
        "else" => "其他",
        "eligible" => "符合",
        "likely" => "可能符合",
        "not_eligible" => "不符合",
        "unknown" => "不能确定",
        way => way,
    };
    label.unwrap_or_else(|| other.into())
}

fn mermaid(library: &Library, flow: &Flow) -> String {
    let mut out = format!("---\ntitle: {}\n---\nflowchart TD\n", flow.title);
    let clean = |text: &str| text.replace('"', "'");
    for (at, node) in flow.nodes.iter().enumerate() {
        let words = clean(&words(library, node));
        let shape = match &node.what {
            What::Ask(_) | What::List(_) => format!("{{\"{words}\"}}"),
            What::Weigh { .. } => format!("{{{{\"{words}\"}}}}"),
            What::End(..) => format!("([\"{words}\"])"),
            What::Say(_) | What::Run(_) => format!("[\"{words}\"]"),
        };
        let _ = writeln!(out, "  n{at}{shape}");
        for (way, target) in ways(node) {
            let label = clean(&answer(library, node, &way));
            let arrow = if label.is_empty() { "-->".to_owned() } else { format!("-->|\"{label}\"|") };
            match target {
                Target::Node(to) => drop(writeln!(out, "  n{at} {arrow} n{to}")),
                Target::Counsellor => drop(writeln!(out, "  n{at} {arrow} person([\"人工顾问\"])")),
                Target::Missing => {}
            }
        }
    }
    out
}

fn outline(library: &Library, flow: &Flow) -> String {
    let mut out = format!("{}。共{}步。\n", flow.title, flow.nodes.len());
    let place = |target: Target| match target {
        Target::Node(to) => format!("第{}步", to + 1),
        Target::Counsellor | Target::Missing => "人工顾问".into(),
    };
    for (at, node) in flow.nodes.iter().enumerate() {
        let _ = writeln!(out, "第{}步，{}", at + 1, words(library, node));
        for (way, target) in ways(node) {
            let label = answer(library, node, &way);
            match label.is_empty() {
                true => drop(writeln!(out, "  然后到{}。", place(target))),
                false => drop(writeln!(out, "  {label}：到{}。", place(target))),
            }
        }
    }
    out
}
