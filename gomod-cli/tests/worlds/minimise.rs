//! Makes a world smaller while something about it stays true.

use super::archive::Archive;

/// Drops versions, files and lines one at a time until nothing more can go.
pub(crate) fn minimise(start: &Archive, holds: &mut dyn FnMut(&Archive) -> bool) -> Archive {
    let mut best = start.clone();
    loop {
        let before = best.clone();
        for name in best.0.keys().cloned().collect::<Vec<String>>() {
            let mut smaller = best.clone();
            smaller.0.remove(&name);
            if holds(&smaller) {
                best = smaller;
            }
        }
        for name in best.0.keys().cloned().collect::<Vec<String>>() {
            let mut at = 0;
            while let Some(text) = best.0.get(&name) {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                if at >= lines.len() {
                    break;
                }
                lines.remove(at);
                let mut smaller = best.clone();
                smaller.0.insert(name.clone(), lines.concat());
                if holds(&smaller) {
                    best = smaller;
                } else {
                    at += 1;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}
