//! The known traps of being identical to `go` (the design's table), a test for each: what `gomod` does is
//! compared with the installed go command, and with what is written here.
//!
//! Each test has been seen to fail with its rule broken.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod worlds;

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use worlds::archive::{Archive, Place, put};
use worlds::run::{Ended, Tools};
use worlds::zips::write_zips;

/// A world in a temporary directory.
struct World {
    tools: Tools,
    place: Place,
    archive: Archive,
    _root: tempfile::TempDir,
}

const READONLY: &str = "-mod=readonly";

impl World {
    /// The main module's go.mod, and the rest in the notation of [`Archive`].
    fn new(go_mod: &str, rest: &str) -> Self {
        Self::of(&format!(
            "-- main/go.mod --\nmodule x.y/main\n{go_mod}\n{rest}"
        ))
    }

    fn of(text: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let tools = Tools::find();
        if !tools.has_go() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs go");
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            let _ = writeln!(
                std::io::stderr(),
                "half of {name} is skipped: there is no go"
            );
        }
        let archive = Archive::parse(text);
        let place = archive.write(root.path(), &tools);
        Self {
            tools,
            place,
            archive,
            _root: root,
        }
    }

    /// With content for each module, which `go get` wants.
    fn with_zips(self) -> Self {
        write_zips(&self.archive, &self.place);
        self
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.tools.vars.push((name, value.into()));
    }

    fn gomod(&self, args: &[&str]) -> Ended {
        self.tools.gomod(&self.place, &self.place.main(), args)
    }

    /// What `go` says; `None` without Go.
    fn go(&self, args: &[&str]) -> Option<Ended> {
        let run = || {
            self.tools
                .go(&self.place, &self.place.main(), READONLY, args)
        };
        self.tools.has_go().then(run)
    }

    /// Runs both; they must agree. What is printed, `None` for a failure.
    #[track_caller]
    fn same(&self, gomod: &[&str], go: &[&str]) -> Option<String> {
        let ours = self.gomod(gomod);
        let printed = |ended: &Ended| ended.ok().then(|| ended.stdout.clone());
        if let Some(theirs) = self.go(go) {
            assert_eq!(
                printed(&ours),
                printed(&theirs),
                "{gomod:?}: {ours:?} {theirs:?}"
            );
        }
        printed(&ours)
    }

    #[track_caller]
    fn list(&self) -> Option<String> {
        let list = self.same(&["list"], &["list", "-m", "all"])?;
        Some(
            list.replace("x.y/", "")
                .replace('\n', ", ")
                .trim_end_matches(", ")
                .to_owned(),
        )
    }

    #[track_caller]
    fn graph(&self) -> Option<String> {
        let graph = self.same(&["graph"], &["mod", "graph"])?;
        Some(
            graph
                .replace("x.y/", "")
                .replace('\n', ", ")
                .trim_end_matches(", ")
                .to_owned(),
        )
    }

    /// Plans a downgrade and writes it; the list afterwards, or the exit code.
    #[track_caller]
    fn plan(&self, args: &[&str]) -> Result<String, Ended> {
        let ours = self.gomod(&[&["plan-downgrade", "--write"], args].concat());
        match ours.ok() {
            true => Ok(self
                .list()
                .unwrap_or_else(|| panic!("no list after {args:?}: {ours:?}"))),
            false => Err(ours),
        }
    }

    fn go_mod(&self) -> String {
        fs::read_to_string(self.place.main().join("go.mod")).unwrap()
    }
}

/// `-- proxy/x.y/NAME@VERSION --` with a go line and requirements, for each line
/// `NAME@VERSION GO: NAME@VERSION …`; `-` is no go line.
fn modules(lines: &str) -> String {
    let mut out = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, requires) = line.split_once(':').unwrap();
        let (module, go) = head.split_once(' ').unwrap();
        let path = module.split('@').next().unwrap();
        out.push_str(&format!("-- proxy/x.y/{module} --\nmodule x.y/{path}\n"));
        if go != "-" {
            out.push_str(&format!("go {go}\n"));
        }
        for required in requires.split_whitespace() {
            let (path, version) = required.split_once('@').unwrap();
            out.push_str(&format!("require x.y/{path} {version}\n"));
        }
    }
    out
}

