//! How sources are asked: GOPROXY lists, certificates, credentials, proxies of proxies.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::scene::{ALL, LIST, Scene, Seen, asked, line};
use crate::support::{Reply, Server, certificate_file};

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
