//! Flags and rollouts over the control door.

use super::control_door::{Control, ROLLOUT, answer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn flags_are_shown_as_they_are_served() {
    let control = Control::open().await;
    let (_, flag) = control.get("/api/v1/flags/limit").await;
    assert_eq!(flag["defaultVariant"], json!("small"));
    assert_eq!(flag["values"], json!([{ "variant": "small", "value": 10 }, { "variant": "large", "value": 2.5 }]));
    assert_eq!(flag["line"], json!(7));
    let (status, evaluated) =
        control.post("/api/v1/flags/limit/evaluate", r#"{"context":{"targetingKey":"ann"}}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(evaluated, control.served("limit", "ann").await, "both doors give one answer");
    let (status, failed) = control.post("/api/v1/flags/broken/evaluate", "{}").await;
    assert_eq!((status, &failed["errorCode"]), (StatusCode::OK, &json!("PARSE_ERROR")));
    let (status, missing) = control.get("/api/v1/flags/limitt").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(missing["error"]["hint"], json!("did you mean `limit`?"));
}

#[tokio::test]
async fn the_slice_that_a_rollout_keeps_to_is_shown() {
    let control = Control::open().await;
    let layer = json!({ "name": "checkout", "from": "12.5%", "to": "50%" });
    control.apply(&ROLLOUT.replacen("flag:", "layer: { name: checkout, from: 12.5%, to: 50% }\nflag:", 1)).await;
    let (_, started) = control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert_eq!(started["layer"], layer);
    let (_, flag) = control.get("/api/v1/flags/search").await;
    assert_eq!(flag["overlay"]["layer"], layer, "{flag}");
    let (_, explained) = control.post("/api/v1/flags/search/explain", r#"{"context":{"targetingKey":"ann"}}"#).await;
    let slice = &explained["steps"][2];
    assert_eq!(
        (&slice["step"], &slice["layer"], &slice["inside"]),
        (&json!("slice"), &json!("checkout"), &json!(false))
    );
}

#[tokio::test]
async fn an_answer_is_explained_with_the_wave_that_gave_it() {
    let control = Control::open().await;
    let ann = r#"{"context":{"targetingKey":"ann"}}"#;
    let (status, plain) = control.post("/api/v1/flags/search/explain", ann).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(plain["sentences"], json!(["the flag has no rule", "answer: \"off\" = false, STATIC"]));
    assert_eq!((&plain["steps"][0], plain.get("rollout")), (&json!({ "step": "untargeted" }), None));

    control.apply(ROLLOUT).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let (_, explained) = control.post("/api/v1/flags/search/explain", ann).await;
    assert_eq!(explained["answer"], control.served("search", "ann").await, "it is the answer that is served");
    let wave = json!({ "index": 1, "count": 2, "name": "some" });
    assert_eq!(explained["rollout"], json!({ "name": "search-v2", "state": "running", "wave": wave }));
    let share = &explained["steps"][2];
    assert_eq!((&share["step"], &share["exposure"]), (&json!("share"), &json!("50%")), "{explained}");
    assert_eq!(share["bucketBy"], json!({ "attribute": "targetingKey", "value": "\"ann\"" }));
    let inside = share["bucket"].as_u64().unwrap() < 500_000;
    assert_eq!(share["inside"], json!(inside));
    assert_eq!(explained["answer"]["variant"], json!(if inside { "on" } else { "off" }));
    let sentences = explained["sentences"].as_array().unwrap();
    assert_eq!(sentences[sentences.len() - 2], json!("rollout search-v2 is running, wave 1 of 2, \"some\""));

    control.post("/api/v1/rollouts/search-v2/rollback", "{}").await;
    let (_, closed) = control.post("/api/v1/flags/search/explain", ann).await;
    assert_eq!(closed["rollout"]["state"], json!("rolled_back"), "{closed}");
    assert_eq!(closed["sentences"][1], json!("rollout search-v2 is closed: nobody gets \"on\""));

    let (status, broken) = control.post("/api/v1/flags/broken/explain", "{}").await;
    assert_eq!((status, &broken["answer"]["errorCode"]), (StatusCode::OK, &json!("PARSE_ERROR")));
    assert_eq!(control.post("/api/v1/flags/none/explain", "{}").await.0, StatusCode::NOT_FOUND);
    assert_eq!(control.post("/api/v1/flags/search/explain", "[]").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_rollout_is_applied_once_and_its_problems_have_places() {
    let control = Control::open().await;
    let (status, applied) = control.apply(ROLLOUT).await;
    assert_eq!((status, &applied["change"]), (StatusCode::CREATED, &json!("created")), "{applied}");
    assert_eq!(applied["rollout"]["state"], json!("pending"));
    assert_eq!(applied["rollout"]["origin"], json!("api"));
    let (status, again) = control.apply(ROLLOUT).await;
    assert_eq!((status, &again["change"]), (StatusCode::OK, &json!("unchanged")));

    let (status, bad) =
        control.apply(&ROLLOUT.replace("exposure: 100%", "exposure: 101%").replace("errors <", "erors <")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = bad["error"]["problems"].as_array().unwrap();
    assert!(problems.len() >= 3, "all at once: {bad}");
    assert!(
        problems
            .iter()
            .any(|problem| problem["line"] == json!(12) && problem["excerpt"].as_str().unwrap().contains("101%"))
    );
    assert!(problems.iter().any(|problem| problem["hint"].to_string().contains("errors")), "{bad}");

    let plain = control.request(Method::POST, "/api/v1/rollouts").header("content-type", "application/toml").body("x");
    assert_eq!(answer(plain).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_plan_brings_its_files_along() {
    let control = Control::open().await;
    let plan = ROLLOUT.replace("exposure: 50%", "group: { file: beta.txt }");
    let (status, alone) = control.apply(&plan).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem = &alone["error"]["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(11), &json!(34)), "{alone}");
    assert!(problem["hint"].as_str().unwrap().contains("send it along"), "{alone}");

    let send = |body: String| {
        let request = control.request(Method::POST, "/api/v1/rollouts?by=ann");
        answer(request.header("content-type", "application/vnd.tidegate.plan+json").body(body))
    };
    let with = |list: &str| json!({ "plan": plan, "format": "yaml", "files": { "beta.txt": list } }).to_string();
    let (status, applied) = send(with("bob\n")).await;
    assert_eq!((status, &applied["change"]), (StatusCode::CREATED, &json!("created")), "{applied}");
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert_eq!(control.served("search", "bob").await["variant"], json!("on"));
    assert_eq!(control.served("search", "ann").await["variant"], json!("off"));
    for wrong in ["{}", "[]", r#"{"plan":"x","fils":{}}"#, "kind: Rollout"] {
        assert_eq!(send(wrong.to_owned()).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let (status, refused) = send(with(&"x".repeat((4 << 20) + 1))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.to_string().contains("larger than 4 MiB"), "{refused}");
    assert_eq!(send(with(&"x".repeat(12 << 20))).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let plain = control.request(Method::POST, "/api/v1/rollouts").header("content-type", "application/yaml");
    let too_much = answer(plain.body("#".repeat((1 << 20) + 1))).await;
    assert_eq!(too_much.0, StatusCode::PAYLOAD_TOO_LARGE, "a plan alone is as short as ever");
}

#[tokio::test]
async fn verbs_do_what_they_say_or_say_why_not() {
    let control = Control::open().await;
    control.apply(ROLLOUT).await;
    let (status, refused) = control.post("/api/v1/rollouts/search-v2/resume", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(refused["error"]["message"].as_str().unwrap().contains("search-v2"), "{refused}");
    let (status, started) = control.post("/api/v1/rollouts/search-v2/start", r#"{"by":"ann"}"#).await;
    assert_eq!((status, &started["state"], &started["exposure"]), (StatusCode::OK, &json!("running"), &json!("50%")));
    assert_eq!(started["wave"], json!({ "index": 1, "count": 2, "name": "some" }));
    let (_, flag) = control.get("/api/v1/flags/search").await;
    assert_eq!((&flag["exposure"], &flag["overlay"]["candidate"]), (&json!("50%"), &json!("on")));
    let order = json!({ "by": "ann", "reason": "smells" }).to_string();
    let (_, closed) = control.post("/api/v1/rollouts/search-v2/rollback", order).await;
    assert_eq!((&closed["state"], &closed["exposure"]), (&json!("rolled_back"), &json!("0%")));
    assert!(closed["reason"].as_str().unwrap().contains("ann: smells"), "{closed}");
    let (_, history) = control.get("/api/v1/rollouts/search-v2/history").await;
    let kinds: Vec<&Value> = history["entries"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, [&json!("applied"), &json!("started"), &json!("closed")]);
    let first = &history["entries"][0];
    assert!(first["at"].as_str().unwrap().ends_with('Z') && first["hash"].as_str().unwrap().len() == 64, "{first}");
    let (status, unknown) = control.post("/api/v1/rollouts/serch-v2/rollback", "{}").await;
    assert_eq!((status, &unknown["error"]["hint"]), (StatusCode::NOT_FOUND, &json!("did you mean `search-v2`?")));
}

/// Counted for the stable variant, the failures of a candidate that only an audience gets would close nothing.
#[tokio::test]
async fn outcomes_name_their_variant_where_a_key_alone_does_not_tell_it() {
    let control = Control::open().await;
    let audience = "exposure: 50%, audience: { '==': [ { var: staff }, true ] }";
    let (_, applied) = control.apply(&ROLLOUT.replace("exposure: 50%", audience)).await;
    assert_eq!(applied["change"], json!("created"), "{applied}");
    let outcome = r#"[{"flag":"search","targetingKey":"ann","ok":false}]"#;
    assert_eq!(control.post("/api/v1/outcomes", outcome).await.0, StatusCode::ACCEPTED);
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let (status, refused) = control.post("/api/v1/outcomes", outcome).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    assert!(refused.to_string().contains("send the `variant` that was served"), "{refused}");
    let named = r#"[{"flag":"search","variant":"on","ok":false}]"#;
    assert_eq!(control.post("/api/v1/outcomes", named).await.0, StatusCode::ACCEPTED);
}

/// The users of an earlier wave keep the candidate, so its audience goes on to matter.
#[tokio::test]
async fn a_later_wave_adds_to_the_audience_of_an_earlier_one() {
    let control = Control::open().await;
    let staff = "{ name: staff, exposure: 100%, audience: { '==': [ { var: staff }, true ] }, bake: 1h }";
    let waves = format!("waves:\n  - {staff}\n  - {{ name: tenth, exposure: 10%, bake: 1h }}\n");
    let plan = format!("{}{waves}", &ROLLOUT[..ROLLOUT.find("waves:").unwrap()]);
    assert_eq!(control.apply(&plan).await.1["change"], json!("created"));
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let (status, promoted) = control.post("/api/v1/rollouts/search-v2/promote", r#"{"by":"ann"}"#).await;
    assert_eq!((status, &promoted["exposure"]), (StatusCode::OK, &json!("10%")), "{promoted}");
    let overlay = control.get("/api/v1/flags/search").await.1["overlay"].clone();
    assert_eq!((&overlay["exposure"], &overlay["audience"]), (&json!("10%"), &json!(false)));
    let parts = json!([
        { "wave": 2, "exposure": "10%", "audience": false },
        { "wave": 1, "exposure": "100%", "audience": true },
    ]);
    assert_eq!(overlay["parts"], parts);
    let context = r#"{"context":{"targetingKey":"bob","staff":true}}"#;
    let (_, answer) = control.post("/api/v1/flags/search/evaluate", context).await;
    assert_eq!(answer["variant"], json!("on"), "{answer}");
    let (_, answer) = control.post("/api/v1/flags/search/evaluate", context.replace("true", "false")).await;
    assert_eq!(answer["variant"], json!("off"), "{answer}");
    let outcome = r#"[{"flag":"search","targetingKey":"bob","ok":false}]"#;
    let (status, refused) = control.post("/api/v1/outcomes", outcome).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a key alone does not tell what bob was served: {refused}");
}

#[tokio::test]
async fn whoever_is_up_to_date_waits_for_what_comes_next() {
    let control = Control::open().await;
    control.apply(ROLLOUT).await;
    let asked = Instant::now();
    let waiting = async {
        let answer = control.get("/api/v1/history?after=1&wait=30s").await.1;
        (answer, asked.elapsed())
    };
    let acting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        control.post("/api/v1/rollouts/search-v2/start", "{}").await
    };
    let ((history, took), _) = tokio::join!(waiting, acting);
    assert_eq!(history["entries"][0]["kind"], json!("started"), "{history}");
    assert!((Duration::from_millis(150)..Duration::from_secs(5)).contains(&took), "{took:?}");
    let (_, nothing) = control.get("/api/v1/history?after=99&wait=100ms").await;
    assert_eq!(nothing, json!({ "entries": [] }));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_those_who_wait() {
    let control = Control::open().await;
    let waiting = control.get("/api/v1/history?wait=60s");
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        control.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(4), control.server.stopped()).await
    };
    let (answered, stopped) = tokio::join!(waiting, stopping);
    assert_eq!(answered.0, StatusCode::OK);
    assert!(stopped.is_ok(), "the server hangs on a long poll");
}

#[tokio::test]
async fn the_schema_is_one_that_editors_take() {
    let control = Control::open().await;
    let response = control.request(Method::GET, "/api/v1/schemas/rollout.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/schema+json");
    let schema: Value = response.json().await.unwrap();
    assert!(schema["properties"]["waves"].is_object(), "{schema}");
}

#[tokio::test]
async fn a_mended_file_is_served_and_its_problem_gone() {
    let control = Control::open().await;
    let mended = super::control_door::FLAGS.replace("defaultVariant: b", "defaultVariant: a");
    std::fs::write(control.file("flags.yaml"), mended).unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while control.served("broken", "ann").await["variant"] != json!("a") {
        assert!(Instant::now() < until, "the save is not live");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while !control.get("/readyz?verbose").await.1.to_string().contains("problems: 0") {
        assert!(Instant::now() < until, "the problem stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
