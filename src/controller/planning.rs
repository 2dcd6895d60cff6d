//! A new plan for a rollout that exists.

use super::lane::Lane;
use super::saving::Saved;
use super::view::{Applied, ApplyError, Outcome};
use crate::rollout::{self, Attachment, Plan, standing_waits};
use crate::store::{Entry, Message, Origin, PlanSource};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use similar::TextDiff;
use std::sync::Arc;

/// The longest difference that is kept and shown, in characters.
const LONGEST_DIFFERENCE: usize = 20_000;

/// A plan as the ledger keeps it. Of the files that it names there is what tells them from others: they can be long.
pub(super) fn written(source: &PlanSource) -> Map<String, Value> {
    let digest = |text: &str| Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let file = |(name, file): (&str, &Attachment)| {
        let text: &str = file.text();
        (name.to_owned(), json!({ "bytes": text.len(), "sha256": digest(text) }))
    };
    let files: Map<String, Value> = source.attachments.iter().map(file).collect();
    let mut written = Map::new();
    written.insert("plan".to_owned(), json!(source.text));
    if !files.is_empty() {
        written.insert("files".to_owned(), Value::Object(files));
    }
    written
}

impl Lane {
    /// Takes a new plan where that is safe: before the first start; after a closing as long as it is for the
    /// same flag and variants; and under way as far as it changes only what has not begun. What was seen so
    /// far goes on counting.
    pub(super) async fn on_plan(
        &mut self,
        plan: Arc<Plan>,
        mut source: PlanSource,
        by: &str,
    ) -> Result<Applied, ApplyError> {
        if source.says_the_same(&self.source) && source.origin == self.source.origin {
            self.plan_problem = None;
            return Ok(Applied { view: self.view(), outcome: Outcome::Unchanged, difference: None });
        }
        let may_take = self.may_take(&plan, &source);
        let difference = difference(&self.source.text, &source.text);
        if let Err(refused) = may_take {
            if matches!(source.origin, Origin::File(_)) {
                self.plan_problem = Some(format!("its file has a newer plan: {refused}"));
            }
            return Err(ApplyError::Refused(refused));
        }
        source.revision = self.source.revision.saturating_add(1);
        let mut detail = written(&source);
        detail.insert("revision".to_owned(), json!(source.revision));
        detail.insert("difference".to_owned(), json!(difference));
        let entry = Entry {
            kind: "plan-changed".to_owned(),
            actor: by.to_owned(),
            sentence: format!("{by} changed the plan: revision {}", source.revision),
            detail: Value::Object(detail),
        };
        let message =
            Message { topic: "rollout.plan-changed".to_owned(), body: json!({ "rollout": plan.name.as_str() }) };
        let before = std::mem::replace(&mut self.source, Arc::new(source));
        match self.commit_and_note(self.state.clone(), vec![entry], vec![message]).await {
            Saved::Yes => {
                let before = std::mem::replace(&mut self.plan, plan);
                // The flag and the slice of a beginning that, as is known now, did not take place.
                self.shared.settle(&before, &self.state);
                if before.flag != self.plan.flag {
                    self.shared.world.metrics.remove_rollout(&before.name, &before.flag);
                }
                self.plan_problem = None;
                self.waits = standing_waits(&self.plan, &self.state, self.now());
                self.updated = self.now();
                Ok(Applied { view: self.view(), outcome: Outcome::Updated, difference: Some(difference) })
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
        rollout::may_revise(&self.plan, plan, &self.state)
    }
}

/// What changed from one text to the other, line by line, with the lines around it.
pub(super) fn difference(before: &str, after: &str) -> String {
    let lines = TextDiff::from_lines(before, after);
    let mut text = lines.unified_diff().context_radius(2).to_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST_DIFFERENCE) {
        text.truncate(end);
        text.push_str("\n...");
    }
    text
}
