//! Questions to Amazon CloudWatch.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A question to CloudWatch: figures with names, and which of them counts.
#[derive(Debug, Clone, PartialEq)]
pub struct AskCloudWatch {
    /// The region that is asked, when it is not the connection's.
    pub region: Option<Arc<str>>,
    /// Over how long each of its values is taken: 1, 5, 10, 20 or 30 seconds, or a multiple of a minute.
    pub period: Duration,
    /// The figures by their names, which begin with a small letter: at least one. Placeholders in them are
    /// `{{variant}}` and `{{flag}}`.
    pub figures: Vec<(Arc<str>, Figure)>,
    /// The name of the figure whose newest value counts.
    pub value: Arc<str>,
    /// The name of the figure that says from how many samples that value is.
    pub samples: Option<Arc<str>>,
    /// Fewer samples than this are no data.
    pub min_samples: u64,
}

/// What CloudWatch gives a series of values for.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// A statistic of one metric.
    Statistic(Statistic),
    /// Metric math over other figures, or a query of Metrics Insights.
    Expression(Arc<str>),
}

/// A statistic of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistic {
    /// The metric's namespace.
    pub namespace: Arc<str>,
    /// The metric's name.
    pub metric: Arc<str>,
    /// Names and values: all that the metric has.
    pub dimensions: Vec<(Arc<str>, Arc<str>)>,
    /// Such as `Sum`, `Average`, `SampleCount` or `p99`.
    pub statistic: Arc<str>,
}

impl AskCloudWatch {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        let names = |text: &str| text.contains("{{variant}}");
        self.figures.iter().any(|(_, figure)| match figure {
            Figure::Statistic(of) => of.dimensions.iter().any(|(_, value)| names(value)),
            Figure::Expression(text) => names(text),
        })
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let figures: Vec<String> = self.figures.iter().map(|(name, figure)| format!("{name} = {figure}")).collect();
        Cow::Owned(match self.figures.as_slice() {
            [(_, only)] => only.to_string(),
            _ => figures.join("; "),
        })
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expression(text) => f.write_str(text),
            Self::Statistic(of) => {
                write!(f, "{} of {} {}", of.statistic, of.namespace, of.metric)?;
                let dimensions: Vec<String> =
                    of.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if dimensions.is_empty() { Ok(()) } else { write!(f, " {{{}}}", dimensions.join(", ")) }
            }
        }
    }
}
