//! The section `connections` of the settings file: the systems that metrics are asked from, by name.

use super::prometheus_connection as prometheus;
use super::section::{Section, Surroundings};
use crate::measure::{Address, ConnectionKind, ConnectionSettings, FetcherSettings};
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

const KINDS: [&str; 1] = ["prometheus"];

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
    let own: &[&str] = match kind {
        "prometheus" => &prometheus::FIELDS,
        _ => &[],
    };
    let fields: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    let section = Section::read(&entry.value, &what, &fields, surroundings, problems)?;
    let fetch = fetch(&section, surroundings, problems);
    let address = address(&section, problems);
    let kind = match kind {
        "prometheus" => ConnectionKind::Prometheus(prometheus::read(&section, problems)),
        _ => return None,
    };
    if address.is_none() && section.get("address").is_none() {
        problems.add_with_hint(
            section.start(),
            format!("{what} needs `address`"),
            "for instance `http://127.0.0.1:9090`",
        );
    }
    (problems.count() == before).then(|| ConnectionSettings { name: Arc::from(name), address, fetch, kind })
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
fn authorities(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Arc<[u8]>> {
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
mod tests {
    use super::basic;
    use crate::config::{Raw, load};
    use crate::measure::{ConnectionKind, ConnectionSettings, PrometheusConnection};
    use std::time::Duration;

    /// The connections of a settings file, beside which lie these files.
    fn read(
        section: &str,
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Result<Vec<ConnectionSettings>, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let path = folder.path().join("settings.yaml");
        std::fs::write(&path, format!("paths: [a]\nconnections:\n{section}")).unwrap();
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = load(Raw::default(), Some(&path), &variables);
        loaded.map(|settings| settings.connections).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_connection_is_read_with_its_secrets_from_files_and_variables() {
        let section = "  mimir:\n    kind: prometheus\n    address: https://mimir.example/prometheus\n    \
                       headers: { X-Scope-OrgID: team-a }\n    headers_file: headers\n    bearer_env: TOKEN\n    \
                       timeout: 8s\n    in_flight: 16\n    max_age: 1m\n    lag: 30s\n  prometheus:\n    \
                       address: http://127.0.0.1:9090\n    user: admin\n    password_file: password\n";
        let files = [("headers", "# of the gateway\nX-Gateway-Key: hunter2\n\n"), ("password", "hunter2\n")];
        let connections = read(section, &files, &[("TOKEN", "hunter2")]).unwrap();
        let [mimir, prometheus] = connections.as_slice() else { panic!("{connections:?}") };
        let header = |connection: &ConnectionSettings, name: &str| connection.fetch.headers[name].clone();
        assert_eq!((&*mimir.name, header(mimir, "x-scope-orgid").to_str().unwrap()), ("mimir", "team-a"));
        assert_eq!(header(mimir, "x-gateway-key").to_str().unwrap(), "hunter2");
        assert_eq!(header(mimir, "authorization").to_str().unwrap(), "Bearer hunter2");
        assert_eq!((mimir.fetch.timeout, mimir.fetch.in_flight), (Duration::from_secs(8), 16));
        let ages = PrometheusConnection { max_age: Duration::from_secs(60), lag: Duration::from_secs(30) };
        assert_eq!(mimir.kind, ConnectionKind::Prometheus(ages));
        assert_eq!(header(prometheus, "authorization").to_str().unwrap(), "Basic YWRtaW46aHVudGVyMg==");
        assert!(!format!("{connections:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_wrong_with_a_connection_is_told_without_its_secrets() {
        let at = "    address: http://127.0.0.1:9090\n";
        for (section, expected) in [
            ("  mimir:\n    address: http://h\n".to_owned(), "`mimir` does not say what it leads to"),
            (
                "  a:\n    kind: promethues\n".to_owned(),
                "there is no kind of connection `promethues`; did you mean `prometheus`?",
            ),
            ("  a b:\n    kind: prometheus\n    address: http://h\n".to_owned(), "may have only letters"),
            ("  prometheus:\n    timeout: 5s\n".to_owned(), "needs `address`"),
            ("  prometheus:\n    address: http://u:hunter2@h\n".to_owned(), "`address` has a user or a password in it"),
            ("  prometheus:\n    address: hunter2\n".to_owned(), "the address is no URL"),
            (format!("  prometheus:\n{at}    adress: x\n"), "unknown field `adress`"),
            (format!("  prometheus:\n{at}    timeout: 1m\n"), "`timeout` must be 100ms to 14s"),
            (format!("  prometheus:\n{at}    in_flight: 0\n"), "`in_flight` must be a whole number from 1 to 1000"),
            (
                format!("  prometheus:\n{at}    headers: {{ Authorization: hunter2 }}\n"),
                "`headers.Authorization` is a secret",
            ),
            (format!("  prometheus:\n{at}    headers: {{ 'a b': x }}\n"), "`headers.a b` is no header"),
            (format!("  prometheus:\n{at}    headers_file: broken\n"), "`headers_file`: line 2 is no header"),
            (format!("  prometheus:\n{at}    headers_file: absent\n"), "`headers_file`: cannot read"),
            (format!("  prometheus:\n{at}    headers_env: NONE\n"), "the variable NONE is not set"),
            (format!("  prometheus:\n{at}    headers_env: A\n    headers_file: broken\n"), "keep one of the two"),
            (format!("  prometheus:\n{at}    bearer_env: TOKEN\n    user: a\n"), "both a bearer token and a user"),
            (format!("  prometheus:\n{at}    password_env: TOKEN\n"), "a password without a user"),
            (format!("  prometheus:\n{at}    user: 'a:b'\n"), "`user` has a `:` in it"),
            (format!("  prometheus:\n{at}    bearer_env: NONE\n"), "`bearer_env`: the variable NONE: it is not set"),
            (format!("  prometheus:\n{at}    ca_file: broken\n"), "has no certificate in PEM"),
            (format!("  prometheus:\n{at}    no_proxy: maybe\n"), "`no_proxy` is true or false"),
        ] {
            let files = [("broken", "A: b\nhunter2\n")];
            let found = read(&section, &files, &[("TOKEN", "hunter2")]).unwrap_err();
            assert!(found.iter().any(|fault| fault.contains(expected)), "{expected} in {found:#?}");
            assert!(found.iter().all(|fault| !fault.contains("hunter2")), "{found:#?}");
        }
        let found = load_beside_prometheus();
        assert!(found[0].contains("there is a connection `prometheus` besides"), "{found:?}");
    }

    fn load_beside_prometheus() -> Vec<String> {
        let section = "  prometheus:\n    address: http://127.0.0.1:9090\n";
        read(section, &[], &[("TIDEGATE_PROMETHEUS", "http://127.0.0.1:9090")]).unwrap_err()
    }

    #[test]
    fn who_asks_is_written_as_the_protocol_has_it() {
        for (user, password, expected) in [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("admin", "hunter2", "Basic YWRtaW46aHVudGVyMg=="),
            ("u", "", "Basic dTo="),
            ("ab", "cde", "Basic YWI6Y2Rl"),
            ("test", "123\u{a3}", "Basic dGVzdDoxMjPCow=="),
        ] {
            assert_eq!(basic(user, password), expected);
        }
    }
}
