//! The checksum database client: says what it needs, is fed the answers, and proves them.
//!
//! It follows `golang.org/x/mod/sumdb.Client`: each answer carries a signed tree head, which must be
//! consistent with the newest one known, and a record, which must be in that tree. Answers of a batch are
//! proven together: the largest head first, then everything else against it.

mod proofs;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::dirhash::ModuleHash;
use super::error::{FeedFailure, Fork, VerifyError};
use super::note::{Note, Verifier};
use super::reader::TreeReader;
use super::record::{Answer, Record};
use super::store::{Need, Store, unavailable};
use super::tile::Tile;
use super::tree::{Hash, record_hash};
use super::tree_head::TreeHead;
use crate::model::{ModulePath, Version, escape_version};

/// A client of one checksum database.
///
/// Ask with [`Client::lookup`], then feed all that [`Client::needs`] returns, until that is nothing.
#[derive(Debug)]
pub struct Client {
    verifier: Verifier,
    latest: Option<SignedHead>,
    /// Every signed head seen, by size: two of one size must be the same.
    heads: BTreeMap<u64, KnownHead>,
    /// The heads in notes whose signature held; most answers repeat the same note.
    opened: HashMap<Vec<u8>, TreeHead>,
    /// The sizes of the heads that are still to be compared with the latest one.
    pending: BTreeSet<u64>,
    lookups: Vec<Lookup>,
    index: HashMap<ModulePath, HashMap<Version, usize>>,
    store: Store,
    /// Reads the largest tree: the latest one, or one that may become it.
    reader: Option<TreeReader>,
    runnable: Vec<Task>,
    /// Tasks that wait for a larger tree to become the latest.
    parked: Vec<Task>,
    /// Tasks that wait for tiles, each by one of them.
    waiting: HashMap<Tile, Vec<Task>>,
    fork: Option<VerifyError>,
    cacheable: Vec<(String, Vec<u8>)>,
    proven_tiles: HashSet<Tile>,
    statistics: Statistics,
}

/// How much was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Look-ups whose record was proven.
    pub lookups: usize,
    /// Tiles proven to belong to the log.
    pub tiles: usize,
    /// Inclusion proofs of records and consistency proofs of tree heads that held.
    pub proofs: usize,
}

#[derive(Debug, Clone)]
struct SignedHead {
    head: TreeHead,
    note: Vec<u8>,
}

#[derive(Debug)]
struct KnownHead {
    signed: SignedHead,
    standing: Standing,
}

/// How a signed head stands to the latest one.
#[derive(Debug)]
enum Standing {
    Pending,
    Consistent,
    /// It could not be compared; it will be if it turns up again.
    Failed(VerifyError),
}

#[derive(Debug)]
enum Lookup {
    Asked,
    Answered(Box<Answered>),
    Done(Result<Record, VerifyError>),
}

/// An answer whose parts are not proven yet.
#[derive(Debug)]
struct Answered {
    what: String,
    number: u64,
    record: Hash,
    hashes: (ModuleHash, ModuleHash),
    /// The size of the answer's tree, zero if it has none.
    head: u64,
    /// The answer itself, unless it came from the host's cache or has no tree.
    data: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy)]
enum Task {
    Lookup(usize),
    /// A head that the host wants compared.
    Head(u64),
}

