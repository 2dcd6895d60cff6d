//! What a test says at one look: the numbers it rests on, and how much is still missing.

use super::super::quantity::Quantity;
use crate::units::format_duration;
use std::fmt;
use std::time::Duration;

/// What a test says. No field is ever NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Whether what the test claims is proved. When it is not, nothing is proved: neither the claim nor
    /// its contrary.
    pub proved: bool,
    /// The candidate's value in the metric's base unit; 0 while there are no samples.
    pub value: f64,
    /// What it is held against, tolerance or margin included, in the base unit; 0 while there are no samples.
    pub bound: f64,
    /// How strong the proof is.
    pub evidence: Evidence,
    /// How many samples of both variants it rests on.
    pub samples: u64,
    /// What is counted: a share of users is another number than a share of what they did.
    pub of: Sampled,
    /// What is still needed.
    pub outlook: Outlook,
}

/// How strong a proof is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// A bet against the null hypothesis, which nobody can expect to win.
    EValue {
        /// The natural logarithm of what one unit staked has become.
        ln: f64,
        /// The logarithm at which the claim is proved: ln(1 / alpha).
        needed: f64,
        /// By how much the evidence was divided because events go together; 1 when it was not.
        dispersion: f64,
    },
    /// The candidate's value minus the bound lies within, at every look, with probability 1 - alpha. Proved
    /// when 0 lies outside on the side of the claim. Infinite ends mean: not known yet.
    Interval {
        /// Not under this.
        low: f64,
        /// Not over this.
        high: f64,
    },
}

/// What is still needed until a decision, if things go on as they have gone so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outlook {
    /// Nothing: the claim is proved.
    Decided,
    /// Nothing has been seen yet from which to estimate.
    Unknown,
    /// As things go, the claim will not be proved.
    NotInSight,
    /// About that much more.
    After {
        /// How many more, of both variants together. At least 1.
        more: u64,
        /// Of what.
        of: Sampled,
        /// How long that takes at the rate seen so far, when it is known.
        takes: Option<Duration>,
    },
}

/// What a test counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampled {
    /// Bad events, such as errors or slow requests.
    BadEvents,
    /// Distinct users with a bad event.
    AffectedUsers,
    /// Measured values.
    Values,
}

impl Outlook {
    /// The outlook for an expected number of further samples, of which `so_far` came in `seen`.
    pub(super) fn after(more: f64, of: Sampled, so_far: f64, seen: Duration) -> Self {
        if !more.is_finite() || more > 1e15 {
            return Self::NotInSight;
        }
        let more = more.max(1.0).ceil();
        let takes = Duration::try_from_secs_f64(seen.as_secs_f64() * (more / so_far)).ok();
        Self::After { more: whole(more), of, takes: takes.filter(|takes| !takes.is_zero()) }
    }
}

/// A number that is not negative, as a whole one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN becomes 0")]
pub(super) const fn whole(number: f64) -> u64 {
    number as u64
}

/// The logarithm of an E-value at which a claim is proved. An alpha that is no probability proves nothing in
/// practice instead of everything.
pub(super) fn needed(alpha: f64) -> f64 {
    if alpha > 0.0 && alpha < 1.0 { -alpha.ln() } else { f64::MAX }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided => f.write_str("decided"),
            Self::Unknown => f.write_str("nothing to judge by yet"),
            Self::NotInSight => f.write_str("no decision in sight"),
            Self::After { more, of, takes } => {
                write!(f, "about {} more {}", rounded(*more), of.noun(*more))?;
                match takes {
                    Some(takes) => write!(f, ", {} at this rate", format_duration(*takes)),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Finding {
    /// What stands behind its value for people: ` of users` where it is their share.
    #[must_use]
    pub const fn among(&self) -> &'static str {
        match self.of {
            Sampled::AffectedUsers => " of users",
            Sampled::BadEvents | Sampled::Values => "",
        }
    }
}

impl Sampled {
    const fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::BadEvents, 1) => "error",
            (Self::BadEvents, _) => "errors",
            (Self::AffectedUsers, 1) => "user with errors",
            (Self::AffectedUsers, _) => "users with errors",
            (Self::Values, 1) => "sample",
            (Self::Values, _) => "samples",
        }
    }
}

