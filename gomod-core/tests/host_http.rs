//! Each way in which a source can fail, provoked by a server on the loopback interface.
#![cfg(feature = "host")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gomod_core::host::{FetchError, Fetched, GoEnv, Limits, Request, SourceOptions, Sources};
use gomod_core::model::ModulePath;
use support::{Reply, Server, certificate_file, limits, module};

fn sources(proxy: &str, vars: &[(&str, &str)], limits: Limits) -> Sources {
    let vars = vars.iter().copied().chain([("GOPROXY", proxy)]);
    let options = SourceOptions {
        limits,
        ..SourceOptions::default()
    };
    Sources::new(&GoEnv::from_vars(vars), options).unwrap()
}

fn go_mod() -> Request {
    Request::Mod(module("example.com/a", "v1.0.0"))
}

fn one(proxy: &str, limits: Limits) -> Result<Fetched, FetchError> {
    sources(proxy, &[], limits)
        .fetch(&[go_mod()])
        .pop()
        .unwrap()
}

fn error_of(reply: Reply, limits: Limits) -> (FetchError, usize) {
    let server = Server::start(move |_| reply.clone());
    let error = one(server.url(), limits).unwrap_err();
    assert!(
        error.to_string().contains("/example.com/a/@v/v1.0.0.mod"),
        "{error}"
    );
    (error, server.seen().len())
}

#[test]
fn statuses() {
    let (error, tries) = error_of(Reply::status(404), limits());
    assert!(matches!(error, FetchError::NotFound { .. }) && error.is_not_found());
    assert_eq!(tries, 1);
    let (error, _) = error_of(Reply::status(410), limits());
    assert!(matches!(error, FetchError::Gone { .. }) && error.is_not_found());
    let (error, tries) = error_of(Reply::status(403), limits());
    assert!(matches!(error, FetchError::Forbidden { .. }) && !error.is_not_found());
    assert_eq!(tries, 1);
    for (status, expected_tries) in [(401, 1), (204, 1), (429, 3), (500, 3), (503, 3)] {
        let (error, tries) = error_of(Reply::status(status), limits());
        assert!(
            matches!(error, FetchError::Http { status: s, .. } if s == status),
            "{error}"
        );
        assert_eq!(tries, expected_tries, "{status}");
    }
}

#[test]
fn what_the_server_said_is_passed_on() {
    let plain = |status, body: &str| {
        let kind = ("Content-Type", "text/plain; charset=utf-8".to_owned());
        error_of(Reply::Headers(status, vec![kind], body.into()), limits())
            .0
            .to_string()
    };
    assert!(
        plain(404, "not found: no such host\n").ends_with("404 Not Found: not found: no such host")
    );
    assert!(plain(403, "\u{1b}[31mred").ends_with("403 Forbidden"));
}

#[test]
fn transient_errors_are_tried_again() {
    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Close,
        1 => Reply::Headers(503, vec![("Retry-After", "0".into())], Vec::new()),
        _ => Reply::ok("module example.com/a\n"),
    });
    let fetched = one(server.url(), limits()).unwrap();
    assert_eq!(fetched.bytes, b"module example.com/a\n");
    assert_eq!(fetched.source, server.url());
    assert_eq!(server.seen().len(), 3);
    assert!(
        server.seen()[0]
            .header("user-agent")
            .unwrap()
            .starts_with("gomod/")
    );
}

#[test]
fn retry_after_is_waited_for_within_the_total() {
    let limits = Limits {
        total: Duration::from_millis(300),
        ..limits()
    };
    let reply = Reply::Headers(429, vec![("Retry-After", "3600".into())], Vec::new());
    let (error, tries) = error_of(reply, limits);
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert_eq!(tries, 1);
}

