//! Trains over the control door: applied, shown, told what to do.

use super::control_door::{Control, answer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(crate) const SEARCH: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
waves: [ { name: all, exposure: 100%, bake: 1s, every: 1s } ]
after: { watch: 1h, every: 1s }
";

pub(crate) const LIMIT: &str = "kind: Rollout
name: limit-v2
flag: limit
candidate: large
stable: small
waves: [ { name: all, exposure: 100%, bake: 1s, every: 1s } ]
after: { watch: 1h, every: 1s }
";

pub(crate) const TRAIN: &str = "kind: Train
name: both
watch: 1s
rollouts:
  - search-v2
  - { rollout: limit-v2, needs: [ search-v2 ] }
";

/// A train that stays with its first rollout.
pub(crate) const SLOW: &str = "kind: Train
name: both
watch: 1h
rollouts: [ search-v2, limit-v2 ]
";

pub(crate) async fn with_train(train: &str) -> Control {
    let control = Control::open().await;
    for rollout in [SEARCH, LIMIT] {
        assert_eq!(control.apply(rollout).await.0, StatusCode::CREATED);
    }
    let (status, applied) = control.apply_train(train).await;
    assert_eq!((status, &applied["change"]), (StatusCode::CREATED, &json!("created")), "{applied}");
    control
}

impl Control {
    pub(crate) async fn tell(&self, verb: &str, body: &Value) -> (StatusCode, Value) {
        self.post(&format!("/api/v1/trains/both/{verb}"), body.to_string()).await
    }

    /// The same, again as long as the train is not done with what was before.
    pub(crate) async fn tell_in_time(&self, verb: &str, body: &Value) -> Value {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let (status, answer) = self.tell(verb, body).await;
            let early = status == StatusCode::SERVICE_UNAVAILABLE || answer.to_string().contains("still closing");
            if !early || Instant::now() > until {
                assert_eq!(status, StatusCode::OK, "{answer}");
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the train stands in a way.
    pub(crate) async fn until(&self, what: &str, stands: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let (_, train) = self.get("/api/v1/trains/both").await;
            if stands(&train) {
                return train;
            }
            assert!(Instant::now() < until, "not {what}: {train}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_train_is_applied_listed_and_shown() {
    let control = with_train(TRAIN).await;
    assert_eq!(control.apply_train(TRAIN).await.1["change"], json!("unchanged"));
    let (status, updated) = control.apply_train(&TRAIN.replace("watch: 1s", "watch: 2s")).await;
    assert_eq!((status, &updated["change"]), (StatusCode::OK, &json!("updated")), "{updated}");
    assert_eq!(updated["train"]["revision"], json!(2));
    assert!(updated["difference"].as_str().unwrap().contains("+watch: 2s"), "{updated}");

    let (_, train) = control.get("/api/v1/trains/both").await;
    assert_eq!(train["plan"], json!(TRAIN.replace("watch: 1s", "watch: 2s")), "as it was written");
    for (field, value) in [
        ("name", json!("both")),
        ("environment", json!("default")),
        ("state", json!("pending")),
        ("run", json!(0)),
        ("reason", json!("waits to be started")),
        ("waits", json!([{ "kind": "start", "sentence": "waits to be started" }])),
        ("needsPerson", json!(true)),
        ("origin", json!("api")),
        ("problems", json!([])),
    ] {
        assert_eq!(train[field], value, "{field}: {train}");
    }
    assert!(train["updated"].as_str().unwrap().ends_with('Z') && train["version"].as_u64().unwrap() > 0, "{train}");
    let waiting = |name: &str| json!({ "rollout": name, "ride": null, "attempt": 0, "state": "pending", "exposure": "0%", "reason": "waits to be started" });
    assert_eq!(train["members"], json!([waiting("search-v2"), waiting("limit-v2")]));

    let (_, list) = control.get("/api/v1/trains").await;
    assert_eq!((list["trains"].as_array().unwrap().len(), &list["trains"][0]["name"]), (1, &json!("both")), "{list}");
    assert_eq!(list["trains"][0].get("plan"), None, "a list is short");
    let (_, rollout) = control.get("/api/v1/rollouts/limit-v2").await;
    assert_eq!((&rollout["train"], &rollout["needsPerson"]), (&json!("both"), &json!(false)), "its train begins it");
}

#[tokio::test]
async fn a_train_is_taken_in_json_as_well() {
    let control = with_train(TRAIN).await;
    let train = json!({ "kind": "Train", "name": "both", "watch": "3s", "rollouts": ["search-v2", "limit-v2"] });
    let (status, applied) = control.post("/api/v1/trains?by=ann", train.to_string()).await;
    assert_eq!((status, &applied["change"]), (StatusCode::OK, &json!("updated")), "{applied}");
    let (_, history) = control.get("/api/v1/trains/both/history").await;
    let last = history["entries"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["actor"]), (&json!("plan-changed"), &json!("ann")), "{history}");
}

#[tokio::test]
async fn one_after_the_other_opens_and_one_closing_closes_all() {
    let control = with_train(TRAIN).await;
    let (status, started) = control.tell("start", &json!({ "by": "ann" })).await;
    assert_eq!((status, &started["state"], &started["run"]), (StatusCode::OK, &json!("running"), &json!(1)));
    let first = control.until("first open", |train| train["members"][0]["ride"] == "begun").await;
    assert_eq!(first["members"][1]["ride"], json!("waiting"), "{first}");
    let open = control.until("completed", |train| train["state"] == "completed").await;
    assert_eq!((&open["members"][1]["state"], &open["members"][1]["exposure"]), (&json!("watching"), &json!("100%")));
    assert_eq!(control.served("limit", "ann").await["variant"], json!("large"));

    control.post("/api/v1/rollouts/limit-v2/rollback", r#"{"by":"ann","reason":"smells"}"#).await;
    let closed = control.until("stopped", |train| train["state"] == "stopped").await;
    for member in closed["members"].as_array().unwrap() {
        assert_eq!((&member["ride"], &member["exposure"]), (&json!("closed"), &json!("0%")), "{member}");
    }
    assert!(closed["reason"].as_str().unwrap().contains("ann: smells"), "{closed}");
    assert_eq!((&closed["needsPerson"], &closed["waits"][0]["kind"]), (&json!(true), &json!("reenable")));
    assert_eq!(control.served("search", "ann").await["variant"], json!("off"));
    let (_, history) = control.get("/api/v1/trains/both/history").await;
    let kinds: Vec<&Value> = history["entries"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
    let expected = ["applied", "train-started", "member-begins", "member-begins", "train-completed", "train-stopped"];
    assert_eq!(kinds, expected, "{history}");

    // What was sound is opened again, and what was not stays closed.
    let again = control.tell_in_time("reenable", &json!({ "by": "ann" })).await;
    assert_eq!(again["run"], json!(2), "{again}");
    let again = control.until("completed again", |train| train["state"] == "completed").await;
    assert_eq!((&again["members"][0]["exposure"], &again["members"][1]["ride"]), (&json!("100%"), &json!(null)));
    assert_eq!(again["members"][1]["state"], json!("rolled_back"));
    let all = control.tell_in_time("retry", &json!({})).await;
    assert_eq!(all["run"], json!(3), "{all}");
    control.until("all open", |train| train["members"][1]["ride"] == "begun").await;

    // Only the named one, and what needs it; here nothing does.
    let (status, some) = control.tell("rollback", &json!({ "rollouts": ["limit-v2"], "reason": "slow" })).await;
    assert_eq!((status, &some["state"]), (StatusCode::OK, &json!("stopped")), "{some}");
    assert_eq!((&some["members"][0]["ride"], &some["members"][1]["ride"]), (&json!("begun"), &json!("closed")));
    assert_eq!(control.served("search", "ann").await["variant"], json!("on"));
    let named = control.tell_in_time("reenable", &json!({ "rollouts": ["limit-v2"] })).await;
    assert_eq!(named["members"][1]["ride"], json!("waiting"), "{named}");
    let (_, all) = control.tell("rollback", &json!({})).await;
    assert_eq!((&all["state"], &all["members"][0]["exposure"]), (&json!("stopped"), &json!("0%")), "{all}");
}

#[tokio::test]
async fn a_train_that_is_paused_lets_nothing_begin() {
    let control = with_train(SLOW).await;
    control.tell("start", &json!({})).await;
    control.until("first open", |train| train["members"][0]["ride"] == "begun").await;
    let (_, paused) = control.tell("pause", &json!({ "by": "ann" })).await;
    assert_eq!((&paused["state"], &paused["waits"][0]["kind"]), (&json!("paused"), &json!("paused")), "{paused}");
    let (_, resumed) = control.tell("resume", &json!({})).await;
    assert_eq!((&resumed["state"], &resumed["needsPerson"]), (&json!("running"), &json!(false)), "{resumed}");
    let (_, empty) = control.post("/api/v1/trains/both/rollback", "").await;
    assert_eq!(empty["state"], json!("stopped"), "the body may be left out: {empty}");
}

#[tokio::test]
async fn whoever_waits_for_a_train_hears_of_it() {
    let control = with_train(SLOW).await;
    let (_, history) = control.get("/api/v1/trains/both/history").await;
    let after = history["entries"][0]["sequence"].as_u64().unwrap();
    let path = format!("/api/v1/trains/both/history?after={after}&wait=30s");
    let waiting = control.get(&path);
    let acting = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        control.tell("start", &json!({})).await
    };
    let ((_, heard), _) = tokio::join!(waiting, acting);
    assert_eq!(
        (&heard["entries"][0]["kind"], &heard["entries"][0]["rollout"]),
        (&json!("train-started"), &json!("both"))
    );
}

#[tokio::test]
async fn the_schema_of_a_train_is_one_that_editors_take() {
    let control = Control::open().await;
    let response = control.request(Method::GET, "/api/v1/schemas/train.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/schema+json");
    let schema: Value = response.json().await.unwrap();
    assert!(schema["properties"]["rollouts"].is_object() && schema["properties"]["kind"].is_object(), "{schema}");
    let (_, both) = control.get("/api/v1/schemas/plan.json").await;
    assert_eq!(both["anyOf"].as_array().map(Vec::len), Some(2), "a file has rollouts and trains: {both}");
    let posted = answer(control.request(Method::POST, "/api/v1/schemas/train.json").json(&json!({}))).await;
    assert_eq!(posted.0, StatusCode::METHOD_NOT_ALLOWED);
}
