//! What the control door does not do with trains, and what it says instead.

use super::control_door::{Control, KEY, answer};
use super::control_trains::{LIMIT, SEARCH, SLOW, TRAIN, with_train};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_else(|| panic!("no error message in {answer}"))
}

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong() {
    let control = with_train(SLOW).await;
    let many: Vec<String> = (0..101).map(|index| format!("r{index}")).collect();
    let (long, loud) = ("x".repeat(2_001), "x".repeat(201));
    for (path, body, status, part) in [
        ("both/strat", json!({}), 404, "cannot be told to `strat`"),
        ("both/promote", json!({}), 404, "cannot be told to `promote`"),
        ("bth/start", json!({}), 404, "no train `bth`"),
        ("not%20a%20name/start", json!({}), 404, "no train `not a name`"),
        ("search-v2/start", json!({}), 404, "no train `search-v2`"),
        ("both/start", json!([1]), 400, "does not fit"),
        ("both/start", json!({ "reson": "a" }), 400, "reson"),
        ("both/start", json!({ "by": "" }), 400, "`by`"),
        ("both/start", json!({ "by": loud }), 400, "`by`"),
        ("both/rollback", json!({ "reason": long }), 400, "`reason` is longer than 2000"),
        ("both/rollback", json!({ "rollouts": "search-v2" }), 400, "does not fit"),
        ("both/rollback", json!({ "rollouts": [] }), 400, "`rollouts` names none"),
        ("both/rollback", json!({ "rollouts": ["search-v2", "a b"] }), 400, "`rollouts[1]`"),
        ("both/rollback", json!({ "rollouts": many }), 400, "names 101, and at most 100"),
        ("both/rollback", json!({ "rollouts": ["serch-v2"] }), 409, "no rollout serch-v2"),
        ("both/pause", json!({ "rollouts": ["search-v2"] }), 409, "is for the whole train"),
        ("both/retry", json!({}), 409, "not started"),
        ("both/resume", json!({}), 409, "not started"),
    ] {
        let (found, answer) = control.post(&format!("/api/v1/trains/{path}"), body.to_string()).await;
        assert_eq!(found.as_u16(), status, "{path} {body}: {answer}");
        assert!(message(&answer).contains(part), "{path} {body}: {answer}");
    }
    let (status, answer) = control.post("/api/v1/trains/both/start", "{\"by\":").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(message(&answer).contains("not JSON"), "{answer}");
    let (status, answer) = control.post("/api/v1/trains/both/start", format!("{{}}{}", " ".repeat(1 << 20))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{answer}");
    assert_eq!(control.get("/api/v1/trains/both").await.1["state"], json!("pending"), "nothing was done");
}

#[tokio::test]
async fn what_is_not_there_is_answered_with_the_likely_one() {
    let control = with_train(SLOW).await;
    for (path, hint) in [
        ("/api/v1/trains/boht", "did you mean `both`?"),
        ("/api/v1/trains/boht/history", "did you mean `both`?"),
        ("/api/v1/trains/search-v2", "`search-v2` is a rollout: `tidegate rollout get search-v2`"),
        ("/api/v1/rollouts/both", "`both` is a train: `tidegate train show both`"),
    ] {
        let (status, answer) = control.get(path).await;
        assert_eq!((status, &answer["error"]["hint"]), (StatusCode::NOT_FOUND, &json!(hint)), "{path}");
    }
    for (method, path) in [
        (Method::GET, "/api/v1/trains/both/start"),
        (Method::DELETE, "/api/v1/trains/both"),
        (Method::PUT, "/api/v1/trains"),
        (Method::POST, "/api/v1/trains/both/history"),
    ] {
        let (status, body) = answer(control.request(method.clone(), path).json(&json!({}))).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}: {body}");
    }
}

#[tokio::test]
async fn a_plan_at_the_other_door_is_told_where_it_belongs() {
    let control = with_train(TRAIN).await;
    let (status, refused) = control.apply(TRAIN).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let problems = refused["error"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "and not that a train has no waves: {refused}");
    assert_eq!(
        (&problems[0]["line"], &problems[0]["message"]),
        (&json!(1), &json!("this is a train, and rollouts are applied here"))
    );
    assert_eq!(problems[0]["hint"], json!("post it to /api/v1/trains, or use `tidegate train apply`"));
    let (status, refused) = control.apply_train(SEARCH).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let problem = &refused["error"]["problems"][0];
    assert_eq!(problem["message"], json!("this is a rollout, and trains are applied here"), "{refused}");
    assert_eq!(problem["hint"], json!("post it to /api/v1/rollouts, or use `tidegate rollout apply`"));
}