#[test]
fn trap_01_versions() {
    // Pre-releases are below releases, numbers in them compare as numbers, of any length; of the
    // pseudo-versions each is above what it was made after.
    let order = [
        "v0.0.0-20200101000000-abcdefabcdef",
        "v0.9.0",
        "v1.0.0-alpha",
        "v1.0.0-alpha.1",
        "v1.0.0-rc.2",
        "v1.0.0-rc.10",
        "v1.0.0-rc.10.0.20200101000000-abcdefabcdef",
        "v1.0.0",
        "v1.0.1-0.20200101000000-abcdefabcdef",
        "v1.9.0",
        "v1.10.0",
        "v1.18446744073709551616.0",
        "v1.99999999999999999999.0",
        "v2.0.0+incompatible",
    ];
    for pair in order.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let world = World::new(
            "require x.y/b v1.0.0\nrequire x.y/c v1.0.0",
            &modules(&format!(
                "a@{low} -:\na@{high} -:\nb@v1.0.0 -: a@{high}\nc@v1.0.0 -: a@{low}"
            )),
        );
        assert_eq!(
            world.list().unwrap(),
            format!("main, a {high}, b v1.0.0, c v1.0.0")
        );
    }
    // In dependencies too: metadata is dropped, short versions are filled up, branches are errors.
    for (written, read) in [
        ("v1.0.0+meta", Some("v1.0.0")),
        ("v1.0", Some("v1.0.0")),
        ("v1", Some("v1.0.0")),
        ("master", None),
        ("v1.0.0.0", None),
    ] {
        let world = World::new(
            "require x.y/b v1.0.0",
            &modules(&format!("a@v1.0.0 -:\nb@v1.0.0 -: a@{written}")),
        );
        let expected = read.map(|read| format!("main, a {read}, b v1.0.0"));
        assert_eq!(world.list(), expected, "{written}");
    }
    // 1.21 < 1.21rc1 < 1.21.0: a go line below that of a dependency must be raised.
    for (main, dependency, good) in [
        ("1.21rc1", "1.21", true),
        ("1.21", "1.21rc1", false),
        ("1.21.0", "1.21rc1", true),
        ("1.21rc1", "1.21.0", false),
        ("1.21.0", "1.21", true),
        ("1.21", "1.21.0", false),
    ] {
        let world = World::new(
            &format!("go {main}\nrequire x.y/a v1.0.0"),
            &modules(&format!("a@v1.0.0 {dependency}:")),
        );
        assert_eq!(world.list().is_some(), good, "{main} {dependency}");
        let go = if good { main } else { dependency };
        assert!(world.graph().unwrap().contains(&format!("main go@{go}, ")));
    }
}

#[test]
fn trap_02_pruning() {
    let chain = |a: &str, b: &str| {
        modules(&format!(
            "a@v1.0.0 {a}: b@v1.0.0\nb@v1.0.0 {b}: c@v1.0.0\nc@v1.0.0 1.17: d@v1.0.0\nd@v1.0.0 1.17:"
        ))
    };
    let whole = "main, a v1.0.0, b v1.0.0, c v1.0.0, d v1.0.0";
    for (main, a, b, expected) in [
        // Behind a dependency at 1.17 or later nothing more is loaded,
        ("go 1.17", "1.17", "1.17", "main, a v1.0.0, b v1.0.0"),
        ("go 1.17", "1.17", "1.16", "main, a v1.0.0, b v1.0.0"),
        // behind one at 1.16, or without a go line, everything, also through newer ones,
        ("go 1.17", "1.16", "1.17", whole),
        ("go 1.17", "-", "1.17", whole),
        // and an old main module loads everything.
        ("go 1.16", "1.17", "1.17", whole),
        ("", "1.17", "1.17", whole),
    ] {
        let world = World::new(&format!("{main}\nrequire x.y/a v1.0.0"), &chain(a, b));
        assert_eq!(world.list().as_deref(), Some(expected), "{main} {a} {b}");
        world.graph();
    }
    // The go.mod of each explicit requirement is loaded, indirect ones too.
    let world = World::new(
        "go 1.17\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0 // indirect",
        &chain("1.17", "1.17"),
    );
    assert_eq!(
        world.list().as_deref(),
        Some("main, a v1.0.0, b v1.0.0, c v1.0.0")
    );
}

#[test]
fn trap_03_exclude() {
    let rest = modules(
        "a@v1.0.0 -: b@v1.1.0
         a@v1.1.0 -: b@v1.1.0
         b@v1.0.0 -:
         b@v1.1.0 -:
         b@v1.2.0 -:",
    );
    for go in ["", "go 1.15\n", "go 1.21\n"] {
        let world = World::new(
            &format!("{go}require x.y/a v1.0.0\nexclude x.y/b v1.1.0"),
            &rest,
        );
        // The requirement is ignored, not bumped to the next version, and is no edge.
        assert_eq!(world.list().as_deref(), Some("main, a v1.0.0"));
        assert!(!world.graph().unwrap().contains("b@"));
    }
    // A main module that requires what it excludes.
    let world = World::new("require x.y/b v1.1.0\nexclude x.y/b v1.1.0", &rest);
    assert_eq!(world.list(), None);
    assert_eq!(world.graph().as_deref(), Some("main go@1.16"));
    // As a target an excluded version is an error, a retracted one is not.
    let world = World::new("require x.y/b v1.2.0\nexclude x.y/b v1.1.0", &rest);
    let ended = world.plan(&["b@v1.1.0"]).unwrap_err();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    if let Some(get) = world.go(&["get", "x.y/b@v1.1.0"]) {
        assert!(!get.ok());
    }
    let retracted = rest.replace(
        "-- proxy/x.y/b@v1.2.0 --\nmodule x.y/b\n",
        "-- proxy/x.y/b@v1.2.0 --\nmodule x.y/b\nretract v1.0.0 // broken\n",
    );
    let world = World::new("require x.y/b v1.2.0", &retracted);
    let ended = world.gomod(&["plan-downgrade", "b@v1.0.0"]);
    assert!(
        ended.ok() && ended.stdout.contains("retracted"),
        "{ended:?}"
    );
}

