//! The section `connections` of the settings file: the systems that metrics are asked from, by name.

use super::section::{Section, Surroundings};
use super::{
    cloudwatch_connection as cloudwatch, datadog_connection as datadog, exec_connection as exec,
    influxdb_connection as influxdb, prometheus_connection as prometheus,
};
use crate::measure::{Address, ConnectionKind, ConnectionSettings, FetcherSettings, GraphiteConnection, WebConnection};
use crate::source::{Entry, Node, Problems, suggest};
use reqwest::Certificate;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The most connections.
const MOST: usize = 256;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 200;

/// A check waits for no answer longer than this.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(14);

/// The largest file with certificates, and with headers.
const LARGEST_FILE: u64 = 1 << 20;

const KINDS: [&str; 7] = ["prometheus", "cloudwatch", "datadog", "web", "graphite", "influxdb", "exec"];

/// The fields of every connection.
const COMMON: [&str; 14] = [
    "kind",
    "address",
    "headers",
    "headers_file",
    "headers_env",
    "bearer_file",
    "bearer_env",
    "user",
    "password_file",
    "password_env",
    "ca_file",
    "timeout",
    "in_flight",
    "no_proxy",
];

/// Headers that prove who asks. What is in them does not belong into a settings file.
const SECRET_HEADERS: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "dd-api-key",
    "dd-application-key",
];

/// Reads the section.
pub(super) fn read(
    node: &Node<'_>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Vec<ConnectionSettings> {
    let Some(entries) = node.as_object() else {
        problems.add(node.span, format!("`connections` is {} where a mapping from names is needed", node.kind()));
        return Vec::new();
    };
    if entries.len() > MOST {
        problems.add(node.span, format!("`connections` has more than {MOST}"));
    }
    entries.iter().filter_map(|entry| connection(entry, surroundings, problems)).collect()
}

fn connection(
    entry: &Entry<'_>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<ConnectionSettings> {
    let before = problems.count();
    let name = &*entry.key;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        let message = format!("the name of a connection may have only letters, digits, `.`, `_` and `-`, not `{name}`");
        problems.add(entry.key_span, message);
    }
    let what = format!("the connection `{name}`");
    let kind = kind_of(entry, problems)?;
    let section = Section::read(&entry.value, &what, &fields_of(kind), surroundings, problems)?;
    let mut fetch = fetch(&section, surroundings, problems);
    let mut address = address(&section, problems);
    // Those that know where they are of themselves.
    let mut placed = matches!(kind, "cloudwatch" | "exec");
    let kind = match kind {
        "prometheus" => ConnectionKind::Prometheus(prometheus::read(&section, problems)),
        "cloudwatch" => ConnectionKind::CloudWatch(cloudwatch::read(&section, surroundings, problems)),
        "datadog" => {
            datadog::keys(&section, &mut fetch.headers, problems);
            if section.get("address").is_none() {
                address = datadog::address(&section, problems);
                placed = true;
            }
            ConnectionKind::Datadog
        }
        "web" => ConnectionKind::Web(WebConnection { max_age: max_age(&section, problems) }),
        "graphite" => ConnectionKind::Graphite(GraphiteConnection { max_age: max_age(&section, problems) }),
        "influxdb" => {
            influxdb::token(&section, &mut fetch.headers, problems);
            ConnectionKind::Influx(influxdb::read(&section, problems))
        }
        "exec" => {
            let commands = exec::read(&section, surroundings, problems);
            // A check is as patient as the slowest of them needs.
            fetch.timeout = commands.longest_timeout();
            ConnectionKind::Exec(commands)
        }
        _ => return None,
    };
    if address.is_none() && section.get("address").is_none() && !placed {
        problems.add_with_hint(
            section.start(),
            format!("{what} needs `address`"),
            "for instance `http://127.0.0.1:9090`",
        );
    }
    (problems.count() == before).then(|| ConnectionSettings { name: Arc::from(name), address, fetch, kind })
}

