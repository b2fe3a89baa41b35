//! A checksum database on the loopback interface, with the records of a world and a key of its own.

use std::collections::HashMap;

use super::transparency_log::{TestLog, TestSigner};
use super::{Reply, Server, World};

/// A checksum database with the true records of a world, but for those that `lie` changes.
pub fn database(world: &World, lie: impl Fn(&str) -> String) -> (Server, String) {
    let signer = TestSigner::new("sums.example", 7);
    let key = signer.key();
    let mut log = TestLog::new(signer);
    let mut numbers = HashMap::new();
    let sums = world.sums(|_| true);
    let lines: Vec<&str> = sums.lines().collect();
    for (number, pair) in lines.chunks(2).enumerate() {
        log.push_text(&lie(&format!("{}\n{}\n", pair[0], pair[1])));
        let mut words = pair[0].split(' ');
        let name = format!(
            "/lookup/{}@{}",
            words.next().unwrap(),
            words.next().unwrap()
        );
        numbers.insert(name, number as u64);
    }
    let server = Server::start(move |path| {
        let answer = match numbers.get(path) {
            Some(number) => Some(log.lookup(*number, log.size())),
            None => log.tile(path.trim_start_matches('/'), log.size()),
        };
        answer.map_or_else(
            || Reply::status(404),
            |bytes| Reply::Body(200, "text/plain", bytes),
        )
    });
    let setting = format!("{key} {}", server.url());
    (server, setting)
}
