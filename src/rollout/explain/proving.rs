//! How far a test is from having proved what it claims.

use super::distance::Distance;
use super::part::{Figure, Part, known};
use super::words::Words;
use crate::analysis::statistics::{Evidence, Finding, Outlook};
use crate::analysis::{Judgement, Measured, ProvedSafe, Quantity, Regresses, Truth};
use crate::units::MetricName;

/// What a test would prove, for people.
struct Claim<'c> {
    metric: &'c MetricName,
    /// `worse than the control by over 20%`
    claim: String,
    /// Which side of the bound that is, of a share of what is bad: `over`.
    side: &'static str,
    /// Where the bound comes from: `control + 20%`
    bound: String,
}

pub(super) fn worse(one: &Regresses, text: String, judgement: Option<&Judgement>) -> Part {
    let by = Quantity::Ratio.format(one.tolerance);
    let (claim, bound) = match one.tolerance > 0.0 {
        true => (format!("worse than the control by over {by}"), format!("control + {by}")),
        false => ("worse than the control".to_owned(), "control".to_owned()),
    };
    Claim { metric: &one.metric, claim, side: "over", bound }.part(text, judgement)
}

pub(super) fn safe(one: &ProvedSafe, text: String, judgement: Option<&Judgement>) -> Part {
    let by = Quantity::Ratio.format(one.margin);
    let claim = format!("at most {by} worse than the control");
    Claim { metric: &one.metric, claim, side: "under", bound: format!("control + {by}") }.part(text, judgement)
}

impl Claim<'_> {
    fn part(&self, text: String, judgement: Option<&Judgement>) -> Part {
        let measured = known(judgement).and_then(|judgement| judgement.measured.first());
        let Some((judgement, measured, proof)) =
            judgement.zip(measured).and_then(|(of, measured)| Some((of, measured, measured.proof.as_deref()?)))
        else {
            let proved = format!("proved {}", self.claim);
            let words = self.words(None, "it", &proved, None);
            return Part::unknown(text, self.metric, words, &format!("{} is {proved}", self.metric), judgement);
        };
        let (is, proved) = self.figures(measured, proof);
        let pronoun = if matches!(proof.evidence, Evidence::EValue { .. }) { "that" } else { "it" };
        let is_true = judgement.truth == Truth::True;
        let away = (!is_true).then(|| match judgement.pending {
            // A suspicion holds, and proves nothing.
            true => format!("not proved, but suspected ({} for the suspicion)", proof.evidence.told(measured.quantity)),
            false => format!("not proved ({})", how_strong(measured.quantity, proof)),
        });
        let sentence = match &away {
            Some(away) => format!("{is}, {proved}: {away}"),
            None => format!("{is}, {proved} ({})", how_strong(measured.quantity, proof)),
        };
        let expected = match proof.outlook {
            Outlook::After { takes, .. } if !is_true => takes,
            Outlook::After { .. } | Outlook::Decided | Outlook::Unknown | Outlook::NotInSight => None,
        };
        let (quantity, value, bound, samples) = (measured.quantity, measured.value, measured.bound, measured.samples);
        Part {
            metric: Some(self.metric.clone()),
            figure: Some(Figure { quantity, value, bound, samples }),
            proof: Some(*proof),
            distance: if is_true { Distance::There } else { Distance::Unknown },
            suspected: judgement.pending,
            expected,
            ..Part::plain(text, self.words(Some(is), pronoun, &proved, away), sentence)
        }
    }

    fn words(&self, is: Option<String>, pronoun: &str, proved: &str, away: Option<String>) -> Words {
        let of = self.metric.to_string();
        Words { is, of, when: format!("when {pronoun} is {proved}"), must: format!("be {proved}"), away }
    }

    /// What is known of the candidate, and what is to be proved of it. Counts are of what is bad, whatever the metric
    /// is a share of. Of bands and means it is only known where their difference lies.
    fn figures(&self, measured: &Measured, proof: &Finding) -> (String, String) {
        let (metric, quantity) = (self.metric, measured.quantity);
        let proved = format!("proved {}", self.claim);
        match proof.evidence {
            Evidence::EValue { .. } => {
                let [bad, bound] = [proof.value, proof.bound].map(|share| Quantity::Ratio.format(share));
                let proved = format!("proved to be {} {bound} ({})", self.side, self.bound);
                (format!("by {metric} {bad} is bad"), proved)
            }
            Evidence::Interval { low, high } if low.is_finite() && high.is_finite() => {
                let (from, to) = (beside(quantity, low), beside(quantity, high));
                (format!("{metric} is from {from} to {to} its bound ({})", self.bound), proved)
            }
            Evidence::Interval { .. } => (format!("{metric} has too few samples for a bound ({})", self.bound), proved),
        }
    }
}

/// `12ms over`, `192ms under`.
fn beside(quantity: Quantity, difference: f64) -> String {
    let side = if difference < 0.0 { "under" } else { "over" };
    format!("{} {side}", super::distance::apart(quantity, difference.abs()))
}

fn how_strong(quantity: Quantity, proof: &Finding) -> String {
    let outlook = match proof.outlook {
        Outlook::Decided => return proof.evidence.told(quantity),
        Outlook::NotInSight => "as things go it will not be".to_owned(),
        outlook @ (Outlook::Unknown | Outlook::After { .. }) => outlook.to_string(),
    };
    match proof.evidence {
        Evidence::EValue { .. } => format!("{}; {outlook}", proof.evidence.told(quantity)),
        // Where the difference lies was said already.
        Evidence::Interval { .. } => outlook,
    }
}
