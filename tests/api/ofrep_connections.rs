//! Connections to the evaluation door: kept, pipelined, many at a time, refused, drained.

use crate::evaluation_door::Door;
use crate::raw_client::{Connection, exchange, request};
use std::time::{Duration, Instant};

const FLAGS: &str = r#"
flags:
  welcome: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "on" }
  closing: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
"#;
const PATH: &str = "/ofrep/v1/evaluate/flags/welcome";

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let door = Door::serving(FLAGS).await;
    let mut connection = Connection::open(door.address).await;
    for (path, body, status) in [
        (PATH, "{}", 200),
        ("/ofrep/v1/evaluate/flags/missing", "{}", 404),
        (PATH, "nonsense", 400),
        ("/elsewhere", "", 404),
        (PATH, "{}", 200),
    ] {
        connection.send(&request("POST", path, &[], body)).await;
        assert_eq!(connection.reply().await.map(|reply| reply.status), Some(status), "{path}");
    }
    connection.send(&request("POST", PATH, &["connection: close"], "{}")).await;
    assert_eq!(connection.reply().await.map(|reply| reply.status), Some(200));
    assert!(connection.reply().await.is_none(), "closed, as it was asked");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let door = Door::serving(FLAGS).await;
    let mut connection = Connection::open(door.address).await;
    let mut bytes = Vec::new();
    for number in 0..100 {
        let key = if number % 2 == 0 { "welcome" } else { "closing" };
        bytes.extend(request("POST", &format!("/ofrep/v1/evaluate/flags/{key}"), &[], "{}"));
    }
    connection.send(&bytes).await;
    for number in 0..100 {
        let reply = connection.reply().await.unwrap();
        assert_eq!(reply.json()["value"], number % 2 == 0, "answer {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_connections_at_a_time_are_all_answered() {
    a_hundred_connections_are_answered(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_connections_at_a_time_are_all_answered_in_threads_of_the_door() {
    a_hundred_connections_are_answered(3).await;
}

async fn a_hundred_connections_are_answered(threads: usize) {
    let door = Door::with(FLAGS, |settings| settings.threads = threads).await;
    let address = door.address;
    let clients = (0..100).map(|client| {
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await;
            for number in 0..50 {
                let body = format!(r#"{{"context":{{"targetingKey":"user-{client}-{number}"}}}}"#);
                connection.send(&request("POST", PATH, &[], &body)).await;
                assert_eq!(connection.reply().await.map(|reply| reply.status), Some(200));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let counted = r#"tidegate_evaluations_total{flag="welcome",variant="on"} 5000"#;
    assert!(door.metrics.render().contains(counted), "every answer is counted once");
}

#[tokio::test]
async fn a_connection_over_the_limit_is_told_so_and_the_place_is_given_back() {
    let door = Door::with(FLAGS, |settings| settings.limits.connections = 2).await;
    let question = request("POST", PATH, &[], "{}");
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::open(door.address).await;
        connection.send(&question).await;
        assert_eq!(connection.reply().await.map(|reply| reply.status), Some(200));
        kept.push(connection);
    }
    let refused = exchange(door.address, &question).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert!(refused.json()["errorDetails"].as_str().unwrap().contains("connections"));

    kept.pop();
    let began = Instant::now();
    while exchange(door.address, &question).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(5), "the place of a closed connection stays taken");
    }
}

#[tokio::test]
async fn a_shutdown_ends_idle_connections_and_waits_for_busy_ones() {
    shutdown_waits_for_busy_connections(0).await;
}

#[tokio::test]
async fn so_does_a_shutdown_of_a_door_with_threads_of_its_own() {
    shutdown_waits_for_busy_connections(2).await;
}

async fn shutdown_waits_for_busy_connections(threads: usize) {
    let door = Door::with(FLAGS, |settings| settings.threads = threads).await;
    let question = request("POST", PATH, &[], "{}");
    let mut idle = Connection::open(door.address).await;
    idle.send(&question).await;
    assert_eq!(idle.reply().await.map(|reply| reply.status), Some(200));
    let mut busy = Connection::open(door.address).await;
    busy.send(&question[..question.len() - 1]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;

    door.shutdown.cancel();
    assert!(idle.reply().await.is_none(), "an idle connection is closed");
    busy.send(b"}").await;
    let last = busy.reply().await.expect("the request on its way is answered");
    assert_eq!((last.status, last.header("connection")), (200, "close"));
    tokio::time::timeout(Duration::from_secs(2), door.task).await.expect("then the door is closed").unwrap();
    assert!(tokio::net::TcpStream::connect(door.address).await.is_err(), "and takes no further connections");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let door = Door::with(FLAGS, |settings| settings.limits.drain_time = Duration::from_millis(200)).await;
    let mut busy = Connection::open(door.address).await;
    busy.send(b"POST /ofrep/v1/evaluate/flags HTTP/1.1\r\ncontent-length: 5\r\n\r\n{").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    door.shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(2), door.task).await.expect("the door closes").unwrap();
}
