//! What `go` and `gomod` ask a loopback server for under the same environment, side by side.
//!
//! Each of the two has a module cache of its own, so that both must ask. Requests are compared as sets:
//! the order, and how often something is tried again, are their own affair.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../gomod-core/tests/support/mod.rs"]
mod support;
#[path = "../../gomod-core/tests/support/transparency_log.rs"]
mod transparency_log;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::verify::hash_go_mod;
use support::{Home, Reply, Server, add_module, certificate_file, has_go};

const LIST: [&str; 3] = ["list", "-m", "all"];

const ALL: &str = "example.com/main\nexample.com/a v1.1.0\nexample.com/b v1.0.0\n";

/// A main module that requires `a`, which requires `b` and is too old to be pruned; a tree that proxies serve; and an environment.
struct Scene {
    home: Home,
}

/// What one of the two did.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    ok: bool,
    stdout: String,
    /// For each server what it was asked, with credentials.
    asked: Vec<BTreeSet<String>>,
}

impl Scene {
    /// `None` without Go.
    fn new(test: &str) -> Option<Self> {
        if !has_go(test) {
            return None;
        }
        let mut home = Home::new();
        let tree = home.path("tree");
        let a = "module example.com/a\n\ngo 1.16\n\nrequire example.com/b v1.0.0\n";
        add_module(
            &tree,
            "example.com/a",
            "v1.0.0",
            "module example.com/a\n\ngo 1.21\n",
        );
        add_module(&tree, "example.com/a", "v1.1.0", a);
        add_module(
            &tree,
            "example.com/b",
            "v1.0.0",
            "module example.com/b\n\ngo 1.21\n",
        );
        home.set("GOENV", "off");
        home.set("GOWORK", "off");
        let scene = Self { home };
        scene.require("example.com/a v1.1.0");
        Some(scene)
    }

    fn require(&self, line: &str) {
        let text = format!("module example.com/main\n\ngo 1.21\n\nrequire {line}\n");
        fs::write(self.home.path("work/go.mod"), text).unwrap();
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.home.set(name, value);
    }

    /// A server of the tree below `prefix`, which answers otherwise as `special` says.
    fn serve(
        &self,
        prefix: &'static str,
        special: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        Server::start(self.answers(prefix, special))
    }

    fn answers(
        &self,
        prefix: &'static str,
        special: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    ) -> impl Fn(&support::Seen) -> Reply + Send + Sync + 'static {
        let tree = self.home.path("tree");
        move |seen| {
            let path = seen.path.as_str();
            special(path).unwrap_or_else(|| {
                let file = path
                    .strip_prefix(prefix)
                    .map(|file| tree.join(file.trim_start_matches('/')));
                match file.and_then(|file| fs::read(file).ok()) {
                    Some(bytes) => Reply::ok(bytes),
                    None => Reply::status(404),
                }
            })
        }
    }

    /// Runs one of the two, with a fresh module cache of its own.
    fn run(&mut self, program: &str, args: &[&str], servers: &[&Server]) -> (Output, Seen) {
        let work = self.home.path("work");
        let before: Vec<usize> = servers.iter().map(|server| server.seen().len()).collect();
        let kept: Vec<(std::path::PathBuf, Vec<u8>)> = fs::read_dir(&work)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        let gopath = self.home.path(&format!("gopath-{program}"));
        self.home.set("GOPATH", gopath.to_str().unwrap());
        let cache = self.home.path(&format!("cache-{program}"));
        self.home.set("GOMODCACHE", cache.to_str().unwrap());
        let output = match program {
            "go" => self.home.go(args),
            _ => self.home.run(env!("CARGO_BIN_EXE_gomod"), args),
        };
        for entry in fs::read_dir(&work).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (path, bytes) in kept {
            fs::write(path, bytes).unwrap();
        }
        let asked = servers
            .iter()
            .zip(before)
            .map(|(server, before)| server.seen()[before..].iter().map(line).collect())
            .collect();
        let seen = Seen {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            asked,
        };
        (output, seen)
    }

    /// Both list; they must agree on everything when they succeed, and on failing otherwise.
    #[track_caller]
    fn same(&mut self, servers: &[&Server]) -> Seen {
        let (go, theirs) = self.run("go", &LIST, servers);
        let (gomod, ours) = self.run("gomod", &["list"], servers);
        let said = format!(
            "go: {}\ngomod: {}",
            String::from_utf8_lossy(&go.stderr),
            String::from_utf8_lossy(&gomod.stderr)
        );
        assert_eq!(ours.ok, theirs.ok, "{said}");
        if ours.ok {
            assert_eq!(ours, theirs, "{said}");
        }
        // The next pair starts anew.
        for program in ["go", "gomod"] {
            let _ = fs::remove_dir_all(self.home.path(&format!("cache-{program}")));
            let _ = fs::remove_dir_all(self.home.path(&format!("gopath-{program}")));
        }
        ours
    }
}

