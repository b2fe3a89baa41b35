//! Plans that follow the imports of the main module.

use crate::support::{World, has_go};

/// `b` holds `a` up; lower versions of `b` lack the package that the main module imports.
const LACKING: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    b@v1.0.0 go1.21: a@v1.0.0 | .
    b@v1.1.0 go1.21: a@v1.1.0 | . x>a
";

/// A main module that requires the newest and imports `imports`.
pub fn main_module(notation: &str, requires: &str, imports: &[&str]) -> World {
    let world = World::with_main(
        notation,
        &format!("module example.com/main\n\ngo 1.21\n\nrequire (\n{requires})\n"),
    );
    let lines: String = imports
        .iter()
        .map(|path| format!("import _ \"{path}\"\n"))
        .collect();
    world.write(
        "main/cmd/main.go",
        &format!("package main\n{lines}\nfunc main() {{}}\n"),
    );
    world
}

fn lacking() -> World {
    main_module(
        LACKING,
        "\texample.com/a v1.1.0\n\texample.com/b v1.1.0\n",
        &["example.com/a", "example.com/b/x"],
    )
}

#[test]
fn a_plan_that_lacks_an_imported_package_stands_behind_one_that_does_not() {
    let world = lacking();
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(page.contains("Plan A, by exclude"), "{page}");
    assert!(
        page.contains("imports: 2 packages of 2 modules, all there"),
        "{page}"
    );
    assert!(page.contains("B require"), "{page}");
    assert!(page.contains("does not build"), "{page}");
}

#[test]
fn a_plan_that_does_not_build_is_written_only_by_its_letter() {
    let world = lacking();
    let args = ["plan-downgrade", "a@v1.0.0", "--strategy", "require"];
    let page = world.gomod(&args).ok();
    let sentence = "cmd/main.go imports example.com/b/x, which no module provides";
    assert!(page.contains("Does not build\n"), "{page}");
    assert!(page.contains(sentence), "{page}");
    let write = [&args[..], &["--write"]].concat();
    let error = world.refused(1, &write, &[sentence]);
    assert!(
        error.contains("gomod plan-downgrade a@v1.0.0 --strategy require --choose A --write"),
        "{error}"
    );
    world.gomod(&[&write[..], &["--choose", "a"]].concat()).ok();
    assert!(world.read("main/go.mod").contains("example.com/b v1.0.0"));
}

#[test]
fn whoever_allows_drops_may_drop_what_is_imported() {
    let world = lacking();
    let args = ["plan-downgrade", "b@none", "--allow-drop", "--write"];
    let page = world.gomod(&args).ok();
    assert!(
        page.contains("cmd/main.go imports example.com/b/x, which no module provides"),
        "{page}"
    );
    assert!(!world.read("main/go.mod").contains("example.com/b "));
}

