//! Trap 11: private patterns, and sources and a log that refuse.
//!
//! Both programs ask loopback servers. A server stands in for every other host as their http proxy, so that
//! `direct` leads nowhere.

use std::fs;

use crate::support::{PAIR, Reply, Run, Server, World, database, has_go};

/// Runs both on an empty module cache; they must agree on the list or on failing. Gives the list.
#[track_caller]
fn list(world: &World, what: &str) -> Option<String> {
    let sum = world.read("main/go.sum");
    let go_mod = world.read("main/go.mod");
    let mut printed = Vec::new();
    for program in ["gomod", "go"] {
        for cache in ["cache", "go-cache", "home/go/pkg/sumdb"] {
            let _ = fs::remove_dir_all(world.path(cache));
        }
        let run = match program {
            "go" => world.go_in("main", &["list", "-m", "all"]),
            _ => world.gomod(&["list"]),
        };
        world.write("main/go.sum", &sum);
        world.write("main/go.mod", &go_mod);
        let Run { code, stdout, .. } = &run;
        printed.push(((*code == Some(0)).then(|| stdout.clone()), run));
    }
    assert_eq!(printed[0].0, printed[1].0, "{what}: {printed:?}");
    printed.swap_remove(0).0
}

/// A world of [`PAIR`] in which go is found, everything that is not asked of a loopback server fails, and
/// go.sum is not insisted on.
fn world(nowhere: &Server) -> World {
    let mut world = World::new(PAIR).with_go();
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        world.set(name, &nowhere.url());
    }
    world.set("GOFLAGS", "-mod=mod -modcacherw");
    world
}

