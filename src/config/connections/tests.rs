//! Connections of every kind, as people write them and as they get them wrong.

use super::*;
use crate::source::{Format, parse};

const VARIABLES: [(&str, &str); 3] =
    [("DD_API_KEY", "hunter2"), ("DD_APPLICATION_KEY", "hunter3"), ("AWS_REGION", "us-east-1")];

fn settings(text: &str) -> (Vec<ConnectionSettings>, Vec<String>) {
    let parsed = parse("settings.yaml", text.as_bytes(), Format::Yaml).unwrap();
    let mut problems = Problems::new(&parsed.text);
    let variables = VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let surroundings = Surroundings { folder: Path::new("/etc"), variables: &variables };
    let read = read(&parsed.documents[0], surroundings, &mut problems);
    (read, problems.into_vec().iter().map(ToString::to_string).collect())
}

#[test]
fn every_kind_is_read_by_its_own_fields_and_none_shows_its_keys() {
    let (read, problems) = settings(
        "cloudwatch: { region: eu-central-1, profile: shop, max_age: 5m }\n\
         datadog: { site: datadoghq.eu, api_key_env: DD_API_KEY, application_key_env: DD_APPLICATION_KEY }\n\
         quality: { kind: web, address: \"https://quality.example/api\", max_age: 1m }\n\
         graphite: { address: \"http://graphite:8080\" }\n\
         influxdb: { address: \"http://influxdb:8086\", token_env: DD_API_KEY, database: shop }\n\
         exec: { commands: { score: { command: /bin/score, timeout: 12s } }, at_once: 2 }\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    let words: Vec<&str> = read.iter().map(|connection| connection.kind.word()).collect();
    assert_eq!(words, ["cloudwatch", "datadog", "web", "graphite", "influxdb", "exec"]);
    let [cloudwatch, datadog, _, _, influxdb, exec] = &read[..] else { panic!("{read:?}") };
    assert_eq!(cloudwatch.address, None, "it is where its region is");
    assert_eq!(datadog.address.as_ref().map(ToString::to_string).as_deref(), Some("https://api.datadoghq.eu"));
    let header = |of: &ConnectionSettings, name: &str| of.fetch.headers.get(name).cloned().unwrap();
    assert_eq!(header(datadog, "dd-application-key"), "hunter3");
    assert_eq!(header(influxdb, "authorization"), "Token hunter2");
    assert_eq!(exec.fetch.timeout, Duration::from_secs(12), "a check is as patient as a command may be slow");
    assert!(!format!("{read:?}").contains("hunter"), "{read:?}");
}

#[test]
fn what_is_wrong_with_a_connection_is_said_with_its_place() {
    for (text, expected) in [
        ("cloudwatch: { region: \"evil.example/\" }", "1:23: `evil.example/` is no region of AWS"),
        ("cloudwatch: { access_key: x }", "unknown field `access_key`"),
        ("datadog: { api_key_env: DD_API_KEY }", "a connection to Datadog needs its `application_key`"),
        ("datadog: { api_key_env: NO_SUCH, application_key_env: DD_APPLICATION_KEY }", "NO_SUCH"),
        (
            "datadog: { site: \"a b\", api_key_env: DD_API_KEY, application_key_env: DD_API_KEY }",
            "is no site of Datadog",
        ),
        ("quality: { kind: web }", "needs `address`"),
        ("graphite: { address: \"http://g\", max_age: 0s }", "`max_age` must be"),
        (
            "influxdb: { address: \"http://i\", token_env: DD_API_KEY, bearer_env: DD_API_KEY }",
            "both a token and another",
        ),
        ("exec: {}", "needs `commands`"),
        ("exec: { commands: {}, address: \"http://h\" }", "unknown field `address`"),
        ("exec: { commands: { score: { command: score.sh } } }", "is no absolute path"),
        ("other: { kind: splunk, address: \"http://s\" }", "there is no kind of connection `splunk`"),
    ] {
        let (read, problems) = settings(text);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
        assert!(read.is_empty(), "{text}");
    }
}