/// The method, the target and the credentials of a request.
fn line(seen: &support::Seen) -> String {
    let mut line = seen.head.split(" HTTP/").next().unwrap().to_owned();
    for name in ["Authorization", "Proxy-Authorization", "X-Token"] {
        if let Some(value) = seen.header(name) {
            line.push_str(&format!(" {name}: {value}"));
        }
    }
    line
}

fn asked(seen: &Seen) -> Vec<&str> {
    seen.asked.iter().flatten().map(String::as_str).collect()
}

#[test]
fn the_module_proxy_protocol() {
    let Some(mut scene) = Scene::new("the_module_proxy_protocol") else {
        return;
    };
    for (base, prefix) in [("", "/"), ("/", "/"), ("/some/where", "/some/where/")] {
        let server = scene.serve(prefix, |_| None);
        scene.set("GOPROXY", format!("{}{base}", server.url()));
        let seen = scene.same(&[&server]);
        assert_eq!((seen.ok, seen.stdout.as_str()), (true, ALL));
        let mods = asked(&seen)
            .iter()
            .filter(|line| line.ends_with(".mod"))
            .count();
        assert_eq!(mods, 2, "{seen:?}");
    }
}

#[test]
fn goproxy_lists() {
    let Some(mut scene) = Scene::new("goproxy_lists") else {
        return;
    };
    for (status, separator, good) in [
        (404, ",", true),
        (410, ",", true),
        (403, ",", false),
        (500, ",", false),
        (404, "|", true),
        (403, "|", true),
        (500, "|", true),
    ] {
        // The first proxy has no b.
        let first = scene.serve("/", move |path| {
            path.contains("/b/").then(|| Reply::status(status))
        });
        let second = scene.serve("/", |_| None);
        scene.set(
            "GOPROXY",
            format!("{}{separator}{}", first.url(), second.url()),
        );
        let seen = scene.same(&[&first, &second]);
        assert_eq!(seen.ok, good, "{status} {separator}");
        let asked = &seen.asked[1];
        assert_eq!(asked.is_empty(), !good, "{status} {separator} {asked:?}");
        assert!(!asked.iter().any(|line| line.contains("/a/")), "{asked:?}");
    }
    let server = scene.serve("/", |_| None);
    for (list, good) in [
        ("off", false),
        ("off,SERVER", false),
        ("SERVER,off", true),
        ("SERVER,off,nonsense", true),
        (" SERVER , off", true),
        (",SERVER", true),
        ("nonsense,SERVER", false),
        ("SERVER,nonsense", false),
        ("ftp://localhost,SERVER", false),
        (",", false),
    ] {
        scene.set("GOPROXY", list.replace("SERVER", server.url()));
        assert_eq!(scene.same(&[&server]).ok, good, "{list}");
    }
}

#[test]
fn certificates() {
    let Some(mut scene) = Scene::new("certificates") else {
        return;
    };
    let server = Server::start_tls(scene.answers("/", |_| None));
    scene.set("GOPROXY", server.url());
    assert!(!scene.same(&[&server]).ok, "the certificate is nobody's");
    scene.set("SSL_CERT_FILE", certificate_file().to_str().unwrap());
    assert_eq!(scene.same(&[&server]).stdout, ALL);
    scene.home.unset("SSL_CERT_FILE");
    let directory = certificate_file()
        .parent()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    scene.set("SSL_CERT_DIR", directory);
    assert!(scene.same(&[&server]).ok);
    scene.home.unset("SSL_CERT_DIR");
    // GOINSECURE is about origins, not about proxies.
    scene.set("GOINSECURE", "*");
    assert!(!scene.same(&[&server]).ok);
}

