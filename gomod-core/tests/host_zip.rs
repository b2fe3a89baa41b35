//! Module zips: their hash as the go command computes it, and what is refused before or while it is read.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use gomod_core::host::{ZipError, hash_zip, read_from_zip, unpack_zip};
use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::verify::dirhash::hash_files;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const ROOT: &str = "example.com/m@v1.0.0/";

fn module() -> ModuleVersion {
    ModuleVersion {
        path: ModulePath::new("example.com/m"),
        version: Version::parse("v1.0.0").unwrap(),
    }
}

/// A zip of entries by their full names.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        match name.strip_suffix('/') {
            Some(dir) => zip
                .add_directory(dir, SimpleFileOptions::default())
                .unwrap(),
            None => zip.start_file(*name, SimpleFileOptions::default()).unwrap(),
        }
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored(dir: &Path, bytes: &[u8]) -> PathBuf {
    let file = dir.join("m.zip");
    fs::write(&file, bytes).unwrap();
    file
}

/// What hashing and unpacking say of a zip that both must refuse. Nothing may be written outside.
fn refused(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = stored(dir.path(), bytes);
    let error = hash_zip(&file, &module()).unwrap_err();
    let below = dir.path().join("a/b");
    fs::create_dir_all(dir.path().join("a")).unwrap();
    unpack_zip(&file, &module(), &below).unwrap_err();
    let outside: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(outside.len(), 2, "something was written outside");
    error.to_string()
}

/// Replaces a text by one of the same length, everywhere.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn the_hash_is_that_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let entries: [(&str, &[u8]); 3] = [
        ("example.com/m@v1.0.0/go.mod", b"module example.com/m\n"),
        ("example.com/m@v1.0.0/p/p.go", b"package p\n"),
        ("example.com/m@v1.0.0/a.go", b"package m\n"),
    ];
    let file = stored(dir.path(), &zip(&entries));
    let expected = hash_files(entries).unwrap();
    assert_eq!(hash_zip(&file, &module()).unwrap(), expected);
    let unpacked = dir.path().join("unpacked");
    assert_eq!(unpack_zip(&file, &module(), &unpacked).unwrap(), expected);
    assert_eq!(fs::read(unpacked.join("p/p.go")).unwrap(), b"package p\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(unpacked.join("a.go"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o444);
    }
    let inside = read_from_zip(&file, &module(), "go.mod").unwrap();
    assert_eq!(inside.as_deref(), Some(&b"module example.com/m\n"[..]));
    assert_eq!(read_from_zip(&file, &module(), "LICENSE").unwrap(), None);
    assert!(
        unpack_zip(&file, &module(), &unpacked).is_err(),
        "it is there already"
    );
}

#[test]
fn an_entry_for_a_directory_counts_in_the_hash_as_in_go() {
    let dir = tempfile::tempdir().unwrap();
    let file = stored(
        dir.path(),
        &zip(&[
            ("example.com/m@v1.0.0/p/", b""),
            ("example.com/m@v1.0.0/p/p.go", b"x"),
        ]),
    );
    let with: [(&str, &str); 2] = [
        ("example.com/m@v1.0.0/p/", ""),
        ("example.com/m@v1.0.0/p/p.go", "x"),
    ];
    assert_eq!(
        hash_zip(&file, &module()).unwrap(),
        hash_files(with).unwrap()
    );
    let unpacked = unpack_zip(&file, &module(), &dir.path().join("unpacked")).unwrap();
    assert_eq!(unpacked, hash_files([with[1]]).unwrap());
}

#[test]
fn names_that_lead_elsewhere() {
    for name in [
        "../evil",
        "/evil",
        "example.com/m@v1.0.0/../../evil",
        "example.com/m@v1.0.0/a/../../evil",
        "example.com/m@v1.0.0//evil",
        "example.com/m@v1.0.0/./evil",
        "example.com/m@v1.0.1/evil",
        "example.com/m@v1.0.0/a\\..\\evil",
        "example.com/m@v1.0.0/c:evil",
        "example.com/m@v1.0.0/a/nul",
    ] {
        // The writer is told an innocent name of the same length: it might mend the other one.
        let innocent = format!(
            "{ROOT}{}",
            "x".repeat(name.len().saturating_sub(ROOT.len()))
        );
        let bytes = match innocent.len() == name.len() {
            true => patched(
                zip(&[(&innocent, b"1")]),
                innocent.as_bytes(),
                name.as_bytes(),
            ),
            false => {
                let innocent = "x".repeat(name.len());
                patched(
                    zip(&[(&innocent, b"1")]),
                    innocent.as_bytes(),
                    name.as_bytes(),
                )
            }
        };
        let error = refused(&bytes);
        assert!(error.contains("not a module zip"), "{name}: {error}");
    }
}

#[test]
fn names_that_collide() {
    let twice = |a: &str, b: &str| {
        let bytes = zip(&[
            (&format!("{ROOT}aa.go"), b"1"),
            (&format!("{ROOT}bb.go"), b"2"),
        ]);
        let bytes = patched(bytes, b"/aa.go", format!("/{a}").as_bytes());
        refused(&patched(bytes, b"/bb.go", format!("/{b}").as_bytes()))
    };
    assert!(twice("cc.go", "cc.go").contains("stands twice"));
    assert!(twice("cc.go", "cC.go").contains("letter case"));
    assert!(twice("ccccc", "ccccc").contains("stands twice"));
    assert!(twice("ccc/d", "CCC/e").contains("letter case"));
}

