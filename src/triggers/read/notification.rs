//! Alertmanager's webhook payload, version 4, and Grafana's, which is of the same shape. Only what decides is read,
//! so that a field that another version adds or that another sender leaves out closes nobody's ears to an alert.

use super::fields::{Fields, document};
use super::labels::{LONGEST_VALUE, Labels};
use crate::analysis::Alert;
use crate::triggers::told::{Delivery, Malformed, Standing, Told};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most alerts in one notification.
const MOST_ALERTS: usize = 10_000;

/// What Grafana calls an alert that fires because its query found nothing, or failed.
const GRAFANA_WITHOUT_DATA: [&str; 2] = ["DatasourceNoData", "DatasourceError"];

/// Reads a notification of Alertmanager.
///
/// # Errors
/// With the field that is wrong.
pub fn alertmanager(body: &[u8]) -> Result<Delivery, Malformed> {
    let document = document(body)?;
    let fields = Fields::of(&document, "")?;
    let alerts = fields.list("alerts")?;
    if alerts.len() > MOST_ALERTS {
        return Err(Malformed::new(format!("`alerts` has {} alerts, more than {MOST_ALERTS}", alerts.len())));
    }
    let mut told = Vec::with_capacity(alerts.len());
    for (index, alert) in alerts.iter().enumerate() {
        told.push(read(&Fields::of(alert, format!("alerts[{index}]"))?)?);
    }
    let left_out = fields.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or(0);
    Ok(Delivery { told, left_out, beside: None })
}

/// Reads a notification of Grafana's alerting.
///
/// # Errors
/// With the field that is wrong.
pub fn grafana(body: &[u8]) -> Result<Delivery, Malformed> {
    let mut delivery = alertmanager(body).map_err(|wrong| match is_of_legacy_alerting(body) {
        true => Malformed::new("this is a post of Grafana's legacy alerting, which has no `alerts`")
            .hint("send it from Grafana's own alerting of today: Alerting, Contact points, integration Webhook"),
        false => wrong,
    })?;
    for told in &mut delivery.told {
        let name = told.alert.labels.get("alertname").map_or("", String::as_str);
        told.no_data = GRAFANA_WITHOUT_DATA.contains(&name);
    }
    Ok(delivery)
}

/// Grafana up to version 10 could post for each rule by itself.
fn is_of_legacy_alerting(body: &[u8]) -> bool {
    let Ok(Value::Object(post)) = document(body) else { return false };
    !post.contains_key("alerts") && post.contains_key("ruleId") && post.contains_key("state")
}

fn read(fields: &Fields<'_>) -> Result<Told, Malformed> {
    let standing = standing(fields)?;
    let labels = Labels::read(fields, "labels")?.into_map();
    let fingerprint = match fields.text("fingerprint")? {
        Some(text) if !text.is_empty() => {
            text.get(..text.floor_char_boundary(LONGEST_VALUE)).unwrap_or(text).to_owned()
        }
        Some(_) | None => fingerprint(&labels),
    };
    Ok(Told {
        alert: Alert { fingerprint, labels },
        standing,
        began: fields.moment_if_any("startsAt"),
        at: None,
        until: fields.moment_if_any("endsAt").filter(|_| standing == Standing::Resolved),
        message: None,
        no_data: false,
    })
}

fn standing(fields: &Fields<'_>) -> Result<Standing, Malformed> {
    match fields.needed("status")?.as_str() {
        Some("firing") => Ok(Standing::Firing),
        Some("resolved") => Ok(Standing::Resolved),
        Some(_) | None => {
            Err(Malformed::new(format!("`{}` must be \"firing\" or \"resolved\"", fields.path("status"))))
        }
    }
}

/// Alerts of the same labels are the same alert.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    for (name, value) in labels {
        for part in [name, value] {
            digest.update(part.as_bytes());
            digest.update([0xFF]);
        }
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