#[test]
fn credentials() {
    let Some(mut scene) = Scene::new("credentials") else {
        return;
    };
    scene.set("SSL_CERT_FILE", certificate_file().to_str().unwrap());
    let server = Server::start_tls(scene.answers("/", |_| None));
    let host = server.url().trim_start_matches("https://").to_owned();
    let with = |seen: &Seen| {
        asked(seen)
            .iter()
            .filter(|line| line.contains("Authorization"))
            .count()
    };
    // In the URL; over plain http they are refused.
    scene.set("GOPROXY", server.url_with("ann:secret"));
    let seen = scene.same(&[&server]);
    assert!(seen.ok && with(&seen) == asked(&seen).len(), "{seen:?}");
    let plain = scene.serve("/", |_| None);
    scene.set("GOPROXY", plain.url_with("ann:secret"));
    let seen = scene.same(&[&plain]);
    assert!(!seen.ok && asked(&seen).is_empty(), "{seen:?}");
    // In .netrc, by host with its port, or by a prefix of the path.
    scene.set("GOPROXY", server.url());
    for (machine, known) in [
        (host.as_str(), true),
        ("localhost", false),
        ("HOST/example.com/a", true),
        ("HOST/example.org", false),
        ("default", false),
    ] {
        let machine = machine.replace("HOST", &host);
        let netrc = format!("machine {machine} login ann password secret\n");
        fs::write(scene.home.path(".netrc"), netrc).unwrap();
        let seen = scene.same(&[&server]);
        assert_eq!(
            (seen.ok, with(&seen) > 0),
            (true, known),
            "{machine} {seen:?}"
        );
    }
    // NETRC names another file, and GOAUTH may turn it off.
    let netrc = format!("machine {host}\n\tlogin bob\n\tpassword other\n");
    fs::write(scene.home.path("other"), netrc).unwrap();
    let other = scene.home.path("other").to_str().unwrap().to_owned();
    scene.set("NETRC", other);
    assert!(with(&scene.same(&[&server])) > 0);
    for (goauth, sent) in [
        ("netrc", true),
        (" netrc ", true),
        ("off", false),
        ("", true),
    ] {
        scene.set("GOAUTH", goauth);
        let seen = scene.same(&[&server]);
        assert_eq!((seen.ok, with(&seen) > 0), (true, sent), "{goauth:?}");
    }
    for goauth in ["off;netrc", ";", "netrc;"] {
        scene.set("GOAUTH", goauth);
        assert!(!scene.same(&[&server]).ok, "{goauth}");
    }
    // Over plain http nothing of it is sent.
    scene.home.unset("GOAUTH");
    let host = plain.url().trim_start_matches("http://").to_owned();
    fs::write(
        scene.home.path("other"),
        format!("machine {host} login a password b\n"),
    )
    .unwrap();
    scene.set("GOPROXY", plain.url());
    let seen = scene.same(&[&plain]);
    assert_eq!((seen.ok, with(&seen)), (true, 0));
}

