//! The corpora of the fuzz targets, replayed: whatever fuzzing once found stays found.
//!
//! Each input also stands for its neighbours: it is cut at many places, and has bytes changed.
//! `GOMOD_TEST_MUTATIONS=n` sets how many of those are tried for each input.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // the corpora are files
#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic)]

#[path = "../fuzz/properties.rs"]
mod properties;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

fn replay(target: &str, property: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 5, "{} has too few inputs", dir.display());
    let mutations = std::env::var("GOMOD_TEST_MUTATIONS").map_or(60, |n| n.parse().unwrap());
    for path in inputs {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        hold(property, &name, &bytes);
        let mut seed = 1_u64;
        let mut random = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below.max(1)
        };
        for _ in 0..mutations {
            let mut near = bytes.clone();
            for _ in 0..=random(3) {
                let at = random(near.len());
                match random(5) {
                    0 => near.truncate(at),
                    1 if !near.is_empty() => near[at] = random(256) as u8,
                    2 => near.insert(at, b" \n\t()\"`/,[]=>\r\xff"[random(15)]),
                    3 if !near.is_empty() => drop(near.remove(at)),
                    _ => {
                        let part = near[at..near.len().min(at + random(40))].to_vec();
                        let to = random(near.len());
                        near.splice(to..to, part);
                    }
                }
            }
            hold(property, &name, &near);
        }
    }
}

/// Names the input that a property does not hold for.
fn hold(property: fn(&[u8]), name: &str, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| property(input))).is_err() {
        panic!("near {name}: {:?}", String::from_utf8_lossy(input));
    }
}

#[test]
fn go_mod() {
    replay("go_mod", properties::go_mod);
}

#[test]
fn go_work() {
    replay("go_work", properties::go_work);
}

#[test]
fn go_sum() {
    replay("go_sum", properties::go_sum);
}

#[test]
fn modules_txt() {
    replay("modules_txt", properties::modules_txt);
}

#[test]
fn note() {
    replay("note", properties::note);
}
