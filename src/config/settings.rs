//! The settings, valid as a whole.

use super::fault::Fault;
use super::key::Key;
use super::listener::{Described, Listener};
use super::origins::Origins;
use super::raw::Raw;
use crate::eval::Bucketing;
use crate::measure::{Address, Allowance, ConnectionSettings};
use crate::telemetry::LogFormat;
use crate::triggers::Source;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where flags are evaluated unless something else is said: flagd's port for the same protocol.
pub const DEFAULT_EVALUATION: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8016);

/// Where Tidegate is controlled unless something else is said.
pub const DEFAULT_CONTROL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The store's folder unless something else is said, in the working directory.
pub const DEFAULT_DATA: &str = "./tidegate-data";

/// Everything a server needs to know before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Files and folders with flags and rollouts; at least one.
    pub paths: Vec<PathBuf>,
    /// Where flags are evaluated.
    pub evaluation: Listener,
    /// Where Tidegate is controlled.
    pub control: Listener,
    /// Where rollouts and their ledger are kept.
    pub store: StoreChoice,
    /// Whether a problem in a file refuses the start.
    pub strict: bool,
    /// The Prometheus server that metrics are asked from.
    pub prometheus: Option<Address>,
    /// The systems that metrics are asked from, by name; `prometheus` is not among them when it is named alone.
    pub connections: Vec<ConnectionSettings>,
    /// What addresses in plans may lead to, beside the public internet and where a connection leads.
    pub metric_addresses: Vec<Allowance>,
    /// How users are hashed.
    pub bucketing: Bucketing,
    /// How many may follow the event stream; with 0 there is none. `None` leaves it to the door.
    pub event_streams: Option<usize>,
    /// Whose pages may evaluate flags from another origin.
    pub cors_origins: Origins,
    /// How log lines look.
    pub log: LogFormat,
    /// Sources of alerts, beside Alertmanager with the control listener's key.
    pub triggers: Vec<Source>,
    /// What looks like a mistake and is none for certain: for the log.
    pub remarks: Vec<String>,
}

/// Where rollouts and their ledger are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// In a folder, made when it is not there.
    Folder(PathBuf),
    /// In memory: gone with the process.
    Ephemeral,
}

impl std::fmt::Display for StoreChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Ephemeral => f.write_str("memory only"),
        }
    }
}

impl Settings {
    /// Validates what was written. Everything wrong is added to `faults`.
    pub(super) fn build(raw: &Raw, remarks: Vec<String>, faults: &mut Vec<Fault>) -> Option<Self> {
        let evaluation = Described {
            address: Key::Evaluation,
            key: Key::EvaluationKey,
            key_file: Key::EvaluationKeyFile,
            default: DEFAULT_EVALUATION,
        };
        let control = Described {
            address: Key::Control,
            key: Key::ControlKey,
            key_file: Key::ControlKeyFile,
            default: DEFAULT_CONTROL,
        };
        let (evaluation, control) = (evaluation.build(raw, faults), control.build(raw, faults));
        same_address(raw, evaluation.as_ref(), control.as_ref(), faults);
        let store = store(raw, faults);
        let strict = switch(raw, Key::Strict, faults);
        let prometheus = prometheus(raw, faults);
        let bucketing = choice(raw, Key::Bucketing, &[("v3", Bucketing::V3), ("v2", Bucketing::V2)], faults);
        let log = choice(raw, Key::Log, &[("text", LogFormat::Text), ("json", LogFormat::Json)], faults);
        let event_streams = number(raw, Key::EventStreams, faults);
        let cors_origins = cors_origins(raw, faults);
        let metric_addresses = metric_addresses(raw, faults);
        named_twice(raw, faults);
        keys_of_sources(raw, evaluation.as_ref(), control.as_ref(), faults);
        let paths = raw.get(Key::Paths).map(|written| written.values.iter().map(PathBuf::from).collect());
        Some(Self {
            paths: paths.unwrap_or_default(),
            evaluation: evaluation?,
            control: control?,
            store: store?,
            strict: strict?,
            prometheus: prometheus.ok()?,
            connections: raw.connections.clone(),
            metric_addresses: metric_addresses?,
            bucketing: bucketing?,
            event_streams: event_streams.ok()?,
            cors_origins: cors_origins?,
            log: log?,
            triggers: raw.triggers.clone(),
            remarks,
        })
    }
}