impl Client {
    /// A client for the database with a verifier key `name+hash+key`, starting from the signed tree note
    /// that the host kept from last time; an empty note is none.
    ///
    /// # Errors
    /// [`VerifyError`] when the key is malformed or the note is not signed by it.
    pub fn new(key: &str, latest: Option<&[u8]>) -> Result<Self, VerifyError> {
        let mut client = Self {
            verifier: Verifier::parse(key.trim())?,
            latest: None,
            heads: BTreeMap::new(),
            opened: HashMap::new(),
            pending: BTreeSet::new(),
            lookups: Vec::new(),
            index: HashMap::new(),
            store: Store::default(),
            reader: None,
            runnable: Vec::new(),
            parked: Vec::new(),
            waiting: HashMap::new(),
            fork: None,
            cacheable: Vec::new(),
            proven_tiles: HashSet::new(),
            statistics: Statistics::default(),
        };
        if let Some(note) = latest.filter(|note| !note.is_empty()) {
            let signed = client.open(note, "latest")?;
            let known = KnownHead {
                signed: signed.clone(),
                standing: Standing::Consistent,
            };
            client.heads.insert(signed.head.size, known);
            client.latest = Some(signed);
        }
        Ok(client)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// Asks for a module version; asking again changes nothing.
    pub fn lookup(&mut self, path: &ModulePath, version: &Version) {
        if self.find(path, version).is_some() {
            return;
        }
        let state = match (path.escape(), escape_version(version.as_str())) {
            (Err(error), _) | (_, Err(error)) => Lookup::Done(Err(error.into())),
            (Ok(_), Ok(_)) => match &self.fork {
                Some(fork) => Lookup::Done(Err(fork.clone())),
                None => Lookup::Asked,
            },
        };
        if matches!(state, Lookup::Asked) {
            self.store.ask(Need::Lookup {
                path: path.clone(),
                version: version.clone(),
            });
        }
        let versions = self.index.entry(path.clone()).or_default();
        versions.insert(version.clone(), self.lookups.len());
        self.lookups.push(state);
    }

    /// Asks to compare another signed tree note, such as one that the host finds where it is about to
    /// store [`Client::latest`]; returns its size for [`Client::observed`].
    ///
    /// # Errors
    /// [`VerifyError`] when the note is not signed by the key, or contradicts a head of the same size.
    pub fn observe(&mut self, note: &[u8]) -> Result<u64, VerifyError> {
        let signed = self.open(note, "latest")?;
        let size = self.intern(signed)?;
        if self.pending.contains(&size) {
            self.runnable.push(Task::Head(size));
        }
        Ok(size)
    }

    /// Whether the head of this size is consistent with the latest one; `None` while that is not known.
    pub fn observed(&self, size: u64) -> Option<Result<(), &VerifyError>> {
        match (&self.heads.get(&size)?.standing, &self.fork) {
            (Standing::Consistent, _) => Some(Ok(())),
            (_, Some(fork)) => Some(Err(fork)),
            (Standing::Failed(error), None) => Some(Err(error)),
            (Standing::Pending, None) => None,
        }
    }

    /// Proves what can be proven and returns what to fetch for the rest, each thing once.
    ///
    /// When all of it was fed and this returns nothing, every look-up has an outcome.
    pub fn needs(&mut self) -> Vec<Need> {
        self.advance();
        self.store.take_queue()
    }

    /// Feeds the answer to a need that came from the database; answers to anything else are ignored.
    pub fn feed(&mut self, need: &Need, answer: Result<&[u8], FeedFailure>) {
        self.take(need, answer, false);
    }

    /// Feeds an answer from the host's cache: proven like any other, but not returned as cacheable.
    pub fn feed_cached(&mut self, need: &Need, answer: &[u8]) {
        self.take(need, Ok(answer), true);
    }

    /// What came of a look-up; `None` if it was not asked for, or as long as it is not known.
    pub fn outcome(
        &self,
        path: &ModulePath,
        version: &Version,
    ) -> Option<Result<&Record, &VerifyError>> {
        match self.lookups.get(self.find(path, version)?)? {
            Lookup::Done(outcome) => Some(outcome.as_ref()),
            Lookup::Asked | Lookup::Answered(_) => None,
        }
    }

    /// The signed note of the newest tree head known to be consistent with all before it, for the host
    /// to store; never older than the one it gave.
    pub fn latest(&self) -> Option<&[u8]> {
        self.latest.as_ref().map(|signed| signed.note.as_slice())
    }

    /// The newest tree head.
    pub fn latest_head(&self) -> Option<&TreeHead> {
        self.latest.as_ref().map(|signed| &signed.head)
    }

    /// The fork of the log, once one is found; nothing more is fetched or believed then.
    pub fn fork(&self) -> Option<&VerifyError> {
        self.fork.as_ref()
    }

    /// Answers proven since the last call, by remote path, for the go command's cache.
    pub fn cacheable(&mut self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.cacheable)
    }

