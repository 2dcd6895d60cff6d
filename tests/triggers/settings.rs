//! The section `triggers` of the settings file.

use std::path::PathBuf;
use tidegate::config::{Key, Origin, Raw, Settings, load};
use tidegate::triggers::{Kind, Proof, Source};

struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new(triggers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "correct-horse-battery-staple\n").unwrap();
        std::fs::write(folder.path().join("short"), "hunter2\n").unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        for name in ["alertmanager", "grafana", "datadog", "checks", "old-checks"] {
            let key = format!("the-key-that-{name}-has\n");
            std::fs::write(folder.path().join("keys").join(name).with_extension("key"), key).unwrap();
        }
        let text = format!("paths: [flags]\ntriggers:\n{triggers}");
        std::fs::write(folder.path().join("settings.yaml"), text).unwrap();
        Self { folder }
    }

    fn load(&self) -> Result<Settings, Vec<String>> {
        let path: PathBuf = self.folder.path().join("settings.yaml");
        let mut raw = Raw::default();
        raw.set(Key::Ephemeral, vec!["true".to_owned()], Origin::Flag("--ephemeral"));
        let variables = [("PAGERDUTY_SECRET".to_owned(), "correct-horse-with-another-staple".to_owned())];
        load(raw, Some(&path), &variables).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }
}

fn sources(triggers: &str) -> Vec<Source> {
    File::new(triggers).load().unwrap_or_else(|faults| panic!("{faults:#?}")).triggers
}

#[test]
fn the_example_file_is_read_as_it_is_documented() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/triggers.yaml")).unwrap();
    let (_, triggers) = example.split_once("\ntriggers:\n").unwrap();
    let sources = sources(triggers);
    let kinds: Vec<_> = sources.iter().map(|source| source.kind.as_str()).collect();
    assert_eq!(kinds, ["alertmanager", "grafana", "pagerduty", "datadog", "webhook", "probe", "probe"]);
    let by_name = |name: &str| sources.iter().find(|source| source.name.as_str() == name).unwrap();
    assert!(matches!(by_name("pagerduty").proof, Proof::PagerDuty(_)));
    assert!(matches!(by_name("checks").proof, Proof::Signature(ref secrets) if secrets.len() == 2));
    assert!(matches!(by_name("shop-health").kind, Kind::Probe(_)));
    assert!(by_name("datadog").dry_run && !by_name("grafana").dry_run);
    assert!(!by_name("grafana").may_close.is_everything() && by_name("alertmanager").may_close.is_everything());
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_without_secrets() {
    for (triggers, part) in [
        (
            "  a: { kind: grafna }\n",
            "settings.yaml:3:14: there is no kind `grafna` of sources; did you mean `grafana`?",
        ),
        ("  a: { key_file: key }\n", "the source of alerts `a` has no `kind`"),
        ("  a: { kind: grafana, key_fil: key }\n", "unknown field `key_fil`"),
        ("  A b: { kind: grafana }\n", "a name has 1 to 63 of a-z, 0-9, `-` and `_`"),
        ("  a: 7\n", "the source of alerts `a` is a number where a mapping is expected"),
        ("  a: { kind: grafana, key_file: short }\n", "`key` has fewer than 16 characters"),
        ("  a: { kind: grafana, key_file: nowhere }\n", "cannot read"),
        ("  a: { kind: grafana, secret_file: key }\n", "does not sign what it sends"),
        ("  a: { kind: pagerduty }\n", "needs a secret or a key"),
        ("  a: { kind: webhook }\n", "needs a secret or a key"),
        ("  a: { kind: webhook, key_file: key, secret_file: key }\n", "both a key and a secret"),
        ("  a: { kind: webhook, previous_secret_file: key }\n", "there is a previous secret and none of now"),
        (
            "  a: { kind: grafana, key_file: key }\n  b: { kind: webhook, secret_file: key }\n",
            "settings.yaml:4:3: the source of alerts `b` has a key or secret of `a`",
        ),
        ("  a: { kind: grafana, may_close: {} }\n", "`may_close` names nothing"),
        ("  a: { kind: grafana, may_close: { flags: [] } }\n", "`flags` names nothing"),
        ("  a: { kind: grafana, may_close: { flags: ['*x'] } }\n", "a `*` may stand only at the end"),
        ("  a: { kind: grafana, may_close: { flag: [x] } }\n", "did you mean `flags`?"),
        ("  a: { kind: grafana, match: 'alert(severity == \"x\")' }\n", "`match`: column 16"),
        ("  a: { kind: grafana, match: 'error_rate > 1%' }\n", "`match`: "),
        ("  a: { kind: grafana, match: 'severity = critical' }\n", "write such as `alert(severity = \"critical\")`"),
        ("  a: { kind: probe, url: 'https://x', ca_file: nowhere }\n", "`ca_file`: cannot read"),
        ("  a: { kind: probe, url: 'https://x', ca_file: key }\n", "has no certificate in PEM"),
        ("  a: { kind: probe, url: 'http://x', ca_file: key }\n", "begins with `https://`"),
        ("  a: { kind: probe, tcp: 'x:1', ca_file: key }\n", "is for `url`"),
        ("  a: { kind: grafana, labels: { a: '' } }\n", "a label needs a name and a value"),
        ("  a: { kind: grafana, per_second: 0 }\n", "`per_second` must be a whole number from 1"),
        ("  a: { kind: probe }\n", "a probe needs something to look at"),
        ("  a: { kind: probe, url: 'ftp://x' }\n", "begins with `http://` or `https://`"),
        ("  a: { kind: probe, url: 'http://u:hunter2@x' }\n", "has a user in it"),
        ("  a: { kind: probe, url: 'http://x', tcp: 'x:1' }\n", "both `url` and `tcp`"),
        ("  a: { kind: probe, tcp: 'x' }\n", "with a port"),
        ("  a: { kind: probe, tcp: 'x:1', body: ok }\n", "is for `url`"),
        ("  a: { kind: probe, url: 'http://x', key_file: key }\n", "unknown field `key_file`"),
        ("  a: { kind: probe, url: 'http://x', every: 1s, timeout: 2s }\n", "looks would pile up"),
        ("  a: { kind: probe, url: 'http://x', status: 99 }\n", "is not a status"),
        ("  a: { kind: probe, url: 'http://x', failures: 0 }\n", "`failures` must be a whole number from 1"),
        ("  [1]\n", "where a mapping from names is needed"),
    ] {
        let faults = File::new(triggers).load().expect_err(triggers);
        assert!(faults.iter().any(|fault| fault.contains(part)), "{triggers}{faults:#?}");
        assert!(!faults.iter().any(|fault| fault.contains("hunter2")), "{faults:#?}");
    }
}

