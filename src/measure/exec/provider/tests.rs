//! Real commands: what they print, how they end, and that nothing of them is left.

use super::*;
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::path::PathBuf;
use std::time::Duration;

/// A shell stands in for a command that somebody wrote.
fn script(text: &str) -> AllowedCommand {
    AllowedCommand {
        name: "score".to_owned(),
        program: PathBuf::from("/bin/sh"),
        arguments: ["-c", text, "score", "{{variant}}"].map(str::to_owned).to_vec(),
        environment: vec![("ONLY".to_owned(), "this".to_owned())],
        timeout: Duration::from_secs(10),
        longest_output: 100,
    }
}

fn ask(value: Option<&str>) -> AskExec {
    AskExec {
        command: Arc::from("score"),
        arguments: vec![(Arc::from("variant"), Arc::from("{{variant}}"))],
        value: value.map(Arc::from),
        samples: value.map(|_| Arc::from("$.n")),
        min_samples: u64::from(value.is_some()),
    }
}

async fn reading(command: AllowedCommand, ask: &AskExec) -> Reading {
    let (variant, flag) = (VariantName::new("on").unwrap(), FlagKey::new("cart").unwrap());
    let asking = Asking { now: UnixMillis::new(7), ..Asking::for_tests(variant, flag, Duration::from_secs(300)) };
    value(&ExecConnection::new(vec![command], 1), ask, &asking).await.unwrap_or_else(Reading::NoData)
}

async fn no_data(command: AllowedCommand) -> String {
    match reading(command, &ask(None)).await {
        Reading::NoData(why) => why.to_string(),
        value @ Reading::Value { .. } => panic!("taken as {value:?}"),
    }
}

#[tokio::test]
async fn a_number_or_json_is_read_from_what_it_prints() {
    let at = UnixMillis::new(7);
    assert_eq!(reading(script("echo 0.25"), &ask(None)).await, Reading::Value { value: 0.25, samples: None, at });
    let json = script(r#"printf '{"v": 0.5, "n": 12, "who": "%s"}' "$1""#);
    assert_eq!(reading(json, &ask(Some("$.v"))).await, Reading::Value { value: 0.5, samples: Some(12), at });
}

#[tokio::test]
async fn it_has_its_arguments_and_the_variables_that_were_named_and_no_input() {
    let script =
        script(r#"[ "$1" = on ] && [ "$ONLY" = this ] && [ -z "$HOME$CARGO_TARGET_DIR" ] && ! read line && echo 1"#);
    assert!(matches!(reading(script, &ask(None)).await, Reading::Value { .. }));
}

#[tokio::test]
async fn what_goes_wrong_is_told_in_one_short_line() {
    let missing = AllowedCommand { program: PathBuf::from("/no/such/program"), ..script("") };
    let folder = AllowedCommand { program: PathBuf::from("/etc/passwd"), ..script("") };
    let slow = AllowedCommand { timeout: Duration::from_millis(200), ..script("sleep 600") };
    for (command, expected) in [
        (missing, "unreachable (`score`: there is no program /no/such/program"),
        (folder, "unreachable (`score`: /etc/passwd cannot be executed"),
        (script("echo first >&2; echo second >&2; exit 3"), "error (`score` ended with the exit code 3: first)"),
        (script("kill -9 $$"), "error (`score` was ended by the signal 9)"),
        (slow, "200ms"),
        (script("yes"), "it prints more than 100 bytes"),
        (script("yes >&2 & sleep 0.1; echo many"), "is a text where a number is expected"),
        (script("echo 12 %"), "is a text where a number is expected"),
        (script("echo NaN"), "value is NaN"),
        (script("echo 1e999"), "value is +Inf"),
        (script("printf '\\377'"), "it is no text"),
        (script("echo"), "there are no values"),
        (script(":"), "there are no values"),
    ] {
        let why = no_data(command).await;
        assert!(why.contains(expected) && !why.contains("second"), "{why}");
    }
}

#[tokio::test]
async fn a_key_that_it_was_given_is_not_told_with_its_complaint() {
    let mut script = script("echo \"cannot reach https://u:$KEY@h/\" >&2; exit 22");
    script.environment.push(("KEY".to_owned(), "hunter2".to_owned()));
    let why = no_data(script).await;
    assert!(why.contains("cannot reach https://u:[redacted]@h/"), "{why}");
}

/// What a command leaves in the background neither holds a check up nor lives on.
#[tokio::test]
async fn nothing_of_it_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let background = format!("sleep 600 & echo $! >{}; echo 1", file.display());
    assert!(matches!(reading(script(&background), &ask(None)).await, Reading::Value { .. }));
    let gone = |pid: &str| {
        // A killed process may still be waiting for its parent to look at it.
        let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        status.is_empty() || status.contains(") Z ")
    };
    let is_gone = async |file: &std::path::Path| {
        let pid = std::fs::read_to_string(file).unwrap();
        for _ in 0..500 {
            if gone(&pid) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    };
    assert!(is_gone(&file).await);
    let hanging = format!("sleep 600 & echo $! >{}; wait", file.display());
    let hanging = AllowedCommand { timeout: Duration::from_millis(300), ..script(&hanging) };
    assert_eq!(reading(hanging, &ask(None)).await, Reading::NoData(NoData::TimedOut(Duration::from_millis(300))));
    assert!(is_gone(&file).await);
}

#[tokio::test]
async fn only_allowed_commands_run() {
    let other = AskExec { command: Arc::from("other"), ..ask(None) };
    let Reading::NoData(why) = reading(script("echo 1"), &other).await else { panic!("it ran") };
    assert!(why.to_string().contains("the settings allow no command `other`"), "{why}");
}