/// Two leading digits: an estimate must not look more exact than it is.
const fn rounded(number: u64) -> u64 {
    let (mut digits, mut scale): (u64, u64) = (number, 1);
    while digits >= 100 {
        scale = scale.saturating_mul(10);
        digits = match number.checked_div(scale) {
            Some(quotient) => quotient,
            None => return number,
        };
    }
    digits.saturating_mul(scale)
}

impl Evidence {
    /// In words, with a difference in the unit of what is measured.
    #[must_use]
    pub fn told(&self, quantity: Quantity) -> String {
        let Self::Interval { low, high } = self else { return self.to_string() };
        let (scale, quantity, unit) = match quantity {
            // A difference of shares is one of points.
            Quantity::Ratio => (100.0, Quantity::Number, " points"),
            Quantity::Time | Quantity::Size | Quantity::Count | Quantity::Number => (1.0, quantity, ""),
        };
        let shown = |end: f64| quantity.format(end * scale);
        let told = |end: f64| match (shown(end), unit) {
            (one, " points") if one == "1" => "1 point".to_owned(),
            (end, unit) => format!("{end}{unit}"),
        };
        match (low.is_finite(), high.is_finite()) {
            (true, true) => format!("difference from {} to {}", shown(*low), told(*high)),
            (true, false) => format!("difference of {} or more", told(*low)),
            (false, true) => format!("difference of {} or less", told(*high)),
            (false, false) => "difference not known yet".to_owned(),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EValue { ln, needed, dispersion } => {
                write!(f, "E = {} of {}", power(*ln), power(*needed))?;
                if *dispersion > 1.0 {
                    write!(f, ", divided by a dispersion of {dispersion:.1} (heuristic)")?;
                }
                Ok(())
            }
            Self::Interval { low, high } => write!(f, "difference from {low:.4} to {high:.4}"),
        }
    }
}

/// e to that power, readable however large.
fn power(ln: f64) -> String {
    let exponent = ln / std::f64::consts::LN_10;
    if exponent.abs() < 5.0 {
        let value = ln.exp();
        if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
    } else {
        format!("10^{exponent:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlook_reads_like_an_estimate() {
        let hour = Duration::from_secs(3_600);
        let shown = |more: f64| Outlook::after(more, Sampled::BadEvents, 200.0, hour).to_string();
        assert_eq!(shown(40.0), "about 40 more errors, 12m at this rate");
        assert_eq!(shown(0.2), "about 1 more error, 18s at this rate");
        assert_eq!(shown(1_234.0), "about 1200 more errors, 6h 10m at this rate");
        assert_eq!(shown(f64::NAN), "no decision in sight");
        assert_eq!(Outlook::after(40.0, Sampled::Values, 5.0, Duration::ZERO).to_string(), "about 40 more samples");
    }

    /// A difference of latencies is one of milliseconds, and an end that is not known is none.
    #[test]
    fn a_difference_is_told_in_the_unit_of_what_is_measured() {
        let told = |low, high, quantity| Evidence::Interval { low, high }.told(quantity);
        assert_eq!(told(-192.0, 12.5, Quantity::Time), "difference from -192ms to 12.5ms");
        assert_eq!(told(-0.012, 0.03, Quantity::Ratio), "difference from -1.2 to 3 points");
        assert_eq!(told(0.01, f64::INFINITY, Quantity::Ratio), "difference of 1 point or more");
        assert_eq!(told(f64::NEG_INFINITY, 200.0, Quantity::Time), "difference of 200ms or less");
        assert_eq!(told(f64::NEG_INFINITY, f64::INFINITY, Quantity::Time), "difference not known yet");
    }

    #[test]
    fn evidence_stays_readable_when_it_is_huge_or_tiny() {
        let shown = |ln: f64| Evidence::EValue { ln, needed: needed(0.01), dispersion: 1.0 }.to_string();
        assert_eq!(shown(0.0), "E = 1.00 of 100");
        assert_eq!(shown(1e9), "E = 10^434294482 of 100");
        assert_eq!(shown(-1e9), "E = 10^-434294482 of 100");
    }
}
