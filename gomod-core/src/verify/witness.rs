//! Who says what about one content, and who stands alone with it.
//!
//! A hash that does not hold is worth little without the others: whether go.sum, the log, the proxy or the cache
//! differs from the rest says what was tampered with.

use std::collections::BTreeMap;

/// One source of a hash, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Who it is, as shown.
    pub who: String,
    /// What it says.
    pub says: Says,
}

/// What a witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A hash.
    Hash(String),
    /// Nothing, and why: it was not asked, or has nothing.
    Nothing(String),
    /// It is there and has no hash: what it holds cannot be read, and why.
    Unreadable(String),
}

impl Witness {
    /// A witness that names a hash.
    pub fn of(who: impl Into<String>, hash: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            says: Says::Hash(hash.into()),
        }
    }

    /// A witness that says nothing, and why.
    pub fn silent(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            says: Says::Nothing(why.into()),
        }
    }

    /// A witness whose content cannot be read, and why.
    pub fn unreadable(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            says: Says::Unreadable(why.into()),
        }
    }
}

/// How the witnesses stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They all say the same, or at most one says anything.
    Agree,
    /// These stand alone, each with a hash of its own or with what has none, while at least two others agree.
    Alone(Vec<String>),
    /// No two of them agree, or several groups do.
    Split,
}

/// Finds out who stands alone.
pub fn standing(witnesses: &[Witness]) -> Standing {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for witness in witnesses {
        if let Says::Hash(hash) = &witness.says {
            groups.entry(hash).or_default().push(&witness.who);
        }
    }
    let unreadable = witnesses
        .iter()
        .filter(|w| matches!(w.says, Says::Unreadable(_)));
    let unreadable: Vec<&str> = unreadable.map(|witness| witness.who.as_str()).collect();
    if groups.len() + unreadable.len() < 2 {
        return Standing::Agree;
    }
    let (single, several): (Vec<_>, Vec<_>) =
        groups.into_values().partition(|group| group.len() == 1);
    let mut alone = single.concat();
    alone.extend(unreadable);
    match (alone.is_empty(), several.len()) {
        (false, 1) => Standing::Alone(alone.into_iter().map(str::to_owned).collect()),
        _ => Standing::Split,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(says: &[&str]) -> Standing {
        let named = |(at, hash): (usize, &&str)| match *hash {
            "" => Witness::silent(at.to_string(), "offline"),
            "!" => Witness::unreadable(at.to_string(), "it is a directory"),
            hash => Witness::of(at.to_string(), hash),
        };
        standing(&says.iter().enumerate().map(named).collect::<Vec<_>>())
    }

    #[test]
    fn who_stands_alone() {
        let alone = |who: &[&str]| Standing::Alone(who.iter().map(ToString::to_string).collect());
        assert_eq!(stand(&["a", "b", "b", "b"]), alone(&["0"]));
        assert_eq!(stand(&["a", "b", "b", "c"]), alone(&["0", "3"]));
        assert_eq!(stand(&["b", "", "b", "a"]), alone(&["3"]));
        assert_eq!(stand(&["b", "!", "b", "", "!"]), alone(&["1", "4"]));
        assert_eq!(stand(&["b", "!", "b", "a"]), alone(&["3", "1"]));
        for split in [
            &["a", "b"][..],
            &["a", "!"],
            &["!", "!"],
            &["a", "b", "a", "b"],
            &["a", "b", "c"],
            &["a", "a", "b", "b", "c"],
        ] {
            assert_eq!(stand(split), Standing::Split, "{split:?}");
        }
        for agree in [&[][..], &["a"], &["a", "", "a"], &["", ""], &["!"]] {
            assert_eq!(stand(agree), Standing::Agree, "{agree:?}");
        }
    }
}
