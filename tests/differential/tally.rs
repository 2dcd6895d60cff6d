//! What was compared, and what differed.

use serde_json::Value;
use std::fmt::Write as _;

/// A kind of pair for which a peer is known to answer otherwise, as `differences.md` explains. It is
/// accepted only where JSONLogic's reference answers as we do.
#[derive(Debug)]
pub(crate) struct Difference<'d> {
    /// What the peer says: a reason or an error.
    pub(crate) peer: &'static str,
    /// The rule uses one of these operators.
    pub(crate) operators: &'d [&'d str],
    /// The most pairs of a thousand.
    pub(crate) most: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pairs: usize,
    /// Where the reference answers otherwise, or the peer in a way that is not known.
    wrong: Vec<String>,
    /// By known difference, how often.
    counts: Vec<usize>,
}

impl Tally {
    pub(crate) fn count(
        &mut self,
        document: &str,
        contexts: &[String],
        [ours, reference, peer]: [&[Vec<String>]; 3],
        known: &[Difference<'_>],
    ) {
        self.counts.resize(known.len(), 0);
        let parsed: Value = serde_json::from_str(document).expect("JSON");
        let flags = parsed["flags"].as_object().expect("flags");
        for (position, (key, flag)) in flags.iter().enumerate() {
            let used = operators(flag, &parsed["$evaluators"]);
            for (at, context) in contexts.iter().enumerate() {
                self.pairs += 1;
                let [ours, reference, peer] = [ours, reference, peer].map(|answers| answers[at][position].as_str());
                let is_of = |difference: &Difference<'_>| {
                    difference.peer == kind(peer) && difference.operators.iter().any(|name| used.contains(*name))
                };
                match (ours == reference, ours == peer, known.iter().position(is_of)) {
                    (true, true, _) => {}
                    (true, false, Some(difference)) => self.counts[difference] += 1,
                    (true, false, None) | (false, _, _) => self.wrong.push(format!(
                        "{key} {flag} with {} for {context}:\n    ours {ours}, the reference {reference}, the peer {peer}",
                        parsed["$evaluators"]
                    )),
                }
            }
        }
    }

    pub(crate) fn judge(mut self, known: &[Difference<'_>]) {
        // The shortest are the easiest to understand.
        self.wrong.sort_by_key(String::len);
        assert!(
            self.wrong.is_empty(),
            "{} of {} pairs are wrong, such as\n{}",
            self.wrong.len(),
            self.pairs,
            self.wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
        );
        assert_eq!(self.pairs, 200_000);
        let mut over = String::new();
        for (difference, count) in known.iter().zip(&self.counts) {
            let share = count * 1_000 / self.pairs;
            if share > difference.most || *count == 0 {
                writeln!(over, "{difference:?}: {share} of 1000 ({count} times)").expect("a text");
            }
        }
        assert!(over.is_empty(), "differences that are over their share, or are gone:\n{over}");
    }
}

/// The operators that a flag's rule uses, each as it is written: `{"cat"`.
fn operators(flag: &Value, evaluators: &Value) -> std::collections::HashSet<String> {
    let rule = flag["targeting"].to_string();
    let referred = if rule.contains("$ref") { evaluators.to_string() } else { String::new() };
    let name = |part: &str| part.split('"').next().unwrap_or("").to_owned();
    [rule, referred].iter().flat_map(|text| text.split("{\"").skip(1)).map(name).collect()
}

/// An answer without variant and value.
fn kind(answer: &str) -> &str {
    answer.split(' ').next().unwrap_or(answer)
}
