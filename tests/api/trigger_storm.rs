//! Many posts of several senders at one time, half of them sent twice: each rollout closes once.

use super::control_door::Control;
use super::sent::{VARIABLES, incident, moment, notification, now};
use futures_util::future::join_all;
use serde_json::json;
use std::fmt::Write as _;

const ROLLOUTS: usize = 20;
const SENDERS: [&str; 8] = ["g1", "g2", "a1", "a2", "d1", "d2", "p1", "w1"];
const EACH: usize = 50;

const SOURCES: &str = "triggers:
  g1: { kind: grafana, key_env: KEY_G1 }
  g2: { kind: grafana, key_env: KEY_G2 }
  a1: { kind: alertmanager, key_env: KEY_A1 }
  a2: { kind: alertmanager, key_env: KEY_A2 }
  d1: { kind: datadog, key_env: KEY_D1 }
  d2: { kind: datadog, key_env: KEY_D2 }
  p1: { kind: pagerduty, secret_env: KEY_P1, labels: { severity: critical } }
  w1: { kind: webhook, secret_env: KEY_W1 }
";

async fn post(control: &Control, sender: &str, number: usize) {
    let flag = format!("f{}", number % ROLLOUTS);
    let labels = json!({ "alertname": "A", "severity": "critical", "flag": flag });
    let (status, told) = match sender.get(..1).unwrap() {
        "g" | "a" => control.by_key(sender, &notification("firing", &number.to_string(), &moment(0), &labels)).await,
        "d" => {
            let body = json!({ "id": number, "transition": "Triggered", "date": "1767225600000", "tags": format!("flag:{flag}") });
            control.by_key(sender, &body).await
        }
        "p" => control.pagerduty(sender, &incident(&format!("e{number}"), "triggered", &moment(0))).await,
        _ => {
            let body = json!({ "id": number.to_string(), "status": "firing", "flag": flag });
            control.webhook(sender, now(), &body).await
        }
    };
    // The same bytes signed in the same second are the same post.
    let same = sender == "w1" && (status == 409 || status == 503);
    assert!(status == 200 || same, "{sender}: {status}: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rollout_closes_exactly_once_whoever_says_so_how_often() {
    let control = Control::start_with(SOURCES, &VARIABLES).await;
    let mut flags = "flags:\n".to_owned();
    for number in 0..ROLLOUTS {
        writeln!(
            flags,
            "  f{number}: {{ state: ENABLED, variants: {{ 'on': true, 'off': false }}, defaultVariant: 'off' }}"
        )
        .unwrap();
    }
    std::fs::write(control.file("more.yaml"), flags).unwrap();
    for number in 0..ROLLOUTS {
        let plan = format!(
            "kind: Rollout\nname: r{number}\nflag: f{number}\ncandidate: 'on'\nstable: 'off'\n\
             always: {{ close_when: [ 'alert(severity = \"critical\")' ] }}\n\
             waves: [ {{ name: all, exposure: 100%, bake: 1h }} ]\n"
        );
        control.apply(&plan).await;
        loop {
            let (status, _) = control.post(&format!("/api/v1/rollouts/r{number}/start"), "{}").await;
            if status == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    let all = SENDERS.iter().flat_map(|sender| (0..EACH).map(move |number| (*sender, number)));
    let twice = all.clone().chain(all);
    join_all(twice.map(|(sender, number)| post(&control, sender, number))).await;
    for number in 0..ROLLOUTS {
        let name = format!("r{number}");
        assert_eq!(control.closings(&name).await, 1, "{name}");
        assert_eq!(control.served(&format!("f{number}"), "ann").await["variant"], json!("off"), "{name}");
    }
}