#[test]
fn trap_04_replace() {
    let rest = modules(
        "a@v1.0.0 1.20: c@v1.0.0
         a@v1.1.0 1.20: c@v1.1.0
         a@v1.2.0 1.20: c@v1.2.0
         b@v1.0.0 1.20: c@v1.3.0
         c@v1.0.0 1.20:
         c@v1.1.0 1.20:
         c@v1.2.0 1.20:
         c@v1.3.0 1.20:
         main@v1.0.0 -: c@v1.3.0",
    );
    let list = |lines: &str| {
        let lines = lines.replace(';', "\n");
        World::new(
            &format!("go 1.20\nrequire x.y/a v1.2.0\nrequire x.y/c v1.0.0\n{lines}"),
            &rest,
        )
        .list()
    };
    let a = |rest: &str| Some(format!("main, a v1.2.0{rest}"));
    // An exact version beats a wildcard; the replacement's requirements count; the name stays.
    assert_eq!(
        list("replace x.y/a => x.y/a v1.0.0"),
        a(" => a v1.0.0, c v1.0.0")
    );
    assert_eq!(
        list("replace x.y/a => x.y/a v1.1.0;replace x.y/a v1.2.0 => x.y/a v1.0.0"),
        a(" => a v1.0.0, c v1.0.0")
    );
    assert_eq!(
        list("replace x.y/a => x.y/a v1.1.0"),
        None,
        "c v1.0.0 is below v1.1.0"
    );
    assert_eq!(list("replace x.y/a v1.0.0 => x.y/a v1.1.0"), None);
    // By version it must declare the old or the new path,
    assert_eq!(
        list("replace x.y/a => x.y/b v1.0.0;exclude x.y/c v1.3.0"),
        a(" => b v1.0.0, c v1.0.0")
    );
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0\nreplace x.y/a => x.y/b v1.0.0",
        &format!("{rest}-- proxy/x.y/b@v1.0.0 --\nmodule x.y/other\ngo 1.20\n"),
    );
    assert_eq!((world.list(), world.graph()), (None, None));
    // by directory it needs a go.mod, which may declare nothing.
    assert_eq!(list("replace x.y/a => ./nothing"), None);
    for declared in ["", "module x.y/other\n"] {
        let directory = format!("-- main/dir/go.mod --\n{declared}go 1.20\n");
        let world = World::new(
            "go 1.20\nrequire x.y/a v1.0.0\nreplace x.y/a => ./dir",
            &format!("{directory}{rest}"),
        );
        assert_eq!(world.list().as_deref(), Some("main, a v1.0.0 => ./dir"));
    }
    // A dependency's replace lines count for nothing.
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/c v1.0.0",
        &rest.replacen(
            "require x.y/c v1.0.0\n",
            "require x.y/c v1.0.0\nreplace x.y/c => ./c\n",
            1,
        ),
    );
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, c v1.0.0"));
    // An old version of the main module adds its requirements, and can be replaced. It itself is not.
    let main = |lines: &str| {
        let directory = "-- main/dir/go.mod --\nmodule x.y/main\nrequire x.y/c v1.1.0\n";
        let old = modules("d@v1.0.0 -: main@v1.0.0");
        let world = World::new(
            &format!("require x.y/d v1.0.0\n{lines}"),
            &format!("{directory}{rest}{old}"),
        );
        world.list()
    };
    assert_eq!(main("").as_deref(), Some("main, c v1.3.0, d v1.0.0"));
    let replaced = main("replace x.y/main => ./dir");
    assert_eq!(replaced.as_deref(), Some("main, c v1.1.0, d v1.0.0"));
}

#[test]
fn trap_05_go_and_toolchain() {
    let rest = modules("a@v1.0.0 1.21.3:\na@v1.1.0 1.99:\nb@v1.0.0 1.16: a@v1.1.0");
    let rest = rest.replacen("go 1.21.3\n", "go 1.21.3\ntoolchain go1.23.0\n", 1);
    // From 1.21 they are in the graph, never in the list; dependencies' toolchain lines are ignored.
    let world = World::new("go 1.21.3\ntoolchain go1.22.0\nrequire x.y/a v1.0.0", &rest);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0"));
    assert_eq!(
        world.graph().as_deref(),
        Some(
            "main go@1.21.3, main toolchain@go1.22.0, main a@v1.0.0, go@1.21.3 toolchain@go1.21.3, \
             a@v1.0.0 go@1.21.3"
        )
        .map(|text| sorted_as_printed(&world, text))
        .as_deref()
    );
    // Below 1.21 only the main module's go line shows.
    let old = World::new("go 1.20\nrequire x.y/b v1.0.0", &modules("b@v1.0.0 1.19:"));
    assert_eq!(old.graph().as_deref(), Some("main go@1.20, main b@v1.0.0"));
    // A go line above the local Go fails the load, also at a version that is not selected.
    let world = World::new(
        "go 1.20\nrequire x.y/b v1.0.0\nrequire x.y/a v1.2.0",
        &format!("{rest}{}", modules("a@v1.2.0 1.20:")),
    );
    assert_eq!((world.list(), world.graph()), (None, None));
    let later = world.gomod(&["graph", "--go", "1.99"]);
    assert!(later.ok(), "{later:?}");
    let world = World::new("go 1.22.1", "");
    assert_eq!(world.gomod(&["list", "--go", "1.22.0"]).code, Some(3));
    assert!(world.gomod(&["list", "--go", "1.22.1"]).ok());
}

