//! `gomod verify` on vendor/, beside `go build -mod=vendor`: each line of a modules.txt changed in each way.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{World, has_go};

const WORLD: &str = "
    a@v1.0.0 go1.18: b@v1.0.0 | . x>b
    b@v1.0.0 go1.20:
    c@v1.0.0 go1.20:
    c@v1.1.0 go1.20:
";

/// A main module with a replacement by version and one by directory, vendored.
fn world(go: &str) -> World {
    let go_mod = format!(
        "module example.com/main\n\ngo {go}\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n\
         \texample.com/c v1.0.0\n\texample.com/d v1.0.0\n)\n\n\
         replace example.com/c v1.0.0 => example.com/c v1.1.0\n\nreplace example.com/d => ../d\n"
    );
    let mut world = World::with_main(WORLD, &go_mod).with_go();
    world.set("GOFLAGS", "-mod=mod");
    world.write("d/go.mod", "module example.com/d\n\ngo 1.19\n");
    world.write("d/d.go", "package d\n");
    world.write(
        "main/main.go",
        "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/a/x\"\n\t_ \"example.com/c\"\n\
         \t_ \"example.com/d\"\n)\n\nfunc main() {}\n",
    );
    let vendored = world.go_in("main", &["mod", "vendor"]);
    assert_eq!(vendored.code, Some(0), "{vendored:?}");
    world.unset("GOFLAGS");
    world
}

/// Every way to change a modules.txt, with a name.
fn changes(txt: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = txt.lines().collect();
    let mut changes = vec![("as it was".to_owned(), txt.to_owned())];
    let mut add = |name: String, lines: &[String]| changes.push((name, lines.join("\n") + "\n"));
    let owned: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for (at, line) in lines.iter().enumerate() {
        let with = |new: &[&str]| {
            let mut lines = owned.clone();
            lines.splice(at..=at, new.iter().map(|line| (*line).to_owned()));
            lines
        };
        add(format!("{at}: lost {line}"), &with(&[]));
        add(format!("{at}: twice {line}"), &with(&[line, line]));
        add(format!("{at}: blank line"), &with(&[line, ""]));
        add(
            format!("{at}: more words"),
            &with(&[&format!("{line} more")]),
        );
        add(format!("{at}: indented"), &with(&[&format!(" {line}")]));
        if at + 1 < lines.len() {
            let mut swapped = owned.clone();
            swapped.swap(at, at + 1);
            add(format!("{at}: after the next, {line}"), &swapped);
        }
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["#", path, version, ..] if version.starts_with('v') => {
                for new in [
                    line.replace(version, "v1.2.0"),
                    line.replace(version, "nonsense"),
                    format!("# {path} {version}"),
                    format!("# {path} {version} => example.com/z v1.0.0"),
                    format!("# {path} {version} => ../z"),
                    format!("# {path} {version} => ../z more"),
                    format!("# {path} => ../z"),
                ] {
                    add(format!("{at}: {new}"), &with(&[&new]));
                }
                for more in ["## explicit", "## go 1.99", "## workspace"] {
                    add(format!("{at}: {line}, {more}"), &with(&[line, more]));
                }
            }
            ["##", ..] => {
                for new in [
                    "## explicit",
                    "## explicit; go 1.99",
                    "## explicit; go 1.26.99",
                    "## explicit; go one",
                    "## explicit; go  1.20",
                    "## explicit;go 1.20;other",
                    "## go 1.20",
                    "##explicit",
                ] {
                    add(format!("{at}: {new}"), &with(&[new]));
                }
            }
            _ => {}
        }
    }
    for (name, more) in [
        ("a module", "# example.com/z v1.0.0\n"),
        ("an explicit one", "# example.com/z v1.0.0\n## explicit\n"),
        (
            "one with a package",
            "# example.com/z v1.0.0\nexample.com/z\n",
        ),
        (
            "both",
            "# example.com/z v1.0.0\n## explicit\nexample.com/z\n",
        ),
        (
            "a package of a stranger",
            "# example.com/z v1.0.0\nexample.com/a\n",
        ),
        (
            "a package below another module",
            "# example.com/b v1.0.0\nexample.com/a\n",
        ),
        (
            "a package that is nowhere",
            "# example.com/b v1.0.0\nexample.com/b/none\n",
        ),
        (
            "a higher version",
            "# example.com/a v1.9.0\nexample.com/a\n",
        ),
        ("a lower version", "# example.com/a v0.9.0\nexample.com/a\n"),
        ("a replacement", "# example.com/z => ../z\n"),
        ("a replaced version", "# example.com/z v1.0.0 => ../z\n"),
    ] {
        changes.push((format!("{name} more"), format!("{txt}{more}")));
    }
    changes.extend([
        ("CRLF".to_owned(), txt.replace('\n', "\r\n")),
        ("nothing".to_owned(), String::new()),
        ("a byte order mark".to_owned(), format!("\u{feff}{txt}")),
        ("of a workspace".to_owned(), format!("## workspace\n{txt}")),
        ("a go line first".to_owned(), format!("## go 1.99\n{txt}")),
    ]);
    changes
}