#[test]
fn other_ways_to_authenticate() {
    // A listed difference: no other program is started for a request to a proxy.
    let Some(mut scene) = Scene::new("other_ways_to_authenticate") else {
        return;
    };
    scene.set("SSL_CERT_FILE", certificate_file().to_str().unwrap());
    let server = Server::start_tls(scene.answers("/", |_| None));
    scene.set("GOPROXY", server.url());
    let program = scene.home.path("auth");
    let text = format!(
        "#!/bin/sh\nprintf '{}\\n\\nX-Token: 1\\n\\n'\n",
        server.url()
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    scene.set("GOAUTH", program.to_str().unwrap());
    let (_, theirs) = scene.run("go", &LIST, &[&server]);
    let (_, ours) = scene.run("gomod", &["list"], &[&server]);
    assert_eq!((&ours.stdout, theirs.ok), (&theirs.stdout, true));
    assert!(
        asked(&theirs)
            .iter()
            .all(|line| line.ends_with("X-Token: 1")),
        "{theirs:?}"
    );
    assert!(!asked(&ours).iter().any(|line| line.contains("X-Token")));
}

#[test]
fn http_proxies() {
    let Some(mut scene) = Scene::new("http_proxies") else {
        return;
    };
    // Names that nobody knows: whoever answers for them is the proxy.
    let way = scene.serve("http://modules.invalid/", |_| None);
    let local = scene.serve("/", |_| None);
    let modules = "http://modules.invalid";
    for (goproxy, vars, good) in [
        (modules, &[("HTTP_PROXY", "WAY")][..], true),
        (modules, &[("http_proxy", "WAY")], true),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("http_proxy", "http://localhost:1")],
            true,
        ),
        (modules, &[("HTTP_PROXY", "HOST")], true),
        (modules, &[("HTTP_PROXY", "AUTH")], true),
        (modules, &[("HTTPS_PROXY", "WAY")], false),
        (modules, &[], false),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("NO_PROXY", "modules.invalid")],
            false,
        ),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("no_proxy", "invalid")],
            false,
        ),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("NO_PROXY", ".invalid")],
            false,
        ),
        (modules, &[("HTTP_PROXY", "WAY"), ("NO_PROXY", "*")], false),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("NO_PROXY", "a.b, other.invalid")],
            true,
        ),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("NO_PROXY", "modules.invalid:81")],
            true,
        ),
        (
            modules,
            &[("HTTP_PROXY", "WAY"), ("NO_PROXY", "modules.invalid:80")],
            false,
        ),
        // The local host is reached past it.
        ("LOCAL", &[("HTTP_PROXY", "WAY")], true),
        // Through https the proxy is only asked to connect.
        ("https://modules.invalid", &[("HTTPS_PROXY", "WAY")], false),
        ("https://modules.invalid", &[("HTTP_PROXY", "WAY")], false),
    ] {
        for name in [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "NO_PROXY",
            "no_proxy",
        ] {
            scene.home.unset(name);
        }
        let host = way.url().trim_start_matches("http://");
        for (name, value) in vars {
            let value = value.replace("WAY", way.url()).replace("HOST", host);
            scene.set(name, value.replace("AUTH", &way.url_with("ann:secret")));
        }
        scene.set("GOPROXY", goproxy.replace("LOCAL", local.url()));
        let before = way.seen().len();
        let seen = scene.same(&[&way, &local]);
        assert_eq!(seen.ok, good, "{goproxy} {vars:?}");
        if goproxy.starts_with("https") {
            let lines: BTreeSet<String> = way.seen()[before..].iter().map(line).collect();
            let connects = vars[0].0 == "HTTPS_PROXY";
            assert_eq!(
                lines.contains("CONNECT modules.invalid:443"),
                connects,
                "{lines:?}"
            );
            assert_eq!(lines.len(), usize::from(connects), "{lines:?}");
        }
    }
}

