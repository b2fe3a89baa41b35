//! Proxies that are not there, refuse, lie or never end.

use std::time::{Duration, Instant};

use crate::support::{PAIR, Reply, World};

const DEPENDENCY: &str = "/example.com/b/@v/v1.2.0.mod";
const TARGET: &str = "/example.com/a/@v/v1.0.0.mod";

/// The error of `args` when the proxy answers a request for `path` in a special way.
#[track_caller]
fn error(path: &'static str, reply: Reply, code: i32, args: &[&str], naming: &[&str]) -> String {
    let mut world = World::new(PAIR);
    let server = world.serve(move |asked| (asked == path).then(|| reply.clone()));
    world.set("GOPROXY", &server.url());
    let error = world.refused(code, args, naming);
    assert!(server.seen().iter().any(|seen| seen == path));
    error
}

#[test]
fn an_honest_proxy() {
    let mut world = World::new(PAIR);
    let server = world.serve(|_| None);
    world.set("GOPROXY", &server.url());
    let list = world.gomod(&["list"]).ok();
    assert_eq!(
        list,
        "example.com/main\nexample.com/a v1.2.0\nexample.com/b v1.2.0\n"
    );
    let asked = server.seen().len();
    assert_eq!(world.gomod(&["list"]).ok(), list);
    assert_eq!(server.seen().len(), asked, "the module cache was not used");
}

#[test]
fn a_dependency_that_is_refused() {
    for (status, said) in [
        (404, "404 Not Found"),
        (403, "403 Forbidden"),
        (410, "410 Gone"),
        (500, "status 500"),
    ] {
        for args in [&["list"][..], &["plan-downgrade", "a@v1.0.0", "--write"]] {
            let naming = ["example.com/b@v1.2.0", said, "no reason"];
            error(DEPENDENCY, Reply::status(status), 3, args, &naming);
        }
    }
}

#[test]
fn a_target_that_is_refused_does_not_exist() {
    let args = ["plan-downgrade", "a@v1.0.0", "--write"];
    for status in [404, 403, 410] {
        let naming = ["example.com/a@v1.0.0: no such version", &status.to_string()];
        error(TARGET, Reply::status(status), 2, &args, &naming);
    }
    error(
        TARGET,
        Reply::status(500),
        3,
        &args,
        &["example.com/a@v1.0.0", "status 500"],
    );
}

#[test]
fn a_page_instead_of_a_go_mod() {
    let world = World::new(PAIR);
    world.write(
        "main/go.sum",
        &world.sums(|name| !name.contains("/a@v1.0.0")),
    );
    let plan = ["plan-downgrade", "a@v1.0.0"];
    error(
        TARGET,
        Reply::html(),
        4,
        &plan,
        &["example.com/a@v1.0.0: checksum mismatch"],
    );
    error(
        DEPENDENCY,
        Reply::html(),
        4,
        &["list"],
        &["example.com/b@v1.2.0: checksum mismatch"],
    );
    for (path, version, code, said) in [
        (
            "example.com/b",
            "v1.2.0",
            3,
            "parsing go.mod: missing module line",
        ),
        (
            "example.com/a",
            "v1.0.0",
            2,
            "its go.mod has no module line",
        ),
    ] {
        let world = World::new(PAIR);
        world.write("main/go.sum", "");
        world.write(&World::proxied(path, version, "mod"), "<!DOCTYPE html>\n");
        world.refused(code, &plan, &[&format!("{path}@{version}"), said]);
    }
}

#[test]
fn an_endless_body_ends() {
    let start = Instant::now();
    let naming = ["example.com/b@v1.2.0", "larger than 16777216 bytes"];
    error(DEPENDENCY, Reply::Endless, 3, &["list"], &naming);
    error(
        TARGET,
        Reply::Endless,
        3,
        &["plan-downgrade", "a@v1.0.0"],
        &["example.com/a@v1.0.0", "larger"],
    );
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn no_proxy_is_configured() {
    let mut world = World::new(PAIR);
    world.unset("GOPROXY");
    for args in [
        &["list"][..],
        &["graph"],
        &["plan-downgrade", "a@v1.0.0"],
        &["why", "a"],
    ] {
        let naming = [
            "no module proxy is configured",
            "go env -w GOPROXY",
            "--proxy",
        ];
        world.refused(3, args, &naming);
    }
    assert_eq!(world.gomod(&["list", "--proxy", "../proxy"]).code, Some(0));
    // What the module cache holds is enough.
    assert_eq!(world.gomod(&["list"]).code, Some(0));
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0.5"],
        &["no module proxy is configured", "--proxy"],
    );
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0"],
        &["no module proxy is configured", "--proxy"],
    );
}

