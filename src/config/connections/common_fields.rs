//! What connections of every kind have in common, as it is read.

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
    let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
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