/// The fields that a connection of a kind may have.
fn fields_of(kind: &str) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        "prometheus" => &prometheus::FIELDS,
        "cloudwatch" => &cloudwatch::FIELDS,
        "datadog" => &datadog::FIELDS,
        "web" | "graphite" => &["max_age"],
        "influxdb" => &influxdb::FIELDS,
        // Nothing is asked over a network.
        "exec" => return exec::FIELDS.to_vec(),
        _ => &[],
    };
    COMMON.iter().chain(own).copied().collect()
}

/// How old a value may be that says when it is from.
fn max_age(section: &Section<'_>, problems: &mut Problems<'_>) -> Duration {
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    section.duration("max_age", second..=day, problems).unwrap_or(WebConnection::default().max_age)
}

/// What it leads to: as it says, or as it is called.
fn kind_of(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<&'static str> {
    let name = &*entry.key;
    let Some(node) = entry.value.get("kind") else {
        let kind = KINDS.into_iter().find(|kind| *kind == name);
        if kind.is_none() {
            let hint = format!("write `kind: {}`", KINDS.join("`, `kind: "));
            problems.add_with_hint(
                entry.key_span,
                format!("the connection `{name}` does not say what it leads to"),
                hint,
            );
        }
        return kind;
    };
    let text = node.as_str().unwrap_or("");
    let kind = KINDS.into_iter().find(|kind| *kind == text);
    if kind.is_none() {
        let hint = suggest(text, KINDS).unwrap_or_else(|| format!("known are {}", KINDS.join(", ")));
        problems.add_with_hint(node.span, format!("there is no kind of connection `{text}`"), hint);
    }
    kind
}

