//! Bounds that lie at a distance from what the same metric is elsewhere.

use super::meaning::Meaning;
use super::mention::Subject;
use super::vocabulary::Known;
use crate::analysis::bound::{Bound, Offset, Reference};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::literal;
use crate::analysis::syntax::{Elsewhere, Name, OffsetSyntax, ReferenceSyntax};
use crate::units::{MetricName, WaveName};

impl Meaning<'_> {
    pub(super) fn relative(
        &mut self,
        metric: &MetricName,
        known: Known,
        to: ReferenceSyntax<'_>,
        by: Option<OffsetSyntax<'_>>,
    ) -> Result<Bound, ConditionError> {
        let reference = self.reference(metric, known, &to)?;
        self.mention(Subject::Reference(reference.clone()), to.at);
        let by = match by {
            Some(by) => literal::offset(&by, metric.as_str(), known.quantity)?,
            None => Offset::None,
        };
        Ok(Bound::Relative { to: reference, by })
    }

    fn reference(
        &self,
        metric: &MetricName,
        known: Known,
        written: &ReferenceSyntax<'_>,
    ) -> Result<Reference, ConditionError> {
        match &written.to {
            Elsewhere::Baseline => Ok(Reference::Baseline),
            Elsewhere::Control => match known.of_control {
                Ok(()) => Ok(Reference::Control),
                Err(unfit) => Err(unfit.error(&written.at, &format!("`{metric}` cannot be asked of the control"))),
            },
            Elsewhere::PreviousWave => match &self.vocabulary.waves {
                Some(waves) => waves.previous(&written.at).map(|()| Reference::PreviousWave),
                None => Ok(Reference::PreviousWave),
            },
            Elsewhere::Wave(name) => self.wave(name).map(Reference::Wave),
        }
    }

    fn wave(&self, written: &Name<'_>) -> Result<WaveName, ConditionError> {
        match &self.vocabulary.waves {
            Some(waves) => waves.named(written),
            None => WaveName::new(written.text)
                .map_err(|error| ConditionError::new(written.at.start, written.at.end, error.to_string())),
        }
    }
}
