//! Where a requirement of a main module is written: the file and the line.

use gomod_core::graph::ModuleId;
use gomod_core::model::GoMod;

use super::Setting;

/// The line on which a main module requires this version, as `go.mod:16`; for `go` and `toolchain` the line
/// of that name. `None` when no line says so: `by` is no main module, or the graph is that of an updated file.
pub(super) fn required_at(setting: &Setting, by: ModuleId, requires: ModuleId) -> Option<String> {
    let members = setting.main.members.iter();
    let at = members.map(|member| member.id).position(|id| id == by)?;
    let (name, go_mod) = setting.project.main_files().into_iter().nth(at)?;
    let modules = &setting.world.modules;
    let path = modules.path(modules.path_of(requires));
    let version = modules.version(requires)?;
    let line = match path.as_str() {
        "go" => go_line(go_mod).filter(|(go, _)| go == version.as_str())?.1,
        "toolchain" => {
            toolchain_line(go_mod)
                .filter(|(name, _)| name == version.as_str())?
                .1
        }
        _ => {
            let same =
                |line: &&gomod_core::model::Require| line.path == *path && line.version == *version;
            go_mod.position(go_mod.require.iter().find(same)?.line).line
        }
    };
    Some(format!("{name}:{line}"))
}

fn go_line(go_mod: &GoMod) -> Option<(String, usize)> {
    let go = go_mod.go.as_ref()?;
    Some((go.version.to_string(), go_mod.position(go.line).line))
}

fn toolchain_line(go_mod: &GoMod) -> Option<(String, usize)> {
    let toolchain = go_mod.toolchain.as_ref()?;
    Some((toolchain.name.clone(), go_mod.position(toolchain.line).line))
}
