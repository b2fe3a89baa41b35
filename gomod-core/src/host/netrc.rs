//! `.netrc`: user names and passwords for https hosts, read as the go command reads it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::GoEnv;

/// Credentials by host, or by host and path prefix.
#[derive(Default)]
pub(super) struct Netrc {
    logins: HashMap<String, (String, String)>,
}

impl Netrc {
    /// Reads `NETRC`, else `~/.netrc`, unless `GOAUTH` turns it off. A file that cannot be read counts
    /// as none.
    ///
    /// # Errors
    /// What is wrong with `GOAUTH`. Of other methods than `netrc` only the form is looked at.
    pub(super) fn load(env: &GoEnv) -> Result<Self, String> {
        let goauth = env.get("GOAUTH");
        let methods: Vec<&str> = goauth
            .split(';')
            .map(|method| method.split_whitespace().next().unwrap_or_default())
            .collect();
        if methods.contains(&"") {
            return Err(format!("GOAUTH={goauth} has an empty command"));
        }
        if methods.contains(&"off") && methods.len() > 1 {
            return Err(format!("GOAUTH={goauth}: off stands alone"));
        }
        if methods.contains(&"netrc") {
            Ok(Self::read(env))
        } else {
            Ok(Self::default())
        }
    }

    fn read(env: &GoEnv) -> Self {
        let path = match env.var("NETRC") {
            Some(path) => PathBuf::from(path),
            None => match env.var(if cfg!(windows) { "USERPROFILE" } else { "HOME" }) {
                Some(home) if cfg!(windows) && Path::new(home).join("_netrc").exists() => {
                    Path::new(home).join("_netrc")
                }
                Some(home) => Path::new(home).join(".netrc"),
                None => return Self::default(),
            },
        };
        Self::parse(&String::from_utf8_lossy(
            &fs::read(path).unwrap_or_default(),
        ))
    }

    /// Pairs of words, by line; of several entries for a host the first counts.
    fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let (mut machine, mut login, mut password) = ("", "", "");
        let mut in_macro = false;
        for line in text.split('\n') {
            if in_macro {
                in_macro = !line.is_empty(); // a macro's definition ends with an empty line
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.chunks_exact(2) {
                match pair[0] {
                    "machine" => (machine, login, password) = (pair[1], "", ""),
                    "login" => login = pair[1],
                    "password" => password = pair[1],
                    "macdef" => in_macro = true,
                    _ => {}
                }
                if ![machine, login, password].contains(&"") {
                    let entry = netrc.logins.entry(machine.to_owned());
                    entry.or_insert_with(|| (login.to_owned(), password.to_owned()));
                    (machine, login, password) = ("", "", "");
                }
            }
            if words.len() % 2 == 1 && words.last() == Some(&"default") {
                break; // it comes last, and the go command does not use it
            }
        }
        netrc
    }

    /// The credentials for an https URL: those of the longest prefix of its host and path.
    pub(super) fn login(&self, url: &str) -> Option<(&str, &str)> {
        let mut prefix = url.strip_prefix("https://")?.trim_end_matches('/');
        loop {
            if let Some((login, password)) = self.logins.get(prefix) {
                return Some((login, password));
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = "machine a.example login ann password pw1\n\
        machine b.example\n  login bob\n  password pw2\n\
        macdef init\nmachine c.example login x password y\n\n\
        machine a.example login other password other\n\
        machine d.example/team login dan password pw4\n\
        default login any password any\n";

    #[test]
    fn entries() {
        let netrc = Netrc::parse(FILE);
        assert_eq!(
            netrc.login("https://a.example/x/@v/list"),
            Some(("ann", "pw1"))
        );
        assert_eq!(netrc.login("https://b.example"), Some(("bob", "pw2")));
        assert_eq!(netrc.login("https://c.example/"), None, "inside a macro");
        assert_eq!(
            netrc.login("https://d.example/team/x"),
            Some(("dan", "pw4"))
        );
        assert_eq!(netrc.login("https://d.example/other"), None);
        assert_eq!(
            netrc.login("http://a.example/x"),
            None,
            "never over plain http"
        );
        assert_eq!(
            netrc.login("https://z.example/"),
            None,
            "the default entry is not used"
        );
    }

    #[test]
    fn where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        fs::write(dir.path().join(".netrc"), FILE).unwrap();
        fs::write(
            dir.path().join("other"),
            "machine a.example login o password p",
        )
        .unwrap();
        let other = format!("{home}/other");
        let login = |vars: &[(&str, &str)]| {
            let netrc = Netrc::load(&GoEnv::from_vars(vars.iter().copied())).unwrap();
            netrc
                .login("https://a.example/")
                .map(|(login, _)| login.to_owned())
        };
        assert_eq!(login(&[("HOME", home)]).as_deref(), Some("ann"));
        assert_eq!(
            login(&[("HOME", home), ("NETRC", &other)]).as_deref(),
            Some("o")
        );
        assert_eq!(login(&[("HOME", home), ("GOAUTH", "off")]), None);
        assert_eq!(login(&[]), None);
    }
}