#[test]
fn private_modules() {
    let Some(mut scene) = Scene::new("private_modules") else {
        return;
    };
    // The origin of modules.invalid is behind an http proxy; it names a module proxy as its way of serving.
    let meta =
        "<meta name=\"go-import\" content=\"modules.invalid/x mod http://modules.invalid/proxy\">";
    let origin = scene.serve("http://modules.invalid/proxy/", move |path| {
        path.ends_with("?go-get=1").then(|| Reply::ok(meta))
    });
    let public = scene.serve("/", |_| None);
    let text = "module modules.invalid/x\n\ngo 1.16\n\nrequire example.com/b v1.0.0\n";
    add_module(
        &scene.home.path("tree"),
        "modules.invalid/x",
        "v1.0.0",
        text,
    );
    scene.require("modules.invalid/x v1.0.0");
    scene.set("HTTP_PROXY", origin.url());
    scene.set("GOPROXY", public.url());
    for (vars, direct, good) in [
        (&[][..], false, true),
        (&[("GOPRIVATE", "modules.invalid")], true, false),
        (
            &[
                ("GOPRIVATE", "modules.invalid"),
                ("GOINSECURE", "modules.invalid"),
            ],
            true,
            true,
        ),
        (
            &[("GONOPROXY", "*.invalid/x"), ("GOINSECURE", "*.invalid")],
            true,
            true,
        ),
        (
            &[("GONOPROXY", "*.invalid/y"), ("GOINSECURE", "*.invalid")],
            false,
            true,
        ),
        (
            &[("GONOPROXY", "*.invalid"), ("GOINSECURE", "other.invalid")],
            true,
            false,
        ),
        (
            &[("GOPRIVATE", "modules.invalid"), ("GONOPROXY", "none")],
            false,
            true,
        ),
    ] {
        for name in ["GOPRIVATE", "GONOPROXY", "GOINSECURE"] {
            scene.home.unset(name);
        }
        for (name, value) in vars {
            scene.set(name, *value);
        }
        let (go, theirs) = scene.run("go", &LIST, &[&public]);
        let (gomod, ours) = scene.run("gomod", &["list"], &[&public]);
        let said = format!("{vars:?} {go:?} {gomod:?}");
        assert_eq!((theirs.ok, ours.ok), (good, good), "{said}");
        if good {
            assert_eq!(ours, theirs, "{said}");
        }
        let to_public = |seen: &Seen| {
            asked(seen)
                .iter()
                .any(|line| line.contains("modules.invalid"))
        };
        assert_eq!(
            (to_public(&theirs), to_public(&ours)),
            (!direct, !direct),
            "{said}"
        );
        for program in ["go", "gomod"] {
            let _ = fs::remove_dir_all(scene.home.path(&format!("cache-{program}")));
        }
    }
}

