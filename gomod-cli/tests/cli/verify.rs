//! `gomod verify`: what holds, what does not, what could not be checked, and beside `go mod verify`.

use std::fs;

use serde_json::Value;

use crate::support::{PAIR, Reply, Run, Server, World, database, has_go, mod_hash, tree};

const B: &str = "cache/cache/download/example.com/b/@v/v1.2.0";
const B_DIR: &str = "cache/example.com/b@v1.2.0";

/// The findings that are no notes: code, module, and whom nobody agrees with.
fn findings(run: &Run) -> Vec<(String, String, String)> {
    let document = run.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| {
            let alone = finding["alone"].as_array().unwrap().iter().map(text);
            (
                text(&finding["code"]),
                text(&finding["module"]),
                alone.collect::<Vec<_>>().join(", "),
            )
        })
        .collect()
}

fn found(code: &str, module: &str, alone: &str) -> (String, String, String) {
    (code.to_owned(), module.to_owned(), alone.to_owned())
}

fn json(world: &World, args: &[&str]) -> Run {
    world.gomod(&[&["verify", "--format", "json"], args].concat())
}

/// A world whose every line is in a log, and the log's server.
fn logged(world: &mut World) -> Server {
    let (server, setting) = database(world, str::to_owned);
    world.set("GOSUMDB", &setting);
    server
}

#[test]
fn all_is_well() {
    if !has_go("all_is_well") {
        return;
    }
    let mut world = World::new(PAIR).with_filled_cache();
    let _server = logged(&mut world);
    let page = world.gomod(&["verify"]).ok();
    assert!(
        page.contains("12 lines of 6 versions: 12 proven in sums.example (a tree of 6 records)"),
        "{page}"
    );
    assert!(
        page.contains(
            "2 of 2 modules held: 2 zips, 2 directories, 2 go.mod files; all as they must be"
        ),
        "{page}"
    );
    assert!(page.contains("no vendor directory"), "{page}");
    assert!(page.contains("8 lines left over"), "{page}");
    assert_eq!(world.go_in("main", &["mod", "verify"]).code, Some(0));
    let quiet = world.gomod(&["verify", "-q"]).ok();
    assert_eq!(quiet, "");
}

