//! Where settings come from, what flags and toolchains do, and what the module cache holds then.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::scene::{ALL, LIST, Scene, Seen, asked};
use crate::trust::database;

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

/// What cannot be read in the module cache counts as not there: it is fetched again, or the run fails.
#[test]
fn files_in_the_module_cache_that_are_none() {
    let Some(mut scene) = Scene::new("files_in_the_module_cache_that_are_none") else {
        return;
    };
    let server = scene.serve("/", |_| None);
    scene.set("GOPROXY", server.url());
    let caches = ["go", "gomod"].map(|program| scene.home.path(&format!("cache-{program}")));
    scene.home.go_ok(&LIST); // go.sum is complete
    scene.set("GOFLAGS", "-mod=readonly -modcacherw");
    type Spoil = fn(&Path);
    let spoilt: [(&str, Spoil); 7] = [
        ("a directory", |file| fs::create_dir(file).unwrap()),
        ("a directory with a file", |file| {
            fs::create_dir(file).unwrap();
            fs::write(file.join("x"), "").unwrap();
        }),
        ("a link to nothing", |file| {
            symlink("nothing", file).unwrap()
        }),
        ("a link to a directory", |file| symlink(".", file).unwrap()),
        ("a link to itself", |file| symlink(file, file).unwrap()),
        ("not readable", |file| {
            fs::write(file, "x").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o000)).unwrap();
        }),
        ("empty", |file| fs::write(file, "").unwrap()),
    ];
    for kind in ["mod", "info"] {
        for (what, spoil) in &spoilt {
            for reachable in [true, false] {
                for cache in &caches {
                    let _ = fs::remove_dir_all(cache);
                }
                scene.set("GOPROXY", server.url());
                for (program, args) in [("go", &LIST[..]), ("gomod", &["list"])] {
                    assert!(scene.run(program, args, &[]).1.ok, "{what}");
                }
                for cache in &caches {
                    let below = format!("cache/download/example.com/b/@v/v1.0.0.{kind}");
                    let file = cache.join(below);
                    fs::remove_file(&file).unwrap();
                    spoil(&file);
                }
                let what = format!("{kind}: {what}, reachable {reachable}");
                if !reachable {
                    scene.set("GOPROXY", "off");
                }
                for args in [(&LIST[..], &["list"][..]), (&["mod", "graph"], &["graph"])] {
                    let (go, theirs) = scene.run("go", args.0, &[]);
                    let (gomod, ours) = scene.run("gomod", args.1, &[]);
                    let printed = |seen: &Seen| seen.ok.then(|| seen.stdout.clone());
                    assert_eq!(printed(&ours), printed(&theirs), "{what}: {gomod:?} {go:?}");
                }
            }
        }
    }
}
