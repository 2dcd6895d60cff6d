//! What a source tells, on its way to the rollouts: what is old or not asked for is left out, the rest is dressed
//! with the source's own labels and passed on.

use super::answer::{Answer, MOST_NAMES};
use super::desk::{Desk, Triggers};
use super::order::{Sequence, moment_of};
use super::read::shown;
use super::record::Unknown;
use super::source::Source;
use super::told::{Delivery, Standing, Told};
use crate::analysis::Alert;
use crate::controller::{AlertAnswer, CommandError, LateAlert};
use crate::eval::Flag;
use crate::source::suggest;
use crate::telemetry::AlertResult;
use crate::units::{FlagKey, RolloutName, UnixMillis};
use std::collections::BTreeSet;

/// The label that says which source an alert came from. No sender can say another.
const TRIGGER: &str = "trigger";

/// What of a delivery is passed on.
#[derive(Debug, Default)]
struct Passed {
    firing: Vec<Alert>,
    resolved: Vec<Alert>,
    /// Those whose end was told before them, and that nobody took.
    late: Vec<LateAlert>,
    /// Those of which their sender says only since when they fire, and that ended a moment ago.
    doubtful: Vec<Alert>,
    /// The identities of those that fire, with the sender's time of the message.
    moments: Vec<(String, Option<UnixMillis>)>,
    messages: Vec<String>,
}

impl Triggers {
    /// Passes on what a source tells. What it closes is closed and durable when this answers.
    ///
    /// # Errors
    /// When something is not durable: then it is to be told again.
    pub async fn tell(&self, desk: &Desk, delivery: Delivery) -> Result<Answer, CommandError> {
        let mut answer = Answer { beside: delivery.beside, dry_run: desk.source.dry_run, ..Answer::default() };
        if delivery.left_out > 0 {
            self.trouble(desk, "its sender leaves alerts out of its posts; raise `max_alerts` there");
        }
        let mut passed = self.sift(desk, delivery.told, &mut answer);
        let scope = &desk.source.may_close;
        let done = match desk.source.dry_run {
            true => {
                passed.late.iter().for_each(|late| list(&mut answer.stale, &late.alert));
                self.controller.would_alert(scope, &passed.firing)
            }
            false => {
                // Together: what is late waits for no other closing's disk.
                let (done, late) = tokio::join!(
                    self.controller.alert_within(scope, &passed.firing, &passed.resolved),
                    self.tell_late(desk, &passed.late, &mut answer),
                );
                // Also where something is not durable: it would be taken for firing until it is told again.
                let ended = self.end_what_ended(desk, &passed.firing).await;
                let (done, late, ()) = (done?, late?, ended?);
                done.and(late)
            }
        };
        // Only now: looking for what may have been meant takes its time, and closing waits for nothing.
        let unknown = self.unknown(&passed.firing);
        self.told_unknown(desk, unknown, &mut answer);
        let doubtful = std::mem::take(&mut passed.doubtful);
        self.note(desk, passed);
        for name in done.out_of_scope.iter().take(MOST_NAMES) {
            self.trouble(desk, &format!("it may not close {name}"));
        }
        if !done.closed.is_empty() && !desk.source.dry_run {
            desk.note_closing(&done.closed, self.clock.now());
        }
        answer.closed = done.closed;
        answer.concerned = done.concerned;
        answer.already_closed = done.already_closed;
        answer.out_of_scope = done.out_of_scope;
        self.is_believed(desk, &doubtful)?;
        Ok(answer)
    }

    /// Closes what was under way while an alert fired whose end was told before it.
    async fn tell_late(
        &self,
        desk: &Desk,
        late: &[LateAlert],
        answer: &mut Answer,
    ) -> Result<AlertAnswer, CommandError> {
        if late.is_empty() {
            return Ok(AlertAnswer::default());
        }
        let told = self.controller.alert_late(&desk.source.may_close, late).await?;
        for (place, late) in late.iter().enumerate() {
            if told.idle.contains(&place) {
                list(&mut answer.stale, &late.alert);
                self.count_alert(&desk.source, AlertResult::Stale);
            } else {
                answer.passed = answer.passed.saturating_add(1);
                self.count_alert(&desk.source, AlertResult::Firing);
            }
        }
        Ok(told.done)
    }