/// The lines of `text` in the order in which `gomod graph` prints them.
fn sorted_as_printed(world: &World, text: &str) -> String {
    let printed = world.graph().unwrap();
    let mut lines: Vec<&str> = text.split(", ").collect();
    lines.sort_by_key(|line| printed.split(", ").position(|other| other == *line));
    lines.join(", ")
}

#[test]
fn trap_06_leniency() {
    let lenient = |go_mod: &str| {
        let text = format!(
            "-- main/go.mod --\nmodule x.y/main\nrequire x.y/a v1.0.0\n-- proxy/x.y/b@v1.0.0 --\nmodule x.y/b\n-- proxy/x.y/a@v1.0.0 --\nmodule x.y/a\n{go_mod}\n"
        );
        World::of(&text).list()
    };
    let fine = Some("main, a v1.0.0".to_owned());
    for go_mod in [
        "frobnicate now",
        "go 1.20.bad",
        "go v1.20.x",
        "replace x.y/b => nonsense",
        "exclude x.y/b master",
        "tool",
        "toolchain nonsense",
        "godebug x",
        "retract [v1, v2",
        "frobnicate (\n)",
    ] {
        assert_eq!(lenient(go_mod), fine, "{go_mod}");
    }
    // Requirements are checked all the same.
    for go_mod in [
        "require x.y/b",
        "require x.y/b/v2 v1.0.0",
        "require x.y/b v2.0.0",
        "require x.y/b master",
        "go x",
        "go 1.20\ngo 1.20",
        "require (",
        "/* c */",
    ] {
        assert_eq!(lenient(go_mod), None, "{go_mod}");
    }
    assert_eq!(
        lenient("require x.y/b v1.0.0"),
        Some("main, a v1.0.0, b v1.0.0".into())
    );
    // The main module's file is read strictly.
    for (go_mod, good) in [
        ("frobnicate now", false),
        ("go 1.20.bad", false),
        ("toolchain nonsense", false),
        ("replace x.y/b => nonsense", false),
        ("retract [v1.0.0, v1.1.0]", true),
    ] {
        assert_eq!(World::new(go_mod, "").list().is_some(), good, "{go_mod}");
    }
    for (text, good) in [
        ("\u{feff}module x.y/main\n", false),
        (
            "module x.y/main\r\n\r\nrequire (\r\n\tx.y/b v1.0.0 // c\r\n)\r\n",
            true,
        ),
        ("module x.y/main\rrequire x.y/b v1.0.0\n", false),
    ] {
        let world = World::new("", &modules("b@v1.0.0 -:"));
        put(&world.place.main().join("go.mod"), text);
        assert_eq!(world.list().is_some(), good, "{text:?}");
    }
}

#[test]
fn trap_07_declared_path() {
    for (declared, good) in [
        ("module x.y/a\n", true),
        ("module x.y/other\n", false),
        ("module x.y/A\n", false),
        ("module x.y/a/v2\n", false),
        ("go 1.20\n", false),
    ] {
        let world = World::new(
            "require x.y/a v1.0.0",
            &format!("-- proxy/x.y/a@v1.0.0 --\n{declared}"),
        );
        assert_eq!(world.list().is_some(), good, "{declared}");
        assert_eq!(world.graph().is_some(), good, "{declared}");
    }
}

