//! Asking a plan's queries without taking the plan.

use super::handle::Controller;
use super::view::ApplyError;
use crate::measure::{Tried, try_queries};
use crate::rollout::{self, Plan};
use crate::source::{Problems, parse};
use crate::store::PlanSource;
use crate::units::VariantName;

impl Controller {
    /// Asks all queries of a plan now, for its variants or for one of them. Nothing is stored, and no rollout is
    /// touched.
    ///
    /// # Errors
    /// When the plan is not valid, or has no such variant.
    pub async fn try_metrics(
        &self,
        mut source: PlanSource,
        variant: Option<&str>,
    ) -> Result<(Plan, Vec<Tried>), ApplyError> {
        let parsed = parse("the request", source.text.as_bytes(), source.format).map_err(ApplyError::Invalid)?;
        let [document] = parsed.documents.as_slice() else {
            let mut problems = Problems::new(&parsed.text);
            let second = parsed.documents.get(1).map(|document| document.span).unwrap_or_default();
            problems.add_with_hint(second, "a second document", "test one rollout at a time");
            return Err(ApplyError::Invalid(problems.into_vec()));
        };
        source.attachments.keep(&rollout::named_files(document));
        let plan = rollout::lower(document, &parsed.text, &source.attachments).map_err(ApplyError::Invalid)?;
        let variant = variant.map(|name| variant_of(&plan, name)).transpose().map_err(ApplyError::Refused)?;
        let world = self.world();
        let tried = try_queries(&*world.readings, &plan, variant.as_ref(), world.clock.now()).await;
        Ok((plan, tried))
    }
}

/// One of a plan's two variants.
fn variant_of(plan: &Plan, name: &str) -> Result<VariantName, String> {
    let known = [&plan.candidate, &plan.stable].into_iter().find(|known| known.as_str() == name);
    known.cloned().ok_or_else(|| {
        format!("{} has no variant `{name}`: its variants are `{}` and `{}`", plan.name, plan.candidate, plan.stable)
    })
}