/// Whether ours and go's verdicts are the same for each change, in worlds of the same kind.
fn compare(go: &str, wanted: impl Fn(&str) -> bool + Sync) {
    let txt = world(go).read("main/vendor/modules.txt");
    let all: Vec<_> = changes(&txt)
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let mut world = world(go);
        world.set("GOFLAGS", "-mod=vendor");
        while let Some((name, text)) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
            world.write("main/vendor/modules.txt", text);
            let ours = world.gomod(&["verify", "--offline", "--format", "json"]);
            let theirs = world.go_in("main", &["build", "-o", "../out", "./..."]);
            let report = ours.json();
            let fits = match report["vendor"].as_str() {
                Some("consistent") => true,
                Some("inconsistent") => false,
                other => panic!("{name}: {other:?}"),
            };
            if fits != (theirs.code == Some(0)) || (ours.code == Some(0)) != fits {
                let told = format!("go {go}, {name}: {fits}\n{ours:?}\n{theirs:?}");
                wrong.lock().unwrap().push(told);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(all.len() > 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_change_of_modules_txt_beside_go() {
    if !has_go("every_change_of_modules_txt_beside_go") {
        return;
    }
    compare("1.24", |_| true);
}

/// Packages that are not listed count below go 1.23, modules need not be roots below 1.17, and below 1.14
/// nothing says which are explicit.
#[test]
fn changes_at_earlier_go_versions() {
    if !has_go("changes_at_earlier_go_versions") {
        return;
    }
    for go in ["1.22", "1.16", "1.13"] {
        compare(go, |name| {
            ["lost", "after", "explicit", "more"]
                .iter()
                .any(|part| name.contains(part))
                && !name.contains("more words")
        });
    }
}

/// The packages themselves, and what go.mod says of them.
#[test]
fn packages_of_vendor_beside_go() {
    if !has_go("packages_of_vendor_beside_go") {
        return;
    }
    type Change = fn(&World);
    let cases: [(&str, Change, &str); 5] = [
        (
            "a directory that is gone",
            |world| fs::remove_dir_all(world.path("main/vendor/example.com/a/x")).unwrap(),
            "vendor/ does not have it",
        ),
        (
            "a directory without Go files",
            |world| {
                for entry in fs::read_dir(world.path("main/vendor/example.com/b")).unwrap() {
                    fs::remove_file(entry.unwrap().path()).unwrap();
                }
            },
            "imported by example.com/a/x/p.go",
        ),
        (
            "an import that was not vendored",
            |world| {
                world.write(
                    "main/more.go",
                    "package main\n\nimport _ \"example.com/a/y\"\n",
                )
            },
            "imported by more.go",
        ),
        (
            "a package twice",
            |world| {
                world.write("main/y/y.go", "package y\n");
                world.write("main/vendor/example.com/main/y/y.go", "package y\n");
                world.write(
                    "main/more.go",
                    "package main\n\nimport _ \"example.com/main/y\"\n",
                );
                let txt = world.read("main/vendor/modules.txt");
                let listed =
                    txt.replacen("example.com/b\n", "example.com/b\nexample.com/main/y\n", 1);
                assert_ne!(txt, listed);
                world.write("main/vendor/modules.txt", &listed);
            },
            "both the main module and vendor/ have it",
        ),
        (
            "modules.txt is a directory",
            |world| {
                let txt = world.path("main/vendor/modules.txt");
                fs::remove_file(&txt).unwrap();
                fs::create_dir(txt).unwrap();
            },
            "modules.txt",
        ),
    ];
    for (name, change, naming) in cases {
        let world = world("1.24");
        change(&world);
        let go = world.go_in("main", &["build", "-mod=vendor", "-o", "../out", "./..."]);
        assert_ne!(go.code, Some(0), "{name}: {go:?}");
        let page = world.gomod(&["verify", "--offline"]);
        assert!(
            page.code == Some(1) || page.code == Some(3),
            "{name}: {page:?}"
        );
        assert!(page.stdout.contains(naming), "{name}: {page:?}");
        assert!(page.stdout.contains("go mod vendor"), "{name}: {page:?}");
    }
}