#[test]
fn a_package_in_two_modules_is_ambiguous() {
    // a v1.0.0 still has the directory that became the module a/x.
    let world = main_module(
        "a@v1.0.0 go1.21: | . x\na@v1.1.0 go1.21: | .\na/x@v1.0.0 go1.21:",
        "\texample.com/a v1.1.0\n\texample.com/a/x v1.0.0\n",
        &["example.com/a", "example.com/a/x"],
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    let sentence =
        "example.com/a/x, which is in example.com/a/x@v1.0.0 and in example.com/a@v1.0.0";
    assert!(page.contains(sentence), "{page}");
}

#[test]
fn a_leftover_that_would_make_an_import_ambiguous_goes() {
    // As sonic/loader, which was split off from sonic: c still asks for it, but where a has the package, it is not
    // looked for in what is no requirement.
    let world = main_module(
        "a@v1.0.0 go1.21: | .>a/x x\na@v1.1.0 go1.21: a/x@v1.0.0 | .>a/x\na/x@v1.0.0 go1.21:\nc@v1.0.0 go1.21: a/x@v1.0.0",
        "\texample.com/a v1.1.0\n\texample.com/a/x v1.0.0 // indirect\n\texample.com/c v1.0.0\n",
        &["example.com/a", "example.com/c"],
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    assert!(
        page.contains(
            "drop example.com/a/x v1.0.0  with it, two requirements would provide the same package"
        ),
        "{page}"
    );
    let go_mod = world.read("main/go.mod");
    assert!(!go_mod.contains("example.com/a/x"), "{go_mod}");
    if has_go("a_leftover_that_would_make_an_import_ambiguous_goes") {
        let run = world.go_in("main", &["build", "-o", "../built", "./..."]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
        assert_eq!(world.read("main/go.mod"), go_mod);
    }
}

#[test]
fn below_go_1_17_a_leftover_is_looked_into_wherever_it_stands() {
    let world = main_module(
        "a@v1.0.0 go1.16: | .>a/x x\na@v1.1.0 go1.16: a/x@v1.0.0 | .>a/x\na/x@v1.0.0 go1.16:\nc@v1.0.0 go1.16: a/x@v1.0.0",
        "\texample.com/a v1.1.0\n\texample.com/c v1.0.0\n",
        &["example.com/a", "example.com/c"],
    );
    let old = world.read("main/go.mod").replace("go 1.21", "go 1.16");
    world.write("main/go.mod", &old);
    let args = ["plan-downgrade", "a@v1.0.0", "--strategy", "require"];
    let page = world.gomod(&args).ok();
    let sentence =
        "example.com/a/x, which is in example.com/a/x@v1.0.0 and in example.com/a@v1.0.0";
    assert!(page.contains(sentence), "{page}");
    if has_go("below_go_1_17_a_leftover_is_looked_into_wherever_it_stands") {
        let args = [&args[..], &["--choose", "A", "--write"]].concat();
        world.gomod(&args).ok();
        let run = world.go_in("main", &["list", "-deps", "./..."]);
        assert!(run.stderr.contains("ambiguous import"), "{run:?}");
    }
}

#[test]
fn a_plan_that_does_not_build_is_saved_only_by_its_letter() {
    let world = lacking();
    let args = ["plan-downgrade", "a@v1.0.0", "--strategy", "require"];
    let save = [&args[..], &["--out", "plan.json"]].concat();
    let error = world.refused(1, &save, &["which no module provides"]);
    assert!(!world.path("main/plan.json").exists());
    assert!(
        error.contains(
            "gomod plan-downgrade a@v1.0.0 --strategy require --choose A --out plan.json"
        ),
        "{error}"
    );
    world.gomod(&[&save[..], &["--choose", "a"]].concat()).ok();
    world.gomod(&["apply", "plan.json"]).ok();
    assert!(world.read("main/go.mod").contains("example.com/b v1.0.0"));
}

#[test]
fn two_packages_that_are_missed_lower_a_module_once() {
    // b v1.0.0 was built with c v1.0.0, and imports two packages that c v1.1.0 no longer has.
    let world = main_module(
        "a@v1.0.0 go1.21:\na@v1.1.0 go1.21:\nb@v1.0.0 go1.21: a@v1.0.0 c@v1.0.0 | .>c/x,c/y\nb@v1.1.0 go1.21: a@v1.1.0 c@v1.1.0 | .>c\n\
         c@v1.0.0 go1.21: | . x y\nc@v1.1.0 go1.21: | .",
        "\texample.com/a v1.1.0\n\texample.com/b v1.1.0\n\texample.com/c v1.1.0 // indirect\n",
        &["example.com/a", "example.com/b"],
    );
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--strategy",
        "require",
        "--write",
    ];
    let page = world.gomod(&args).ok();
    assert!(page.contains("all there"), "{page}");
    assert!(world.read("main/go.mod").contains("example.com/c v1.0.0"));
}

#[test]
fn a_directory_that_stands_for_a_module_stays() {
    // No source lists x.y/sub: it is there as a directory only, and asks for more than the target.
    let world = World::with_main(
        "a@v1.0.0 go1.21:\na@v1.1.0 go1.21:",
        "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.1.0\n\tx.y/sub v0.0.0\n)\n\nreplace x.y/sub v0.0.0 => ./sub\n",
    );
    world.write(
        "main/sub/go.mod",
        "module x.y/sub\n\ngo 1.21\n\nrequire example.com/a v1.1.0\n",
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(page.contains("Plan A, by exclude"), "{page}");
    let error = world.refused(
        1,
        &["plan-downgrade", "a@v1.0.0", "--strategy", "require"],
        &["x.y/sub"],
    );
    assert!(
        error.contains("without --strategy require there is a plan"),
        "{error}"
    );
}

/// `a v1.0.0` requires `t` for its tests alone, and `t` requires a newer `c`.
const TESTS_ONLY: &str = "
    a@v1.0.0 go1.21: t@v1.0.0 c@v1.0.0 | .>c
    a@v1.1.0 go1.21: c@v1.0.0 | .>c
    c@v1.0.0 go1.21:
    c@v1.1.0 go1.21:
    t@v1.0.0 go1.21: c@v1.1.0
";

#[test]
fn only_modules_that_provide_packages_become_roots() {
    let requires = "\texample.com/a v1.1.0\n\texample.com/c v1.0.0 // indirect\n";
    let world = main_module(TESTS_ONLY, requires, &["example.com/a"]);
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    assert!(
        page.contains("imports: 2 packages of 2 modules, all there"),
        "{page}"
    );
    let go_mod = world.read("main/go.mod");
    assert!(
        go_mod.contains("example.com/c v1.0.0 // indirect"),
        "{go_mod}"
    );
    assert!(!go_mod.contains("example.com/t"), "{go_mod}");
    if has_go("only_modules_that_provide_packages_become_roots") {
        let run = world.go_in("main", &["build", "-o", "../built", "./..."]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
        assert_eq!(world.read("main/go.mod"), go_mod);
    }
}

#[test]
fn without_a_zip_root_closure_stands_in_and_says_so() {
    let requires = "\texample.com/a v1.1.0\n\texample.com/c v1.0.0 // indirect\n";
    let world = main_module(TESTS_ONLY, requires, &["example.com/a"]);
    std::fs::remove_file(world.path(&World::proxied("example.com/a", "v1.0.0", "zip"))).unwrap();
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(
        page.contains("imports not followed: no source has the zip of example.com/a@v1.0.0"),
        "{page}"
    );
    assert!(page.contains("require example.com/t v1.0.0"), "{page}");
}

#[test]
fn a_zip_with_another_hash_stops_everything() {
    let world = lacking();
    let [a, b] =
        ["v1.0.0", "v1.1.0"].map(|v| world.path(&World::proxied("example.com/a", v, "zip")));
    std::fs::copy(&b, &a).unwrap();
    // Its entries are below another version's name: no zip of this version at all.
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(page.contains("imports not followed"), "{page}");
    let sums = world.read("main/go.sum");
    let lines: String = sums
        .lines()
        .map(|line| match line.strip_prefix("example.com/b v1.1.0 h1:") {
            Some(_) => format!("example.com/b v1.1.0 h1:{}=\n", "A".repeat(43)),
            None => format!("{line}\n"),
        })
        .collect();
    world.write("main/go.sum", &lines);
    world.refused(
        4,
        &["plan-downgrade", "a@v1.0.0"],
        &["example.com/b@v1.1.0", "go.sum"],
    );
}

#[test]
fn of_many_that_move_those_that_matter_are_shown() {
    // `b` brings `used`, which is imported, and sixteen more that are not; `z` is direct.
    let names: Vec<String> = (10..26).map(|number| format!("m{number}")).collect();
    let mut notation = String::new();
    for version in ["v1.0.0", "v1.1.0"] {
        let requires: String = names.iter().map(|m| format!(" {m}@{version}")).collect();
        notation.push_str(&format!(
            "b@{version} go1.21: used@{version} z@{version}{requires} | .>used\n"
        ));
        notation.push_str(&format!("z@{version} go1.21: m10@{version}\n"));
        for name in names.iter().map(String::as_str).chain(["used"]) {
            notation.push_str(&format!("{name}@{version} go1.21:\n"));
        }
    }
    let mut requires = "\texample.com/b v1.1.0\n\texample.com/z v1.1.0\n".to_owned();
    for name in names.iter().map(String::as_str).chain(["used"]) {
        requires.push_str(&format!("\texample.com/{name} v1.1.0 // indirect\n"));
    }
    let world = main_module(&notation, &requires, &["example.com/b", "example.com/z"]);
    let args = ["plan-downgrade", "b@v1.0.0", "m10@v1.0.0", "--settle"];
    let moved = |page: &str| -> Vec<String> {
        let (_, list) = page.split_once("Also moves (17)\n").expect(page);
        let (list, _) = list.split_once("\n\n").unwrap();
        list.lines().map(|line| line.trim().to_owned()).collect()
    };
    let page = world.gomod(&args).ok();
    let list = moved(&page);
    assert_eq!(list.len(), 2 + 12 + 1, "{page}");
    assert_eq!(list[0], "~ example.com/z v1.1.0 → v1.0.0  (direct)");
    assert_eq!(list[1], "~ example.com/used v1.1.0 → v1.0.0");
    assert_eq!(list[2], "~ example.com/m11 v1.1.0 → v1.0.0");
    assert_eq!(
        list[14],
        "… and 3 more that provide no package (-v shows all)"
    );
    let all = world.gomod(&[&args[..], &["-v"]].concat()).ok();
    assert_eq!(moved(&all).len(), 17, "{all}");
    let json = world.gomod(&[&args[..], &["--format", "json"]].concat());
    let moves = json.json()["plans"][0]["moves"].as_array().unwrap().len();
    assert!(moves >= 17, "{moves}");
}
