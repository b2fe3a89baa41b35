//! Worlds in which `gomod` and `go` once differed, made small. What `go` 1.26 says of them is recorded, so
//! that they are also tested where there is no Go; where there is, it must still say so.

/// A world with what `go list -m all` and `go mod graph` print; `None`: they fail.
pub(crate) struct OnceDiffered {
    pub(crate) name: &'static str,
    pub(crate) archive: &'static str,
    pub(crate) list: Option<&'static str>,
    pub(crate) graph: Option<&'static str>,
}

pub(crate) const WORLDS: &[OnceDiffered] = &[
    OnceDiffered {
        name: "go.work replaces one version; those of members count for others",
        archive: "\
-- main/go.work --
use ./m1
use ./m2
replace x.y/b v1.0.0 => x.y/c v1.0.0
-- main/m1/go.mod --
module x.y/main
require x.y/a v1.0.0
-- main/m2/go.mod --
module x.y/member
replace x.y/b v1.1.0 => x.y/b v1.2.0
-- proxy/x.y/a@v1.0.0 --
module x.y/a
require x.y/b v1.1.0
-- proxy/x.y/b@v1.2.0 --
module x.y/b
",
        list: Some("x.y/main\nx.y/member\nx.y/a v1.0.0\nx.y/b v1.1.0 => x.y/b v1.2.0\n"),
        graph: Some("x.y/main x.y/a@v1.0.0\nx.y/a@v1.0.0 x.y/b@v1.1.0\n"),
    },
    OnceDiffered {
        name: "the last member's replacement wins over an exact one before it",
        archive: "\
-- main/go.work --
use ./m1
use ./m2
-- main/m1/go.mod --
module x.y/main
require x.y/a v1.1.0
replace x.y/a v1.1.0 => ./dir
-- main/m2/go.mod --
module x.y/member
replace x.y/a => ./dir
-- main/m2/dir/go.mod --
",
        list: Some("x.y/main\nx.y/member\nx.y/a v1.1.0 => ./m2/dir\n"),
        graph: Some("x.y/main x.y/a@v1.1.0\n"),
    },
    OnceDiffered {
        name: "an exact replacement conflicts with an earlier member's for all versions",
        archive: "\
-- main/go.work --
use ./m1
use ./m2
-- main/m1/go.mod --
module x.y/main
replace x.y/a => x.y/a v1.0.0
-- main/m2/go.mod --
module x.y/member
require x.y/a v1.1.0
replace x.y/a v1.1.0 => x.y/a v1.2.0
-- proxy/x.y/a@v1.0.0 --
module x.y/a
-- proxy/x.y/a@v1.2.0 --
module x.y/a
",
        list: None,
        graph: None,
    },
    OnceDiffered {
        name: "one member's own replacements must agree, also where go.work replaces the path",
        archive: "\
-- main/go.work --
use ./m1
replace x.y/a v1.2.0 => x.y/b v1.1.0
-- main/m1/go.mod --
module x.y/main
replace x.y/a => ./dir
replace x.y/a => x.y/a v1.0.0
",
        list: None,
        graph: None,
    },
    OnceDiffered {
        name: "a toolchain line without a version is never selected: below 1.17 it goes",
        archive: "\
-- main/go.mod --
module x.y/main
toolchain default
",
        list: None,
        graph: Some("x.y/main go@1.16\n"),
    },
    OnceDiffered {
        name: "a toolchain line without a version is never selected: from 1.17 it becomes none",
        archive: "\
-- main/go.mod --
module x.y/main
go 1.17
toolchain default
",
        list: None,
        graph: Some("x.y/main go@1.17\nx.y/main toolchain@none\n"),
    },
    OnceDiffered {
        name: "two old versions of the main module",
        archive: "\
-- main/go.mod --
module x.y/main
go 1.18
require (
	x.y/main v1.0.0
	x.y/main v1.1.0
)
-- proxy/x.y/main@v1.0.0 --
module x.y/main
-- proxy/x.y/main@v1.1.0 --
module x.y/main
",
        list: None,
        graph: Some("x.y/main go@1.18\n"),
    },
    OnceDiffered {
        name: "an excluded requirement is no direct one",
        archive: "\
-- main/go.mod --
module x.y/main
require x.y/a v1.0.0
require x.y/b v1.0.0
exclude x.y/b v1.0.0
-- proxy/x.y/a@v1.0.0 --
module x.y/a
go 1.20
require x.y/c v1.0.0
-- proxy/x.y/c@v1.0.0 --
module x.y/c
go 1.26
require x.y/b v1.1.0
-- proxy/x.y/b@v1.1.0 --
module x.y/b
",
        list: None,
        graph: Some(
            "\
x.y/main go@1.26
x.y/main x.y/a@v1.0.0
go@1.26 toolchain@go1.26
x.y/a@v1.0.0 x.y/c@v1.0.0
x.y/c@v1.0.0 x.y/b@v1.1.0
x.y/c@v1.0.0 go@1.26
",
        ),
    },
    OnceDiffered {
        name: "a replacement needs no .info",
        archive: "\
-- main/go.mod --
module x.y/main
require x.y/a v1.0.0
replace x.y/a => x.y/a v1.1.0
-- noinfo/x.y/a@v1.1.0 --
-- proxy/x.y/a@v1.1.0 --
module x.y/a
",
        list: Some("x.y/main\nx.y/a v1.0.0 => x.y/a v1.1.0\n"),
        graph: Some("x.y/main go@1.16\nx.y/main x.y/a@v1.0.0\n"),
    },
];

