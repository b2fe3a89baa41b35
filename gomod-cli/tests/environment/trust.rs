//! Which modules are private, and which checksum database is asked about the others.

use std::collections::BTreeMap;
use std::fs;

use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::verify::hash_go_mod;

use crate::scene::{LIST, Scene, Seen, asked};
use crate::support::{Reply, Server, add_module};

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
pub(crate) fn database(scene: &Scene) -> (Server, String, Answer) {
    use crate::transparency_log::{TestLog, TestSigner};
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
