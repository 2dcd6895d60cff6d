//! A new plan for a rollout that exists.

use super::lane::Lane;
use super::saving::Saved;
use super::view::{Applied, ApplyError, Outcome};
use crate::rollout::{Attachment, Plan, State, describe, standing_waits};
use crate::store::{Entry, Message, Origin, PlanSource};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A plan as the ledger keeps it. Of the files that it names there is what tells them from others: they can be long.
pub(super) fn written(source: &PlanSource) -> Value {
    let digest = |text: &str| Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let file = |(name, file): (&str, &Attachment)| {
        let text: &str = file.text();
        (name.to_owned(), json!({ "bytes": text.len(), "sha256": digest(text) }))
    };
    let files: Map<String, Value> = source.attachments.iter().map(file).collect();
    match files.is_empty() {
        true => json!({ "plan": source.text }),
        false => json!({ "plan": source.text, "files": files }),
    }
}

impl Lane {
    /// Takes a new plan where that is safe: before the first start, and after a closing as long as the
    /// new plan is for the same flag and variants. A plan under way stays as it was started.
    pub(super) async fn on_plan(
        &mut self,
        plan: Arc<Plan>,
        source: PlanSource,
        by: &str,
    ) -> Result<Applied, ApplyError> {
        if source.says_the_same(&self.source) && source.origin == self.source.origin {
            self.plan_problem = None;
            return Ok(Applied { view: self.view(), outcome: Outcome::Unchanged });
        }
        if let Err(refused) = self.may_take(&plan, &source) {
            if matches!(source.origin, Origin::File(_)) {
                self.plan_problem = Some(format!("its file has a newer plan: {refused}"));
            }
            return Err(ApplyError::Refused(refused));
        }
        let entry = Entry {
            kind: "plan-changed".to_owned(),
            actor: by.to_owned(),
            sentence: format!("{by} changed the plan"),
            detail: written(&source),
        };
        let message =
            Message { topic: "rollout.plan-changed".to_owned(), body: json!({ "rollout": plan.name.as_str() }) };
        let before = std::mem::replace(&mut self.source, Arc::new(source));
        match self.commit_and_note(self.state.clone(), vec![entry], vec![message]).await {
            Saved::Yes => {
                let before = std::mem::replace(&mut self.plan, plan);
                if before.flag != self.plan.flag {
                    self.shared.world.metrics.remove_rollout(&before.name, &before.flag);
                }
                self.plan_problem = None;
                self.waits = standing_waits(&self.plan, &self.state, self.now());
                self.updated = self.now();
                Ok(Applied { view: self.view(), outcome: Outcome::Updated })
            }
            Saved::Conflict => {
                self.source = before;
                Err(ApplyError::Unavailable("it changed at the same moment: repeat".to_owned()))
            }
            Saved::No(why) => {
                self.source = before;
                Err(ApplyError::Unavailable(format!("the plan could not be stored: {why}")))
            }
        }
    }

    fn may_take(&self, plan: &Plan, source: &PlanSource) -> Result<(), String> {
        let name = &plan.name;
        match (&self.source.origin, &source.origin) {
            (Origin::File(file), Origin::Api) => {
                return Err(format!("{name} comes from the file {file}: change it there"));
            }
            (Origin::Api, Origin::File(_)) => {
                return Err(format!("{name} was applied through the API: give the file's rollout another name"));
            }
            (Origin::File(_), Origin::File(_)) | (Origin::Api, Origin::Api) => {}
        }
        if self.unsaved.is_some() {
            return Err(format!("{name}'s closing is not stored yet"));
        }
        let same =
            plan.flag == self.plan.flag && plan.candidate == self.plan.candidate && plan.stable == self.plan.stable;
        match &self.state {
            State::Pending { attempts: 0 } => Ok(()),
            State::Pending { .. } | State::RolledBack { .. } if same => Ok(()),
            State::Pending { .. } | State::RolledBack { .. } => Err(format!(
                "{name} was closed for variant {} of flag {}: a plan for another flag or variant needs another name",
                self.plan.candidate, self.plan.flag
            )),
            State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => {
                let where_it_is = describe(&self.plan, &self.state);
                Err(format!("{name} is {where_it_is}: it goes on with the plan it was started with"))
            }
        }
    }
}
