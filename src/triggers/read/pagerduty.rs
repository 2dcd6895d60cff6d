//! PagerDuty's webhooks, version 3: one event of an incident in each post.
//!
//! <https://developer.pagerduty.com/docs/webhooks-overview>

use super::fields::{Fields, document};
use super::labels::{Labels, shown};
use crate::analysis::Alert;
use crate::triggers::told::{Delivery, Malformed, Standing, Told};

/// The longest identity of an event or incident, in bytes.
const LONGEST_ID: usize = 128;

/// Reads a post. An incident fires until it is resolved, whoever has acknowledged it; events that do not tell how it
/// stands tell nothing.
///
/// # Errors
/// With the field that is wrong.
pub fn pagerduty(body: &[u8]) -> Result<Delivery, Malformed> {
    let document = document(body)?;
    let root = Fields::of(&document, "")?;
    if root.get("event").is_none() && root.get("messages").is_some() {
        let hint = "add a Generic Webhook (v3) in PagerDuty, and take the older one away";
        return Err(Malformed::new("this is a webhook of version 2 or older").hint(hint));
    }
    let event = root.object("event")?;
    let message = event.identity("id", LONGEST_ID)?;
    let kind = event.identity("event_type", LONGEST_ID)?;
    let data = match kind.strip_prefix("incident.") {
        Some(_) => event.object("data")?,
        None => return Ok(nothing(kind)),
    };
    // Notes, responders and the like bring other data, which have the incident inside and not how it stands.
    if data.text("type")? != Some("incident") {
        return Ok(nothing(kind));
    }
    let standing = match (kind, data.text("status")?) {
        ("incident.resolved", _) | (_, Some("resolved")) => Standing::Resolved,
        (_, Some("triggered" | "acknowledged")) => Standing::Firing,
        (_, Some(_) | None) => {
            let path = data.path("status");
            let wrong = format!("`{path}` must be \"triggered\", \"acknowledged\" or \"resolved\"");
            return Err(Malformed::new(wrong));
        }
    };
    let incident = data.identity("id", LONGEST_ID)?;
    let at = event.moment("occurred_at")?;
    let at = at.ok_or_else(|| Malformed::new(format!("`{}` is missing", event.path("occurred_at"))))?;
    let told = Told {
        alert: Alert { fingerprint: incident.to_owned(), labels: labels(&data, incident)?.into_map() },
        standing,
        began: data.moment_if_any("created_at"),
        at: Some(at),
        until: None,
        message: Some(message.to_owned()),
        no_data: false,
    };
    Ok(Delivery { told: vec![told], ..Delivery::default() })
}

fn nothing(kind: &str) -> Delivery {
    let beside = format!("`{}` does not tell whether an incident is open", shown(kind));
    Delivery { beside: Some(beside), ..Delivery::default() }
}

fn labels(data: &Fields<'_>, incident: &str) -> Result<Labels, Malformed> {
    let mut labels = Labels::default();
    labels.set("alertname", data.text("title")?.unwrap_or(incident));
    labels.set("incident", incident);
    labels.set("status", data.text("status")?.unwrap_or_default());
    labels.set("urgency", data.text("urgency")?.unwrap_or_default());
    labels.set("incident_key", data.text("incident_key")?.unwrap_or_default());
    for (label, field) in [("service", "service"), ("priority", "priority"), ("escalation_policy", "escalation_policy")]
    {
        if data.get(field).is_some() {
            labels.set(label, data.object(field)?.text("summary")?.unwrap_or_default());
        }
    }
    if data.get("service").is_some() {
        labels.set("service_id", data.object("service")?.text("id")?.unwrap_or_default());
    }
    // A team in a list of them; with several the first, which PagerDuty names first.
    if let Some(team) = data.get("teams").and_then(|teams| teams.as_array()?.first()) {
        labels.set("team", Fields::of(team, data.path("teams[0]"))?.text("summary")?.unwrap_or_default());
    }
    labels.within(&data.path("data"))
}