/// A downgrade that once went wrong.
pub(crate) struct OnceMisplanned {
    pub(crate) name: &'static str,
    pub(crate) archive: &'static str,
    pub(crate) target: &'static str,
    /// What `go list -m all` prints afterwards.
    pub(crate) list: &'static str,
}

pub(crate) const PLANS: &[OnceMisplanned] = &[
    OnceMisplanned {
        name: "a pruned root is not bad for what an old module shows behind its requirement",
        archive: "\
-- main/go.mod --
module x.y/main
go 1.18
require x.y/a v1.3.0
require (
	x.y/b v1.0.0 // indirect
	x.y/t v1.1.0 // indirect
)
-- proxy/x.y/a@v1.1.0 --
module x.y/a
require x.y/a v1.3.0
-- proxy/x.y/a@v1.2.0 --
module x.y/a
-- proxy/x.y/a@v1.3.0 --
module x.y/a
require x.y/b v1.0.0
-- proxy/x.y/b@v1.0.0 --
module x.y/b
require (
	x.y/t v1.0.0
	x.y/t v1.1.0
)
-- proxy/x.y/t@v1.0.0 --
module x.y/t
go 1.18
require x.y/a v1.1.0
-- proxy/x.y/t@v1.1.0 --
module x.y/t
",
        target: "x.y/t@v1.0.0",
        list: "x.y/main\nx.y/a v1.2.0\nx.y/t v1.0.0\n",
    },
    OnceMisplanned {
        name: "a module is not lowered to a version that is excluded",
        archive: "\
-- main/go.mod --
module x.y/main
go 1.18
require (
	x.y/a v1.2.0
	x.y/b v1.1.0 // indirect
)
exclude x.y/a v1.1.0
-- proxy/x.y/a@v1.0.0 --
module x.y/a
go 1.18
-- proxy/x.y/a@v1.1.0 --
module x.y/a
go 1.18
-- proxy/x.y/a@v1.2.0 --
module x.y/a
go 1.18
require x.y/b v1.1.0
-- proxy/x.y/b@v1.0.0 --
module x.y/b
go 1.18
-- proxy/x.y/b@v1.1.0 --
module x.y/b
go 1.18
",
        target: "x.y/b@v1.0.0",
        list: "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
    },
    OnceMisplanned {
        name: "a replace of one version is not taken away by one of all",
        archive: "\
-- main/go.mod --
module x.y/main
go 1.13
require x.y/a v1.1.0
replace x.y/a v1.1.0 => ./dir
-- main/dir/go.mod --
module x.y/a
go 1.13
require (
	x.y/a v1.0.0
	x.y/b v1.0.0
)
-- proxy/x.y/a@v1.0.0 --
module x.y/a
go 1.13
-- proxy/x.y/b@v1.0.0 --
module x.y/b
",
        target: "x.y/a@v1.0.0",
        list: "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
    },
];
