#![allow(missing_docs)]
use super::*;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineId(pub u32);
#[derive(Debug, Clone)]
pub struct Module {
    pub path: ModulePath,
    pub deprecated: Option<String>,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct Go {
    pub version: GoVersion,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct Toolchain {
    pub name: String,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct Require {
    pub path: ModulePath,
    pub version: Version,
    pub indirect: bool,
    pub canonical: bool,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct Exclude {
    pub path: ModulePath,
    pub version: Version,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct Replace {
    pub path: ModulePath,
    pub version: Option<Version>,
    pub target: ReplaceTarget,
    pub line: LineId,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceTarget {
    Module(ModuleVersion),
    Directory(String),
}
#[derive(Debug, Clone)]
pub struct Retract {
    pub low: Version,
    pub high: Version,
    pub rationale: String,
    pub line: LineId,
}
#[derive(Debug, Clone)]
pub struct NewRequirement {
    pub path: ModulePath,
    pub version: Version,
    pub indirect: bool,
}
#[derive(Debug, Clone, Default)]
pub struct GoMod {
    pub module: Option<Module>,
    pub go: Option<Go>,
    pub toolchain: Option<Toolchain>,
    pub require: Vec<Require>,
    pub exclude: Vec<Exclude>,
    pub replace: Vec<Replace>,
    pub retract: Vec<Retract>,
}
#[derive(Debug, Clone, thiserror::Error)]
#[error("x")]
pub struct ParseErrors {}
#[derive(Debug, Clone, Default)]
pub struct GoWork {
    pub go: Option<Go>,
    pub toolchain: Option<Toolchain>,
    pub replace: Vec<Replace>,
}
impl GoMod {
    pub fn parse_dependency(_f: &str, _t: &[u8]) -> Result<GoMod, ParseErrors> {
        Err(ParseErrors {})
    }
    pub fn parse(_f: &str, _t: &[u8]) -> Result<GoMod, ParseErrors> {
        Err(ParseErrors {})
    }
    pub fn text(&self) -> String {
        String::new()
    }
    pub fn set_requirements(&mut self, _r: &[NewRequirement]) {}
    pub fn add_exclude(&mut self, _p: &ModulePath, _v: &Version) {}
    pub fn add_replace(&mut self, _p: &ModulePath, _v: Option<&Version>, _t: &ReplaceTarget) {}
    pub fn set_go(&mut self, _v: &GoVersion) {}
    pub fn drop_toolchain(&mut self) {}
}
