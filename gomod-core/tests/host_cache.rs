//! The module cache beside the go command: each reads what the other wrote, in the same layout.
#![cfg(feature = "host")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::thread;

use gomod_core::host::{
    CacheFile, GoEnv, Info, ModCache, Request, SourceOptions, Sources, SumdbFiles, WriteLatest,
};
use gomod_core::model::{ModulePath, ModuleVersion};
use support::{Home, add_module, has_go, limits, module, tree};

const MODULES: [(&str, &str); 4] = [
    ("example.com/a", "v1.0.0"),
    ("example.com/a", "v1.10.0-RC.1"),
    ("example.com/Upper/b", "v1.2.3"),
    ("example.com/old", "v2.0.0+incompatible"),
];

/// A home whose go command finds the modules in a `file://` tree.
fn world() -> Home {
    let mut home = Home::new();
    let proxy = home.path("proxy");
    for (path, version) in MODULES {
        add_module(&proxy, path, version, &format!("module {path}\n"));
    }
    home.set("GOPROXY", format!("file://{}", proxy.display()));
    fs::write(home.path("work/go.mod"), "module m\n\ngo 1.21\n").unwrap();
    home
}

fn modules() -> Vec<ModuleVersion> {
    MODULES
        .iter()
        .map(|(path, version)| module(path, version))
        .collect()
}

fn arguments() -> Vec<String> {
    MODULES
        .iter()
        .map(|(path, version)| format!("{path}@{version}"))
        .collect()
}

#[test]
fn what_the_go_command_wrote_is_read() {
    if !has_go("what_the_go_command_wrote_is_read") {
        return;
    }
    let home = world();
    let arguments = arguments();
    let mut command = vec!["mod", "download"];
    command.extend(arguments.iter().map(String::as_str));
    home.go_ok(&command);
    let cache = ModCache::from_env(&home.env()).unwrap();
    for module in modules() {
        let go_mod = cache.read_mod(&module).unwrap().unwrap();
        assert_eq!(go_mod, format!("module {}\n", module.path).as_bytes());
        assert_eq!(
            cache.read_info(&module).unwrap().unwrap().version,
            module.version.as_str()
        );
        assert!(
            cache
                .read_ziphash(&module)
                .unwrap()
                .unwrap()
                .starts_with("h1:")
        );
        assert!(cache.zip(&module).unwrap().is_some());
        assert!(cache.is_unpacked(&module), "{module}");
        fs::write(cache.file(&module, CacheFile::Partial).unwrap(), "").unwrap();
        assert!(!cache.is_unpacked(&module), "{module}");
    }
    let versions = cache.versions(&ModulePath::new("example.com/a")).unwrap();
    assert_eq!(
        versions.iter().map(|v| v.as_str()).collect::<Vec<_>>(),
        ["v1.0.0", "v1.10.0-RC.1"]
    );
    let mods = cache.read_mods(&modules());
    assert!(mods.iter().all(|m| matches!(m, Ok(Some(_)))));
}

#[test]
fn what_we_write_is_what_the_go_command_writes() {
    if !has_go("what_we_write_is_what_the_go_command_writes") {
        return;
    }
    let mut home = world();
    let arguments = arguments();
    let mut command = vec!["mod", "download"];
    command.extend(arguments.iter().map(String::as_str));
    home.go_ok(&command);
    let theirs = ModCache::from_env(&home.env()).unwrap();

    let ours = ModCache::new(home.path("ours"));
    let options = SourceOptions {
        limits: limits(),
        ..SourceOptions::default()
    };
    let sources = Sources::new(&home.env(), options).unwrap();
    for module in modules() {
        let wanted = [
            Request::Mod(module.clone()),
            Request::Info(module.path.clone(), module.version.to_string()),
            Request::Zip(module.clone()),
        ];
        let answers: Vec<_> = sources
            .fetch(&wanted)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert!(
            ours.store_mods(&[(module.clone(), answers[0].bytes.clone())])
                .is_empty()
        );
        ours.store_info(&module, &Info::parse(&answers[1].bytes).unwrap())
            .unwrap();
        let hash = theirs.read_ziphash(&module).unwrap().unwrap();
        ours.store_zip(&module, answers[2].zip_file().unwrap(), &hash)
            .unwrap();
    }
    let files = |cache: &ModCache| {
        let mut files = tree(&cache.dir().join("cache/download"));
        // The lock on a module version stays behind empty; its permissions and the rest are compared.
        files.retain(|(name, _)| !name.ends_with(".lock"));
        files
    };
    assert_eq!(files(&ours), files(&theirs));
    #[cfg(unix)]
    for (name, _) in files(&ours) {
        use std::os::unix::fs::PermissionsExt;
        let mode = |cache: &ModCache| {
            fs::metadata(cache.dir().join("cache/download").join(&name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode(&ours), mode(&theirs), "{name}");
    }

    // The go command is content with it, without any other source.
    home.set("GOMODCACHE", ours.dir().to_str().unwrap())
        .set("GOPROXY", "off");
    for argument in &arguments {
        home.go_ok(&["list", "-m", "-json", argument]);
        home.go_ok(&["mod", "download", argument]);
    }
    home.go_ok(&["get", "example.com/a@v1.0.0"]);
    assert!(
        home.go_ok(&["mod", "graph"])
            .contains("m example.com/a@v1.0.0\n")
    );
    home.go_ok(&["mod", "verify"]);
}

#[test]
fn concurrent_writers_leave_whole_files() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ModCache::new(dir.path().join("mod"));
    let text =
        |i: usize| format!("module example.com/m\n// {}\n", "x".repeat(i * 1000)).into_bytes();
    thread::scope(|scope| {
        for i in 0..4 {
            let (cache, dir) = (cache.clone(), dir.path());
            scope.spawn(move || {
                for round in 0..10 {
                    let version = format!("v1.{round}.0");
                    let module = module("example.com/m", &version);
                    assert!(cache.store_mods(&[(module.clone(), text(i))]).is_empty());
                    let read = cache.read_mod(&module).unwrap().unwrap();
                    assert!((0..4).any(|i| read == text(i)), "a part of a file was read");
                    let zip = dir.join(format!("{i}-{round}.zip"));
                    fs::write(&zip, vec![b'z'; 50_000]).unwrap();
                    cache.store_zip(&module, &zip, "h1:hash=").unwrap();
                }
            });
        }
    });
    let versions = dir.path().join("mod/cache/download/example.com/m/@v");
    let list = fs::read_to_string(versions.join("list")).unwrap();
    assert_eq!(
        list,
        (0..10).map(|i| format!("v1.{i}.0\n")).collect::<String>()
    );
    let names = tree(&versions);
    assert_eq!(
        names.len(),
        1 + 10 * 4,
        "mod, zip, ziphash and lock of each, and no temporary file"
    );
    assert!(
        names
            .iter()
            .filter(|(n, _)| n.ends_with(".zip"))
            .all(|(_, b)| b.len() == 50_000)
    );
}

#[test]
fn concurrent_tree_heads_never_lose_one() {
    let dir = tempfile::tempdir().unwrap();
    let env = GoEnv::from_vars([("GOPATH", dir.path().to_str().unwrap())]);
    let files = SumdbFiles::from_env(&env).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            let files = files.clone();
            scope.spawn(move || {
                for _ in 0..25 {
                    let mut old = files.read_latest("db.example").unwrap();
                    loop {
                        let count: usize =
                            String::from_utf8(old.clone()).unwrap().parse().unwrap_or(0);
                        let new = (count + 1).to_string();
                        match files
                            .write_latest("db.example", &old, new.as_bytes())
                            .unwrap()
                        {
                            WriteLatest::Done => break,
                            WriteLatest::Conflict(stored) => old = stored,
                        }
                    }
                }
            });
        }
    });
    assert_eq!(
        fs::read(dir.path().join("pkg/sumdb/db.example/latest")).unwrap(),
        b"100"
    );
}

