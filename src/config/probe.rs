//! A source of the kind `probe`: what Tidegate looks at by itself.

use super::connections::authorities;
use super::section::Section;
use crate::source::Problems;
use crate::triggers::probe::{ProbeSettings, Target};
use reqwest::Url;
use std::num::NonZeroU32;
use std::time::Duration;

/// The fields of a probe beside those of every source.
pub(super) const FIELDS: [&str; 11] =
    ["url", "tcp", "every", "timeout", "failures", "successes", "status", "body", "token_file", "token_env", "ca_file"];

/// The time between two looks unless something else is said.
const EVERY: Duration = Duration::from_secs(10);

/// How long a look may take unless something else is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads what a probe has beside the fields of every source.
pub(super) fn read(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<ProbeSettings> {
    let second = Duration::from_secs(1);
    let every = section.duration("every", second..=Duration::from_hours(1), problems).unwrap_or(EVERY);
    let most = Duration::from_mins(1);
    let timeout = section.duration("timeout", Duration::from_millis(100)..=most, problems);
    let timeout = timeout.unwrap_or(TIMEOUT.min(every));
    if timeout > every {
        let node = section.get("timeout").map_or(section.start(), |node| node.span);
        problems.add(node, "`timeout` is longer than `every`: looks would pile up");
    }
    let mut times = |name: &str, usual: u32| {
        let times = section.whole_number(name, 1..=1_000, problems);
        times.and_then(|times| u32::try_from(times).ok()).and_then(NonZeroU32::new).or(NonZeroU32::new(usual))
    };
    let (failures, successes) = (times("failures", 3)?, times("successes", 2)?);
    Some(ProbeSettings { target: target(section, problems)?, every, timeout, failures, successes })
}

fn target(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Target> {
    match (section.get("url"), section.get("tcp")) {
        (Some(node), Some(_)) => {
            problems.add_with_hint(node.span, "both `url` and `tcp` are given", "keep one, and make another probe");
            None
        }
        (None, None) => {
            let hint = "such as `url: https://shop.example/healthz` or `tcp: db.example:5432`";
            problems.add_with_hint(section.start(), "a probe needs something to look at", hint);
            None
        }
        (Some(_), None) => http(section, problems),
        (None, Some(_)) => tcp(section, problems),
    }
}

fn http(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Target> {
    let node = section.get("url")?;
    let text = section.text("url", problems)?;
    // Messages never repeat the address: a password may stand in it.
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        problems.add(node.span, "`url` must be an address that begins with `http://` or `https://`");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        let hint = "name a bearer token in `token_file` or `token_env`";
        problems.add_with_hint(node.span, "`url` has a user in it, which does not belong here", hint);
        return None;
    }
    let token = section.credential("token", problems);
    let mut status = Vec::new();
    for text in numbers(section, problems) {
        match text.parse::<u16>().ok().filter(|status| (100..=599).contains(status)) {
            Some(number) => status.push(number),
            None => problems.add(node.span, format!("`status`: `{text}` is not a status from 100 to 599")),
        }
    }
    if status.is_empty() {
        status = (200..=299).collect();
    }
    let body = section.text("body", problems).map(str::to_owned);
    if let (Some(node), "http") = (section.get("ca_file"), url.scheme()) {
        problems.add(node.span, "`ca_file` is for an address that begins with `https://`");
    }
    let authorities = authorities(section, problems);
    Some(Target::Http { url, token, status, body, authorities })
}

/// A status is a number, or a list of them.
fn numbers(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let Some(node) = section.get("status") else { return Vec::new() };
    let items = node.as_array().unwrap_or(std::slice::from_ref(node));
    let mut numbers = Vec::with_capacity(items.len());
    for item in items {
        match &item.value {
            crate::source::Value::Number(text) => numbers.push(text.to_string()),
            crate::source::Value::Null
            | crate::source::Value::Bool(_)
            | crate::source::Value::String(_)
            | crate::source::Value::Array(_)
            | crate::source::Value::Object(_) => {
                problems.add(item.span, format!("`status`: a number is needed here, this is {}", item.kind()));
            }
        }
    }
    numbers
}

fn tcp(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Target> {
    let node = section.get("tcp")?;
    for field in ["status", "body", "token_file", "token_env", "ca_file"] {
        if let Some(node) = section.get(field) {
            problems.add(node.span, format!("`{field}` is for `url`: of `tcp` only the connection is looked at"));
        }
    }
    let text = section.text("tcp", problems)?;
    let parts = text.rsplit_once(':');
    let found = parts.and_then(|(host, port)| Some((host.trim_matches(['[', ']']), port.parse::<u16>().ok()?)));
    match found.filter(|(host, port)| !host.is_empty() && *port != 0) {
        Some((host, port)) => Some(Target::Tcp { host: host.to_owned(), port }),
        None => {
            problems.add_with_hint(
                node.span,
                "`tcp` must be a name or address with a port",
                "such as `db.example:5432`",
            );
            None
        }
    }
}