#[test]
fn each_record_and_tile_is_fetched_once_and_never_again() {
    let mut world = World::new(PAIR);
    let server = logged(&mut world);
    let first = json(&world, &[]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let mut seen = server.seen();
    assert_eq!(
        seen.len(),
        6 + 1,
        "a look-up each, and the one tile: {seen:?}"
    );
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let report = first.json();
    assert_eq!(report["log"]["lookups_fetched"], 6);
    assert_eq!(report["log"]["tiles_fetched"], 1);
    assert_eq!(report["log"]["proofs"], 6);
    for again in [&[][..], &["--offline"]] {
        let second = json(&world, again);
        assert_eq!(second.code, Some(0), "{second:?}");
        assert_eq!(server.seen().len(), 7, "{again:?} asked again");
        let second = second.json();
        assert_eq!(second["log"]["cached"], 7);
        for key in ["proven", "proofs", "tiles", "tree_size"] {
            assert_eq!(second["log"][key], report["log"][key], "{key}");
        }
        assert_eq!(second["findings"], report["findings"]);
    }
}

#[test]
fn offline_says_what_it_could_not_check() {
    let mut world = World::new(PAIR);
    let _server = logged(&mut world);
    let run = world.gomod(&["verify", "--offline"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("12 could not be checked"), "{run:?}");
    assert!(run.stdout.contains("this run is offline"), "{run:?}");
}

#[test]
fn an_edited_go_sum_stands_alone() {
    if !has_go("an_edited_go_sum_stands_alone") {
        return;
    }
    let mut world = World::new(PAIR).with_filled_cache();
    let _server = logged(&mut world);
    let sums = world.read("main/go.sum");
    let wrong = mod_hash("something else");
    for (key, line, what) in [("v1.2.0 ", 11, "zip"), ("v1.2.0/go.mod ", 12, "go.mod")] {
        let edited: String = sums
            .lines()
            .map(|line| match line.split_once(&format!("b {key}")) {
                Some((start, _)) => format!("{start}b {key}{wrong}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        world.write("main/go.sum", &edited);
        let before = tree(&world.path("cache"));
        let run = json(&world, &[]);
        assert_eq!(run.code, Some(4), "{run:?}");
        let alone = format!("go.sum:{line}");
        assert_eq!(
            findings(&run),
            [found("checksum-mismatch", "example.com/b@v1.2.0", &alone)]
        );
        let page = world.gomod(&["verify"]);
        assert_eq!(page.code, Some(4));
        for text in [
            format!("example.com/b@v1.2.0: checksum mismatch for its {what}"),
            format!("{alone} stands alone"),
            wrong.clone(),
            "(record 5 in a tree of 6)".to_owned(),
        ] {
            assert!(page.stdout.contains(&text), "{text}: {}", page.stdout);
        }
        assert_eq!(world.read("main/go.sum"), edited);
        let after = tree(&world.path("cache"));
        let kept = before
            .iter()
            .all(|(file, bytes)| after.get(file) == Some(bytes));
        assert!(kept, "the cache was changed");
    }
}

/// Each change of the cache, what is found, and whether `go mod verify` fails as well.
#[test]
fn a_changed_cache_beside_go_mod_verify() {
    if !has_go("a_changed_cache_beside_go_mod_verify") {
        return;
    }
    type Change = dyn Fn(&World);
    let replace_zip = |world: &World| {
        let other = World::proxied("example.com/a", "v1.2.0", "zip");
        fs::copy(world.path(&other), world.path(&format!("{B}.zip"))).unwrap();
    };
    let cases: [(&str, &Change, &[&str], i32, bool); 8] = [
        ("nothing", &|_| {}, &[], 0, false),
        (
            "a file of the directory",
            &|world| world.write(&format!("{B_DIR}/p.go"), "package evil\n"),
            &["cache-mismatch"],
            4,
            true,
        ),
        (
            "a file more",
            &|world| world.write(&format!("{B_DIR}/more.go"), "package p\n"),
            &["cache-mismatch"],
            4,
            true,
        ),
        ("another zip", &replace_zip, &["cache-mismatch"], 4, true),
        (
            "no .ziphash",
            &|world| fs::remove_file(world.path(&format!("{B}.ziphash"))).unwrap(),
            &["cache-incomplete"],
            1,
            true,
        ),
        (
            "another .ziphash",
            &|world| world.write(&format!("{B}.ziphash"), &mod_hash("x")),
            &["cache-mismatch"],
            4,
            true,
        ),
        (
            "another .mod",
            &|world| world.write(&format!("{B}.mod"), "module example.com/b\n"),
            &["cache-mismatch"],
            4,
            true,
        ),
        (
            "no zip and no directory",
            &|world| {
                fs::remove_file(world.path(&format!("{B}.zip"))).unwrap();
                fs::remove_dir_all(world.path(B_DIR)).unwrap();
            },
            &[],
            0,
            false,
        ),
    ];
    for (name, change, codes, code, go_fails) in cases {
        let mut world = World::new(PAIR).with_filled_cache();
        let _server = logged(&mut world);
        change(&world);
        let run = json(&world, &[]);
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
        let said: Vec<String> = findings(&run).into_iter().map(|f| f.0).collect();
        assert_eq!(said, codes, "{name}: {}", run.stdout);
        let go = world.go_in("main", &["mod", "verify"]);
        assert_eq!(go.code != Some(0), go_fails, "{name}: {go:?}");
    }
}

#[test]
fn what_go_mod_verify_believes() {
    if !has_go("what_go_mod_verify_believes") {
        return;
    }
    // A zip, its directory and its .ziphash, all changed to fit each other: only go.sum knows better.
    let mut world = World::new(PAIR).with_filled_cache();
    let _server = logged(&mut world);
    let from = "cache/cache/download/example.com/a/@v/v1.2.0";
    let ours = |path: &str| world.path(path);
    fs::remove_file(ours(&format!("{B}.zip"))).unwrap();
    world.write(&format!("{B_DIR}/p.go"), "package evil\n");
    let hash = {
        let tree = [
            ("go.mod", world.read(&format!("{B_DIR}/go.mod"))),
            ("p.go", "package evil\n".into()),
        ];
        let files = tree.map(|(name, text)| (format!("example.com/b@v1.2.0/{name}"), text));
        crate::support::h1(
            &files
                .each_ref()
                .map(|(name, text)| (name.clone(), text.as_str())),
        )
    };
    world.write(&format!("{B}.ziphash"), &hash);
    assert!(ours(&format!("{from}.zip")).exists());
    assert_eq!(world.go_in("main", &["mod", "verify"]).code, Some(0));
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(
        findings(&run)
            .iter()
            .all(|f| f.0 == "cache-mismatch" && f.1 == "example.com/b@v1.2.0")
    );
    assert_eq!(findings(&run).len(), 2, "the directory and the .ziphash");
}

#[test]
fn modules_outside_the_log() {
    let mut world = World::new(PAIR);
    let server = logged(&mut world);
    for (name, value, shown) in [
        ("GONOSUMDB", "example.com/b", "4 of 6"),
        ("GOPRIVATE", "example.com/b", ""),
    ] {
        world.set(name, value);
        let run = json(&world, &[]);
        assert_eq!(run.code, Some(0), "{shown}: {run:?}");
        let report = run.json();
        assert_eq!(report["log"]["outside"], 6);
        assert_eq!(report["log"]["proven"], 6);
        assert_eq!(report["log"]["settings"][0], format!("{name}={value}"));
        assert!(!server.seen().iter().any(|path| path.contains("/b@")));
        world.unset(name);
    }
    world.set("GOSUMDB", "off");
    let page = world.gomod(&["verify"]).ok();
    assert!(page.contains("12 not checked (GOSUMDB=off)"), "{page}");
}

#[test]
fn what_the_log_does_not_have() {
    let mut world = World::new(PAIR);
    let (server, setting) = database(&world, str::to_owned);
    let key = setting.split(' ').next().unwrap().to_owned();
    let behind = server.url();
    // A log without b.
    let front = Server::start(move |path| match path.contains("/b@") {
        true => Reply::status(404),
        false => Reply::Moved(format!("{behind}{path}")),
    });
    world.set("GOSUMDB", &format!("{key} {}", front.url()));
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let codes: Vec<String> = findings(&run).into_iter().map(|f| f.0).collect();
    assert_eq!(codes, ["not-in-log"; 3]);
    assert!(
        run.stdout
            .contains("has no record of it (404), and file://"),
        "{run:?}"
    );

    // A mistyped version of a public module.
    for kind in ["mod", "info", "zip"] {
        fs::remove_file(world.path(&World::proxied("example.com/b", "v1.1.0", kind))).unwrap();
    }
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let said = findings(&run);
    let other = |code: &str, version: &str| found(code, &format!("example.com/b@{version}"), "");
    assert_eq!(
        said,
        [
            other("not-in-log", "v1.0.0"),
            other("not-in-log", "v1.2.0"),
            other("no-such-version", "v1.1.0")
        ]
    );
    assert!(!run.stdout.contains("GOPRIVATE"), "{run:?}");
    assert!(
        run.stdout.contains("3 are listed, the highest is v1.2.0"),
        "{run:?}"
    );

    // A module that nobody knows.
    fs::remove_dir_all(world.path("proxy/example.com/b")).unwrap();
    world.set("GOPRIVATE", "corp.example");
    let run = world.gomod(&["verify"]);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("it looks private"), "{run:?}");
    assert!(
        run.stdout
            .contains("go env -w GOPRIVATE=corp.example,example.com/b\n"),
        "{run:?}"
    );
}

#[test]
fn a_log_that_cannot_be_reached() {
    let mut world = World::new(PAIR);
    let server = logged(&mut world);
    drop(server);
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(findings(&run)[0].0, "log-unreachable");
    assert_eq!(findings(&run).len(), 1, "one finding for all");
}

#[test]
fn missing_lines_are_added() {
    let mut world = World::new(PAIR);
    let _server = logged(&mut world);
    let all = world.sums(|name| name.ends_with("v1.2.0"));
    let lines: Vec<&str> = all.lines().collect();
    world.write("main/go.sum", &format!("{}\n{}\n", lines[0], lines[1]));
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(
        findings(&run),
        [found("sum-missing", "example.com/b@v1.2.0", "")]
    );
    assert_eq!(world.read("main/go.sum").lines().count(), 2);

    let run = json(&world, &["--fix"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.json()["added"].as_array().unwrap().len(), 2);
    assert_eq!(world.read("main/go.sum"), all);
    let run = json(&world, &["--fix"]);
    assert_eq!(
        (run.code, &run.json()["added"]),
        (Some(0), &serde_json::json!([]))
    );

    // Nobody vouches for what is outside the log.
    world.write("main/go.sum", &format!("{}\n{}\n", lines[0], lines[1]));
    world.set("GOPRIVATE", "example.com/b");
    let run = world.gomod(&["verify", "--fix"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stdout
            .contains("go mod download example.com/b (outside the log"),
        "{run:?}"
    );
    assert_eq!(world.read("main/go.sum").lines().count(), 2);

    // Where something does not hold, nothing is written.
    world.unset("GOPRIVATE");
    let edited = format!(
        "{} {}\n{}\n",
        "example.com/a v1.2.0",
        mod_hash("x"),
        lines[1]
    );
    world.write("main/go.sum", &edited);
    assert_eq!(world.gomod(&["verify", "--fix"]).code, Some(4));
    assert_eq!(world.read("main/go.sum"), edited);
}

#[test]
fn lines_needed_beside_go() {
    if !has_go("lines_needed_beside_go") {
        return;
    }
    let world = World::new(PAIR).with_go();
    world.write("main/main.go", "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n");
    let all = world.read("main/go.sum");
    let report = json(&world, &["--offline"]).json();
    let left: Vec<String> = report["go_sum"]["left_over"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap().to_owned())
        .collect();
    let is_left = |line: &str| {
        left.iter()
            .any(|left| line.starts_with(&format!("{left} ")))
    };
    for line in all.lines() {
        let without: String = all
            .lines()
            .filter(|other| other != &line)
            .map(|l| format!("{l}\n"))
            .collect();
        world.write("main/go.sum", &without);
        let built = world.go_in("main", &["build", "./..."]);
        assert_eq!(built.code == Some(0), is_left(line), "{line}: {built:?}");
        let run = json(&world, &["--offline"]);
        assert_eq!(run.code == Some(0), is_left(line), "{line}: {run:?}");
        assert_eq!(run.stdout.contains("sum-missing"), !is_left(line), "{line}");
    }
    world.write("main/go.sum", &all);
    assert_eq!(world.go_in("main", &["mod", "tidy"]).code, Some(0));
    let tidy = world.read("main/go.sum");
    for line in all.lines() {
        assert_eq!(tidy.contains(line), !is_left(line), "{line}");
    }
}

/// The modules whose vendoring we find inconsistent, and those that `go` does.
fn vendor_findings(ours: &Run, go: &Run) -> (Vec<String>, Vec<String>) {
    let mut ours: Vec<String> = findings(ours)
        .into_iter()
        .filter(|finding| finding.0 == "vendor-inconsistent")
        .map(|finding| finding.1)
        .collect();
    let mut theirs: Vec<String> = go
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix('\t')?.split_once(": "))
        .filter(|(module, _)| module.starts_with("example.com/"))
        .map(|(module, _)| module.to_owned())
        .collect();
    ours.sort();
    theirs.sort();
    (ours, theirs)
}

#[test]
fn vendor_beside_go() {
    if !has_go("vendor_beside_go") {
        return;
    }
    let world = World::new(PAIR).with_go();
    world.write(
        "main/main.go",
        "package main\n\nimport _ \"example.com/b\"\n\nfunc main() {}\n",
    );
    assert_eq!(world.go_in("main", &["mod", "tidy"]).code, Some(0));
    let vendored = world.go_in("main", &["mod", "vendor"]);
    assert_eq!(vendored.code, Some(0), "{vendored:?}");
    let (go_mod, txt) = (
        world.read("main/go.mod"),
        world.read("main/vendor/modules.txt"),
    );
    type Edit<'a> = (&'a str, String, String);
    let cases: [Edit<'_>; 8] = [
        ("nothing", go_mod.clone(), txt.clone()),
        (
            "a requirement more",
            format!("{go_mod}\nrequire example.com/x v1.0.0\n"),
            txt.clone(),
        ),
        (
            "another version",
            go_mod.replace("b v1.2.0", "b v1.1.0"),
            txt.clone(),
        ),
        (
            "not explicit",
            go_mod.clone(),
            txt.replace("## explicit; go 1.21", "## go 1.21"),
        ),
        (
            "a replacement",
            format!("{go_mod}\nreplace example.com/b => ../b\n"),
            txt.clone(),
        ),
        (
            "another replacement",
            format!("{go_mod}\nreplace example.com/b => ../b\n"),
            txt.replace("b v1.2.0", "b v1.2.0 => ../c") + "# example.com/b => ../c\n",
        ),
        (
            "not replaced",
            go_mod.clone(),
            format!("{txt}# example.com/z => ../z\n"),
        ),
        ("no modules.txt", go_mod.clone(), String::new()),
    ];
    for (name, go_mod, txt) in cases {
        world.write("main/go.mod", &go_mod);
        world.write("main/vendor/modules.txt", &txt);
        let run = json(&world, &["--offline"]);
        let go = world.go_in("main", &["build", "-mod=vendor", "./..."]);
        let (ours, theirs) = vendor_findings(&run, &go);
        assert_eq!(ours, theirs, "{name}: {go:?}");
        assert_eq!(ours.is_empty(), name == "nothing", "{name}");
    }
}

/// A workspace of two members, vendored, and then changed in each file that decides.
#[test]
fn a_workspace_and_its_vendor_directory_beside_go() {
    if !has_go("a_workspace_and_its_vendor_directory_beside_go") {
        return;
    }
    let world = World::new(PAIR).with_go();
    for (member, requires) in [("one", "a"), ("two", "b")] {
        let (path, version) = (format!("example.com/{requires}"), "v1.2.0");
        world.write(
            &format!("main/{member}/go.mod"),
            &format!("module example.com/{member}\n\ngo 1.23\n\nrequire {path} {version}\n"),
        );
        world.write(
            &format!("main/{member}/main.go"),
            &format!("package main\n\nimport _ \"{path}\"\n\nfunc main() {{}}\n"),
        );
        let sums = world.sums(|name| name.ends_with("v1.2.0"));
        world.write(&format!("main/{member}/go.sum"), &sums);
    }
    for file in ["go.mod", "go.sum"] {
        fs::remove_file(world.path(&format!("main/{file}"))).unwrap();
    }
    let work = "go 1.23\n\nuse (\n\t./one\n\t./two\n)\n";
    world.write("main/go.work", work);
    let vendored = world.go_in("main", &["work", "vendor"]);
    assert_eq!(vendored.code, Some(0), "{vendored:?}");
    let (two, txt) = (
        world.read("main/two/go.mod"),
        world.read("main/vendor/modules.txt"),
    );
    let cases = [
        ("nothing", work.to_owned(), two.clone(), txt.clone()),
        (
            "a member requires more",
            work.to_owned(),
            format!("{two}\nrequire example.com/x v1.0.0\n"),
            txt.clone(),
        ),
        (
            "a member replaces",
            work.to_owned(),
            format!("{two}\nreplace example.com/b => ../b\n"),
            txt.clone(),
        ),
        (
            "go.work replaces",
            format!("{work}\nreplace example.com/b => ./b\n"),
            two.clone(),
            txt.clone(),
        ),
        (
            "both, and modules.txt as the member",
            format!("{work}\nreplace example.com/b => ./b\n"),
            format!("{two}\nreplace example.com/b => ../c\n"),
            txt.replace("b v1.2.0", "b v1.2.0 => ./c") + "# example.com/b => ./c\n",
        ),
        (
            "a member's replacement, rebased",
            work.to_owned(),
            format!("{two}\nreplace example.com/b => ../c\n"),
            txt.replace("b v1.2.0", "b v1.2.0 => ./c") + "# example.com/b => ./c\n",
        ),
    ];
    for (name, work, two, txt) in cases {
        world.write("main/go.work", &work);
        world.write("main/two/go.mod", &two);
        world.write("main/vendor/modules.txt", &txt);
        let run = json(&world, &["--offline"]);
        let go = world.go_in("main", &["build", "-mod=vendor", "./one", "./two"]);
        let (ours, theirs) = vendor_findings(&run, &go);
        assert_eq!(ours, theirs, "{name}: {go:?}\n{}", run.stdout);
    }
    let fix = world.gomod(&["verify", "--fix"]);
    assert_eq!((fix.code, fix.stdout.as_str()), (Some(3), ""), "{fix:?}");
}

#[test]
fn a_cache_of_the_log_that_lies_is_mended() {
    let mut world = World::new(PAIR);
    let server = logged(&mut world);
    json(&world, &[]);
    let file = "cache/cache/download/sumdb/sums.example/lookup/example.com/b@v1.2.0";
    let right = world.read(file);
    let hash = right.lines().nth(1).unwrap().rsplit(' ').next().unwrap();
    let wrong = right.replace(hash, &mod_hash("x"));
    world.write(file, &wrong);
    let run = json(&world, &[]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert_eq!(
        findings(&run),
        [found("cache-mismatch", "the cache of sums.example", "")]
    );
    assert_eq!(run.json()["log"]["proven"], 12, "the log itself was asked");
    assert_eq!(world.read(file), wrong);
    let repair = json(&world, &["--repair"]);
    assert_eq!(repair.code, Some(0), "{repair:?}");
    assert_eq!(world.read(file), right);
    let asked = server.seen().len();
    assert_eq!(json(&world, &[]).code, Some(0));
    assert_eq!(server.seen().len(), asked);
}

/// As for every other command: an error, and no document.
#[test]
fn malformed_files_end_alike_in_json() {
    let world = World::new(PAIR);
    let (go_mod, go_sum) = (world.read("main/go.mod"), world.read("main/go.sum"));
    world.write("main/go.sum", &format!("{go_sum}one two\n"));
    world.refused(3, &["verify"], &["go.sum:13"]);
    world.write("main/go.sum", &go_sum);
    world.write("main/go.mod", &format!("{go_mod}nonsense\n"));
    world.refused(3, &["verify"], &["go.mod:9"]);
}

#[test]
fn the_help_says_what_offline_means() {
    let help = World::new(PAIR).gomod(&["verify", "--help"]).ok();
    let (_, codes) = help.split_once("Exit codes: 0").unwrap();
    let (zero, rest) = codes.split_once("; 1 ").unwrap();
    assert!(zero.contains("with --offline"), "{help}");
    assert!(rest.contains("3 something could not be checked"), "{help}");
}

/// A hash of another kind counts as none, for the go command too.
#[test]
fn a_line_with_another_kind_of_hash_is_no_line() {
    if !has_go("a_line_with_another_kind_of_hash_is_no_line") {
        return;
    }
    let world = World::new(PAIR).with_go();
    let source = "package main\n\nimport _ \"example.com/b\"\n\nfunc main() {}\n";
    world.write("main/main.go", source);
    let sums = world.read("main/go.sum");
    for (line, command) in [
        ("b v1.2.0 h1:", &["build", "./..."][..]),
        ("b v1.2.0/go.mod h1:", &["list", "-m", "all"]),
    ] {
        world.write(
            "main/go.sum",
            &sums.replace(line, &line.replace("h1:", "h2:")),
        );
        let go = world.go_in("main", command);
        assert_ne!(go.code, Some(0), "{line}: {go:?}");
        let run = json(&world, &["--offline"]);
        assert_eq!(run.code, Some(1), "{line}: {run:?}");
        assert_eq!(
            findings(&run),
            [found("sum-missing", "example.com/b@v1.2.0", "")]
        );
    }
    assert_ne!(world.gomod(&["list"]).code, Some(0));
}
