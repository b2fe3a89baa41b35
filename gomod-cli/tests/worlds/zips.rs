//! Content for the modules of a world: one package each, which imports what its go.mod marks as direct.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;

use gomod_core::model::{GoMod, escape_version};
use zip::write::SimpleFileOptions;

use super::archive::{Archive, Place, put, version_directory};

/// Adds a zip for each version that the proxy serves, and a package to the main module and to the
/// directories that replace others.
pub(crate) fn write_zips(archive: &Archive, place: &Place) {
    for (path, version, text) in archive.served() {
        let file = escape_version(version).unwrap();
        let file = version_directory(place, path).join(format!("{file}.zip"));
        let mut zip = zip::ZipWriter::new(File::create(file).unwrap());
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (name, content) in [("go.mod", text.to_owned()), ("p.go", package(path, text))] {
            zip.start_file(format!("{path}@{version}/{name}"), options)
                .unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }
    for (name, text) in &archive.0 {
        if let Some(directory) = name.strip_suffix("go.mod")
            && name.starts_with("main/")
        {
            put(&place.root.join(directory).join("p.go"), &package("", text));
        }
    }
}

/// A Go file. Modules import only what comes later in the alphabet, so that no cycle of packages arises.
fn package(path: &str, go_mod: &str) -> String {
    let mut text = "package p\n".to_owned();
    if let Ok(file) = GoMod::parse_dependency("go.mod", go_mod.as_bytes()) {
        for line in &file.require {
            if !line.indirect && line.path.as_str() > path && line.path.as_str() != "x.y/main" {
                let _ = writeln!(text, "import _ \"{}\"", line.path);
            }
        }
    }
    text
}