#[test]
fn missing_damaged_and_unwritable() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ModCache::new(dir.path().join("mod"));
    let a = module("example.com/a", "v1.0.0");
    assert_eq!(cache.read_mod(&a).unwrap(), None);
    assert!(cache.versions(&a.path).unwrap().is_empty());
    assert!(!cache.is_unpacked(&a));
    assert!(cache.read_mod(&module("not a path", "v1.0.0")).is_err());
    assert!(
        cache
            .file(&module("go", "v1.21.0"), CacheFile::Mod)
            .is_err()
    );

    let file = cache.file(&a, CacheFile::Info).unwrap();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "{\"Version\":").unwrap();
    assert_eq!(cache.read_info(&a).unwrap(), None);
    fs::write(
        cache.file(&a, CacheFile::Mod).unwrap(),
        "//vgo 0.0.3\nmodule example.com/a\n",
    )
    .unwrap();
    assert_eq!(cache.read_mod(&a).unwrap(), None);

    // A file where the cache should be: nothing can be stored, and that is said once.
    let blocked = ModCache::new(file);
    let mods = [(a.clone(), Vec::new())];
    assert_eq!(blocked.store_mods(&mods).len(), 1);
    assert_eq!(blocked.read_mod(&a).unwrap(), None);
}

/// A file system that may not be written, and one that is full. Needs the right to mount.
#[cfg(target_os = "linux")]
#[test]
fn read_only_and_full() {
    use std::process::Command;
    let dir = tempfile::tempdir().unwrap();
    let point = dir.path().to_str().unwrap();
    let mounted = |options: &str| {
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs", point];
        Command::new("mount")
            .args(arguments)
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let unmount = || Command::new("umount").arg(point).output().unwrap();
    let cache = ModCache::new(dir.path().join("mod"));
    let mods: Vec<_> = (0..3)
        .map(|i| {
            (
                module(&format!("example.com/m{i}"), "v1.0.0"),
                vec![b'x'; 100_000],
            )
        })
        .collect();
    if !mounted("size=65536") {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("read_only_and_full: skipped, file systems cannot be mounted here");
        }
        return;
    }
    let full = cache.store_mods(&mods);
    let left = tree(dir.path());
    unmount();
    assert_eq!(full.len(), 1, "{full:?}");
    assert!(full[0].is_out_of_space(), "{full:?}");
    assert!(left.is_empty(), "{left:?}");
    assert!(mounted("ro"));
    let read_only = cache.store_mods(&mods);
    unmount();
    assert_eq!(read_only.len(), 1, "{read_only:?}");
    assert!(read_only[0].is_read_only(), "{read_only:?}");
}

/// Opening a pipe waits for a writer that never comes.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_cache_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ModCache::new(dir.path().join("mod"));
    let log = SumdbFiles::new(&cache, dir.path().join("sumdb"));
    let module = module("example.com/a", "v1.0.0");
    let pipe = |path: &std::path::Path| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    };
    for kind in [CacheFile::Mod, CacheFile::Info, CacheFile::ZipHash] {
        pipe(&cache.file(&module, kind).unwrap());
    }
    pipe(&log.latest_file("db.test").unwrap());
    let reason = |error: gomod_core::host::HostError| format!("{error:?}");
    for error in [
        reason(cache.read_mod(&module).unwrap_err()),
        reason(cache.read_info(&module).unwrap_err()),
        reason(cache.read_ziphash(&module).unwrap_err()),
        reason(log.read_latest("db.test").unwrap_err()),
    ] {
        assert!(error.contains("it is not a file"), "{error}");
    }
}
