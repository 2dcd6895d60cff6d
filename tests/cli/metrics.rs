//! `tidegate metric test`: the queries of a plan, asked by the server or from here.

use super::command::{FLAGS, Running, run};
use serde_json::Value;
use wiremock::matchers::{any, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const PLAN: &str = r#"kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio }
  cpu: { provider: prometheus, unit: percent, query: 'cpu{v="{{variant}}"}' }
  queue: { provider: prometheus, connection: CONNECTION, unit: count, query: 'queue' }
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1m, close_when: [ cpu > 90%, queue > 5 ] }
"#;

/// A Prometheus that knows the processor's load, and of the queue nothing.
async fn prometheus() -> MockServer {
    let server = MockServer::start().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let answer = |result: &str| {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
        ResponseTemplate::new(200).set_body_string(body)
    };
    for (variant, value) in [("on", "42.5"), ("off", "40")] {
        let known = answer(&format!(r#"{{"metric":{{}},"value":[{now},"{value}"]}}"#));
        let query = format!(r#"cpu{{v="{variant}"}}"#);
        Mock::given(query_param("query", query)).respond_with(known).mount(&server).await;
    }
    Mock::given(any()).respond_with(answer("")).mount(&server).await;
    server
}

#[tokio::test]
async fn the_server_asks_each_query_and_says_what_came_and_what_to_do() {
    let prometheus = prometheus().await;
    let running = Running::start(&[("TIDEGATE_PROMETHEUS", &prometheus.uri())]).await;
    let file = running.write("search.yaml", &PLAN.replace("CONNECTION", "prometheus"));
    let tested = running.run(&["metric", "test", &file]).await;
    assert_eq!(tested.code, 1, "the queue has no data: {tested:?}");
    for part in ["42.5%", "40%", "cpu of on: cpu{v=\"on\"}", "NO DATA: there are no values", "hint: do the names"] {
        assert!(tested.out.contains(part), "{part} in {}", tested.out);
    }
    assert!(tested.out.contains("not asked: errors"), "{}", tested.out);

    let tested = running.run(&["metric", "test", &file, "--variant", "on", "-o", "json"]).await;
    let answer: Value = serde_json::from_str(&tested.out).unwrap();
    let metrics = answer[0]["metrics"].as_array().unwrap();
    let (cpu, queue) = (&metrics[0], &metrics[1]);
    assert_eq!((metrics.len(), &answer[0]["data"]), (2, &Value::Bool(false)));
    assert_eq!(
        (&cpu["variant"], &cpu["connection"], &cpu["number"]),
        (&"on".into(), &"prometheus".into(), &0.425.into())
    );
    assert!(cpu["tookMs"].is_u64() && queue["kind"] == "absent" && queue["variant"].is_null(), "{answer}");

    let wrong = running.run(&["metric", "test", &file, "--variant", "onn"]).await;
    assert!(wrong.code == 1 && wrong.err.contains("its variants are `on` and `off`"), "{wrong:?}");
    let wrong = running.run(&["metric", "test", &file, "--rollout", "search-v3"]).await;
    assert!(wrong.code == 1 && wrong.err.contains("did you mean `search-v2`"), "{wrong:?}");
    // Nothing was taken.
    assert!(running.run(&["rollout", "list"]).await.out.contains("no rollouts"));
}

#[tokio::test]
async fn a_plan_is_tested_from_here_with_the_connections_of_a_settings_file() {
    let prometheus = prometheus().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_string_lossy().into_owned()
    };
    write("flags.yaml", FLAGS);
    let plan = write("search.yaml", &PLAN.replace("CONNECTION", "elsewhere"));
    let tested = run(&["metric", "test", &plan, "--prometheus", &prometheus.uri()]).await;
    assert!(tested.code == 1 && tested.out.contains("42.5%"), "{tested:?}");
    assert!(tested.out.contains("no connection `elsewhere` is configured"), "{tested:?}");

    let settings = format!("connections:\n  prometheus: {{ address: '{}' }}\n", prometheus.uri());
    let settings = write("settings.yaml", &settings);
    let plan = write("cpu.yaml", &PLAN.replace("CONNECTION", "prometheus").replace("'queue'", "'cpu{v=\"on\"}'"));
    let tested = run(&["metric", "test", &plan, "--config", &settings]).await;
    assert_eq!((tested.code, tested.err.as_str()), (0, ""), "{tested:?}");
    let wrong = write("wrong.yaml", "connections: { prometheus: { adress: x } }\n");
    let wrong = run(&["metric", "test", &plan, "--config", &wrong]).await;
    assert!(wrong.code == 2 && wrong.err.contains("unknown field `adress`"), "{wrong:?}");
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_told_as_soon_as_the_plan_is_known() {
    let running = Running::start(&[("TIDEGATE_PROMETHEUS", "http://127.0.0.1:1")]).await;
    let file = running.write("search.yaml", &PLAN.replace("CONNECTION", "mimir"));
    running.run(&["rollout", "apply", &file]).await;
    let shown = running.run(&["rollout", "get", "search-v2", "-o", "json"]).await;
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["problems"], serde_json::json!(["queue: no connection `mimir` is configured"]));
}

/// A proxy that answers every request for another host with a Prometheus' answer and refuses to open tunnels. What it
/// was asked: the first line and who asks it.
async fn proxy() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let known = std::sync::Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.windows(4).any(|four| four == b"\r\n\r\n") {
                let mut piece = [0; 4_096];
                match stream.read(&mut piece).await {
                    Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
                    _ => break,
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let tunnel = request.starts_with("CONNECT ");
            known.lock().unwrap().push(request);
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let body = format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[{now},"42.5"]}}]}}}}"#
            );
            let answer = match tunnel {
                true => "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
                false => {
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
                }
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

const PROXIED: &str = r#"kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  cpu: { provider: prometheus, unit: percent, ADDRESS query: 'cpu' }
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1m, close_when: [ cpu > 90% ] }
"#;

