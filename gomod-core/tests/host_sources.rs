//! How lists of sources are walked: the table of `,` and `|` beside the go command, `file://`, private
//! modules, batches, and the way to the checksum database.
#![cfg(feature = "host")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;
#[path = "support/transparency_log.rs"]
mod transparency_log;

use std::fs;
use std::time::Duration;

use gomod_core::host::{
    FetchError, Fetched, GoEnv, HostError, Info, Limits, Request, SourceOptions, Sources,
    parse_list,
};
use gomod_core::model::ModulePath;
use support::{Home, Reply, Server, add_module, has_go, limits, module};
use transparency_log::TestSigner;

const MOD: &str = "module example.com/a\n";

fn options() -> SourceOptions {
    SourceOptions {
        limits: Limits {
            tries: 1,
            ..limits()
        },
        ..SourceOptions::default()
    }
}

fn with_list(list: &str) -> Sources {
    Sources::new(&GoEnv::from_vars([("GOPROXY", list)]), options()).unwrap()
}

fn go_mod() -> Request {
    Request::Mod(module("example.com/a", "v1.0.0"))
}

fn fetch(sources: &Sources, request: Request) -> Result<Fetched, FetchError> {
    sources.fetch(&[request]).pop().unwrap()
}

/// A proxy with `example.com/a@v1.0.0`, or one that answers everything with a status.
fn proxy(status: u16) -> Server {
    Server::start(move |seen| match (status, seen.path.rsplit('.').next()) {
        (200, Some("mod")) => Reply::ok(MOD),
        (200, Some("info")) => Reply::ok(r#"{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}"#),
        (200, _) => Reply::status(404),
        (status, _) => Reply::status(status),
    })
}

#[test]
fn trap_11_lists_fall_through_as_in_the_go_command() {
    // In each list a, b and c stand for the proxies with these statuses, O for off, W for a bare word.
    let table: &[(&str, [u16; 3])] = &[
        ("a", [200, 200, 200]),
        ("a", [404, 200, 200]),
        ("a,b", [200, 200, 200]),
        ("a,b", [404, 200, 200]),
        ("a,b", [410, 200, 200]),
        ("a,b", [403, 200, 200]),
        ("a,b", [500, 200, 200]),
        ("a|b", [403, 200, 200]),
        ("a|b", [500, 200, 200]),
        ("a|b,c", [500, 404, 200]),
        ("a|b,c", [500, 403, 200]),
        ("a,b|c", [404, 403, 200]),
        ("a,b|c", [403, 200, 200]),
        ("a|b|c", [500, 403, 404]),
        ("a,O", [404, 200, 200]),
        ("a,O,b", [404, 200, 200]),
        ("O|b", [200, 200, 200]),
        (" a , ,b", [404, 200, 200]),
        ("a,W", [200, 200, 200]),
        (",", [200, 200, 200]),
    ];
    let beside_go = has_go("lists");
    for (pattern, statuses) in table {
        let proxies = statuses.map(proxy);
        let list: String = pattern
            .chars()
            .map(|c| match c {
                'a'..='c' => proxies[c as usize - 'a' as usize].url().to_owned(),
                'O' => "off".to_owned(),
                'W' => "word".to_owned(),
                c => c.to_string(),
            })
            .collect();
        let answer = fetch(&with_list(&list), go_mod());
        let asked = proxies.each_ref().map(|p| !p.seen().is_empty());
        if beside_go {
            let mut home = Home::new();
            home.set("GOPROXY", &list);
            fs::write(home.path("work/go.mod"), "module m\n\ngo 1.21\n").unwrap();
            let before = proxies.each_ref().map(|p| p.seen().len());
            let go = home.go(&["list", "-m", "-json", "example.com/a@v1.0.0"]);
            let stderr = String::from_utf8_lossy(&go.stderr).into_owned();
            assert_eq!(
                answer.is_ok(),
                go.status.success(),
                "{pattern} {statuses:?}: {answer:?} {stderr}"
            );
            for (i, proxy) in proxies.iter().enumerate() {
                let asked_by_go = proxy.seen().len() > before[i];
                assert_eq!(asked[i], asked_by_go, "{pattern} {statuses:?}: proxy {i}");
            }
        }
        match &answer {
            Ok(fetched) => {
                let source = proxies
                    .iter()
                    .position(|p| p.url() == fetched.source)
                    .unwrap();
                assert_eq!(statuses[source], 200, "{pattern} {statuses:?}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn the_error_of_several_sources_is_the_most_telling_one() {
    let (a, b) = (proxy(500), proxy(404));
    let error = fetch(&with_list(&format!("{}|{}", a.url(), b.url())), go_mod()).unwrap_err();
    let FetchError::Sources { attempts, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[1].source, b.url());
    assert!(matches!(error.best(), FetchError::Http { status: 500, .. }));
    assert!(!error.is_not_found());
}

#[test]
fn nothing_configured_and_off() {
    let env = GoEnv::from_vars([("HOME", "/nonexistent")]);
    let error = fetch(&Sources::new(&env, options()).unwrap(), go_mod()).unwrap_err();
    assert!(
        matches!(error, FetchError::NoProxyConfigured { .. }),
        "{error}"
    );
    let error = fetch(&with_list("off"), go_mod()).unwrap_err();
    assert!(matches!(error, FetchError::Off { .. }), "{error}");
    let error = fetch(&with_list("ftp://ann:secret@x.example"), go_mod()).unwrap_err();
    assert!(matches!(error, FetchError::InvalidSource { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn direct_without_go() {
    let a = proxy(404);
    let error = fetch(&with_list(&format!("{},direct", a.url())), go_mod()).unwrap_err();
    assert!(
        matches!(error.best(), FetchError::NoGoForDirect { .. }),
        "{error}"
    );
    assert!(
        error.is_refused_everywhere(),
        "the proxy refused; only the origin cannot be reached"
    );
    // Private modules are never asked for at a proxy, whatever the list says.
    for list in [a.url(), "off"] {
        let env = GoEnv::from_vars([("GOPROXY", list), ("GOPRIVATE", "example.com")]);
        let before = a.seen().len();
        let error = fetch(&Sources::new(&env, options()).unwrap(), go_mod()).unwrap_err();
        assert!(matches!(error, FetchError::NoGoForDirect { .. }), "{error}");
        assert_eq!(a.seen().len(), before);
    }
}

#[test]
fn offline() {
    let a = proxy(200);
    let dir = tempfile::tempdir().unwrap();
    add_module(dir.path(), "example.com/a", "v1.0.0", MOD);
    let offline = |list: &str| {
        let env = GoEnv::from_vars([("GOPROXY", list)]);
        let sources = Sources::new(
            &env,
            SourceOptions {
                offline: true,
                ..options()
            },
        )
        .unwrap();
        fetch(&sources, go_mod())
    };
    for list in [a.url(), "direct"] {
        assert!(
            matches!(offline(list), Err(FetchError::Offline { .. })),
            "{list}"
        );
    }
    assert!(
        offline(&format!("file://{}", dir.path().display())).is_ok(),
        "files are not the network"
    );
    assert!(a.seen().is_empty());
}

#[test]
fn file_trees() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("my proxy");
    add_module(
        &tree,
        "example.com/Upper",
        "v1.2.0",
        "module example.com/Upper\n",
    );
    add_module(
        &tree,
        "example.com/Upper",
        "v1.10.0",
        "module example.com/Upper\n",
    );
    fs::create_dir_all(tree.join("example.com/odd/@v/v1.0.0.mod")).unwrap();
    let path = ModulePath::new("example.com/Upper");
    let wanted = [
        Request::List(path.clone()),
        Request::Mod(module("example.com/Upper", "v1.2.0")),
        Request::Info(path.clone(), "v1.10.0".into()),
        Request::Zip(module("example.com/Upper", "v1.2.0")),
        Request::Mod(module("example.com/Upper", "v1.3.0")),
        Request::List(ModulePath::new("example.com/none")),
        Request::Mod(module("example.com/odd", "v1.0.0")),
    ];
    let by_option = SourceOptions {
        proxy: Some("my proxy".into()),
        base: dir.path().to_path_buf(),
        temp_dir: Some(dir.path().to_path_buf()),
        ..options()
    };
    let by_url = format!("file://{}", tree.display().to_string().replace(' ', "%20"));
    for sources in [
        Sources::new(&GoEnv::from_vars([("X", "")]), by_option).unwrap(),
        with_list(&by_url),
    ] {
        let answers = sources.fetch(&wanted);
        let ok = |i: usize| answers[i].as_ref().unwrap();
        assert_eq!(parse_list(&ok(0).bytes), ["v1.2.0", "v1.10.0"]);
        assert_eq!(ok(1).bytes, b"module example.com/Upper\n");
        assert_eq!(Info::parse(&ok(2).bytes).unwrap().version, "v1.10.0");
        let zip = fs::read(ok(3).zip_file().unwrap()).unwrap();
        assert_eq!(
            zip,
            fs::read(tree.join("example.com/!upper/@v/v1.2.0.zip")).unwrap()
        );
        assert!(matches!(answers[4], Err(FetchError::NotFound { .. })));
        assert!(ok(5).missing && ok(5).bytes.is_empty());
        assert!(
            matches!(answers[6], Err(FetchError::Machine { .. })),
            "a directory is no file"
        );
    }
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(
        left.len(),
        1,
        "temporary files went with their holders: {left:?}"
    );
    assert!(matches!(
        Sources::new(
            &GoEnv::from_vars([("X", "")]),
            SourceOptions {
                proxy: Some("nowhere".into()),
                ..options()
            }
        ),
        Err(HostError::Proxy { .. })
    ));
}

#[test]
fn latest_comes_from_the_list_where_a_proxy_has_none() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/example.com/a/@v/list" => {
            Reply::ok("v0.0.0-20200101000000-aaaaaaaaaaaa\nv0.0.0-20210101000000-bbbbbbbbbbbb\n")
        }
        "/example.com/a/@v/v0.0.0-20210101000000-bbbbbbbbbbbb.info" => Reply::ok(
            r#"{"Version":"v0.0.0-20210101000000-bbbbbbbbbbbb","Time":"2021-01-01T00:00:00Z"}"#,
        ),
        _ => Reply::status(404),
    });
    let sources = with_list(server.url());
    let fetched = fetch(&sources, Request::Latest(ModulePath::new("example.com/a"))).unwrap();
    assert_eq!(
        Info::parse(&fetched.bytes).unwrap().version,
        "v0.0.0-20210101000000-bbbbbbbbbbbb"
    );
    let none = fetch(&sources, Request::Latest(ModulePath::new("example.com/b"))).unwrap_err();
    assert!(none.is_not_found());
    let list = fetch(&sources, Request::List(ModulePath::new("example.com/a"))).unwrap();
    assert!(parse_list(&list.bytes).is_empty() && !list.missing);
}

#[test]
fn batches_are_concurrent_and_duplicates_are_joined() {
    let server = Server::start(|seen| {
        Reply::After(
            Duration::from_millis(50),
            Box::new(Reply::ok(seen.path.clone())),
        )
    });
    let sources = with_list(server.url());
    let wanted: Vec<Request> = (0..60)
        .map(|i| Request::Mod(module(&format!("example.com/m{}", i % 40), "v1.0.0")))
        .collect();
    let answers = sources.fetch(&wanted);
    for (request, answer) in wanted.iter().zip(&answers) {
        let Request::Mod(module) = request else {
            panic!()
        };
        let path = format!("/{}/@v/v1.0.0.mod", module.path);
        assert_eq!(answer.as_ref().unwrap().bytes, path.as_bytes());
    }
    assert_eq!(server.seen().len(), 40);
    assert!(server.peak() >= 30, "{} at once", server.peak());

    let few = SourceOptions {
        limits: Limits {
            concurrency: 4,
            ..limits()
        },
        ..SourceOptions::default()
    };
    let server =
        Server::start(|_| Reply::After(Duration::from_millis(5), Box::new(Reply::ok("x"))));
    let sources = Sources::new(&GoEnv::from_vars([("GOPROXY", server.url())]), few).unwrap();
    assert!(sources.fetch(&wanted).iter().all(Result::is_ok));
    assert!(server.peak() <= 4, "{} at once", server.peak());
}

#[test]
fn a_batch_inside_another_runtime() {
    let server = proxy(200);
    let list = server.url().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let sources = with_list(&list);
        assert!(fetch(&sources, go_mod()).is_ok());
    });
}

#[test]
fn zips_are_limited_and_failed_tries_leave_no_bytes() {
    let server = Server::start(|_| Reply::Endless);
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        zip: 100_000,
        ..limits()
    };
    let options = SourceOptions {
        limits,
        temp_dir: Some(dir.path().into()),
        ..SourceOptions::default()
    };
    let sources = Sources::new(&GoEnv::from_vars([("GOPROXY", server.url())]), options).unwrap();
    let error = fetch(&sources, Request::Zip(module("example.com/a", "v1.0.0"))).unwrap_err();
    assert!(
        matches!(error, FetchError::TooLarge { limit: 100_000, .. }),
        "{error}"
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    let calls = std::sync::atomic::AtomicUsize::new(0);
    let server =
        Server::start(
            move |_| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::Short(b"half a zip that is long".to_vec(), 100),
                _ => Reply::ok("whole"),
            },
        );
    let env = GoEnv::from_vars([("GOPROXY", server.url())]);
    let sources = Sources::new(
        &env,
        SourceOptions {
            limits: support::limits(),
            ..SourceOptions::default()
        },
    )
    .unwrap();
    let fetched = fetch(&sources, Request::Zip(module("example.com/a", "v1.0.0"))).unwrap();
    assert_eq!(fs::read(fetched.zip_file().unwrap()).unwrap(), b"whole");
}

#[test]
fn the_way_to_the_checksum_database() {
    const NAME: &str = "localhost:1/db";
    let serving = || {
        Server::start(|seen| match seen.path.as_str() {
            "/sumdb/localhost:1/db/supported" => Reply::ok(""),
            "/sumdb/localhost:1/db/latest" => Reply::ok("head"),
            _ => Reply::status(404),
        })
    };
    let lookup = || Request::Sumdb {
        name: NAME.into(),
        path: "/latest".into(),
    };
    // Through the first proxy that serves it; it is asked once.
    let (missing, serving) = (proxy(404), serving());
    let sources = with_list(&format!("{},{}", missing.url(), serving.url()));
    let answers = sources.fetch(&[Request::SumdbSupported(NAME.into()), lookup(), lookup()]);
    assert_eq!(answers[0].as_ref().unwrap().source, serving.url());
    assert!(!answers[0].as_ref().unwrap().missing);
    assert_eq!(answers[1].as_ref().unwrap().bytes, b"head");
    assert!(
        fetch(
            &sources,
            Request::Sumdb {
                name: NAME.into(),
                path: "lookup/x".into()
            }
        )
        .unwrap_err()
        .is_not_found()
    );
    let asked = serving
        .paths()
        .iter()
        .filter(|path| path.ends_with("/supported"))
        .count();
    assert_eq!(asked, 1);
    // At its own name, when no proxy serves it; nothing listens there.
    for list in [
        missing.url(),
        "direct",
        "off",
        &format!("{}|direct", proxy(500).url()),
    ] {
        let supported = fetch(&with_list(list), Request::SumdbSupported(NAME.into())).unwrap();
        assert!(supported.missing, "{list}");
        assert_eq!(supported.source, format!("https://{NAME}"));
        let error = fetch(&with_list(list), lookup()).unwrap_err();
        assert!(matches!(error, FetchError::Network { .. }), "{error}");
    }
    // Not past a proxy that fails otherwise.
    for status in [403, 500] {
        let failing = proxy(status);
        for list in [
            failing.url().to_owned(),
            format!("{},direct", failing.url()),
            format!("{}|off", failing.url()),
        ] {
            let error = fetch(&with_list(&list), lookup()).unwrap_err();
            assert!(
                matches!(
                    error,
                    FetchError::Forbidden { .. } | FetchError::Http { .. }
                ),
                "{error}"
            );
        }
    }
    // At the URL in GOSUMDB, past all proxies.
    let own = Server::start(|seen| Reply::ok(seen.path.clone()));
    let key = TestSigner::new(NAME, 7).key();
    let sumdb = format!("{key} {}/base/", own.url());
    let env = GoEnv::from_vars([("GOPROXY", serving.url()), ("GOSUMDB", &sumdb)]);
    let fetched = fetch(&Sources::new(&env, options()).unwrap(), lookup()).unwrap();
    assert_eq!(fetched.bytes, b"/base/latest");
}