#[test]
fn trap_08_major_versions() {
    let served = "\
-- proxy/x.y/a@v1.0.0 --
module x.y/a
-- proxy/x.y/a@v2.0.0+incompatible --
module x.y/a
-- proxy/x.y/a/v2@v2.0.0 --
module x.y/a/v2
-- proxy/x.y/a/v2@v2.1.0 --
module x.y/a/v2
-- proxy/gopkg.in/b.v1@v1.0.0 --
module gopkg.in/b.v1
-- proxy/gopkg.in/b.v2@v2.0.0 --
module gopkg.in/b.v2
-- proxy/gopkg.in/b.v1@v0.0.0-20200101000000-abcdefabcdef --
module gopkg.in/b.v1
";
    // A source may serve what should not be; most of it is not even asked for.
    let mut served = served.to_owned();
    for wrong in [
        "x.y/a@v2.0.0",
        "x.y/a@v1.0.0+incompatible",
        "x.y/a/v2@v1.0.0",
        "x.y/a/v2@v2.0.0+incompatible",
        "x.y/a/v3@v2.0.0",
        "gopkg.in/b.v1@v2.0.0",
    ] {
        let path = wrong.split('@').next().unwrap();
        served.push_str(&format!("-- proxy/{wrong} --\nmodule {path}\n"));
    }
    let served = &*served;
    for (line, good) in [
        ("x.y/a v1.0.0", true),
        ("x.y/a v2.0.0", false),
        ("x.y/a v2.0.0+incompatible", true),
        ("x.y/a v1.0.0+incompatible", true), // odd, but go takes it
        ("x.y/a/v2 v2.0.0", true),
        ("x.y/a/v2 v1.0.0", false),
        ("x.y/a/v2 v2.0.0+incompatible", true),
        ("x.y/a/v3 v2.0.0", false),
        ("x.y/a/v1 v1.0.0", false),
        ("x.y/a/v0 v0.0.0", false),
        ("x.y/a/v02 v2.0.0", false),
        ("gopkg.in/b.v1 v1.0.0", true),
        ("gopkg.in/b.v2 v2.0.0", true),
        ("gopkg.in/b.v1 v2.0.0", false),
        ("gopkg.in/b v1.0.0", false),
        ("gopkg.in/b.v1 v0.0.0-20200101000000-abcdefabcdef", true),
    ] {
        let world = World::new(&format!("require {line}"), served);
        assert_eq!(world.list().is_some(), good, "{line}");
        let expected = (!good).then_some(3).or(Some(0));
        assert_eq!(world.gomod(&["graph"]).code, expected, "{line}");
        world.graph();
    }
    // Major versions with paths of their own are selected side by side.
    let world = World::new("require x.y/a v1.0.0\nrequire x.y/a/v2 v2.1.0", served);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, a/v2 v2.1.0"));
}

#[test]
fn trap_09_workspaces() {
    let work = |go_work: &str, one: &str, two: &str| {
        World::of(&format!(
            "-- main/go.work --\n{go_work}\nuse ./one\nuse ./two\n-- main/one/go.mod --\nmodule x.y/one\n{one}\n-- main/two/go.mod --\nmodule x.y/two\n{two}\n{}",
            modules(
                "a@v1.0.0 1.20: b@v1.0.0
                 a@v1.1.0 1.20: b@v1.1.0
                 b@v1.0.0 1.20:
                 b@v1.1.0 1.20:
                 b@v1.2.0 1.20:"
            )
        ))
    };
    let (one, two) = (
        "go 1.20\nrequire x.y/a v1.0.0",
        "go 1.20\nrequire x.y/a v1.1.0",
    );
    // The union of the members,
    let world = work("go 1.20", one, two);
    assert_eq!(
        world.list().as_deref(),
        Some("one, two, a v1.1.0, b v1.1.0")
    );
    world.graph();
    // whose replaces count,
    let own = format!("{one}\nreplace x.y/b => x.y/b v1.2.0");
    let other = format!("{two}\nreplace x.y/b => x.y/b v1.0.0");
    let replaced = |version: &str| Some(format!("one, two, a v1.1.0, b v1.1.0 => b {version}"));
    assert_eq!(work("go 1.20", &own, two).list(), replaced("v1.2.0"));
    // but must not conflict unless go.work replaces that path,
    assert_eq!(work("go 1.20", &own, &other).list(), None);
    let by_work = "go 1.20\nreplace x.y/b => x.y/b v1.0.0";
    assert_eq!(work(by_work, &own, &other).list(), replaced("v1.0.0"));
    // and whose excludes hold for all.
    let excludes = format!("{one}\nexclude x.y/b v1.1.0");
    let world = work("go 1.20", &excludes, two);
    let excluded = "one, two, a v1.1.0, b v1.0.0";
    assert_eq!(world.list().as_deref(), Some(excluded));
    // exclude has no place in go.work, and its go line must not be below a member's.
    assert_eq!(work("go 1.20\nexclude x.y/b v1.1.0", one, two).list(), None);
    assert_eq!(work("go 1.21", "go 1.22", two).list(), None);
    assert!(work("go 1.22", "go 1.22", two).list().is_some());
    // GOWORK names another, or none.
    let mut world = work("go 1.20", one, two);
    put(
        &world.place.root.join("other.work"),
        "go 1.20\nuse ./main/two\n",
    );
    let directory = world.place.main().join("one");
    let list = |world: &World, args: &[&str]| {
        let ours = world.tools.gomod(&world.place, &directory, args);
        if world.tools.has_go() {
            let go = ["list", "-m", "all"];
            let theirs = world.tools.go(&world.place, &directory, READONLY, &go);
            assert_eq!((ours.ok(), &ours.stdout), (theirs.ok(), &theirs.stdout));
        }
        ours.stdout
    };
    let other = world.place.root.join("other.work").display().to_string();
    world.set("GOWORK", other);
    assert_eq!(
        list(&world, &["list"]),
        "x.y/two\nx.y/a v1.1.0\nx.y/b v1.1.0\n"
    );
    world.set("GOWORK", "off");
    let sums = world.place.main().join("go.work.sum");
    fs::copy(sums, directory.join("go.sum")).unwrap();
    assert_eq!(
        list(&world, &["list"]),
        "x.y/one\nx.y/a v1.0.0\nx.y/b v1.0.0\n"
    );
}

