//! The lines of `go.sum` that a planned `go.mod` needs at least: without that of a `go.mod` that is loaded
//! `go list -m all` fails, and without that of the content of what changed `go build` may.

use std::collections::BTreeMap;

use super::{CheckError, Checked, Main, ReplaceTarget};
use crate::model::{ModulePath, ModuleVersion};

/// What `go.sum` has to have of a module version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededSum {
    /// The hash of its `go.mod`.
    GoMod(ModuleVersion),
    /// The hash of its content.
    Content(ModuleVersion),
}

/// The lines that the go.mod with the text `planned` needs: `checked` is what its graph came to, `today` the text
/// before. Of the content of what is required as before nothing is said.
///
/// # Errors
/// [`CheckError::Main`] when a text is not well-formed.
pub fn needed_sums(
    today: &[u8],
    planned: &[u8],
    checked: &Checked,
) -> Result<Vec<NeededSum>, CheckError> {
    let (before, after) = (used(&Main::parse(today)?), used(&Main::parse(planned)?));
    let changed = after
        .into_iter()
        .filter(|(path, module)| before.get(path) != Some(module))
        .map(|(_, module)| NeededSum::Content(module));
    let read = checked.read.iter().cloned().map(NeededSum::GoMod);
    Ok(read.chain(changed).collect())
}

/// The content of each requirement, but for directories.
fn used(main: &Main) -> BTreeMap<ModulePath, ModuleVersion> {
    let mut used = BTreeMap::new();
    for line in &main.file.require {
        let module = ModuleVersion::new(line.path.clone(), line.version.clone());
        let module = match main.rules.replacement(&module) {
            Some(ReplaceTarget::Directory(_)) => continue,
            Some(ReplaceTarget::Module(actual)) => actual.clone(),
            None => module,
        };
        used.insert(line.path.clone(), module);
    }
    used
}