#[test]
fn the_key_of_a_listener_is_no_key_of_a_source() {
    let file = File::new("  a: { kind: grafana, key_file: key }\n");
    for place in ["evaluation_key_file", "control_key_file"] {
        let text = format!("paths: [flags]\n{place}: key\ntriggers:\n  a: {{ kind: grafana, key_file: key }}\n");
        std::fs::write(file.folder.path().join("settings.yaml"), text).unwrap();
        let faults = file.load().unwrap_err();
        let told = "the source of alerts `a` has the key of this listener";
        assert!(faults.iter().any(|fault| fault.contains(told)), "{place}: {faults:#?}");
        assert!(!faults.iter().any(|fault| fault.contains("correct-horse")), "{faults:#?}");
    }
}

#[test]
fn settings_never_show_the_keys_of_sources() {
    let triggers = "  a: { kind: grafana, key_file: key }\n  b: { kind: pagerduty, secret_env: PAGERDUTY_SECRET }\n  \
                    c: { kind: probe, url: 'http://x/?key=1', token_file: key }\n";
    let shown = format!("{:?}", File::new(triggers).load().unwrap());
    assert!(!shown.contains("correct-horse"), "{shown}");
}

#[test]
#[cfg(unix)]
fn a_secret_that_everybody_may_read_is_remarked_with_its_place_and_remedy() {
    use std::os::unix::fs::PermissionsExt as _;
    let file =
        File::new("  a: { kind: grafana, key_file: key }\n  b: { kind: probe, url: 'http://x', token_file: short }\n");
    let allow = |name: &str, mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file.folder.path().join(name), permissions).unwrap();
    };
    allow("key", 0o600);
    allow("short", 0o640);
    assert_eq!(file.load().unwrap().remarks, Vec::<String>::new());
    allow("short", 0o644);
    let remarks = file.load().unwrap().remarks;
    let [remark] = remarks.as_slice() else { panic!("{remarks:?}") };
    for part in ["settings.yaml:4:", "`token_file`: every user of this machine may read", "chmod 600", "/short"] {
        assert!(remark.contains(part), "{part}: {remark}");
    }
    assert!(!remark.contains("hunter2"), "{remark}");
}
