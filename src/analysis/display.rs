//! The canonical text of conditions: read again it gives the same condition.

use super::alert::{AlertMatch, LabelTest};
use super::condition::{Compare, Condition};
use super::literal;
use std::fmt;
use std::time::Duration;

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " and ", |part| matches!(part, Self::All(_) | Self::Any(_))),
            Self::Any(parts) => joined(f, parts, " or ", |part| matches!(part, Self::Any(_))),
            Self::Compare(compare) => compare.fmt(f),
            Self::Alert(alert) => alert.fmt(f),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Condition],
    word: &str,
    needs_parentheses: fn(&Condition) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        match needs_parentheses(part) {
            true => write!(f, "({part})")?,
            false => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = literal::canonical(self.quantity, self.bound);
        write!(f, "{} {} {bound}", self.metric, self.comparison.symbol())?;
        match self.lasting {
            Some(lasting) => write!(f, " for {}", exact(lasting)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AlertMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("alert(")?;
        for (index, LabelTest { label, value, equal }) in self.tests.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let sign = if *equal { "=" } else { "!=" };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            write!(f, "{comma}{label} {sign} \"{value}\"")?;
        }
        f.write_str(")")
    }
}

/// A duration in all its units, to the millisecond: `1h30m`.
fn exact(span: Duration) -> String {
    let mut rest = span.as_millis();
    let mut text = String::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        let (count, left) = (rest.checked_div(millis).unwrap_or(0), rest.checked_rem(millis).unwrap_or(0));
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
        rest = left;
    }
    text
}