#[test]
fn trap_10_vendor() {
    let rest = modules("a@v1.0.0 1.20: b@v1.0.0\nb@v1.0.0 1.20:\nb@v1.1.0 1.20:");
    let vendor = "-- main/vendor/modules.txt --\n# x.y/a v1.0.0\n## explicit; go 1.20\n";
    for (go, go_lists) in [("1.13", true), ("1.14", false), ("1.20", false)] {
        let world = World::new(
            &format!("go {go}\nrequire x.y/a v1.0.0"),
            &format!("{rest}{vendor}"),
        );
        // With vendor/ and go 1.14 the go command chooses -mod=vendor by itself.
        let readonly = world.gomod(&["list"]);
        assert_eq!(
            readonly.stdout, "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
            "{readonly:?}"
        );
        if world.tools.has_go() {
            let main = world.place.main();
            let all = ["list", "-m", "all"];
            let list = world.tools.go(&world.place, &main, "", &all);
            assert_eq!(list.ok(), go_lists, "{go}");
            let graph = world.tools.go(&world.place, &main, "", &["mod", "graph"]);
            assert_eq!(graph.stdout, world.gomod(&["graph"]).stdout);
        }
    }
    // Under -mod=mod what go would write is shown, and not written.
    let mut world = World::new("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0", &rest);
    let before = world.go_mod();
    world.set("GOFLAGS", "-mod=mod");
    let list = world.gomod(&["list"]);
    assert_eq!(
        list.stdout, "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
        "{list:?}"
    );
    assert_eq!(world.go_mod(), before);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, b v1.0.0"));
}

#[test]
fn trap_11_proxies() {
    // Of two proxies the first lacks b.
    let lists = |separator: &str, broken: bool| {
        let mut world = World::new(
            "go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0\nrequire x.y/Big v1.0.0",
            &modules("a@v1.0.0 1.20:\nb@v1.0.0 1.20:\nBig@v1.0.0 1.20:"),
        );
        let (first, second) = (world.place.root.join("first"), world.place.proxy());
        fs::create_dir_all(first.join("x.y/b/@v")).unwrap();
        if broken {
            // A file that cannot be read is an error of another kind than one that is not there.
            fs::create_dir(first.join("x.y/b/@v/v1.0.0.mod")).unwrap();
        }
        let urls = [first, second].map(|dir| format!("file://{}", dir.display()));
        world.set("GOPROXY", urls.join(separator));
        world.list().is_some()
    };
    assert!(lists(",", false), "not found: the next one is asked");
    assert!(lists("|", false));
    assert!(!lists(",", true), "behind a comma nothing else leads on");
    assert!(lists("|", true), "behind a bar any error does");
    // off ends the list.
    let mut world = World::new("go 1.20\nrequire x.y/a v1.0.0", &modules("a@v1.0.0 1.20:"));
    world.set(
        "GOPROXY",
        format!("off,file://{}", world.place.proxy().display()),
    );
    assert_eq!(world.list(), None);
    world.set(
        "GOPROXY",
        format!("file://{},off", world.place.proxy().display()),
    );
    assert!(world.list().is_some());
    // Letters are escaped in file names.
    let world = World::new(
        "go 1.20\nrequire x.y/Big v1.0.0-RC1",
        &modules("Big@v1.0.0-RC1 1.20:"),
    );
    assert!(
        world
            .place
            .proxy()
            .join("x.y/!big/@v/v1.0.0-!r!c1.mod")
            .is_file()
    );
    assert_eq!(world.list().as_deref(), Some("main, Big v1.0.0-RC1"));
    // Lists are partial or empty: versions that they lack are served by name.
    for list in ["v1.2.0\n", ""] {
        let world = World::new(
            "go 1.20\nrequire x.y/a v1.2.0",
            &modules("a@v1.0.0 1.20:\na@v1.1.0 1.20:\na@v1.2.0 1.20:"),
        )
        .with_zips();
        fs::write(world.place.proxy().join("x.y/a/@v/list"), list).unwrap();
        assert_eq!(
            world.plan(&["a@v1.1.0"]).unwrap(),
            "main, a v1.1.0",
            "{list:?}"
        );
    }
}

