//! A rollout explained over the control door.

use super::control_door::{Control, ROLLOUT};
use reqwest::StatusCode;
use serde_json::{Value, json};

const WAVES: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio, window: 1m, no_data: close }
  load: { provider: prometheus, query: 'load{variant=\"{{variant}}\",flag=\"{{flag}}\"}', role: signal }
waves:
  - { name: some, exposure: 10%, bake: 1h, every: 1s, close_when: errors > 10% for 5m, hold_when: load > 7, advance_when: errors < 1% }
  - { name: all, exposure: 100%, bake: 1h, every: 1m, approval: support }
";

async fn explained(control: &Control) -> Value {
    let (status, explained) = control.get("/api/v1/rollouts/search-v2/explain").await;
    assert_eq!(status, StatusCode::OK, "{explained}");
    explained
}

/// What somebody pastes where others read it, and the same as data for whoever builds a page of it.
#[tokio::test]
async fn a_rollout_is_explained_from_its_start_to_its_closing() {
    let control = Control::open().await;
    control.apply(WAVES).await;
    let pending = explained(&control).await;
    assert_eq!(pending["sentences"][0], json!("search-v2 has not begun: nobody has \"on\" by it."));
    assert_eq!((&pending["next"]["kind"], &pending["next"]["wave"]), (&json!("begin"), &json!("some")));

    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let batch: Vec<Value> = (0..100).map(|n| json!({ "flag": "search", "variant": "on", "ok": n % 50 != 0 })).collect();
    control.post("/api/v1/outcomes", &Value::Array(batch).to_string()).await;
    let mut running = explained(&control).await;
    for _ in 0..100 {
        if running["checks"][0]["parts"][0]["samples"] == json!(100) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        running = explained(&control).await;
    }
    assert_eq!(
        running["checks"][0]["sentence"],
        json!("errors is 2%, closes over 10% for 5m: 8 points away, 5 times what it is now"),
        "{running:#}"
    );
    let part = &running["checks"][0]["parts"][0];
    assert_eq!((&part["value"], &part["bound"], &part["forSeconds"]), (&json!(0.02), &json!(0.1), &json!(300.0)));
    let away = part["away"].as_f64().unwrap();
    assert!((away - 0.08).abs() < 1e-9 && part["times"] == json!(5.0), "{part}");
    assert_eq!(running["checks"][0]["verdict"], json!("pass"));
    assert_eq!(running["next"]["kind"], json!("open"));
    let needs: Vec<_> = running["next"]["needs"].as_array().unwrap().iter().map(|need| &need["kind"]).collect();
    assert!(needs.contains(&&json!("approval")) && needs.contains(&&json!("bake")), "{running:#}");
    let load = running["metrics"].as_array().unwrap().iter().find(|metric| metric["metric"] == "load").unwrap();
    assert_eq!(load["query"], json!("load{variant=\"on\",flag=\"search\"}"), "filled for the candidate");
    let silent = &running["silences"][0];
    assert_eq!((&silent["metric"], &silent["then"]), (&json!("load"), &json!("hold")), "{running:#}");
    let closers = running["closers"].as_array().unwrap();
    assert_eq!((&closers[0]["kind"], &closers[0]["factor"]), (&json!("close"), &json!(5.0)), "{closers:#?}");
    assert!(closers.iter().any(|closer| closer["kind"] == "no-data"), "{closers:#?}");

    control.post("/api/v1/rollouts/search-v2/rollback", r#"{"by":"ben","reason":"smells"}"#).await;
    let closed = explained(&control).await;
    let said = closed["sentences"][0].as_str().unwrap();
    assert!(said.contains("rolled back by ben: smells") && said.contains("Nobody has \"on\""), "{closed:#}");
    assert_eq!((&closed["next"]["kind"], &closed["checks"]), (&json!("begin"), &json!([])));
    assert!(closed["sentences"][1].as_str().unwrap().contains("retry search-v2"), "{closed:#}");

    let (status, unknown) = control.get("/api/v1/rollouts/search-v3/explain").await;
    assert_eq!((status, &unknown["error"]["hint"]), (StatusCode::NOT_FOUND, &json!("did you mean `search-v2`?")));
}

/// Support asks why a customer does not see it yet: the answer must be what the evaluator will do.
#[tokio::test]
async fn a_user_is_told_which_wave_reaches_them() {
    let control = Control::open().await;
    control.apply(WAVES).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let mut seen = (false, false);
    for number in 0..40 {
        let user = format!("user-{number}");
        let (status, explained) = control.get(&format!("/api/v1/rollouts/search-v2/explain?user={user}")).await;
        assert_eq!(status, StatusCode::OK, "{explained}");
        let place = &explained["user"];
        let bucket = place["bucket"].as_u64().unwrap();
        let inside = bucket < 100_000;
        assert_eq!(place["wave"], json!(if inside { 1 } else { 2 }), "{place}");
        assert_eq!(place["answer"]["answer"], control.served("search", &user).await, "what is served now");
        assert_eq!(place["answer"]["answer"]["variant"], json!(if inside { "on" } else { "off" }));
        let words = if inside {
            "wave 1 some (10% of everybody) has reached them"
        } else {
            "wave 2 all (100% of everybody) reaches them"
        };
        let percent = bucket as f64 / 10_000.0;
        let expected = format!("user {user} is at {percent:.1}% of everybody (bucket {bucket} of 1000000): {words}.");
        assert_eq!(place["sentence"], json!(expected));
        let body = json!({ "context": { "targetingKey": user } }).to_string();
        let (_, posted) = control.post("/api/v1/rollouts/search-v2/explain", &body).await;
        assert_eq!(posted["user"], *place, "the same as a body");
        if inside { seen.0 = true } else { seen.1 = true }
    }
    assert_eq!(seen, (true, true), "users of both waves were among them");
    let (_, nameless) = control.post("/api/v1/rollouts/search-v2/explain", r#"{"context":{"plan":"pro"}}"#).await;
    assert_eq!(nameless["user"]["place"], json!("nameless"));
    let (status, _) = control.post("/api/v1/rollouts/search-v2/explain", "[]").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn audiences_slices_and_holdbacks_are_part_of_the_answer() {
    let control = Control::open().await;
    let plan = ROLLOUT.replace(
        "waves:\n",
        "layer: { name: checkout, from: 0%, to: 50% }\nafter: { watch: 1h, every: 1m, holdback: 5% }\nwaves:\n  - { name: staff, exposure: 100%, audience: { ends_with: [ { var: email }, \"@example.com\" ] }, bake: 1h }\n",
    );
    let (status, applied) = control.apply(&plan).await;
    assert_eq!(status, StatusCode::CREATED, "{applied}");
    let mut places = std::collections::BTreeSet::new();
    for number in 0..200 {
        let path = format!("/api/v1/rollouts/search-v2/explain?user=user-{number}&email=ann@example.com");
        let (_, staff) = control.get(&path).await;
        let (_, other) = control.get(&path.replace("example.com", "example.net")).await;
        let place = |explained: &Value| explained["user"]["place"].as_str().unwrap().to_owned();
        if place(&staff) == "outside-slice" {
            assert_eq!(place(&other), "outside-slice", "{other}");
        } else {
            assert_eq!((&staff["user"]["waveName"], &staff["user"]["audience"]), (&json!("staff"), &json!(true)));
            let said = staff["user"]["sentence"].as_str().unwrap();
            assert!(said.contains("is in the audience of wave 1 staff, at "), "{said}");
            assert!(said.ends_with(": that wave (100% of its audience) will reach them once it begins."), "{said}");
        }
        places.insert(place(&other));
    }
    assert_eq!(places, ["held-back", "outside-slice", "wave"].map(str::to_owned).into());
}

/// Who waits for somebody else must be told for whom.
#[tokio::test]
async fn a_rollout_whose_flag_or_slice_another_one_has_says_which() {
    let control = Control::open().await;
    let slice = |plan: &str, from: &str, to: &str| {
        plan.replacen("metrics:", &format!("layer: {{ name: checkout, from: {from}, to: {to} }}\nmetrics:"), 1)
    };
    control.apply(&slice(WAVES, "0%", "50%")).await;
    control.apply(&slice(&WAVES.replacen("search-v2", "search-v3", 1), "0%", "50%")).await;
    let limit = WAVES.replacen("search-v2", "limit-v2", 1).replacen("flag: search", "flag: limit", 1);
    let limit = limit.replacen("'on'", "large", 1).replacen("'off'", "small", 1);
    control.apply(&slice(&limit, "25%", "75%")).await;
    let free = control.get("/api/v1/rollouts/search-v3/explain").await.1;
    assert_eq!(free["next"]["needs"], json!([]), "nothing stands against it: {free:#}");

    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let flag = control.get("/api/v1/rollouts/search-v3/explain").await.1;
    assert_eq!(
        flag["next"]["needs"],
        json!([{ "kind": "claim", "person": true,
                 "sentence": "rollout search-v2 drives flag search: end that one first" }]),
    );
    let said = flag["sentences"].to_string();
    assert!(said.contains("but not while rollout search-v2 drives flag search."), "{said}");
    let slice = control.get("/api/v1/rollouts/limit-v2/explain").await.1;
    let said = slice["next"]["needs"][0]["sentence"].as_str().unwrap();
    assert_eq!(
        said,
        "rollout search-v2 serves its candidate to 0% to 50% of the layer checkout, which overlaps 25% to 75%: \
         roll that one back first, or take another slice"
    );
    let (status, _) = control.post("/api/v1/rollouts/limit-v2/start", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT, "what is said is what happens");
    let own = control.get("/api/v1/rollouts/search-v2/explain").await.1;
    assert!(!own["next"]["needs"].to_string().contains("claim"), "it is in nobody's way: {own:#}");
}

/// Whom evaluations gave each variant decides about the sample ratio, so it stands beside that.
#[tokio::test]
async fn whom_each_variant_was_given_to_is_shown_with_the_sample_ratio() {
    let control = Control::open().await;
    let plan = WAVES.replacen("flag:", "exposures: evaluations\nflag:", 1);
    let plan = plan.replacen(
        "errors > 10% for 5m",
        "[ errors regresses by 20%, 'burn_rate(errors, 50%) > 1.8 over 2m and 1m' ]",
        1,
    );
    let plan = plan.replacen("exposure: 10%", "exposure: 50%", 1);
    let (status, applied) = control.apply(&plan).await;
    assert_eq!(status, StatusCode::CREATED, "{applied}");
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let mut batch = Vec::new();
    for number in 0..40 {
        let user = format!("user-{number}");
        let served = control.served("search", &user).await;
        batch.push(
            json!({ "flag": "search", "targetingKey": user, "variant": served["variant"], "ok": number % 10 != 0 }),
        );
    }
    control.post("/api/v1/outcomes", &Value::Array([batch.clone(), batch].concat()).to_string()).await;
    let mut running = explained(&control).await;
    for _ in 0..100 {
        let users = &running["split"];
        if users["candidate"].as_u64().unwrap_or(0) + users["stable"].as_u64().unwrap_or(0) == 40 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        running = explained(&control).await;
    }
    let split = &running["split"];
    assert_eq!((&split["by"], &split["expected"]), (&json!("evaluations"), &json!(0.5)), "{running:#}");
    assert!(
        split["sentence"].as_str().unwrap().ends_with("of 40 users have the candidate where 50% should: that fits")
    );
    let seen = &running["seen"];
    assert_eq!(seen["candidate"]["exposed"]["users"], split["candidate"], "{seen:#}");
    assert_eq!(seen["stable"]["exposed"]["users"], split["stable"], "{seen:#}");
    let burn = &running["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["condition"].to_string().contains("burn"))
        .unwrap()["parts"][0];
    assert_eq!((&burn["windows"][0]["overSeconds"], &burn["bound"]), (&json!(120.0), &json!(1.8)), "{burn}");
    let slower = burn["windows"].as_array().unwrap().iter().map(|window| window["rate"].as_f64().unwrap());
    assert_eq!(burn["value"].as_f64(), slower.reduce(f64::min), "the window that burns slower says how far: {burn}");
    let away = burn["away"].as_f64().unwrap();
    assert!((away - (1.8 - burn["value"].as_f64().unwrap())).abs() < 0.01, "{burn}");
}