fn same_address(raw: &Raw, evaluation: Option<&Listener>, control: Option<&Listener>, faults: &mut Vec<Fault>) {
    let (Some(evaluation), Some(control)) = (evaluation, control) else { return };
    if evaluation.address == control.address && control.address.port() != 0 {
        let message = format!("{} is already the address of the other listener", control.address);
        let origin = raw.text(Key::Control).or(raw.text(Key::Evaluation)).map(|(_, origin)| origin);
        faults.extend(origin.map(|origin| Fault::new(origin, message).hint("give each listener a port of its own")));
    }
}

fn store(raw: &Raw, faults: &mut Vec<Fault>) -> Option<StoreChoice> {
    let ephemeral = switch(raw, Key::Ephemeral, faults)?;
    match raw.text(Key::Data) {
        Some((_, origin)) if ephemeral => {
            let message = "a data folder is named and `ephemeral` asks for none";
            faults.push(Fault::new(origin, message).hint("keep one of the two"));
            None
        }
        _ if ephemeral => Some(StoreChoice::Ephemeral),
        Some((path, origin)) => {
            if Path::new(path).exists() && !Path::new(path).is_dir() {
                faults.push(
                    Fault::new(origin, format!("{path} is no folder")).hint("name a folder; it is made if needed"),
                );
            }
            Some(StoreChoice::Folder(PathBuf::from(path)))
        }
        None => Some(StoreChoice::Folder(PathBuf::from(DEFAULT_DATA))),
    }
}

fn switch(raw: &Raw, key: Key, faults: &mut Vec<Fault>) -> Option<bool> {
    choice(
        raw,
        key,
        &[("false", false), ("true", true), ("0", false), ("1", true), ("no", false), ("yes", true)],
        faults,
    )
}

/// One of a few words; the first of them when nothing was written.
fn choice<T: Copy>(raw: &Raw, key: Key, words: &[(&str, T)], faults: &mut Vec<Fault>) -> Option<T> {
    let Some((text, origin)) = raw.text(key) else { return words.first().map(|(_, value)| *value) };
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
    if found.is_none() {
        let known = words.iter().take(2).map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        faults.push(Fault::new(origin, format!("`{text}` is not {known}")));
    }
    found
}

fn number(raw: &Raw, key: Key, faults: &mut Vec<Fault>) -> Result<Option<usize>, ()> {
    let Some((text, origin)) = raw.text(key) else { return Ok(None) };
    let wrong = |_| faults.push(Fault::new(origin, format!("`{text}` is not a number from 0 upward")));
    text.parse().map(Some).map_err(wrong)
}

fn metric_addresses(raw: &Raw, faults: &mut Vec<Fault>) -> Option<Vec<Allowance>> {
    let Some(written) = raw.get(Key::MetricAddresses) else { return Some(Vec::new()) };
    let allowed = written.values.iter().map(|text| Allowance::parse(text)).collect::<Result<_, _>>();
    allowed.map_err(|error| faults.push(Fault::new(&written.origin, error.to_string()))).ok()
}

/// The server that is named alone is the connection of that name.
fn named_twice(raw: &Raw, faults: &mut Vec<Fault>) {
    if let Some((_, origin)) = raw.text(Key::Prometheus)
        && raw.connections.iter().any(|connection| &*connection.name == "prometheus")
    {
        let message = "a Prometheus is named here, and there is a connection `prometheus` besides";
        faults.push(Fault::new(origin, message).hint("keep one of the two, or give the connection another name"));
    }
}