#[test]
fn checksum_databases() {
    let Some(mut scene) = Scene::new("checksum_databases") else {
        return;
    };
    let proxy = scene.serve("/", |_| None);
    scene.set("GOPROXY", proxy.url());
    let log = database(&scene);
    let (server, key) = (&log.0, &log.1);
    let looked_up = |seen: &Seen| -> Vec<String> {
        let lines = seen.asked[1]
            .iter()
            .filter_map(|line| line.split_once("/lookup/"));
        lines.map(|(_, module)| module.to_owned()).collect()
    };
    for (vars, expected) in [
        (
            &[][..],
            &["example.com/a@v1.1.0", "example.com/b@v1.0.0"][..],
        ),
        (&[("GONOSUMDB", "example.com/a")], &["example.com/b@v1.0.0"]),
        (&[("GONOSUMDB", "example.com")], &[]),
        (
            &[("GONOSUMDB", "*.com/b,other.org")],
            &["example.com/a@v1.1.0"],
        ),
        (&[("GOSUMDB", "off")], &[]),
        (
            &[("GOFLAGS", "-mod=mod -insecure")],
            &["example.com/a@v1.1.0", "example.com/b@v1.0.0"],
        ),
    ] {
        for name in ["GONOSUMDB", "GOPRIVATE"] {
            scene.home.unset(name);
        }
        scene.set("GOFLAGS", "-mod=mod");
        scene.set("GOSUMDB", format!("{key} {}", server.url()));
        for (name, value) in vars {
            scene.set(name, *value);
        }
        let (go, theirs) = scene.run("go", &LIST, &[&proxy, server]);
        let (gomod, ours) = scene.run("gomod", &["list"], &[&proxy, server]);
        let said = format!("{vars:?} {go:?} {gomod:?}");
        assert_eq!(
            (ours.ok, &ours.stdout),
            (theirs.ok, &theirs.stdout),
            "{said}"
        );
        assert!(ours.ok, "{said}");
        assert_eq!(looked_up(&theirs), expected, "go: {said}");
        assert_eq!(looked_up(&ours), expected, "{said}");
        assert_eq!(ours.asked[0], theirs.asked[0], "{said}");
        for program in ["go", "gomod"] {
            let _ = fs::remove_dir_all(scene.home.path(&format!("cache-{program}")));
            let _ = fs::remove_dir_all(scene.home.path(&format!("gopath-{program}")));
        }
    }
    // A proxy may pass it through; with no address of its own that is the only way.
    let proxied = Server::start({
        let answers = scene.answers("/", |_| None);
        let log = database(&scene).2;
        move |seen| {
            let below = seen.path.strip_prefix("/sumdb/sums.example/");
            match below {
                Some("supported") => Reply::ok(""),
                Some(path) => log(&format!("/{path}")),
                None => answers(seen),
            }
        }
    });
    scene.set("GOSUMDB", key.clone());
    scene.set("GOPROXY", proxied.url());
    let (_, theirs) = scene.run("go", &LIST, &[&proxied]);
    let (gomod, ours) = scene.run("gomod", &["list"], &[&proxied]);
    assert!(theirs.ok && ours.ok, "{gomod:?}");
    let lookups = |seen: &Seen| -> Vec<String> {
        asked(seen)
            .iter()
            .filter(|l| l.contains("/lookup/"))
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(lookups(&ours), lookups(&theirs));
    assert_eq!(lookups(&ours).len(), 2);
}

type Answer = Box<dyn Fn(&str) -> Reply + Send + Sync>;

/// A checksum database with the records of the tree: a server, its key, and its answers.
fn database(scene: &Scene) -> (Server, String, Answer) {
    use transparency_log::{TestLog, TestSigner};
    let make = || -> (String, Answer) {
        let signer = TestSigner::new("sums.example", 7);
        let key = signer.key();
        let mut log = TestLog::new(signer);
        let mut numbers = BTreeMap::new();
        for (number, (path, version)) in [("example.com/a", "v1.1.0"), ("example.com/b", "v1.0.0")]
            .into_iter()
            .enumerate()
        {
            let directory = scene.home.path("tree").join(path).join("@v");
            let go_mod = fs::read(directory.join(format!("{version}.mod"))).unwrap();
            let module =
                ModuleVersion::new(ModulePath::new(path), Version::parse(version).unwrap());
            let zip = directory.join(format!("{version}.zip"));
            let zip = gomod_core::host::hash_zip(&zip, &module).unwrap();
            let hash = hash_go_mod(&go_mod);
            log.push_text(&format!(
                "{path} {version} {zip}\n{path} {version}/go.mod {hash}\n"
            ));
            numbers.insert(format!("/lookup/{path}@{version}"), number as u64);
        }
        let answer = move |path: &str| {
            let bytes = match numbers.get(path) {
                Some(number) => Some(log.lookup(*number, log.size())),
                None => log.tile(path.trim_start_matches('/'), log.size()),
            };
            bytes.map_or_else(|| Reply::status(404), Reply::ok)
        };
        (key, Box::new(answer))
    };
    let (key, answer) = make();
    (Server::start(move |seen| answer(&seen.path)), key, make().1)
}

#[test]
fn the_module_cache() {
    let Some(mut scene) = Scene::new("the_module_cache") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    scene.set("GOPROXY", server.url());
    for flags in ["-mod=mod", "-mod=mod -modcacherw"] {
        scene.set("GOFLAGS", flags);
        let (_, theirs) = scene.run("go", &LIST, &[&server]);
        let (_, ours) = scene.run("gomod", &["list"], &[&server]);
        assert_eq!(ours, theirs);
        let files = |program: &str| {
            let root = scene.home.path(&format!("cache-{program}/cache/download"));
            let mut out = BTreeMap::new();
            walk(&root, &root, &mut out);
            out
        };
        let (theirs, ours) = (files("go"), files("gomod"));
        assert_eq!(ours, theirs, "{flags}");
        assert!(ours.contains_key("example.com/a/@v/v1.1.0.mod"), "{ours:?}");
        // Each uses what the other has fetched.
        for (program, other, args) in [("gomod", "go", &["list"][..]), ("go", "gomod", &LIST)] {
            let cache = scene.home.path(&format!("cache-{program}"));
            fs::remove_dir_all(&cache).unwrap();
            fs::rename(scene.home.path(&format!("cache-{other}")), &cache).unwrap();
            let (_, seen) = scene.run(program, args, &[&server]);
            assert_eq!(
                (seen.stdout.as_str(), asked(&seen).len()),
                (ALL, 0),
                "{program}"
            );
            let _ = scene.run(other, if other == "go" { &LIST } else { &["list"] }, &[]);
        }
        for program in ["go", "gomod"] {
            fs::remove_dir_all(scene.home.path(&format!("cache-{program}"))).unwrap();
        }
    }
    // A relative one is none: what is fetched is not kept.
    scene.set("GOFLAGS", "-mod=mod");
    for _ in 0..2 {
        let before = server.seen().len();
        scene.home.set("GOMODCACHE", "cache");
        let theirs = scene.home.go(&LIST);
        let between = server.seen().len();
        let ours = scene.home.run(env!("CARGO_BIN_EXE_gomod"), &["list"]);
        assert_eq!(String::from_utf8(theirs.stdout).unwrap(), ALL);
        assert_eq!(String::from_utf8(ours.stdout).unwrap(), ALL);
        assert!(between > before && server.seen().len() > between);
        assert!(!scene.home.path("work/cache").exists());
    }
}

/// Files with their content and permissions; of locks only that they are there.
fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, (u32, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let mode = path.metadata().unwrap().permissions().mode();
        if path.is_dir() {
            out.insert(name, (mode, String::new()));
            walk(root, &path, out);
        } else {
            out.insert(name, (mode, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn settings_in_a_file() {
    let Some(mut scene) = Scene::new("settings_in_a_file") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    let file = scene.home.path("env");
    let text = format!("GOPROXY={}\nGOFLAGS=-mod=mod\nGOSUMDB=off\n", server.url());
    fs::write(&file, &text).unwrap();
    for name in ["GOPROXY", "GOFLAGS", "GOSUMDB"] {
        scene.home.unset(name);
    }
    scene.set("GOENV", file.to_str().unwrap());
    assert_eq!(scene.same(&[&server]).stdout, ALL);
    // The variable wins, unless it is empty.
    scene.set("GOPROXY", "off");
    assert!(!scene.same(&[&server]).ok);
    scene.set("GOPROXY", "");
    assert!(scene.same(&[&server]).ok);
    scene.home.unset("GOPROXY");
    // In the place for it below the home.
    scene.home.unset("GOENV");
    let default = scene.home.path(".config/go/env");
    fs::create_dir_all(default.parent().unwrap()).unwrap();
    fs::write(&default, &text).unwrap();
    assert_eq!(scene.same(&[&server]).stdout, ALL);
    scene.set("GOENV", "off");
    scene.set("GOPROXY", "off");
    assert!(!scene.same(&[&server]).ok);
}

#[test]
fn flags() {
    let Some(mut scene) = Scene::new("flags") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    scene.set("GOPROXY", server.url());
    let go_mod = fs::read_to_string(scene.home.path("work/go.mod")).unwrap();
    let other = go_mod.replace("a v1.1.0", "a v1.0.0");
    fs::write(scene.home.path("work/x.mod"), other).unwrap();
    for (flags, stdout) in [
        ("-mod=mod", Some(ALL)),
        ("-mod=readonly", None), // there is no go.sum
        ("", None),
        (
            "-mod=mod -modfile=x.mod",
            Some("example.com/main\nexample.com/a v1.0.0\n"),
        ),
        (
            "-mod=mod '-modfile=x.mod' -modcacherw",
            Some("example.com/main\nexample.com/a v1.0.0\n"),
        ),
        ("-mod=mod -modfile=none.mod", None),
        ("-mod=mod -modfile=x.txt", None),
        ("-mod=nonsense", None),
        ("-mod=mod -nonsense", None),
        ("mod", None),
        ("-mod=readonly -mod=mod", Some(ALL)),
    ] {
        scene.set("GOFLAGS", flags);
        let seen = scene.same(&[&server]);
        assert_eq!(seen.ok.then_some(seen.stdout.as_str()), stdout, "{flags}");
    }
}

#[test]
fn toolchains() {
    let Some(mut scene) = Scene::new("toolchains") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    scene.set("GOPROXY", server.url());
    let version = scene.home.go_ok(&["env", "GOVERSION"]).trim().to_owned();
    let write = |scene: &Scene, line: &str| {
        let text = format!("module example.com/main\n\ngo {line}\n");
        fs::write(scene.home.path("work/go.mod"), text).unwrap();
    };
    let local = version.trim_start_matches("go");
    for (setting, line, good) in [
        ("local", local, true),
        ("local", "1.99", false),
        ("local", "1.20", true),
        (version.as_str(), local, true),
        (version.as_str(), "1.99.1", false),
        ("", local, true),
        ("auto", local, true),
        ("path", local, true),
        ("local+auto", local, true),
        ("local+path", local, true),
        ("nonsense", local, false),
        ("auto+auto", local, false),
        ("local+nonsense", local, false),
        ("1.21", local, false),
    ] {
        scene.set("GOTOOLCHAIN", setting);
        write(&scene, line);
        assert_eq!(scene.same(&[&server]).ok, good, "{setting} {line}");
    }
}

#[test]
fn workspaces_and_modules_off() {
    let Some(mut scene) = Scene::new("workspaces_and_modules_off") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    scene.set("GOPROXY", server.url());
    for (value, good) in [
        ("on", true),
        ("auto", true),
        ("", true),
        ("off", false),
        ("x", false),
    ] {
        scene.set("GO111MODULE", value);
        assert_eq!(scene.same(&[&server]).ok, good, "{value}");
    }
    scene.home.unset("GO111MODULE");
    let other = "module example.com/other\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";
    fs::create_dir(scene.home.path("other")).unwrap();
    fs::write(scene.home.path("other/go.mod"), other).unwrap();
    let file = scene.home.path("go.work");
    fs::write(&file, "go 1.21\n\nuse ./other\n").unwrap();
    let elsewhere = scene.home.path("elsewhere.work");
    fs::copy(&file, &elsewhere).unwrap();
    let main = "example.com/other\nexample.com/a v1.0.0\n";
    for (gowork, flags, stdout) in [
        ("off", "-mod=mod", Some(ALL)),
        ("", "", Some(main)),
        ("auto", "", Some(main)),
        ("FILE", "", Some(main)),
        ("FILE", "-mod=readonly", Some(main)),
        ("FILE", "-mod=mod", None),
        ("FILE", "-modfile=x.mod", None),
        ("NONE", "", None),
        ("elsewhere.work", "", None),
        ("FILE", "GO111MODULE=off", None),
    ] {
        let value = gowork.replace("FILE", elsewhere.to_str().unwrap());
        scene.set("GOWORK", value.replace("NONE", "/nowhere/go.work"));
        match flags.strip_prefix("GO111MODULE=") {
            Some(modules) => scene.set("GO111MODULE", modules),
            None => scene.set("GOFLAGS", flags),
        }
        let seen = scene.same(&[&server]);
        assert_eq!(
            seen.ok.then_some(seen.stdout.as_str()),
            stdout,
            "{gowork} {flags}"
        );
    }
}

#[test]
fn without_a_home() {
    let Some(mut scene) = Scene::new("without_a_home") else {
        return;
    };
    let proxy = scene.serve("/", |_| None);
    scene.set("GOPROXY", proxy.url());
    let log = database(&scene);
    for name in ["HOME", "GOPATH", "GOMODCACHE", "GOCACHE"] {
        scene.home.unset(name);
    }
    // Without the checksum database nothing needs a home. With it go has no place for the tree head, and
    // fails; gomod keeps it for the run, which is a listed difference.
    let on = format!("{} {}", log.1, log.0.url());
    for (sumdb, go_works) in [("off", true), (&on, false)] {
        scene.set("GOSUMDB", sumdb);
        for (args, go) in [(&["list"][..], &LIST[..]), (&["graph"], &["mod", "graph"])] {
            let _ = fs::remove_file(scene.home.path("work/go.sum"));
            let theirs = scene.home.go(go);
            let _ = fs::remove_file(scene.home.path("work/go.sum"));
            let ours = scene.home.run(env!("CARGO_BIN_EXE_gomod"), args);
            assert_eq!(theirs.status.success(), go_works, "{sumdb} {theirs:?}");
            assert!(ours.status.success(), "{ours:?}");
            assert!(!go_works || ours.stdout == theirs.stdout, "{ours:?}");
        }
    }
}