#[test]
fn the_proxy_cannot_be_reached() {
    let mut world = World::new(PAIR);
    let url = world.serve(|_| None).url(); // stopped at once
    world.set("GOPROXY", &url);
    for args in [&["list"][..], &["graph"], &["plan-downgrade", "a@v1.0.0"]] {
        world.refused(3, args, &["example.com/", &url]);
    }
    assert_eq!(world.gomod(&["list", "--proxy", "../proxy"]).code, Some(0));
    for target in ["a@v1.0.0", "a@v1.0.5", "a@v1.0", "a@<v1.2.0"] {
        world.refused(
            3,
            &["plan-downgrade", target, "--write"],
            &["example.com/a", &url],
        );
    }
}

#[test]
fn an_unusable_proxy_setting() {
    let mut world = World::new(PAIR);
    world.set("GOPROXY", "ftp://example.com");
    world.refused(3, &["list"], &["GOPROXY", "ftp://example.com"]);
    world.refused(3, &["list", "--proxy", "./nowhere"], &["nowhere"]);
    world.set("GOPROXY", "off");
    world.refused(3, &["list"], &["GOPROXY=off"]);
    world.set("GOPROXY", "direct");
    world.refused(3, &["list"], &["go command"]);
}

#[test]
fn offline_uses_what_is_there() {
    let mut world = World::new(PAIR);
    let server = world.serve(|_| None);
    world.set("GOPROXY", &server.url());
    world.refused(3, &["list", "--offline"], &["example.com/", "offline"]);
    assert_eq!(server.seen(), Vec::<String>::new());
    assert_eq!(
        world
            .gomod(&["list", "--offline", "--proxy", "../proxy"])
            .code,
        Some(0)
    );
}

#[test]
fn a_go_mod_for_another_path() {
    let other = "
        a@v1.0.0 as example.org/moved:
        a@v1.2.0 go1.21:
        b@v1.2.0 go1.21: a@v1.2.0
    ";
    let world = World::new(other);
    let naming = [
        "example.com/a@v1.0.0",
        "declares example.org/moved",
        "gomod plan-downgrade",
    ];
    world.refused(2, &["plan-downgrade", "a@v1.0.0"], &naming);
    let world = World::new("a@v1.2.0 go1.21:\nb@v1.2.0 as example.org/b go1.21:");
    for args in [&["list"][..], &["graph"], &["plan-downgrade", "a@v1.0.0"]] {
        world.refused(3, args, &["example.com/b@v1.2.0", "example.org/b"]);
    }
}

#[test]
fn list_needs_the_info_of_each_selected_module() {
    let world = World::new(PAIR);
    std::fs::remove_file(world.path(&World::proxied("example.com/b", "v1.2.0", "info"))).unwrap();
    assert_eq!(world.gomod(&["graph"]).code, Some(0));
    world.refused(3, &["list"], &["example.com/b@v1.2.0"]);
}

#[test]
fn versions_that_cannot_be_listed_are_no_empty_list() {
    let mut world = World::new(PAIR);
    let server = world.serve(|path| path.ends_with("/b/@v/list").then(|| Reply::status(500)));
    world.set("GOPROXY", &server.url());
    let named = ["the versions of example.com/b cannot be listed", "500"];
    world.refused(3, &["plan-downgrade", "a@v1.0.0"], &named);
}

#[test]
fn versions_that_nobody_lists_are_said_to_be_left_out() {
    let mut world = World::new(PAIR);
    let server = world.serve(|path| path.ends_with("/b/@v/list").then(|| Reply::status(403)));
    world.set("GOPROXY", &server.url());
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    let note = "the versions of example.com/b are not listed (no source lists them)";
    assert!(page.contains(note), "{page}");
}