/// Whoever has the key of a source may close something; whoever has that of a listener may do other things.
fn keys_of_sources(raw: &Raw, evaluation: Option<&Listener>, control: Option<&Listener>, faults: &mut Vec<Fault>) {
    let listeners =
        [(evaluation, [Key::EvaluationKey, Key::EvaluationKeyFile]), (control, [Key::ControlKey, Key::ControlKeyFile])];
    for (listener, places) in listeners {
        let Some(key) = listener.and_then(|listener| listener.key.as_ref()) else { continue };
        let Some((_, origin)) = places.into_iter().find_map(|place| raw.text(place)) else { continue };
        for source in raw.triggers.iter().filter(|source| source.proof.has(key.reveal())) {
            let message = format!("the source of alerts `{}` has the key of this listener", source.name);
            faults.push(Fault::new(origin, message).hint("give the source a key of its own"));
        }
    }
}

fn cors_origins(raw: &Raw, faults: &mut Vec<Fault>) -> Option<Origins> {
    let Some(written) = raw.get(Key::CorsOrigins) else { return Some(Origins::default()) };
    let origins = Origins::parse(written.values.iter().map(String::as_str));
    origins.map_err(|message| faults.push(Fault::new(&written.origin, message))).ok()
}

fn prometheus(raw: &Raw, faults: &mut Vec<Fault>) -> Result<Option<Address>, ()> {
    let Some((text, origin)) = raw.text(Key::Prometheus) else { return Ok(None) };
    // Its error never repeats the text, which may hold a password.
    Address::parse(text).map(Some).map_err(|error| faults.push(Fault::new(origin, error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::super::{Secret, load};
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn flags(pairs: &[(Key, &str)]) -> Raw {
        let mut raw = Raw::default();
        for (key, value) in pairs {
            raw.set_flag(*key, Some((*value).to_owned()));
        }
        raw
    }

    fn faults(raw: Raw, config: Option<&Path>, pairs: &[(&str, &str)]) -> Vec<String> {
        load(raw, config, &variables(pairs)).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.yaml");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn defaults_are_loopback_and_a_folder_here() {
        let settings = load(flags(&[(Key::Paths, "flags")]), None, &[]).unwrap();
        assert_eq!(settings.evaluation, Listener { address: DEFAULT_EVALUATION, key: None });
        assert_eq!(settings.control, Listener { address: DEFAULT_CONTROL, key: None });
        assert_eq!(settings.store, StoreChoice::Folder(PathBuf::from(DEFAULT_DATA)));
        assert_eq!((settings.bucketing, settings.log, settings.strict), (Bucketing::V3, LogFormat::Text, false));
    }

    #[test]
    fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
        let (_folder, path) =
            file("paths: [a, b]\nevaluation: 127.0.0.1:1\ncontrol: 127.0.0.1:2\nlog: json\nstrict: true\n");
        let settings = load(
            flags(&[(Key::Evaluation, "127.0.0.1:3")]),
            Some(&path),
            &variables(&[("TIDEGATE_EVALUATION", "127.0.0.1:4"), ("TIDEGATE_CONTROL", "localhost:5")]),
        )
        .unwrap();
        assert_eq!((settings.evaluation.address.port(), settings.control.address.port()), (3, 5));
        assert_eq!((settings.log, settings.strict), (LogFormat::Json, true));
        let beside = |name| path.parent().unwrap().join(name);
        assert_eq!(settings.paths, [beside("a"), beside("b")], "paths in a file are relative to it");
    }

    #[test]
    fn ephemeral_on_the_command_line_overrules_a_data_folder_elsewhere_but_not_beside_it() {
        let (_folder, path) = file("paths: [a]\ndata: here\n");
        let settings = load(flags(&[(Key::Ephemeral, "true")]), Some(&path), &[]).unwrap();
        assert_eq!(settings.store, StoreChoice::Ephemeral);
        let both = flags(&[(Key::Paths, "a"), (Key::Ephemeral, "true"), (Key::Data, "x")]);
        assert_eq!(
            faults(both, None, &[]),
            ["--data: a data folder is named and `ephemeral` asks for none; keep one of the two"]
        );
    }

    #[test]
    fn every_problem_is_told_at_once_with_where_it_stands() {
        let (_folder, path) = file("paths: [a]\nbucketing: v4\nevalution: 127.0.0.1:1\n");
        let found = faults(Raw::default(), Some(&path), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("settings.yaml:3:1: unknown setting `evalution`; did you mean `evaluation`?"));

        let (_folder, path) = file("bucketing: v4\n");
        let found = faults(
            flags(&[(Key::Log, "xml"), (Key::Control, "8080")]),
            Some(&path),
            &[("TIDEGATE_PROMETHEUS", "localhost:9090"), ("TIDEGATE_STRICT", "maybe")],
        );
        for part in [
            "--log: `xml` is not `text` or `json`",
            "--control: `8080` is not an address",
            "settings.yaml:1:1: `v4` is not `v3` or `v2`",
            "TIDEGATE_PROMETHEUS: the address must begin with `http://` or `https://`",
            "TIDEGATE_STRICT: `maybe` is not `false` or `true`",
            "PATH: no files and folders",
        ] {
            assert!(found.iter().any(|fault| fault.contains(part)), "{part} in {found:#?}");
        }
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn a_public_address_without_a_key_is_refused_with_what_to_do() {
        let open = flags(&[(Key::Paths, "a"), (Key::Control, "0.0.0.0:8080")]);
        let found = faults(open.clone(), None, &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("no key") && found[0].contains("TIDEGATE_CONTROL_KEY"), "{found:?}");
        let key = "0123456789abcdef0123";
        let settings = load(open, None, &variables(&[("TIDEGATE_CONTROL_KEY", key)])).unwrap();
        assert_eq!(settings.control.key.as_ref().map(Secret::reveal), Some(key));
        assert!(!format!("{settings:?}").contains(key), "a key never shows itself");
    }

    #[test]
    fn keys_come_from_files_too_but_not_from_two_places_and_not_from_the_settings_file() {
        let (folder, path) = file("paths: [a]\ncontrol_key: 0123456789abcdef\n");
        let found = faults(Raw::default(), Some(&path), &[]);
        assert!(found[0].contains("is a secret and does not belong here"), "{found:?}");
        assert!(!found[0].contains("0123456789abcdef"));

        let key_file = folder.path().join("key");
        std::fs::write(&key_file, "0123456789abcdef\n").unwrap();
        std::fs::write(&path, "paths: [a]\ncontrol_key_file: key\n").unwrap();
        let settings = load(Raw::default(), Some(&path), &[]).unwrap();
        assert_eq!(settings.control.key.as_ref().map(Secret::reveal), Some("0123456789abcdef"));

        let both = [("TIDEGATE_CONTROL_KEY", "0123456789abcdef"), ("TIDEGATE_CONTROL_KEY_FILE", "key")];
        let found = faults(flags(&[(Key::Paths, "a")]), None, &both);
        assert!(found[0].contains("both TIDEGATE_CONTROL_KEY and TIDEGATE_CONTROL_KEY_FILE"), "{found:?}");
        let short = faults(flags(&[(Key::Paths, "a")]), None, &[("TIDEGATE_CONTROL_KEY", "hunter2")]);
        assert!(short[0].contains("fewer than 16") && !short[0].contains("hunter2"), "{short:?}");
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_repeating_its_password() {
        for address in ["ftp://u:hunter2@h", "http://u:hunter2@h:port", "http://u:hunter2@h/?x"] {
            let found = faults(flags(&[(Key::Paths, "a"), (Key::Prometheus, address)]), None, &[]);
            assert_eq!(found.len(), 1, "{address}: {found:?}");
            assert!(found[0].starts_with("--prometheus: ") && !found[0].contains("hunter2"), "{found:?}");
        }
    }

    #[test]
    fn a_settings_file_that_cannot_be_read_names_who_asked_for_it() {
        let found = faults(Raw::default(), None, &[("TIDEGATE_CONFIG", "/nowhere/at/all.yaml")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("TIDEGATE_CONFIG: cannot read the settings file /nowhere/at/all.yaml"));
        let (_folder, path) = file("paths: [a\n");
        assert!(faults(Raw::default(), Some(&path), &[])[0].contains("not YAML"));
    }

    #[test]
    fn a_variable_with_a_slip_of_the_pen_is_remarked_and_a_foreign_one_is_not() {
        let given = variables(&[("TIDEGATE_CONTROLL", "127.0.0.1:1"), ("TIDEGATE_PORT_8080_TCP_ADDR", "10.0.0.1")]);
        let settings = load(flags(&[(Key::Paths, "a")]), None, &given).unwrap();
        assert_eq!(settings.remarks.len(), 1, "{:?}", settings.remarks);
        assert!(settings.remarks[0].contains("did you mean `TIDEGATE_CONTROL`?"));
        assert_eq!(settings.control.address, DEFAULT_CONTROL);
    }

    #[test]
    fn origins_are_a_list_in_each_place_and_streams_a_number() {
        let (_folder, path) =
            file("paths: [a]\nevent_streams: 50\ncors_origins: [https://a.example, https://b.example]\n");
        let settings = load(Raw::default(), Some(&path), &[]).unwrap();
        assert_eq!(settings.event_streams, Some(50));
        assert!(
            settings.cors_origins.allow(b"https://b.example") && !settings.cors_origins.allow(b"https://c.example")
        );
        let given = variables(&[
            ("TIDEGATE_CORS_ORIGINS", "https://a.example, https://c.example"),
            ("TIDEGATE_EVENT_STREAMS", "0"),
        ]);
        let settings = load(Raw::default(), Some(&path), &given).unwrap();
        assert_eq!(settings.event_streams, Some(0));
        assert!(
            settings.cors_origins.allow(b"https://c.example") && !settings.cors_origins.allow(b"https://b.example")
        );
        let found = faults(
            flags(&[(Key::Paths, "a"), (Key::EventStreams, "many"), (Key::CorsOrigins, "a.example")]),
            None,
            &[],
        );
        assert!(found.iter().any(|fault| fault.starts_with("--event-streams: `many` is not a number")), "{found:?}");
        assert!(
            found.iter().any(|fault| fault.starts_with("--cors-origins: `a.example` is not an origin")),
            "{found:?}"
        );
    }

    #[test]
    fn what_plans_may_lead_to_is_a_list_in_each_place() {
        let (_folder, path) = file("paths: [a]\nmetric_addresses: [10.0.0.0/8, 'prometheus:9090']\n");
        let settings = load(Raw::default(), Some(&path), &[]).unwrap();
        let allowed = |texts: &[&str]| texts.iter().map(|text| Allowance::parse(text).unwrap()).collect::<Vec<_>>();
        assert_eq!(settings.metric_addresses, allowed(&["10.0.0.0/8", "prometheus:9090"]));
        let given = variables(&[("TIDEGATE_METRIC_ADDRESSES", "127.0.0.1, ::1")]);
        assert_eq!(load(Raw::default(), Some(&path), &given).unwrap().metric_addresses, allowed(&["127.0.0.1", "::1"]));
        let found = faults(flags(&[(Key::Paths, "a"), (Key::MetricAddresses, "prometheus")]), None, &[]);
        assert!(found[0].starts_with("--metric-addresses: `prometheus` is no address range"), "{found:?}");
    }

    #[test]
    fn two_listeners_cannot_share_an_address() {
        let found = faults(flags(&[(Key::Paths, "a"), (Key::Control, "127.0.0.1:8016")]), None, &[]);
        assert_eq!(
            found,
            [
                "--control: 127.0.0.1:8016 is already the address of the other listener; give each listener a port of its own"
            ]
        );
    }
}