/// Where it is. Messages never repeat the address: a password may stand in it.
fn address(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Address> {
    let node = section.get("address")?;
    let text = section.text("address", problems)?;
    match Address::parse(text) {
        Ok(address) if address.has_credentials() => {
            let hint = "write `user` and `password_file`, or `password_env`";
            problems.add_with_hint(node.span, "`address` has a user or a password in it", hint);
            None
        }
        Ok(address) => Some(address),
        Err(why) => {
            problems.add(node.span, why.to_string());
            None
        }
    }
}

/// How it is reached.
fn fetch(section: &Section<'_>, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> FetcherSettings {
    let usual = FetcherSettings::default();
    let bounds = Duration::from_millis(100)..=LONGEST_TIMEOUT;
    let timeout = section.duration("timeout", bounds, problems).unwrap_or(usual.timeout);
    let in_flight = section.whole_number("in_flight", 1..=1_000, problems);
    let in_flight = in_flight.and_then(|most| usize::try_from(most).ok()).unwrap_or(usual.in_flight);
    let mut headers = HeaderMap::new();
    plain_headers(section, &mut headers, problems);
    secret_headers(section, surroundings, &mut headers, problems);
    sign_in(section, &mut headers, problems);
    let authorities = authorities(section, problems);
    let proxied = !section.switch("no_proxy", false, problems);
    FetcherSettings { timeout, in_flight, headers, authorities, proxied, ..usual }
}

fn plain_headers(section: &Section<'_>, headers: &mut HeaderMap, problems: &mut Problems<'_>) {
    let at = section.get("headers").map_or(section.start(), |node| node.span);
    for (name, value) in section.pairs("headers", problems) {
        if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let hint = "put it into a file with lines such as `Name: value` and name that in `headers_file`";
            problems.add_with_hint(at, format!("`headers.{name}` is a secret and does not belong here"), hint);
            continue;
        }
        match header(&name, &value) {
            Some((name, value)) => drop(headers.insert(name, value)),
            None => problems
                .add(at, format!("`headers.{name}` is no header: its name or value has characters that none has")),
        }
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
    Some((name, HeaderValue::from_str(value.trim()).ok()?))
}

/// Lines such as `Name: value`, of which nothing is ever shown.
fn secret_headers(
    section: &Section<'_>,
    surroundings: Surroundings<'_>,
    headers: &mut HeaderMap,
    problems: &mut Problems<'_>,
) {
    let (field, text) = match (section.get("headers_file"), section.get("headers_env")) {
        (None, None) => return,
        (Some(_), Some(node)) => {
            let message = "both `headers_file` and `headers_env` are given";
            return problems.add_with_hint(node.span, message, "keep one of the two");
        }
        (Some(_), None) => {
            let Some(path) = section.path("headers_file", problems) else { return };
            (
                "headers_file",
                file(&path).and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())),
            )
        }
        (None, Some(_)) => {
            let Some(variable) = section.text("headers_env", problems) else { return };
            let found = surroundings.variables.iter().find(|(known, _)| known == variable);
            let found = found.map(|(_, value)| value.clone());
            ("headers_env", found.ok_or_else(|| format!("the variable {variable} is not set")))
        }
    };
    let at = section.get(field).map_or(section.start(), |node| node.span);
    let text = match text {
        Ok(text) => text,
        Err(why) => return problems.add(at, format!("`{field}`: {why}")),
    };
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (index, line) in lines {
        match line.split_once(':').and_then(|(name, value)| header(name, value)) {
            Some((name, mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            None => {
                let line = index.saturating_add(1);
                problems.add(at, format!("`{field}`: line {line} is no header such as `Name: value`"));
            }
        }
    }
}

/// Who asks.
fn sign_in(section: &Section<'_>, headers: &mut HeaderMap, problems: &mut Problems<'_>) {
    let bearer = section.credential("bearer", problems);
    let user = section.text("user", problems);
    let password = section.credential("password", problems);
    let at = |name: &str| section.get(name).map_or(section.start(), |node| node.span);
    let value = match (bearer, user, password) {
        (None, None, None) => return,
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            let hint = "keep one of the two ways";
            return problems.add_with_hint(section.start(), "both a bearer token and a user are given", hint);
        }
        (Some(token), None, None) => HeaderValue::from_str(&format!("Bearer {}", token.reveal())),
        (None, Some(user), _) if user.contains(':') => {
            return problems.add(at("user"), "`user` has a `:` in it, which no user of this protocol can have");
        }
        (None, Some(user), password) => {
            let password = password.as_ref().map_or("", |password| password.reveal());
            HeaderValue::from_str(&basic(user, password))
        }
        (None, None, Some(_)) => {
            let hint = "write `user` beside it";
            return problems.add_with_hint(section.start(), "there is a password without a user", hint);
        }
    };
    match value {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Err(_) => problems.add(section.start(), "the token has characters that no header can have"),
    }
}

/// As `Authorization` has it, after RFC 7617.
fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let joined = format!("{user}:{password}");
    let mut encoded = String::from("Basic ");
    for three in joined.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8_usize.saturating_mul(3_usize.saturating_sub(three.len())));
        for digit in 0..4_usize {
            let shift = 18_usize.saturating_sub(digit.saturating_mul(6));
            let index = usize::try_from(bits >> shift & 63).unwrap_or(0);
            let known = digit <= three.len();
            encoded.push(if known { DIGITS.get(index).map_or('=', |byte| char::from(*byte)) } else { '=' });
        }
    }
    encoded
}

/// The authorities that are trusted instead of the system's.
pub(super) fn authorities(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Arc<[u8]>> {
    let node = section.get("ca_file")?;
    let path = section.path("ca_file", problems)?;
    let read = file(&path).and_then(|bytes| match Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(bytes),
        Ok(_) | Err(_) => Err(format!("{} has no certificate in PEM", path.display())),
    });
    read.map(Arc::from).map_err(|why| problems.add(node.span, format!("`ca_file`: {why}"))).ok()
}

fn file(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let cannot = |error| format!("cannot read {shown}: {error}");
    if std::fs::metadata(path).map_err(cannot)?.len() > LARGEST_FILE {
        return Err(format!("{shown} is larger than {LARGEST_FILE} bytes"));
    }
    std::fs::read(path).map_err(cannot)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod common_fields;