    /// How much was proven so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    fn find(&self, path: &ModulePath, version: &Version) -> Option<usize> {
        self.index.get(path)?.get(version).copied()
    }

    fn latest_size(&self) -> u64 {
        self.latest.as_ref().map_or(0, |signed| signed.head.size)
    }

    fn open(&mut self, note: &[u8], what: &str) -> Result<SignedHead, VerifyError> {
        if let Some(head) = self.opened.get(note) {
            return Ok(SignedHead {
                head: *head,
                note: note.to_vec(),
            });
        }
        let opened = Note::open(note, std::slice::from_ref(&self.verifier)).map_err(|source| {
            VerifyError::Note {
                what: what.into(),
                source,
            }
        })?;
        let head = TreeHead::parse(&opened.text).map_err(|source| VerifyError::TreeHead {
            what: what.into(),
            source,
        })?;
        self.opened.insert(note.to_vec(), head);
        Ok(SignedHead {
            head,
            note: note.to_vec(),
        })
    }

    /// Files a signed head under its size; a different one of that size is a fork.
    fn intern(&mut self, signed: SignedHead) -> Result<u64, VerifyError> {
        let size = signed.head.size;
        let standing = if size == 0 {
            Standing::Consistent
        } else {
            Standing::Pending
        };
        match self.heads.get_mut(&size) {
            None => {
                let pending = matches!(standing, Standing::Pending);
                self.heads.insert(size, KnownHead { signed, standing });
                if pending {
                    self.pending.insert(size);
                }
            }
            Some(known) if known.signed.head != signed.head => {
                let older = known.signed.clone();
                let computed = signed.head.hash;
                return Err(self.set_fork(&older, &signed, computed, Vec::new()));
            }
            Some(known) => {
                if matches!(known.standing, Standing::Failed(_)) {
                    known.standing = Standing::Pending;
                    self.pending.insert(size);
                }
            }
        }
        Ok(size)
    }

    fn take(&mut self, need: &Need, answer: Result<&[u8], FeedFailure>, cached: bool) {
        if !self.store.close(need) {
            return;
        }
        match need {
            Need::Tile(tile) => {
                for settled in self.store.settle(*tile, answer, cached) {
                    self.runnable
                        .extend(self.waiting.remove(&settled).unwrap_or_default());
                }
            }
            Need::Lookup { path, version } => {
                let Some(i) = self.find(path, version) else {
                    return;
                };
                let what = need.remote_path();
                let answered = match answer {
                    Ok(data) => self.receive(what, path, version, data, cached),
                    Err(failure) => Err(unavailable(what, failure)),
                };
                self.lookups[i] = match answered {
                    Ok(answered) => {
                        self.runnable.push(Task::Lookup(i));
                        Lookup::Answered(Box::new(answered))
                    }
                    Err(error) => Lookup::Done(Err(error)),
                };
                if self.fork.is_some() {
                    self.fail_all();
                }
            }
        }
    }

    /// Reads an answer to a look-up and files its tree head.
    fn receive(
        &mut self,
        what: String,
        path: &ModulePath,
        version: &Version,
        data: &[u8],
        cached: bool,
    ) -> Result<Answered, VerifyError> {
        let answer = Answer::parse(data).map_err(|reason| VerifyError::Malformed {
            what: what.clone(),
            reason,
        })?;
        // As in Go, an answer without a tree will do if the latest one has the record; but it is not kept.
        let head = if answer.note.is_empty() {
            0
        } else {
            let signed = self.open(answer.note, &what)?;
            self.intern(signed)?
        };
        Ok(Answered {
            number: answer.number,
            record: record_hash(answer.text.as_bytes()),
            hashes: answer.hashes(&what, path, version)?,
            head,
            data: (!cached && head > 0).then(|| data.to_vec()),
            what,
        })
    }

    fn set_fork(
        &mut self,
        older: &SignedHead,
        newer: &SignedHead,
        computed: Hash,
        proof: Vec<Hash>,
    ) -> VerifyError {
        let fork = VerifyError::Fork(Box::new(Fork {
            older: older.head,
            older_note: older.note.clone(),
            newer: newer.head,
            newer_note: newer.note.clone(),
            computed,
            proof,
        }));
        self.fork.get_or_insert(fork).clone()
    }

    /// After a fork nothing that the database says can be believed.
    fn fail_all(&mut self) {
        let Some(fork) = &self.fork else { return };
        for lookup in &mut self.lookups {
            if !matches!(lookup, Lookup::Done(_)) {
                *lookup = Lookup::Done(Err(fork.clone()));
            }
        }
        self.store.abandon();
        self.runnable.clear();
        self.parked.clear();
        self.waiting.clear();
    }
}
