//! The publish gate: what can be wrong with a procedure that reads well on its own.

use std::collections::{HashMap, HashSet};

use crate::{
    library::{
        fact::{Fact, Facts, Kind},
        flow::{Flow, Goto, Node, Target, What, plain},
        problem::Report,
        whole::{TRADITIONAL, Whole},
    },
    message::limits,
};

/// Checks one procedure as a whole.
pub(in crate::library) fn check(
    flow: &Flow,
    around: &Whole<'_>,
    lines: &HashMap<String, &str>,
    report: &mut Report<'_>,
) {
    heading(flow, around, report);
    names(flow, around, lines, report);
    if flow.nodes.is_empty() {
        report.add("node", "a procedure needs at least one node");
        return;
    }
    let mut ids = HashSet::new();
    for node in &flow.nodes {
        let key = format!("node.{}", node.id);
        report.expect(ids.insert(&node.id), key.as_str(), "this id stands here twice");
        what(node, flow, around, &key, report);
        branches(node, around.facts, &key, report);
    }
    graph(flow, report);
    if runs_itself(flow, around) {
        report.add("run", "a cycle: this procedure runs itself");
    }
}

fn heading(flow: &Flow, around: &Whole<'_>, report: &mut Report<'_>) {
    report.expect(!flow.title.is_empty(), "title", "say what it is called");
    report.expect(flow.title.chars().count() <= 14, "title", "too long: at most 14 characters fit every button");
    report.expect(!flow.names.is_empty(), "names", "say what people call it");
    report.expect(!flow.about.is_empty(), "about", "name the article that explains it");
    report.expect(!flow.intro.is_empty(), "intro", "say what comes, in one sentence");
    words("intro", &flow.intro, around, report);
    for about in &flow.about {
        report.expect(around.has_article(about), "about", format!("there is no article `{about}`"));
    }
}

/// A name begins one procedure, and is no question that an article about something else answers.
fn names(flow: &Flow, around: &Whole<'_>, lines: &HashMap<String, &str>, report: &mut Report<'_>) {
    for name in &flow.names {
        report.expect(name.chars().count() >= 2, "names", format!("`{name}` is too short to be sure"));
        for other in
            around.flows.iter().map(|(_, flow)| flow).filter(|other| other.id != flow.id && other.names.contains(name))
        {
            report.add("names", format!("`{name}` begins {} too", other.id));
        }
        if let Some(article) = lines.get(name).filter(|article| !flow.about.iter().any(|about| about == *article)) {
            report.add(
                "names",
                format!("`{name}` is what {article} is asked; name that article under `about`, or another name"),
            );
        }
    }
}

fn words(key: &str, text: &str, around: &Whole<'_>, report: &mut Report<'_>) {
    if let Some(hard) = plain::too_hard(text) {
        report.add(key, hard);
    }
    report.expect(!around.is_traditional(text), key, TRADITIONAL);
    let whole = !crate::library::article::fill(text, |_| String::new()).contains(['{', '}']);
    report.expect(whole, key, "a brace without its partner");
    for name in crate::library::article::placeholders(text) {
        report.expect(around.amounts.knows(name), key, format!("there is no figure `{{{name}}}` in amounts.toml"));
    }
    if let Some(figure) = crate::library::article::bare_figure(text) {
        report.add(key, format!("the figure `{figure}` belongs into amounts.toml, named here as {{name}}"));
    }
}

/// Checks the words of a question.
pub(in crate::library) fn check_words(fact: &Fact, around: &Whole<'_>, key: &str, report: &mut Report<'_>) {
    report.expect(!around.is_traditional(&fact.name), key, TRADITIONAL);
    for (part, text) in [("ask", &fact.ask), ("help", &fact.help), ("why", &fact.why), ("unsure", &fact.unsure)] {
        words(&format!("{key}.{part}"), text, around, report);
    }
}

/// A question of a procedure may not be called like a fact: a correction that names it would be
/// of either.
fn name_of_its_own(question: &Fact, around: &Whole<'_>, key: &str, report: &mut Report<'_>) {
    for fact in around.facts.all().filter(|fact| !fact.id.contains('/')) {
        for name in question.also.iter().filter(|name| fact.also.contains(name)) {
            report.add(format!("{key}.question.name"), format!("`{name}` names {} too", fact.id));
        }
    }
}

