//! `direct` through the installed go command, from a git repository on this machine.
#![cfg(feature = "host")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gomod_core::host::{FetchError, Info, Limits, Request, SourceOptions, Sources, parse_list};
use gomod_core::model::ModulePath;
use support::{Home, has_command, has_go, limits, module, tree};

const PATH: &str = "origin.invalid/repo.git";

/// A home in which git finds `https://origin.invalid/repo` in a local repository with tags.
fn world() -> Option<Home> {
    if !has_go("direct") || !has_command("git", &["--version"], "direct") {
        return None;
    }
    let mut home = Home::new();
    let repo = home.path("repo");
    fs::create_dir(&repo).unwrap();
    let config = home.path("gitconfig");
    let from = format!(
        "[url \"file://{}\"]\n\tinsteadOf = https://origin.invalid/repo\n",
        repo.display()
    );
    fs::write(
        &config,
        format!("{from}[user]\n\tname = t\n\temail = t@example.com\n[safe]\n\tdirectory = *\n"),
    )
    .unwrap();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(args)
            .current_dir(&repo)
            .env("GIT_CONFIG_GLOBAL", &config)
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    git(&["init", "-q", "-b", "main"]);
    for version in ["v1.0.0", "v1.1.0"] {
        fs::write(
            repo.join("go.mod"),
            format!("module {PATH}\n\ngo 1.21\n// {version}\n"),
        )
        .unwrap();
        fs::write(repo.join("p.go"), "package p\n").unwrap();
        git(&["add", "."]);
        git(&["commit", "-q", "-m", version]);
        git(&["tag", version]);
    }
    home.set("GIT_CONFIG_GLOBAL", config.to_str().unwrap());
    home.set("GIT_CONFIG_NOSYSTEM", "1")
        .set("GOPROXY", "direct")
        .set("GOVCS", "*:all");
    Some(home)
}

fn options(temp: &Path, direct: Duration) -> SourceOptions {
    let limits = Limits { direct, ..limits() };
    SourceOptions {
        limits,
        temp_dir: Some(temp.to_path_buf()),
        ..SourceOptions::default()
    }
}

#[test]
fn a_repository_is_fetched_and_the_users_cache_holds_clones_only() {
    let Some(home) = world() else { return };
    let temp = tempfile::tempdir().unwrap();
    let sources = Sources::new(&home.env(), options(temp.path(), Duration::from_secs(60))).unwrap();
    let path = ModulePath::new(PATH);
    let wanted = [
        Request::List(path.clone()),
        Request::Mod(module(PATH, "v1.0.0")),
        Request::Info(path.clone(), "v1.1.0".into()),
        Request::Info(path.clone(), "main".into()),
        Request::Latest(path.clone()),
        Request::Zip(module(PATH, "v1.0.0")),
        Request::Zip(module(PATH, "v1.0.0")),
        Request::Mod(module(PATH, "v1.9.9")),
        Request::Zip(module(PATH, "v1.9.9")),
    ];
    let answers = sources.fetch(&wanted);
    let ok = |i: usize| answers[i].as_ref().unwrap_or_else(|e| panic!("{i}: {e}"));
    assert_eq!(parse_list(&ok(0).bytes), ["v1.0.0", "v1.1.0"]);
    assert_eq!(
        ok(1).bytes,
        format!("module {PATH}\n\ngo 1.21\n// v1.0.0\n").as_bytes()
    );
    assert_eq!(ok(1).source, "direct");
    for i in 2..5 {
        assert_eq!(Info::parse(&ok(i).bytes).unwrap().version, "v1.1.0", "{i}");
    }
    let zip = fs::File::open(ok(5).zip_file().unwrap()).unwrap();
    let mut zip = zip::ZipArchive::new(zip).unwrap();
    assert!(zip.by_name(&format!("{PATH}@v1.0.0/p.go")).is_ok());
    assert_eq!(ok(5).zip_file(), ok(6).zip_file());
    for answer in &answers[7..9] {
        let error = answer.as_ref().unwrap_err();
        assert!(
            matches!(error, FetchError::Direct { missing: true, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("v1.9.9"), "{error}");
    }
    drop(answers);
    assert_eq!(
        fs::read_dir(temp.path()).unwrap().count(),
        0,
        "temporary files are gone"
    );
    assert!(home.path("mod/cache/vcs").is_dir());
    assert!(
        !home.path("mod/cache/download").exists(),
        "nothing unverified got into the user's cache"
    );
    assert!(tree(&home.path("work")).is_empty());
}

#[test]
fn an_origin_that_cannot_be_reached() {
    let Some(mut home) = world() else { return };
    let missing = home.path("nowhere");
    let config = format!(
        "[url \"file://{}\"]\n\tinsteadOf = https://origin.invalid/repo\n",
        missing.display()
    );
    fs::write(home.path("gitconfig"), config).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let sources = Sources::new(&home.env(), options(temp.path(), Duration::from_secs(60))).unwrap();
    let error = sources
        .fetch(&[Request::Mod(module(PATH, "v1.0.0"))])
        .pop()
        .unwrap()
        .unwrap_err();
    let FetchError::Direct {
        stderr, missing, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(!stderr.is_empty() && !missing, "{error}");

    // A private module goes to its origin although a proxy is configured.
    home.set("GOPROXY", "http://localhost:1")
        .set("GOPRIVATE", "origin.invalid");
    let sources = Sources::new(&home.env(), options(temp.path(), Duration::from_secs(60))).unwrap();
    let error = sources
        .fetch(&[Request::Mod(module(PATH, "v1.0.0"))])
        .pop()
        .unwrap()
        .unwrap_err();
    assert!(matches!(error, FetchError::Direct { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn the_time_is_limited() {
    use std::os::unix::fs::PermissionsExt;
    let mut home = Home::new();
    let bin = home.path("go/bin");
    fs::create_dir_all(home.path("go/pkg/tool")).unwrap();
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("go"), "#!/bin/sh\nexec sleep 30\n").unwrap();
    fs::set_permissions(bin.join("go"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    home.set("PATH", path).set("GOPROXY", "direct");
    let temp = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let sources = Sources::new(
        &home.env(),
        options(temp.path(), Duration::from_millis(200)),
    )
    .unwrap();
    let error = sources
        .fetch(&[Request::Mod(module(PATH, "v1.0.0"))])
        .pop()
        .unwrap()
        .unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