#[tokio::test]
async fn a_train_that_is_wrong_is_not_taken() {
    let control = Control::open().await;
    control.apply(SEARCH).await;
    let (status, missing) = control.apply_train(TRAIN).await;
    assert_eq!(status, StatusCode::CONFLICT, "{missing}");
    assert!(message(&missing).contains("there is no rollout limit-v2: apply it before its train"), "{missing}");
    control.apply(&LIMIT.replace("after:", "# after:")).await;
    let (status, unwatched) = control.apply_train(TRAIN).await;
    assert_eq!(status, StatusCode::CONFLICT, "{unwatched}");
    assert!(message(&unwatched).contains("give it `after: { watch: 1s }`"), "{unwatched}");
    control.apply(LIMIT).await;
    let (status, name) = control.apply_train(&TRAIN.replace("name: both", "name: search-v2")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{name}");
    assert!(message(&name).contains("give the train another name"), "{name}");

    let (status, wrong) = control.apply_train("kind: Train\nname: both\nwatsh: 1m\nrollouts: [ search-v2 ]\n").await;
    assert_eq!((status, message(&wrong)), (StatusCode::UNPROCESSABLE_ENTITY, "the train is not valid"), "{wrong}");
    let told = wrong["error"]["problems"].to_string();
    assert!(told.contains("did you mean `watch`?") && told.contains("at least two"), "all of it at once: {told}");
    let (status, two) = control.apply_train(&format!("{TRAIN}---\n{TRAIN}")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{two}");
    assert!(two.to_string().contains("apply one train at a time"), "{two}");
    for (kind, body, status) in [
        ("text/plain", TRAIN.to_owned(), 415),
        ("application/json", TRAIN.to_owned(), 422),
        ("application/yaml", "#".repeat((1 << 20) + 1), 413),
        ("application/yaml", String::new(), 422),
    ] {
        let request = control.request(Method::POST, "/api/v1/trains").header("content-type", kind);
        let (found, answer) = answer(request.body(body)).await;
        assert_eq!(found.as_u16(), status, "{kind}: {answer}");
    }
    assert_eq!(control.get("/api/v1/trains").await.1, json!({ "trains": [] }));
}

#[tokio::test]
async fn under_way_what_is_agreed_stays_as_it_is() {
    let control = with_train(SLOW).await;
    for verb in ["start", "retry"] {
        let (status, refused) = control.post(&format!("/api/v1/rollouts/limit-v2/{verb}"), "{}").await;
        assert_eq!(status, StatusCode::CONFLICT, "{refused}");
        let sentence = format!("limit-v2 rides in the train both, which begins it: `train {verb} both`");
        assert_eq!(message(&refused), sentence);
    }
    control.tell("start", &json!({})).await;
    let (status, again) = control.tell("start", &json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{again}");
    let (status, changed) = control.apply_train(&SLOW.replace("1h", "30m")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{changed}");
    assert!(message(&changed).contains("its plan cannot change under way"), "{changed}");
    let other = "kind: Train\nname: other\nrollouts: [ limit-v2, search-v2 ]\n";
    let (status, taken) = control.apply_train(other).await;
    assert_eq!(status, StatusCode::CONFLICT, "{taken}");
    assert!(message(&taken).contains("limit-v2 rides in the train both already"), "{taken}");
}

#[tokio::test]
async fn trains_are_behind_the_same_key_as_rollouts() {
    let control = Control::start(&[("TIDEGATE_CONTROL_KEY", KEY)]).await;
    for (method, path) in [
        (Method::GET, "/api/v1/trains"),
        (Method::POST, "/api/v1/trains"),
        (Method::GET, "/api/v1/trains/both"),
        (Method::POST, "/api/v1/trains/both/rollback"),
        (Method::GET, "/api/v1/trains/both/history"),
        (Method::GET, "/api/v1/schemas/train.json"),
    ] {
        let (status, body) = answer(control.request(method.clone(), path).json(&json!({}))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}: {body}");
    }
    let with_key = control.request(Method::GET, "/api/v1/trains").bearer_auth(KEY);
    assert_eq!(answer(with_key).await, (StatusCode::OK, json!({ "trains": [] })));
    let open = Control::open().await;
    let page = open.request(Method::POST, "/api/v1/trains/both/rollback").header("origin", "https://evil.example");
    assert_eq!(answer(page.json(&json!({}))).await.0, StatusCode::FORBIDDEN);
}