#[test]
fn trap_12_queries() {
    let served = "\
        a@v1.8.0 -:
        a@v1.9.0 -:
        a@v1.9.4 -:
        a@v1.9.5-rc.1 -:
        a@v1.10.0 -:
        a@v1.11.0-rc.1 -:
        a@v1.12.1-rc.1 -:
        a@v1.13.0 -:";
    for (query, version) in [
        ("v1.9", Some("v1.9.4")),
        ("v1.10", Some("v1.10.0")),
        ("v1.11", None), // a pre-release of v1.11.0 is below v1.11
        ("v1.12", Some("v1.12.1-rc.1")),
        ("<v1.10.0", Some("v1.9.4")),
        ("<=v1.9.0", Some("v1.9.0")),
        ("<=v1.12.9", Some("v1.10.0")), // releases beat pre-releases
        (">v1.8.0", Some("v1.9.0")),
        (">=v1.9.1", Some("v1.9.4")),
        ("v1.9.0", Some("v1.9.0")),
        ("v1.9.5-rc.1", Some("v1.9.5-rc.1")),
        ("v1.7", None),
        ("<=v1.9", None),
        (">v1", None),
        ("none", Some("")),
    ] {
        let world = World::new("require x.y/a v1.13.0", &modules(served));
        let world = match query {
            "none" => world, // nothing imports it
            _ => world.with_zips(),
        };
        let planned = world.gomod(&["plan-downgrade", "--write", &format!("a@{query}")]);
        let list = world.list().unwrap();
        let found = planned
            .ok()
            .then(|| list.strip_prefix("main, a ").unwrap_or_default());
        assert_eq!(found, version, "{query}: {planned:?}");
        if query != "none"
            && let Some(go) = world.go(&["list", "-m", &format!("x.y/a@{query}")])
        {
            let found = go
                .ok()
                .then(|| go.stdout.trim().strip_prefix("x.y/a ").unwrap());
            assert_eq!(found, version, "go: {query}: {go:?}");
        }
    }
    // latest and v1 mean today's version: nothing to do.
    let world = World::new("require x.y/a v1.13.0", &modules(served)).with_zips();
    for query in ["latest", "v1", "v1.13"] {
        assert_eq!(
            world.plan(&[&format!("a@{query}")]).unwrap(),
            "main, a v1.13.0"
        );
    }
    // go@1.21 is the latest 1.21.x, go@1.20 stays as written.
    let toolchains = ["1.20.1", "1.21.0", "1.21.5", "1.21rc2", "1.22.0"];
    for (query, line) in [
        ("go@1.21", "go 1.21.5"),
        ("go@1.20", "go 1.20"),
        ("go@1.21.0", "go 1.21.0"),
    ] {
        let world = World::new("go 1.22.0", "");
        let directory = world.place.proxy().join("golang.org/toolchain/@v");
        fs::create_dir_all(&directory).unwrap();
        let version = |go: &str| format!("v0.0.1-go{go}.linux-amd64");
        let mut list = String::new();
        for go in toolchains {
            let version = version(go);
            list.push_str(&format!("{version}\n"));
            let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-01T00:00:00Z\"}}");
            fs::write(directory.join(format!("{version}.info")), info).unwrap();
        }
        fs::write(directory.join("list"), list).unwrap();
        if let Some(go) = world.go(&["list", "-m", query]) {
            assert_eq!(go.stdout.trim(), line, "{go:?}");
        }
        world.plan(&[query]).unwrap();
        assert!(
            world.go_mod().contains(&format!("\n{line}\n")),
            "{query}: {}",
            world.go_mod()
        );
    }
}

#[test]
fn trap_13_lists_that_fail() {
    let rest = modules(
        "a@v1.0.0 1.20: b@v1.1.0
         a@v1.1.0 1.20:
         b@v1.0.0 1.20:
         b@v1.1.0 1.20:
         c@v1.0.0 1.22:",
    );
    let graph_only = |go_mod: &str, extra: &str| {
        let world = World::new(go_mod, &format!("{rest}{extra}"));
        let (list, graph) = (world.list(), world.graph());
        assert_eq!(list, None, "{go_mod}");
        assert_eq!(
            world.gomod(&["list"]).code,
            Some(if extra.is_empty() { 1 } else { 3 })
        );
        graph.unwrap_or_else(|| panic!("no graph: {go_mod}"))
    };
    // The graph shows updated roots.
    let graph = graph_only("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0", "");
    assert!(graph.contains("main b@v1.1.0"), "{graph}");
    let graph = graph_only("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/a v1.1.0", "");
    assert!(!graph.contains("main a@v1.0.0"), "{graph}");
    let graph = graph_only("go 1.20\nrequire x.y/c v1.0.0", "");
    assert!(graph.contains("main go@1.22"), "{graph}");
    graph_only("go 1.21.3\ntoolchain go1.21.3\nrequire x.y/a v1.1.0", "");
    graph_only("go 1.21.3\ntoolchain go1.21.2\nrequire x.y/a v1.1.0", "");
    graph_only("go 1.20\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1", "");
    // Each go.mod that is loaded needs its line in go.sum, and each selected module its .info.
    graph_only("go 1.20\nrequire x.y/a v1.1.0", "-- sum --\nnone\n");
    graph_only(
        "go 1.20\nrequire x.y/a v1.1.0",
        "-- noinfo/x.y/a@v1.1.0 --\n",
    );
    // A wrong mark is fine.
    let world = World::new("go 1.20\nrequire x.y/a v1.1.0 // indirect", &rest);
    assert_eq!(world.list().as_deref(), Some("main, a v1.1.0"));
}