fn what(node: &Node, flow: &Flow, around: &Whole<'_>, key: &str, report: &mut Report<'_>) {
    let known = |fact: &str| around.facts.asked(fact);
    match &node.what {
        What::Ask(fact) => {
            report.expect(known(fact), format!("{key}.ask"), format!("there is no fact `{fact}`"));
            if let Some(question) = around.facts.get(fact).filter(|fact| fact.id.contains('/')) {
                check_words(question, around, key, report);
                name_of_its_own(question, around, key, report);
            }
        }
        What::Say(saying) | What::End(saying, _) => {
            words(key, &saying.lead, around, report);
            saying.points.iter().for_each(|point| words(key, point, around, report));
            let length: usize =
                saying.points.iter().chain([&saying.lead]).map(|text| text.encode_utf16().count()).sum();
            report.expect(length <= limits::TEXT / 4, key, "too much at once; split it");
            report.expect(saying.points.len() <= 6, format!("{key}.points"), "more than six points at once");
            match &saying.article {
                Some(article) => {
                    let known = around.has_article(article);
                    report.expect(known, format!("{key}.article"), format!("there is no article `{article}`"));
                }
                // Who only hands over tells no policy.
                None => {
                    let tells = !saying.points.is_empty()
                        || matches!(node.what, What::Say(_)) && node.goto.to("") != Some(Target::Counsellor);
                    report.expect(!tells, format!("{key}.article"), "what is told needs its source: name the article");
                }
            }
            if let What::End(_, next) = &node.what {
                report.expect(next.len() <= 4, format!("{key}.next"), "more than four ways to go on");
                for next in next {
                    report.expect(around.has(next), format!("{key}.next"), format!("there is nothing called `{next}`"));
                    report.expect(*next != flow.id, format!("{key}.next"), "a procedure cannot lead to itself");
                }
            }
        }
        What::Weigh { schemes, .. } => {
            report.expect(!schemes.is_empty(), format!("{key}.weigh"), "name a scheme");
            for scheme in schemes.iter().filter(|scheme| *scheme != "*") {
                report.expect(
                    around.has_scheme(scheme),
                    format!("{key}.weigh"),
                    format!("there is no scheme `{scheme}`"),
                );
            }
        }
        What::Run(other) => {
            report.expect(
                around.flow(other).is_some(),
                format!("{key}.run"),
                format!("there is no procedure `{other}`"),
            );
        }
        What::List(list) => {
            report.expect(!list.each.is_empty(), format!("{key}.each"), "name what is asked for each");
            report.expect((2..=9).contains(&list.most), format!("{key}.most"), "between two and nine");
            if let Some(more) = around.facts.get(&list.more) {
                check_words(more, around, &format!("{key}.more"), report);
                more.check_acts(&format!("{}@{}.9", list.more, node.id), &format!("{key}.more"), report);
            }
            for fact in &list.each {
                report.expect(known(fact), format!("{key}.each"), format!("there is no fact `{fact}`"));
                if let Some(each) = around.facts.get(fact) {
                    each.check_acts(&format!("{fact}@{}.9", node.id), &format!("{key}.each"), report);
                }
            }
            for (total, part) in &list.sum {
                report.expect(known(total), format!("{key}.sum"), format!("there is no fact `{total}`"));
                report.expect(
                    list.each.contains(part),
                    format!("{key}.sum"),
                    format!("`{part}` is not asked for each"),
                );
            }
        }
    }
}

/// Every answer has a way, and every way an answer.
fn branches(node: &Node, facts: &Facts, key: &str, report: &mut Report<'_>) {
    let Goto::By(ways, other) = &node.goto else { return };
    let answers: Vec<&str> = match &node.what {
        What::Ask(fact) => match facts.get(fact) {
            Some(fact) if matches!(fact.kind, Kind::Choice | Kind::YesNo) => {
                fact.options.iter().map(|option| option.id.as_str()).chain(["unsure"]).collect()
            }
            // Of a date or a number only whether it is known can lead elsewhere.
            Some(_) => {
                report.expect(other.is_some(), format!("{key}.goto"), "no way for what is known; add `else`");
                vec!["unsure"]
            }
            None => return,
        },
        What::Weigh { .. } => vec!["eligible", "likely", "not_eligible", "unknown"],
        _ => {
            report.add(format!("{key}.goto"), "only an answer or a verdict has several ways");
            return;
        }
    };
    for (answer, _) in ways.iter().filter(|(answer, _)| !answers.contains(&answer.as_str())) {
        report.add(format!("{key}.goto"), format!("`{answer}` is no answer here; there are {}", answers.join(", ")));
    }
    let missing = answers.iter().filter(|answer| !ways.iter().any(|(way, _)| way == *answer));
    let missing: Vec<&str> = missing.copied().collect();
    if other.is_some() && missing.is_empty() && answers.len() > 1 {
        report.add(format!("{key}.goto"), "every answer has its way already: `else` leads nobody on");
    }
    if other.is_none() && !missing.is_empty() {
        report.add(format!("{key}.goto"), format!("no way for {}; add it or `else`", missing.join(", ")));
    }
}

/// Every node is reached, and no way leads back.
fn graph(flow: &Flow, report: &mut Report<'_>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    fn visit(at: usize, flow: &Flow, seen: &mut [Seen], report: &mut Report<'_>) {
        seen[at] = Seen::Open;
        for target in flow.nodes[at].goto.ways() {
            let Target::Node(next) = target else { continue };
            match seen.get(next) {
                Some(Seen::No) => visit(next, flow, seen, report),
                Some(Seen::Open) => {
                    let places = (&flow.nodes[at].id, &flow.nodes[next].id);
                    report
                        .add(format!("node.{}.goto", places.0), format!("a cycle: this leads back to `{}`", places.1));
                }
                _ => {}
            }
        }
        seen[at] = Seen::Done;
    }
    let mut seen = vec![Seen::No; flow.nodes.len()];
    visit(0, flow, &mut seen, report);
    for (node, _) in flow.nodes.iter().zip(&seen).filter(|(_, seen)| **seen == Seen::No) {
        report.add(format!("node.{}", node.id), "nothing leads here");
    }
}

fn runs_itself(flow: &Flow, around: &Whole<'_>) -> bool {
    fn reaches(from: &Flow, goal: &str, around: &Whole<'_>, left: usize) -> bool {
        from.nodes.iter().any(|node| match &node.what {
            What::Run(part) if part == goal => true,
            What::Run(part) if left > 0 => around.flow(part).is_some_and(|part| reaches(part, goal, around, left - 1)),
            _ => false,
        })
    }
    reaches(flow, &flow.id, around, around.flows.len())
}
