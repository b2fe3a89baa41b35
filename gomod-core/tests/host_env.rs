//! The Go environment beside `go env -json`, under many settings.
#![cfg(feature = "host")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;

use gomod_core::host::GoEnv;
use gomod_core::model::GoVersion;
use support::{Home, has_go};

const NAMES: &[&str] = &[
    "GO111MODULE",
    "GOAUTH",
    "GOBIN",
    "GODEBUG",
    "GOENV",
    "GOFLAGS",
    "GOINSECURE",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOVCS",
];

/// Changes to a home's variables, and the content of its `go env -w` file.
type Setting<'a> = (&'a [(&'a str, Option<&'a str>)], Option<&'a str>);

#[test]
fn trap_precedence_is_that_of_the_go_command() {
    if !has_go("precedence") {
        return;
    }
    let none: &[(&str, Option<&str>)] = &[];
    let bare: &[(&str, Option<&str>)] = &[
        ("GOMODCACHE", None),
        ("GOFLAGS", None),
        ("GOSUMDB", None),
        ("GOTOOLCHAIN", None),
    ];
    let table: &[Setting] = &[
        (none, None),
        (bare, None),
        (
            bare,
            Some("GOPROXY=off\nGOSUMDB=off\nGOFLAGS=-mod=mod\nGOPRIVATE=a.example\n"),
        ),
        (
            bare,
            Some(
                "GOPROXY=\nGOSUMDB=\nGOPATH=/p1:/p2\n# GOBIN=/no\nGOBIN=/b=c\n GOVCS=x\nlower=1\nGOTMPDIR\n",
            ),
        ),
        (
            bare,
            Some("GOPRIVATE=a\nGONOPROXY=none\nGODEBUG=x=1\nGOENV=/other\n"),
        ),
        (
            &[("GOPROXY", Some("direct")), ("GOPRIVATE", Some("env"))],
            Some("GOPROXY=off\nGOPRIVATE=file\n"),
        ),
        (&[("GOPROXY", Some(""))], Some("GOPROXY=off\n")),
        (
            &[("GOENV", Some("off"))],
            Some("GOPROXY=off\nGOPRIVATE=file\n"),
        ),
        (
            &[("GOENV", Some("/nonexistent/env"))],
            Some("GOPROXY=off\n"),
        ),
        (&[("GOPATH", Some("/x//y/:/z")), ("GOMODCACHE", None)], None),
        (
            &[("GOPATH", Some("/x")), ("GOMODCACHE", Some("/cache//"))],
            None,
        ),
        (&[("XDG_CONFIG_HOME", Some("/xdg/"))], Some("GOPROXY=off\n")),
        (
            &[
                ("GONOSUMDB", Some("n")),
                ("GOPRIVATE", Some("p")),
                ("GOAUTH", Some("off")),
            ],
            None,
        ),
        (
            &[("GODEBUG", Some("netdns=go")), ("GO111MODULE", Some("on"))],
            None,
        ),
        (&[("HOME", Some("/h//i/"))], None),
        (bare, Some("GOPROXY=off\r\nGOPRIVATE=  spaces \n")),
    ];
    for (changes, file) in table {
        let mut home = Home::new();
        if let Some(text) = file {
            fs::create_dir_all(home.path(".config/go")).unwrap();
            fs::write(home.path(".config/go/env"), text).unwrap();
        }
        for (name, value) in *changes {
            match value {
                Some(value) => home.set(name, *value),
                None => home.unset(name),
            };
        }
        let mut command = vec!["env", "-json"];
        command.extend(NAMES);
        let theirs: serde_json::Value = serde_json::from_str(&home.go_ok(&command)).unwrap();
        let ours = home.env();
        for name in NAMES {
            assert_eq!(
                ours.get(name),
                theirs[name].as_str().unwrap(),
                "{name} with {changes:?} {file:?}"
            );
        }
    }
}

#[test]
fn the_local_go_is_found_without_running_it() {
    if !has_go("local go") {
        return;
    }
    let mut home = Home::new();
    let version = home.go_ok(&["env", "GOVERSION"]);
    let version = GoVersion::of_toolchain(version.trim()).unwrap();
    assert_eq!(home.env().local_go_version(), Some(version.clone()));
    for (setting, expected) in [
        ("auto", version.as_str()),
        ("go1.99.1", "1.99.1"),
        ("go1.22.3+auto", "1.22.3"),
    ] {
        let toolchain = home.set("GOTOOLCHAIN", setting).env().toolchain().unwrap();
        assert_eq!(toolchain.version.unwrap().as_str(), expected, "{setting}");
        assert_eq!(toolchain.switches, setting.ends_with("auto"));
    }
    assert_eq!(
        home.set("PATH", "/nonexistent").env().local_go_version(),
        None
    );
}

/// Version managers put a script into `PATH`; only then is the go command asked where it is.
#[cfg(unix)]
#[test]
fn a_wrapper_script_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    if !has_go("wrapper script") {
        return;
    }
    let mut home = Home::new();
    let real = home.env().go().unwrap().clone();
    fs::create_dir(home.path("shims")).unwrap();
    let shim = home.path("shims/go");
    fs::write(
        &shim,
        format!("#!/bin/sh\nexec {} \"$@\"\n", real.exe.display()),
    )
    .unwrap();
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    let before = home.env();
    let shims = home.path("shims").to_str().unwrap().to_owned();
    home.set("PATH", shims);
    let env = home.env();
    assert_eq!(env.go().unwrap().exe, shim);
    assert_eq!(env.go().unwrap().root, real.root);
    assert_eq!(env.local_go_version(), before.local_go_version());
    assert_eq!(env.get("GOPROXY"), before.get("GOPROXY"));
}

#[test]
fn goflags_are_accepted_as_by_the_go_command() {
    if !has_go("goflags") {
        return;
    }
    let mut home = Home::new();
    for value in [
        "",
        "-mod=mod",
        "--mod=mod",
        "-modcacherw",
        " -v  -x ",
        "'-tags=a b'",
        "\"-tags=a\" -v",
        "-tags='a b'",
        "'-v",
        "mod",
        "-",
        "--",
        "---v",
        "-=x",
        "--=x",
        "-nosuch",
        "-nosuch=1",
        "-test.v",
        "-test.tags",
        "-h",
        "-debug-trace=",
    ] {
        home.set("GOFLAGS", value);
        // `go version` uses few flags itself, but all are checked.
        let output = home.go(&["version"]);
        let ours = home.env().go_flags();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            ours.is_ok(),
            output.status.success(),
            "{value:?}: {ours:?} {stderr}"
        );
    }
}

#[test]
fn loading_reads_the_process_and_overrides_win() {
    let env = GoEnv::load([("GOPROXY".to_owned(), "off".to_owned())]).unwrap();
    assert_eq!(env.get("GOPROXY"), "off");
    assert_eq!(
        env.var("PATH").map(str::to_owned),
        std::env::var("PATH").ok()
    );
}