#[test]
fn a_slow_drip_ends() {
    let limits = Limits {
        total: Duration::from_millis(300),
        ..limits()
    };
    let start = Instant::now();
    let (error, tries) = error_of(Reply::Drip(Duration::from_millis(20)), limits);
    assert!(
        matches!(
            error,
            FetchError::TimedOut {
                what: "complete answer",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(tries, 1);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_idle_body_times_out_and_is_tried_again() {
    let limits = Limits {
        idle: Duration::from_millis(50),
        tries: 2,
        ..limits()
    };
    let (error, tries) = error_of(Reply::Drip(Duration::from_millis(500)), limits);
    assert!(
        matches!(error, FetchError::TimedOut { what: "data", .. }),
        "{error}"
    );
    assert_eq!(tries, 2);
}

#[test]
fn no_answer_at_all_times_out() {
    let limits = Limits {
        total: Duration::from_millis(200),
        ..limits()
    };
    let (error, _) = error_of(Reply::Hang, limits);
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
}

#[test]
fn large_answers_are_cut() {
    let small = Limits {
        go_mod: 10_000,
        ..limits()
    };
    let (error, tries) = error_of(Reply::Endless, small.clone());
    assert!(
        matches!(error, FetchError::TooLarge { limit: 10_000, .. }),
        "{error}"
    );
    assert_eq!(tries, 1);
    // An announced length is enough.
    let (error, _) = error_of(Reply::Short(Vec::new(), 10_001), small.clone());
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
    let server = Server::start(|_| Reply::ok(vec![b'x'; 10_000]));
    assert_eq!(one(server.url(), small).unwrap().bytes.len(), 10_000);
}

#[test]
fn truncated_answers() {
    let (error, tries) = error_of(Reply::Short(b"module".to_vec(), 100), limits());
    assert!(
        matches!(
            error,
            FetchError::Truncated {
                received: 6,
                expected: Some(100),
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(tries, 3);
    let (error, _) = error_of(Reply::CutChunks(b"module".to_vec()), limits());
    assert!(
        matches!(
            error,
            FetchError::Truncated {
                received: 6,
                expected: None,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn no_connection() {
    let (error, tries) = error_of(Reply::Close, limits());
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
    assert_eq!(tries, 3);
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let start = Instant::now();
    let slow = Limits {
        backoff: Duration::from_secs(9),
        ..limits()
    };
    let error = one(&format!("http://{free}"), slow).unwrap_err();
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "a refused connection is not tried again"
    );
}

#[test]
fn redirects() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/x/example.com/a/@v/v1.0.0.mod" => Reply::redirect("/elsewhere"),
        "/elsewhere" => Reply::ok("module example.com/a\n"),
        path => Reply::redirect(path),
    });
    assert_eq!(
        one(&format!("{}/x", server.url()), limits())
            .unwrap()
            .bytes
            .len(),
        21
    );
    let error = one(&format!("{}/loop", server.url()), limits()).unwrap_err();
    assert!(
        matches!(&error, FetchError::Redirect { reason, .. } if reason.contains("10 redirects")),
        "{error}"
    );
    assert_eq!(server.seen().len(), 2 + 10);
}

#[test]
fn answers_that_make_no_sense() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/example.com/a/@v/v1.0.0.info" => Reply::ok("<html>"),
        "/example.com/a/@latest" => Reply::ok("[1]"),
        _ => Reply::ok(r#"{"Version":"v1.3.0","Time":"2020-01-02T03:04:05Z"}"#),
    });
    let path = ModulePath::new("example.com/a");
    let info = |version: &str| Request::Info(path.clone(), version.into());
    let wanted = [
        info("v1.0.0"),
        Request::Latest(path.clone()),
        info("v1.2.0"),
        info("main"),
    ];
    let answers = sources(server.url(), &[], limits()).fetch(&wanted);
    for answer in &answers[..3] {
        assert!(
            matches!(answer, Err(FetchError::InvalidAnswer { .. })),
            "{answer:?}"
        );
    }
    assert!(
        answers[3].is_ok(),
        "a query may be answered with any version"
    );
}

#[test]
fn requests_that_cannot_be_sent() {
    let sources = sources("http://localhost:1", &[], limits());
    let wanted = [
        Request::Info(ModulePath::new("example.com/a"), "feature/x".into()),
        Request::List(ModulePath::new("not a path")),
        Request::Latest(ModulePath::new("go")),
    ];
    for answer in sources.fetch(&wanted) {
        assert!(
            matches!(answer, Err(FetchError::InvalidRequest { .. })),
            "{answer:?}"
        );
    }
}

#[test]
fn credentials_go_over_https_only_and_are_never_shown() {
    let server = Server::start(|_| Reply::ok("x"));
    let error = one(&server.url_with("ann:secret"), limits()).unwrap_err();
    assert!(
        matches!(error, FetchError::InsecureCredentials { .. }),
        "{error}"
    );
    assert!(
        !error.to_string().contains("secret") && !error.to_string().contains("ann"),
        "{error}"
    );
    assert!(server.seen().is_empty());

    let server = Server::start_tls(|_| Reply::status(404));
    let file = certificate_file();
    let vars = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let answer = sources(&server.url_with("ann:secret"), &vars, limits())
        .fetch(&[go_mod()])
        .pop()
        .unwrap();
    let error = answer.unwrap_err();
    assert!(matches!(error, FetchError::NotFound { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(
        server.seen()[0].header("authorization").unwrap(),
        "Basic YW5uOnNlY3JldA=="
    );
}

#[test]
fn https_with_the_given_roots_and_netrc() {
    let server = Server::start_tls(|_| Reply::ok("module example.com/a\n"));
    let dir = tempfile::tempdir().unwrap();
    let netrc = dir.path().join("netrc");
    let host = server.url().strip_prefix("https://").unwrap();
    fs::write(&netrc, format!("machine {host} login bob password pw\n")).unwrap();
    let roots = certificate_file();
    let vars = [
        ("SSL_CERT_FILE", roots.to_str().unwrap()),
        ("NETRC", netrc.to_str().unwrap()),
    ];
    let fetched = sources(server.url(), &vars, limits())
        .fetch(&[go_mod()])
        .pop()
        .unwrap()
        .unwrap();
    assert_eq!(fetched.bytes, b"module example.com/a\n");
    assert_eq!(
        server.seen()[0].header("authorization").unwrap(),
        "Basic Ym9iOnB3"
    );

    // Without that root the certificate is worth nothing, and without any root that is said.
    let none = dir.path().join("none.pem");
    fs::write(&none, "").unwrap();
    for (file, reason) in [
        (PathBuf::from("/nonexistent"), "no root certificates"),
        (none, "no root certificates"),
    ] {
        let vars = [("SSL_CERT_FILE", file.to_str().unwrap())];
        let error = sources(server.url(), &vars, limits())
            .fetch(&[go_mod()])
            .pop()
            .unwrap()
            .unwrap_err();
        assert!(
            matches!(&error, FetchError::Network { reason: r, .. } if r.contains(reason)),
            "{error}"
        );
    }
}

#[test]
fn no_redirect_from_https_to_http() {
    let plain = Server::start(|_| Reply::ok("module example.com/a\n"));
    let to = format!("{}/y", plain.url());
    let secure = Server::start_tls(move |_| Reply::redirect(to.clone()));
    let roots = certificate_file();
    let vars = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let error = sources(secure.url(), &vars, limits())
        .fetch(&[go_mod()])
        .pop()
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(&error, FetchError::Redirect { reason, .. } if reason.contains("https to http")),
        "{error}"
    );
    assert!(plain.seen().is_empty());
}

#[test]
fn http_proxies_of_the_environment() {
    let proxy = Server::start(|seen| Reply::ok(seen.path.clone()));
    let vars = [("HTTP_PROXY", proxy.url()), ("NO_PROXY", "direct.invalid")];
    let body = |base: &str| {
        sources(base, &vars, limits())
            .fetch(&[go_mod()])
            .pop()
            .unwrap()
    };
    let through = body("http://host.invalid").unwrap();
    assert_eq!(
        through.bytes,
        b"http://host.invalid/example.com/a/@v/v1.0.0.mod"
    );
    let past = body("http://direct.invalid").unwrap_err();
    assert!(matches!(past, FetchError::Network { .. }), "{past}");
    let local = Server::start(|_| Reply::ok("local"));
    assert_eq!(body(local.url()).unwrap().bytes, b"local");
}