#[test]
fn links_and_other_special_files() {
    for kind in [0o120_777_u32, 0o010_644, 0o020_644] {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let name = format!("{ROOT}x");
        zip.start_file(&name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"/etc/passwd").unwrap();
        let mut bytes = zip.finish().unwrap().into_inner();
        // The mode is in the upper half of the external attributes, 38 bytes into the directory's entry.
        let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[at + 5] = 3; // made by Unix
        bytes[at + 40..at + 42].copy_from_slice(&(kind as u16).to_le_bytes());
        let error = refused(&bytes);
        assert!(error.contains("no regular file"), "{kind:o}: {error}");
    }
}

#[test]
fn bombs() {
    // Large, and said so.
    let big = vec![0; 17 << 20];
    for name in ["go.mod", "LICENSE"] {
        let error = refused(&zip(&[(&format!("{ROOT}{name}"), &big)]));
        assert!(error.contains("16 MiB"), "{error}");
    }
    // A sum above the limit, from files that claim more than they hold.
    let claims = |mut bytes: Vec<u8>, size: u32| {
        for (mark, at) in [(&b"PK\x01\x02"[..], 24), (b"PK\x03\x04", 22)] {
            let starts: Vec<usize> = (0..bytes.len() - 4)
                .filter(|i| bytes[*i..].starts_with(mark))
                .collect();
            for start in starts {
                bytes[start + at..start + at + 4].copy_from_slice(&size.to_le_bytes());
            }
        }
        bytes
    };
    let two = zip(&[(&format!("{ROOT}a"), b"1"), (&format!("{ROOT}b"), b"2")]);
    let error = refused(&claims(two.clone(), 300 << 20));
    assert!(error.contains("larger than 500 MiB"), "{error}");
    // A size that is a lie, in both directions: no more is read than was claimed.
    refused(&claims(two, 5));
    let lie = claims(zip(&[(&format!("{ROOT}a"), &big)]), 10);
    refused(&lie);
}

#[test]
fn what_is_no_zip() {
    let good = zip(&[(&format!("{ROOT}a"), &[7; 5000])]);
    for bytes in [
        &b""[..],
        b"<html>",
        &good[..good.len() / 2],
        &good[..good.len() - 3],
    ] {
        refused(bytes);
    }
    // One bit of the content.
    let mut stored = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    stored.start_file(format!("{ROOT}a"), options).unwrap();
    stored.write_all(b"package m\n").unwrap();
    let bytes = stored.finish().unwrap().into_inner();
    let error = refused(&patched(bytes, b"package m", b"package n"));
    assert!(error.contains("malformed"), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let missing = hash_zip(&dir.path().join("none.zip"), &module());
    assert!(matches!(missing, Err(ZipError::Io(_))));
}

/// A zip that readers see differently must not be hashed: the go command would unpack what was not looked at.
#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let good = zip(&[
        (&format!("{ROOT}go.mod"), b"module example.com/m\n"),
        (&format!("{ROOT}a.go"), b"package m\n"),
    ]);
    let evil = zip(&[
        (&format!("{ROOT}go.mod"), b"module example.com/m\n"),
        (
            &format!("{ROOT}evil.go"),
            b"package m\n\nfunc init() { panic(1) }\n",
        ),
    ]);
    let dir = tempfile::tempdir().unwrap();
    hash_zip(&stored(dir.path(), &good), &module()).unwrap();
    let end = |bytes: &[u8]| bytes.len() - 22;
    // A second zip behind the first, whose end says that it is on another disk; one reader falls back to the first.
    let mut two = good.clone();
    two.extend(&evil);
    let at = end(&two);
    let start = u32::from_le_bytes(two[at + 16..at + 20].try_into().unwrap());
    let moved = start + u32::try_from(good.len()).unwrap();
    two[at + 16..at + 20].copy_from_slice(&moved.to_le_bytes());
    assert!(hash_zip(&stored(dir.path(), &two), &module()).is_err());
    two[at + 4] = 1;
    assert_eq!(
        refused(&two),
        "malformed zip: it is spread over several disks"
    );
    // An entry more, or less, than the end says.
    for count in [1, 3] {
        let mut other = good.clone();
        let at = end(&other);
        other[at + 8] = count;
        other[at + 10] = count;
        assert_eq!(
            refused(&other),
            "malformed zip: the directory has another number of entries than it says"
        );
    }
    // Bytes behind the end, or a comment there.
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(
        refused(&longer),
        "malformed zip: the directory does not end with the file"
    );
    let mut comment = good.clone();
    let at = end(&comment);
    comment[at + 20] = 1;
    comment.push(b'x');
    refused(&comment);
    // A second name in an extra field (Info-ZIP's 0x7075).
    let at = end(&good);
    let start = u32::from_le_bytes(good[at + 16..at + 20].try_into().unwrap()) as usize;
    let mut named = good.clone();
    let length = u16::from_le_bytes(named[start + 28..start + 30].try_into().unwrap());
    let field = [0x75, 0x70, 5, 0, 1, 0, 0, 0, 0];
    let behind = start + 46 + usize::from(length);
    assert_eq!(named[start + 30..start + 32], [0, 0]);
    named[start + 30] = 9;
    named.splice(behind..behind, field);
    let at = end(&named);
    let size = u32::from_le_bytes(named[at + 12..at + 16].try_into().unwrap()) + 9;
    named[at + 12..at + 16].copy_from_slice(&size.to_le_bytes());
    assert_eq!(
        refused(&named),
        "malformed zip: an extra field changes what an entry is"
    );
}