    /// Has an alert sent again that fires since before its end, where it would close something that has begun since.
    /// It may be a message that was long on its way, and it may fire still: whoever goes on sending it knows.
    fn is_believed(&self, desk: &Desk, doubtful: &[Alert]) -> Result<(), CommandError> {
        let closes = |alerts: &[Alert]| !self.controller.would_alert(&desk.source.may_close, alerts).closed.is_empty();
        if desk.source.dry_run || doubtful.is_empty() || !closes(doubtful) {
            return Ok(());
        }
        let named = doubtful.iter().find(|alert| closes(std::slice::from_ref(alert))).or(doubtful.first());
        let name = named.map(name_of).unwrap_or_default();
        Err(CommandError::Unavailable(format!(
            "`{name}` was told as ended within the last five minutes, and fires since before that: send it again while \
             it fires"
        )))
    }

    /// Whether a delivery would close something now. Nothing of it is remembered. Of a source that is tried out
    /// nothing ever would.
    pub(super) fn would_close(&self, desk: &Desk, delivery: &Delivery) -> bool {
        let (now, source) = (self.clock.now(), &desk.source);
        if source.dry_run {
            return false;
        }
        let firing: Vec<Alert> = {
            let order = desk.order();
            let heard = delivery.told.iter().filter(|told| told.standing == Standing::Firing);
            let heard = heard.filter(|told| !told.no_data || source.no_data_fires);
            let heard = heard.filter(|told| source.wanted.hears(&told.alert));
            let fresh = heard.filter_map(|told| {
                let mut told = told.clone();
                self.dress(source, &mut told.alert);
                let taken = told.message.as_deref().is_some_and(|message| order.was_taken(message));
                let known = order.look(&told, now) == Sequence::Stale && order.missed(&told, now).is_none();
                (!taken && !known).then_some(told.alert)
            });
            fresh.collect()
        };
        !firing.is_empty() && !self.controller.would_alert(&source.may_close, &firing).closed.is_empty()
    }

    /// Chooses what is passed on, and says of the rest why it is not.
    fn sift(&self, desk: &Desk, told: Vec<Told>, answer: &mut Answer) -> Passed {
        let (now, source) = (self.clock.now(), &desk.source);
        let mut passed = Passed::default();
        let mut order = desk.order();
        for mut told in told {
            let fires = told.standing == Standing::Firing;
            if told.message.as_deref().is_some_and(|message| order.was_taken(message)) {
                answer.repeated = answer.repeated.saturating_add(1);
                continue;
            }
            if fires && told.no_data && !source.no_data_fires {
                list(&mut answer.no_data, &told.alert);
                self.count_alert(source, AlertResult::NoData);
                continue;
            }
            if fires && !source.wanted.hears(&told.alert) {
                list(&mut answer.unmatched, &told.alert);
                self.count_alert(source, AlertResult::Unmatched);
                continue;
            }
            self.dress(source, &mut told.alert);
            match order.take(&told, now) {
                Sequence::Stale => {
                    if let Some(until) = order.missed(&told, now) {
                        passed.moments.push((told.alert.fingerprint.clone(), moment_of(&told, now)));
                        passed.messages.extend(told.message);
                        if told.at.is_none() {
                            // Its sender says only since when it fires: it may fire still, against what began since.
                            passed.doubtful.push(told.alert.clone());
                        }
                        passed.late.push(LateAlert { alert: told.alert, until });
                        continue;
                    }
                    list(&mut answer.stale, &told.alert);
                    self.count_alert(source, AlertResult::Stale);
                    if fires && told.at.is_none() && order.was_taken_as_firing(&told.alert.fingerprint) {
                        passed.doubtful.push(told.alert);
                    }
                    continue;
                }
                Sequence::Repeated => answer.repeated = answer.repeated.saturating_add(1),
                Sequence::New => {}
            }
            let moment = moment_of(&told, now);
            // What is repeated is passed on: the first time may not have been durable, and it tells that it goes on.
            answer.passed = answer.passed.saturating_add(1);
            passed.messages.extend(told.message);
            match told.standing {
                Standing::Firing => {
                    passed.moments.push((told.alert.fingerprint.clone(), moment));
                    passed.firing.push(told.alert);
                }
                Standing::Resolved => {
                    answer.ended = true;
                    passed.resolved.push(told.alert);
                }
            }
        }
        passed
    }