#[tokio::test]
async fn connections_go_through_the_proxy_of_the_environment_and_addresses_of_plans_never() {
    let (proxy, asked) = proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_string_lossy().into_owned()
    };
    write("flags.yaml", FLAGS);
    let plan = write("plan.yaml", &PROXIED.replace("ADDRESS ", ""));
    let test = async |plan: &str, connection: &str| {
        let settings = write("settings.yaml", &format!("connections:\n  prometheus: {{ {connection} }}\n"));
        let mut command = super::command::tidegate(&["metric", "test", plan, "--config", &settings]);
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
            command.env(name, format!("http://proxy-user:hunter2@{proxy}"));
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        let ran = super::command::ran(command.spawn().unwrap()).await;
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
        ran
    };
    let taken = || std::mem::take(&mut *asked.lock().unwrap());

    // Plain HTTP: the proxy gets the whole address, and who asks.
    let tested = test(&plan, "address: 'http://metrics.invalid:9090'").await;
    assert!(tested.code == 0 && tested.out.contains("42.5%"), "{tested:?}");
    let requests = taken();
    assert!(requests[0].starts_with("GET http://metrics.invalid:9090/api/v1/query?query=cpu HTTP/1.1"), "{requests:?}");
    assert!(requests[0].to_ascii_lowercase().contains("proxy-authorization: basic "), "{requests:?}");

    // HTTPS: only host and port, and a tunnel that is refused is told.
    let tested = test(&plan, "address: 'https://metrics.invalid'").await;
    assert!(tested.code == 1 && tested.out.contains("unreachable (https://metrics.invalid"), "{tested:?}");
    let requests = taken();
    assert!(requests[0].starts_with("CONNECT metrics.invalid:443 HTTP/1.1"), "{requests:?}");
    assert!(!requests[0].contains("query"), "{requests:?}");

    // A connection that wants none, and an address of a plan, for nobody knows where the proxy would lead it.
    let tested = test(&plan, "address: 'http://metrics.invalid:9090', no_proxy: true").await;
    assert_eq!((tested.code, taken().len()), (1, 0), "{tested:?}");
    let plan = write("plan.yaml", &PROXIED.replace("ADDRESS", "address: 'http://metrics.invalid:9090',"));
    let tested = test(&plan, "address: 'http://127.0.0.1:1'").await;
    assert_eq!((tested.code, taken().len()), (1, 0), "{tested:?}");
}

const RATIO: &str = r#"kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: prometheus, ratio: { bad: 'failed{v="{{variant}}"}', total: 'all{v="{{variant}}"}' } }
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1s, close_when: [ errors > 10% ] }
"#;

/// A name that is written wrongly matches nothing, and nothing is what a sound candidate fails with: whoever looks must
/// be told which of the two it may be.
#[tokio::test]
async fn a_ratio_of_which_nothing_ever_failed_says_so_wherever_it_is_looked_at() {
    let server = MockServer::start().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let answer = |result: &str| {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
        ResponseTemplate::new(200).set_body_string(body)
    };
    let one = |value: &str| answer(&format!(r#"{{"metric":{{}},"value":[{now},"{value}"]}}"#));
    for (query, value) in [(r#"all{v="on"}"#, "60"), (r#"all{v="off"}"#, "500"), (r#"failed{v="off"}"#, "5")] {
        let query = format!("sum(increase({query}[5m]))");
        Mock::given(query_param("query", query)).respond_with(one(value)).mount(&server).await;
    }
    Mock::given(any()).respond_with(answer("")).mount(&server).await;
    let running = Running::start(&[("TIDEGATE_PROMETHEUS", &server.uri())]).await;
    let file = running.write("search.yaml", RATIO);

    let tested = running.run(&["metric", "test", &file]).await;
    assert_eq!(tested.code, 0, "it may be right: {tested:?}");
    assert_eq!(tested.out.matches("warning: no series matches `bad`").count(), 1, "of the candidate alone: {tested:?}");

    assert_eq!(running.run(&["rollout", "apply", &file]).await.code, 0);
    assert_eq!(running.run(&["rollout", "start", "search-v2"]).await.code, 0);
    let begun = std::time::Instant::now();
    let shown = loop {
        let shown = running.run(&["rollout", "get", "search-v2"]).await;
        if shown.out.contains("errors: 0%") || begun.elapsed().as_secs() > 60 {
            break shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert!(shown.out.contains("errors: 0% (no series matches `bad`, which counts as no failures"), "{shown:?}");
    let explained = running.run(&["rollout", "explain", "search-v2"]).await;
    let sentences = explained.out.split("\n\n").next().unwrap();
    assert!(sentences.contains("Of errors: no series matches `bad`, which counts as no failures"), "{explained:?}");
}