#[test]
fn trap_11_private_patterns() {
    if !has_go("trap_11_private_patterns") {
        return;
    }
    let nowhere = Server::start(|_| Reply::status(404));
    let mut world = world(&nowhere);
    let (log, setting) = database(&world, str::to_owned);
    world.set("GOSUMDB", &setting);
    world.write("main/go.sum", "");
    let proxy = world.serve(|_| None);
    world.set("GOPROXY", &proxy.url());
    type Vars<'a> = &'a [(&'a str, &'a str)];
    // Whether the proxy and the log are asked about example.com/a.
    let cases: [(Vars<'_>, bool, bool); 13] = [
        (&[], true, true),
        (&[("GOPRIVATE", "example.com/a")], false, false),
        (&[("GOPRIVATE", "*.com/a")], false, false),
        (&[("GOPRIVATE", "other.org,example.com")], false, false),
        (&[("GOPRIVATE", "example.com/[a-a]")], false, false),
        (
            &[("GOPRIVATE", "example.com/aa,com,ample.com,*")],
            false,
            false,
        ),
        (
            &[("GOPRIVATE", "example.com/aa,com,ample.com,example.*/x")],
            true,
            true,
        ),
        (&[("GONOPROXY", "example.com/a")], false, false),
        (&[("GONOSUMDB", "example.com/a")], true, false),
        (&[("GONOSUMDB", "example.com/a/b")], true, true),
        (
            &[("GOPRIVATE", "example.com/a"), ("GONOPROXY", "none")],
            true,
            false,
        ),
        (
            &[("GOPRIVATE", "example.com/a"), ("GONOSUMDB", "none")],
            false,
            false,
        ),
        (&[("GOPRIVATE", "["), ("GONOSUMDB", "[")], true, true),
    ];
    for (vars, of_proxy, of_log) in cases {
        for name in ["GOPRIVATE", "GONOPROXY", "GONOSUMDB"] {
            world.unset(name);
        }
        for (name, value) in vars {
            world.set(name, value);
        }
        let (before, logged) = (proxy.seen().len(), log.seen().len());
        let works = list(&world, &format!("{vars:?}")).is_some();
        // What is private is fetched from its origin, which cannot be reached.
        assert_eq!(works, of_proxy, "{vars:?}");
        let about_a = |seen: &[String]| seen.iter().any(|path| path.contains("example.com/a"));
        assert_eq!(about_a(&proxy.seen()[before..]), of_proxy, "{vars:?}");
        assert_eq!(about_a(&log.seen()[logged..]), of_log, "{vars:?}");
    }
}

#[test]
fn trap_11_statuses() {
    if !has_go("trap_11_statuses") {
        return;
    }
    let nowhere = Server::start(|_| Reply::status(404));
    let mut world = world(&nowhere);
    let second = world.serve(|_| None);
    for (status, falls_through) in [(403, false), (404, true), (410, true)] {
        let first = world.serve(move |path| {
            path.starts_with("/example.com/b/@v/v1.2.0")
                .then(|| Reply::status(status))
        });
        for (separator, works) in [(",", falls_through), ("|", true)] {
            let (first, second) = (first.url(), second.url());
            world.set("GOPROXY", &format!("{first}{separator}{second}"));
            let found = list(&world, &format!("{status} {separator}"));
            assert_eq!(found.is_some(), works, "{status} {separator}");
        }
    }
}

#[test]
fn trap_11_lists() {
    if !has_go("trap_11_lists") {
        return;
    }
    let nowhere = Server::start(|_| Reply::status(404));
    let mut world = world(&nowhere);
    let go_mod = world.read("main/go.mod");
    for (answer, query, expected) in [
        // 404 on @latest: the list says which is the latest.
        ("v1.0.0\nv1.1.0\nv1.2.0\n", "latest", Some("v1.2.0")),
        // What a partial list lacks is not found by a query, and served by name.
        ("v1.0.0\nv1.1.0\n", "latest", Some("v1.1.0")),
        ("v1.0.0\nv1.1.0\n", "v1", Some("v1.1.0")),
        ("v1.0.0\nv1.1.0\n", "v1.2.0", Some("v1.2.0")),
        ("v1.0.0\n", "v1.1", None),
        ("", "v1.1.0", Some("v1.1.0")),
        ("", "v1.1", None),
        ("404", "v1.2.0", Some("v1.2.0")),
        ("410", "v1.2.0", Some("v1.2.0")),
        ("403", "v1.2.0", Some("v1.2.0")),
        ("404", "v1.1", None),
        ("403", "v1.1", None),
    ] {
        let proxy = world.serve(move |path| match path {
            "/example.com/a/@v/list" => Some(match answer.parse() {
                Ok(status) => Reply::status(status),
                Err(_) => Reply::Body(200, "text/plain", answer.into()),
            }),
            "/example.com/a/@latest" => Some(Reply::status(404)),
            _ => None,
        });
        world.set("GOPROXY", &proxy.url());
        let line = format!("example.com/a {query}");
        let text = go_mod.replace("example.com/a v1.2.0", &line);
        let text = text.replace("\texample.com/b v1.2.0\n", "");
        world.write("main/go.mod", &text);
        let what = format!("{query} of {answer:?}");
        let found = list(&world, &what);
        let expected = expected.map(|v| format!("example.com/main\nexample.com/a {v}\n"));
        assert_eq!(found, expected, "{what}");
    }
    // A downgrade to a version that no list names, with nothing known of what holds it up.
    world.write("main/go.mod", &go_mod);
    for list in ["", "404", "410", "403"] {
        let proxy = world.serve(move |path| {
            path.ends_with("/@v/list").then(|| match list.parse() {
                Ok(status) => Reply::status(status),
                Err(_) => Reply::Body(200, "text/plain", Vec::new()),
            })
        });
        world.set("GOPROXY", &proxy.url());
        let plan = world.gomod(&["plan-downgrade", "a@v1.1.0"]);
        assert_eq!(plan.code, Some(0), "{list}: {plan:?}");
    }
}

#[test]
fn trap_11_a_log_without_a_record() {
    if !has_go("trap_11_a_log_without_a_record") {
        return;
    }
    let nowhere = Server::start(|_| Reply::status(404));
    let mut world = world(&nowhere);
    let (log, setting) = database(&world, str::to_owned);
    let lacking = Server::start({
        let url = log.url();
        move |path| match path.contains("/lookup/example.com/b@") {
            true => Reply::status(404),
            false => Reply::Moved(format!("{url}{path}")),
        }
    });
    let key = setting.split(' ').next().unwrap().to_owned();
    let sums = world.read("main/go.sum");
    for (server, sum, works) in [
        (&log, "", true),
        (&lacking, "", false),
        (&lacking, sums.as_str(), true), // go.sum vouches for it
    ] {
        world.set("GOSUMDB", &format!("{key} {}", server.url()));
        world.write("main/go.sum", sum);
        assert_eq!(list(&world, &server.url()).is_some(), works);
        let ours = world.gomod(&["list"]);
        assert_eq!(ours.code, Some(if works { 0 } else { 3 }), "{ours:?}");
    }
}
