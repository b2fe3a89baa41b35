//! What an audit of go.sum and the module cache asks of a session beside what every command does.

use super::{FetchError, Fetched, ModCache, Request, Session};
use crate::model::{GoSum, ModuleVersion};

impl Session {
    /// The module cache.
    pub fn cache(&self) -> &ModCache {
        &self.cache
    }

    /// Whether the network may not be used.
    pub fn is_offline(&self) -> bool {
        self.sources.is_offline()
    }

    /// Leaves the `.mod` files that the cache has of these versions alone: they are fetched instead, and
    /// not stored.
    pub fn bypass(&mut self, modules: impl IntoIterator<Item = ModuleVersion>) {
        self.bypassed.extend(modules);
    }

    /// Asks the sources, past the cache. Nothing of the answers is checked.
    pub fn ask_sources(&self, wanted: &[Request]) -> Vec<Result<Fetched, FetchError>> {
        self.sources.fetch(wanted)
    }

    /// Trusts another go.sum from now on, such as one without the lines that the log contradicts.
    pub fn trust_go_sum(&mut self, go_sum: GoSum) {
        self.trust.set_go_sum(go_sum);
    }

    /// From now on writes the go command's cache of the log anew where it lied.
    pub fn mend_log_cache(&mut self) {
        self.trust.mend_cache();
    }

    /// Lets go of the log's tiles, which take some megabytes; what is asked later reads them again.
    pub fn forget_tiles(&mut self) {
        self.trust.forget_tiles();
    }

    /// The name of the checksum database; `None` when GOSUMDB is off.
    pub fn database(&self) -> Option<&str> {
        self.trust.database()
    }

    /// Why a module is not looked up in the log, or `None` if it is.
    pub fn outside_log(&self, module: &ModuleVersion) -> Option<String> {
        self.trust.outside_log(&self.env, module)
    }
}
