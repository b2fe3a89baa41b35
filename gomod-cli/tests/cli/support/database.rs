//! A checksum database on the loopback interface, with the records of a world and a key of its own.

use std::collections::HashMap;

use super::transparency_log::{TestLog, TestSigner};
use super::{Reply, Server, World};

/// A log with the records of go.sum lines, and which record a look-up's path is about.
pub struct Records {
    pub log: TestLog,
    pub numbers: HashMap<String, u64>,
}

impl Records {
    /// The records of `sums`, pairs of lines, as `lie` changes them.
    pub fn new(signer: TestSigner, sums: &str, lie: impl Fn(&str) -> String) -> Self {
        let mut log = TestLog::new(signer);
        let mut numbers = HashMap::new();
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
        Self { log, numbers }
    }

    /// What a database of `size` records answers to a look-up or for a tile.
    pub fn answer(&self, path: &str, size: u64) -> Option<Vec<u8>> {
        match self.numbers.get(path) {
            Some(number) => Some(self.log.lookup(*number, size)),
            None => self.log.tile(path.trim_start_matches('/'), size),
        }
    }
}

/// A checksum database with the true records of a world, but for those that `lie` changes.
pub fn database(world: &World, lie: impl Fn(&str) -> String) -> (Server, String) {
    let signer = TestSigner::new("sums.example", 7);
    let key = signer.key();
    let records = Records::new(signer, &world.sums(|_| true), lie);
    let server = Server::start(move |path| {
        records.answer(path, records.log.size()).map_or_else(
            || Reply::status(404),
            |bytes| Reply::Body(200, "text/plain", bytes),
        )
    });
    let setting = format!("{key} {}", server.url());
    (server, setting)
}