#[test]
fn trap_14_go_mods_of_selected_modules() {
    // b is pruned away behind a, but selected: its go.mod is read for the list.
    let rest = modules("a@v1.0.0 1.20: b@v1.0.0\nb@v1.0.0 1.20:");
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0",
        &format!("{rest}-- nomod/x.y/b@v1.0.0 --\n"),
    );
    let (list, graph) = (world.gomod(&["list"]), world.gomod(&["graph"]));
    if let (Some(go_list), Some(go_graph)) = (
        world.go(&["list", "-m", "all"]),
        world.go(&["mod", "graph"]),
    ) {
        assert_eq!(
            (list.ok(), graph.ok()),
            (go_list.ok(), go_graph.ok()),
            "{list:?} {go_list:?}"
        );
    }
    // Versions that declare another path are skipped on the way down, and are an error as the target.
    let moved = format!(
        "{}-- proxy/x.y/c@v1.1.0 --\nmodule x.y/moved\ngo 1.20\n",
        modules(
            "c@v1.0.0 1.20: d@v1.0.0
             c@v1.2.0 1.20: d@v1.2.0
             d@v1.0.0 1.20:
             d@v1.2.0 1.20:"
        )
    );
    let go_mod = "go 1.20\nrequire x.y/c v1.2.0\nrequire x.y/d v1.2.0";
    let world = World::new(go_mod, &moved).with_zips();
    assert_eq!(
        world.plan(&["d@v1.0.0", "--strategy", "require"]).unwrap(),
        "main, c v1.0.0, d v1.0.0"
    );
    let world = World::new(go_mod, &moved).with_zips();
    assert_eq!(world.plan(&["c@v1.1.0"]).unwrap_err().code, Some(2));
    if let Some(get) = world.go(&["get", "x.y/c@v1.1.0"]) {
        assert!(!get.ok());
    }
    // x.mod goes with x.sum.
    let world = World::new("go 1.20", &rest);
    let main = world.place.main();
    put(
        &main.join("x.mod"),
        "module x.y/main\n\ngo 1.20\n\nrequire x.y/a v1.0.0\n",
    );
    let flags = |world: &World| {
        world.same(
            &["list", "--modfile", "x.mod"],
            &["list", "-m", "-modfile=x.mod", "all"],
        )
    };
    assert_eq!(flags(&world), None, "go.sum is not looked at");
    fs::rename(main.join("go.sum"), main.join("x.sum")).unwrap();
    assert_eq!(
        flags(&world).as_deref(),
        Some("x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n")
    );
}

#[test]
fn trap_15_go_get_is_a_yardstick() {
    // What go get does here within ten seconds; `None` when it does not come back.
    let get = |world: &World, target: &str| {
        let limit = Duration::from_secs(10);
        let main = world.place.main();
        world
            .tools
            .go_within(limit, &world.place, &main, "", &["get", target])
    };
    // A pre-release is not taken for the next lower version.
    let rest = modules(
        "a@v1.0.0 1.20: b@v1.0.0
         a@v1.1.0-rc.1 1.20: b@v1.0.0
         a@v1.1.0 1.20: b@v1.1.0
         b@v1.0.0 1.20:
         b@v1.1.0 1.20:",
    );
    let go_mod = "go 1.20\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1.0";
    let plan = ["b@v1.0.0", "--strategy", "require"];
    let world = World::new(go_mod, &rest).with_zips();
    assert_eq!(world.plan(&plan).unwrap(), "main, a v1.0.0, b v1.0.0");
    let world = World::new(go_mod, &rest).with_zips();
    if world.tools.has_go() {
        get(&world, "x.y/b@v1.0.0");
        assert_eq!(
            world.list().as_deref(),
            Some("main, a v1.1.0-rc.1, b v1.0.0")
        );
    }
    // A direct requirement is not dropped.
    let rest = modules("a@v1.1.0 1.20: b@v1.1.0\nb@v1.0.0 1.20:\nb@v1.1.0 1.20:");
    let world = World::new(go_mod, &rest).with_zips();
    let refused = world.plan(&plan).unwrap_err();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(world.go_mod().contains("x.y/a v1.1.0"));
    if world.tools.has_go() {
        get(&world, "x.y/b@v1.0.0");
        assert!(!world.go_mod().contains("x.y/a"), "{}", world.go_mod());
    }
    // A cyclic world in which it may not end.
    let rest = modules(
        "a@v1.0.0 1.16: b@v1.0.0
         a@v1.1.0 1.16: b@v1.1.0
         b@v1.0.0 1.16: a@v1.0.0
         b@v1.1.0 1.16: a@v1.1.0 c@v1.1.0
         c@v1.0.0 1.16: b@v1.0.0
         c@v1.1.0 1.16: a@v1.1.0",
    );
    let go_mod = "go 1.16\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1.0\nrequire x.y/c v1.1.0";
    let world = World::new(go_mod, &rest).with_zips();
    let list = world.plan(&["c@v1.0.0", "--strategy", "require"]).unwrap();
    assert_eq!(list, "main, a v1.0.0, b v1.0.0, c v1.0.0");
}
