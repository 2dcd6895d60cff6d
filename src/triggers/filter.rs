//! Which of a source's alerts are heard: the same words as in plans.

use crate::analysis::{Alert, AlertMatch, Condition, LabelTest};
use std::fmt;

/// How a filter may look.
const EXAMPLE: &str = r#"write such as `alert(severity = "critical")`, or the labels as `{ severity: critical }`"#;

/// A condition over alerts alone. The default hears every alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Option<Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Alert(AlertMatch),
}

impl Filter {
    /// Alerts that have all of these labels.
    #[must_use]
    pub fn labels(labels: Vec<(String, String)>) -> Self {
        let tests = labels.into_iter().map(|(label, value)| LabelTest { label, value, equal: true }).collect();
        Self(Some(Node::Alert(AlertMatch { tests })))
    }

    /// Reads an expression such as `alert(severity = "critical", team != "search")`, several of them joined by `and`
    /// and `or`.
    ///
    /// # Errors
    /// With what is wrong, where in the text from 1, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let condition = Condition::parse(text, &|_| None).map_err(|error| {
            // What is written without `alert` reads as a comparison of metrics, and hints for those lead astray.
            let hint = if text.contains("alert(") { error.hint } else { Some(EXAMPLE.to_owned()) };
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let column = text.get(..error.start).map_or(0, |before| before.chars().count()).saturating_add(1);
            format!("column {column}: {}{hint}", error.message)
        })?;
        node(condition).map(|node| Self(Some(node))).ok_or_else(|| {
            format!("only `alert(...)` can be asked here, joined by `and` and `or`, no metric; {EXAMPLE}")
        })
    }

    /// Whether an alert is heard.
    #[must_use]
    pub fn hears(&self, alert: &Alert) -> bool {
        self.0.as_ref().is_none_or(|node| node.is_true_of(alert))
    }

    /// Whether it hears every alert.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.0.is_none()
    }
}

fn node(condition: Condition) -> Option<Node> {
    let each = |parts: Vec<Condition>| parts.into_iter().map(node).collect::<Option<Vec<_>>>();
    match condition {
        Condition::All(parts) => each(parts).map(Node::All),
        Condition::Any(parts) => each(parts).map(Node::Any),
        Condition::Alert(test) => Some(Node::Alert(test)),
        Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_) => None,
    }
}

impl Node {
    fn is_true_of(&self, alert: &Alert) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.is_true_of(alert)),
            Self::Any(parts) => parts.iter().any(|part| part.is_true_of(alert)),
            Self::Alert(test) => test.matches(alert),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |node| node.fmt(f))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
            Self::Alert(test) => return Condition::Alert(test.clone()).fmt(f),
        };
        for (index, part) in parts.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { word })?;
            match part {
                Self::Any(_) | Self::All(_) => write!(f, "({part})")?,
                Self::Alert(_) => part.fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(labels: &[(&str, &str)]) -> Alert {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Alert { fingerprint: String::new(), labels }
    }

    #[test]
    fn a_source_is_heard_in_the_words_of_plans() {
        let text = r#"alert(severity = "critical", team != "search") or alert(priority = "P1")"#;
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.to_string(), text);
        assert!(filter.hears(&alert(&[("severity", "critical")])) && filter.hears(&alert(&[("priority", "P1")])));
        assert!(!filter.hears(&alert(&[("severity", "critical"), ("team", "search")])));
        assert!(
            Filter::default().hears(&alert(&[])) && !Filter::labels(vec![("a".into(), "1".into())]).hears(&alert(&[]))
        );
    }

    #[test]
    fn what_is_no_condition_over_alerts_is_refused_with_its_place() {
        for (text, part) in [
            ("alert(severity == \"x\")", "column 16: "),
            ("", "column 1: "),
            ("error_rate > 1%", "error_rate"),
            ("severity = critical", "write such as `alert(severity = "),
        ] {
            let message = Filter::parse(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