    /// Gives an alert the source's labels, and an identity that no other source can have: none can end the alerts of
    /// another, nor speak in its name.
    fn dress(&self, source: &Source, alert: &mut Alert) {
        if !source.named {
            // Alertmanager without settings sends what it always did, but for what would pass for another source's.
            let passes = alert.labels.get(TRIGGER).is_some_and(|name| self.desk(name).is_some());
            if passes {
                alert.labels.remove(TRIGGER);
            }
            return;
        }
        for (name, value) in &source.labels {
            alert.labels.insert(name.clone(), value.clone());
        }
        alert.labels.insert(TRIGGER.to_owned(), source.name.to_string());
        alert.fingerprint = format!("{}/{}", source.name, alert.fingerprint);
    }

    /// An end that arrived while its alert was on its way to the rollouts may have overtaken it there.
    async fn end_what_ended(&self, desk: &Desk, firing: &[Alert]) -> Result<(), CommandError> {
        let ended: Vec<Alert> = {
            let order = desk.order();
            firing.iter().filter(|alert| order.has_ended(&alert.fingerprint)).cloned().collect()
        };
        if !ended.is_empty() {
            self.controller.alert_within(&desk.source.may_close, &[], &ended).await?;
        }
        Ok(())
    }

    /// What was passed on is durable.
    fn note(&self, desk: &Desk, passed: Passed) {
        let metrics = self.metrics.triggers();
        let name = desk.source.name.as_str();
        metrics.alerts(name, AlertResult::Firing, passed.firing.len());
        metrics.alerts(name, AlertResult::Resolved, passed.resolved.len());
        let mut order = desk.order();
        for (fingerprint, at) in passed.moments {
            order.taken_as_firing(&fingerprint, at);
        }
        for message in passed.messages {
            order.taken(&message);
        }
    }

    fn count_alert(&self, source: &Source, result: AlertResult) {
        self.metrics.triggers().alerts(source.name.as_str(), result, 1);
    }

    /// The names in alerts' labels that are nothing here. Nobody would miss an alert that closes nothing for a slip
    /// of the pen.
    fn unknown(&self, firing: &[Alert]) -> BTreeSet<Unknown> {
        let published = self.controller.live().load_full();
        let snapshot = published.snapshot();
        let mut unknown = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for alert in firing {
            let label = |name: &str| alert.labels.get(name).map(String::as_str).filter(|value| !value.is_empty());
            // Thousands of alerts that say one name are looked at once.
            if !seen.insert((label("rollout"), label("flag"))) {
                continue;
            }
            if let Some(name) = label("rollout").filter(|name| !self.controller.has_rollout(name)) {
                let names = self.controller.names();
                unknown.insert(Unknown::rollout(name, suggest(name, names.iter().map(RolloutName::as_str))));
            } else if let Some(key) = label("flag") {
                let drives = FlagKey::new(key).is_ok_and(|key| self.controller.drives(&key));
                match snapshot.flag(key) {
                    _ if drives => {}
                    Some(_) => drop(unknown.insert(Unknown::idle_flag(key))),
                    None => {
                        let hint = suggest(key, snapshot.flags().map(Flag::key));
                        unknown.insert(Unknown::flag(key, hint));
                    }
                }
            }
            if unknown.len() >= MOST_NAMES {
                break;
            }
        }
        unknown
    }

    fn told_unknown(&self, desk: &Desk, unknown: BTreeSet<Unknown>, answer: &mut Answer) {
        self.metrics.triggers().alerts(desk.source.name.as_str(), AlertResult::Unknown, unknown.len());
        for one in &unknown {
            let hint = one.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            self.trouble(desk, &format!("an alert with the label `{}`: {}{hint}", one.label, one.why));
        }
        answer.unknown = unknown.into_iter().collect();
    }
}

fn list(names: &mut Vec<String>, alert: &Alert) {
    if names.len() < MOST_NAMES {
        names.push(name_of(alert));
    }
}

fn name_of(alert: &Alert) -> String {
    shown(alert.labels.get("alertname").unwrap_or(&alert.fingerprint))
}
