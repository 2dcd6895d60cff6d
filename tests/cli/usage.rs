//! Wrong usage, servers that are not there, and what is said then.

use super::command::{Running, ran, run, tidegate};
use std::net::TcpListener;

#[tokio::test]
async fn wrong_usage_ends_with_two_and_help_with_zero() {
    for args in [&["bogus"][..], &["rollout"], &["flag", "get"], &["validate"], &["rollout", "list", "-o", "xml"]] {
        let ran = run(args).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
    for args in [&["--help"][..], &["--version"], &["rollout", "watch", "--help"]] {
        let ran = run(args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    }
    let wrong = run(&["flag", "list", "--server", "not an address"]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let wrong = run(&["flag", "evaluate", "a", "--context", "[1]"]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("--context: not a JSON object"), "{wrong:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_with_what_to_do() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    for args in [&["flag", "list"][..], &["rollout", "start", "x"], &["rollout", "watch", "x"]] {
        let ran = ran(tidegate(args).env("TIDEGATE_SERVER", &server).spawn().unwrap()).await;
        assert_eq!(ran.code, 1, "{args:?}: {ran:?}");
        let expected = format!("no Tidegate answers at {server}, start one with `tidegate serve`");
        assert!(ran.err.contains(&expected), "{args:?}: {ran:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_with_five() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let ran = run(&["flag", "list", "--server", &server, "--timeout", "300ms"]).await;
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("within 300ms"), "{ran:?}");
}

#[tokio::test]
async fn the_wrong_port_and_the_missing_key_are_told_apart() {
    let key = "correct-horse-battery-staple";
    let running = Running::start(&[("TIDEGATE_CONTROL_KEY", key)]).await;
    let wrong = run(&["flag", "list", "--server", &running.server.evaluation.to_string()]).await;
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("is no Tidegate") && wrong.err.contains("8080"), "{wrong:?}");
    let without = running.run(&["flag", "list"]).await;
    assert_eq!(without.code, 1);
    assert!(without.err.contains("TIDEGATE_CONTROL_KEY"), "{without:?}");
    let with = ran(running.command(&["flag", "list"]).env("TIDEGATE_CONTROL_KEY", key).spawn().unwrap()).await;
    assert_eq!(with.code, 0, "{with:?}");
    assert!(with.out.contains("search"));
}

#[tokio::test]
async fn completions_are_printed_for_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completions", shell]).await;
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("rollback"), "{shell}");
    }
}
