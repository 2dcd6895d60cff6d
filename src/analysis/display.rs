//! The canonical text of conditions: read again it gives the same condition.

use super::alert::{AlertMatch, LabelTest};
use super::bound::{Bound, Offset, Reference};
use super::condition::{Compare, Condition};
use super::literal;
use super::quantity::Quantity;
use super::statistical::{Burn, Direction, ProvedSafe, Regresses, Score, ScorePart, Trend};
use std::fmt;
use std::time::Duration;

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " and ", |part| matches!(part, Self::All(_) | Self::Any(_))),
            Self::Any(parts) => joined(f, parts, " or ", |part| matches!(part, Self::Any(_))),
            Self::Compare(compare) => compare.fmt(f),
            Self::Trend(trend) => trend.fmt(f),
            Self::Burn(burn) => burn.fmt(f),
            Self::Regresses(regresses) => regresses.fmt(f),
            Self::ProvedSafe(safe) => safe.fmt(f),
            Self::Score(score) => score.fmt(f),
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
        write!(f, "{} {} ", self.metric, self.comparison.symbol())?;
        match &self.bound {
            Bound::Fixed(bound) => f.write_str(&literal::canonical(self.quantity, *bound))?,
            Bound::Relative { to, by } => {
                write!(f, "{to}")?;
                offset(f, *by, self.quantity)?;
            }
        }
        match self.lasting {
            Some(lasting) => write!(f, " for {}", exact(lasting)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Baseline => f.write_str("baseline"),
            Self::Control => f.write_str("control"),
            Self::Wave(name) => write!(f, "wave({name})"),
            Self::PreviousWave => f.write_str("previous wave"),
        }
    }
}

fn offset(f: &mut fmt::Formatter<'_>, offset: Offset, quantity: Quantity) -> fmt::Result {
    let signed = |value: f64| if value < 0.0 { ("-", -value) } else { ("+", value) };
    match offset {
        Offset::None => Ok(()),
        Offset::By(distance) => {
            let (sign, distance) = signed(distance);
            match quantity {
                // A percentage after a sign is a part of the reference; points are points.
                Quantity::Ratio => write!(f, " {sign} {}pp", literal::percent(distance)),
                Quantity::Time | Quantity::Size | Quantity::Count | Quantity::Number => {
                    write!(f, " {sign} {}", literal::canonical(quantity, distance))
                }
            }
        }
        Offset::Percent(share) => {
            let (sign, share) = signed(share);
            write!(f, " {sign} {}%", literal::percent(share))
        }
        Offset::Times(factor) => write!(f, " * {factor}"),
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.wanted { "" } else { "not " };
        let direction = match self.direction {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        write!(f, "{} {not}trending {direction} over {}", self.metric, exact(self.over))
    }
}

impl fmt::Display for Burn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, objective, comparison, rate, long, short } = self;
        write!(f, "burn_rate({metric}, {}%) {} {rate}", literal::percent(*objective), comparison.symbol())?;
        write!(f, " over {} and {}", exact(*long), exact(*short))
    }
}

impl fmt::Display for Regresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} regresses", self.metric)?;
        if self.tolerance > 0.0 {
            write!(f, " by {}%", literal::percent(self.tolerance))?;
        }
        at_alpha(f, self.alpha)
    }
}

impl fmt::Display for ProvedSafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} proved safe within {}%", self.metric, literal::percent(self.margin))?;
        at_alpha(f, self.alpha)
    }
}

fn at_alpha(f: &mut fmt::Formatter<'_>, alpha: Option<f64>) -> fmt::Result {
    alpha.map_or(Ok(()), |alpha| write!(f, " at alpha {alpha}"))
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("score(")?;
        for (index, ScorePart { metric, weight, critical }) in self.parts.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{metric}")?;
            // One exactly: whatever else it is must be read again.
            if weight.to_bits() != 1.0_f64.to_bits() {
                write!(f, " weight {weight}")?;
            }
            if *critical {
                f.write_str(" critical")?;
            }
        }
        write!(f, ") {} {}", self.comparison.symbol(), self.bound)
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
