//! How long the pure core takes: parsing go.mod files and loading a graph of 1,000 modules.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use gomod_core::model::GoMod;
use gomod_core::mvs::{Loader, MainModules, Mode, Source, World};

/// The go.mod of module `index` out of `count`: each requires the next few, at several versions.
fn go_mod(index: usize, count: usize) -> String {
    let mut text = format!("module example.com/m{index:04}\n\ngo 1.16\n\nrequire (\n");
    for step in [1, 2, 3, 7, 31] {
        let other = index + step;
        if other < count {
            writeln!(
                text,
                "\texample.com/m{other:04} v1.{}.0",
                (index * step) % 4
            )
            .unwrap();
        }
    }
    text.push_str(")\n");
    text
}

fn load(texts: &[String], main: &GoMod) -> usize {
    let mut world = World::new();
    let main = MainModules::single(&mut world, main).unwrap();
    let mut loader = Loader::new(&mut world, &main, Mode::Update, None);
    loop {
        let needs = loader.advance(&mut world);
        if needs.is_empty() {
            break;
        }
        for id in needs {
            let Source::Module(module) = world.source(id).clone() else {
                continue;
            };
            let path = world
                .modules
                .path(world.modules.path_of(module))
                .to_string();
            let index: usize = path["example.com/m".len()..].parse().unwrap();
            world.feed(id, texts[index].as_bytes());
        }
    }
    loader.finish().unwrap().graph.edge_count()
}

fn benchmarks(c: &mut Criterion) {
    let texts: Vec<String> = (0..1000).map(|index| go_mod(index, 1000)).collect();
    let main = "module example.com/main\n\ngo 1.16\n\nrequire example.com/m0000 v1.0.0\n";
    let main = GoMod::parse("go.mod", main.as_bytes()).unwrap();
    c.bench_function("load a graph of 1,000 unpruned modules", |b| {
        b.iter(|| load(&texts, &main));
    });
    let large: String = {
        let mut text = String::from("module example.com/large\n\ngo 1.21\n\nrequire (\n");
        for index in 0..300 {
            writeln!(
                text,
                "\texample.com/some/longer/path/m{index:04} v1.{index}.0 // indirect"
            )
            .unwrap();
        }
        text + ")\n"
    };
    c.bench_function("parse a go.mod of 300 requirements", |b| {
        b.iter(|| GoMod::parse_dependency("go.mod", large.as_bytes()).unwrap());
    });
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
