//! Why something could not be fetched: plain values that name the place, without credentials.

use std::time::Duration;

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server does not have it (404), or a `file://` tree lacks the file.
    #[error("reading {url}: 404 Not Found{}", said(.detail))]
    NotFound {
        /// What was read.
        url: String,
        /// What the server said, if that was plain text.
        detail: String,
    },
    /// The server does not have it any more, or never will (410).
    #[error("reading {url}: 410 Gone{}", said(.detail))]
    Gone {
        /// What was read.
        url: String,
        /// What the server said, if that was plain text.
        detail: String,
    },
    /// The server refuses to hand it out (403), or a file may not be read.
    #[error("reading {url}: 403 Forbidden{}", said(.detail))]
    Forbidden {
        /// What was read.
        url: String,
        /// What the server said, if that was plain text.
        detail: String,
    },
    /// Any other answer than 200, after all tries.
    #[error("reading {url}: status {status}{}", said(.detail))]
    Http {
        /// What was read.
        url: String,
        /// The status of the answer.
        status: u16,
        /// What the server said, if that was plain text.
        detail: String,
    },
    /// A limit on time was reached.
    #[error("reading {url}: no {what} within {limit:?}")]
    TimedOut {
        /// What was read.
        url: String,
        /// What was waited for: `connection`, `data` or `complete answer`.
        what: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The answer is larger than anything of its kind may be.
    #[error("reading {url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// What was read.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The connection ended before the answer did.
    #[error("reading {url}: the answer ended after {received} bytes{}", of(.expected))]
    Truncated {
        /// What was read.
        url: String,
        /// The bytes received.
        received: u64,
        /// The bytes announced, if they were.
        expected: Option<u64>,
    },
    /// No answer: the name is unknown, the connection refused or reset, the certificate not valid.
    #[error("reading {url}: {reason}")]
    Network {
        /// What was read.
        url: String,
        /// The causes, outermost first.
        reason: String,
    },
    /// Too many redirects, or one from https to http.
    #[error("reading {url}: {reason}")]
    Redirect {
        /// What was read.
        url: String,
        /// Why a redirect was not followed.
        reason: String,
    },
    /// A password would be sent in the clear.
    #[error("{url}: credentials are not sent over plain http")]
    InsecureCredentials {
        /// What was to be read.
        url: String,
    },
    /// The answer makes no sense, or answers something else.
    #[error("reading {url}: invalid answer: {reason}")]
    InvalidAnswer {
        /// What was read.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The request has no form that could be sent, such as a version with a slash.
    #[error("{what}: {reason}")]
    InvalidRequest {
        /// What was asked for.
        what: String,
        /// Why that cannot be asked.
        reason: String,
    },
    /// An entry of the `GOPROXY` list is no source.
    #[error("GOPROXY: {reason}: {entry}")]
    InvalidSource {
        /// The entry, without credentials.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The machine failed: a file of a `file://` tree or a temporary file, or the set-up of the client.
    #[error("{what}: {reason}")]
    Machine {
        /// What was tried.
        what: String,
        /// The system's error.
        reason: String,
    },
    /// It is not at hand, and the network may not be used (`--offline`).
    #[error("{what} is not at hand, and this run is offline")]
    Offline {
        /// What was asked for.
        what: String,
    },
    /// Fetching is disabled by `GOPROXY=off`.
    #[error("{what} must be fetched, which GOPROXY=off forbids")]
    Off {
        /// What was asked for.
        what: String,
    },
    /// No module proxy is configured.
    #[error(
        "{what} must be fetched, but no module proxy is configured: \
         neither in the environment (GOPROXY), nor by `go env -w`, nor in the go.env file of a Go installation"
    )]
    NoProxyConfigured {
        /// What was asked for.
        what: String,
    },
    /// It comes directly from its origin, which takes the `go` command, and there is none.
    #[error(
        "{what} must be fetched from its origin, which takes the go command, and there is none in PATH"
    )]
    NoGoForDirect {
        /// What was asked for.
        what: String,
    },
    /// The `go` command could not fetch it from its origin.
    #[error("{what}: the go command could not fetch it from its origin: {stderr}")]
    Direct {
        /// What was asked for.
        what: String,
        /// What the go command said.
        stderr: String,
        /// Whether it said that there is no such module or version.
        missing: bool,
    },
    /// Several sources were asked in turn, and none had it.
    #[error("{} (of {} sources asked)", most_telling(.attempts, .best), .attempts.len())]
    Sources {
        /// What each of them said, in the order asked.
        attempts: Vec<Attempt>,
        /// The index of the most telling one, which the go command would report.
        best: usize,
    },
}

/// What one source said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The entry of the list, without credentials.
    pub source: String,
    /// Its answer.
    pub error: FetchError,
}

impl FetchError {
    /// The error itself, or the most telling one of several sources.
    pub fn best(&self) -> &FetchError {
        match self {
            Self::Sources { attempts, best } => {
                attempts.get(*best).map_or(self, |a| a.error.best())
            }
            error => error,
        }
    }

    /// Whether the sources say that there is no such thing (404 or 410, or the origin lacks it).
    pub fn is_not_found(&self) -> bool {
        match self.best() {
            Self::NotFound { .. } | Self::Gone { .. } => true,
            Self::Direct { missing, .. } => *missing,
            _ => false,
        }
    }

    /// Whether each proxy asked refused with 403, 404 or 410, an origin behind them aside: such a
    /// version, when it stands in no list, counts as not existing.
    pub fn is_refused_everywhere(&self) -> bool {
        let refused = |error: &FetchError| {
            matches!(
                error,
                Self::NotFound { .. } | Self::Gone { .. } | Self::Forbidden { .. }
            )
        };
        match self {
            Self::Sources { attempts, .. } => {
                let origin = |a: &&Attempt| a.source == "direct" || a.source == "off";
                let mut proxies = attempts.iter().filter(|a| !origin(a)).peekable();
                proxies.peek().is_some() && proxies.all(|a| refused(&a.error))
            }
            Self::Direct { missing, .. } => *missing,
            error => refused(error),
        }
    }

    /// Whether the next source is asked even behind a `,`, as for the go command's `fs.ErrNotExist`.
    pub(super) fn falls_through(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::Gone { .. } | Self::Off { .. } => true,
            Self::Direct { missing, .. } => *missing,
            _ => false,
        }
    }

    /// Whether another try may help: time-outs, broken connections, 429 and 5xx.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Http { status, .. } => *status == 429 || *status >= 500,
            Self::TimedOut { what, .. } => *what != WHOLE,
            Self::Truncated { .. } | Self::Network { .. } => true,
            _ => false,
        }
    }

    /// The error of an answer with another status than 200.
    pub(super) fn of_status(status: u16, url: String, detail: String) -> Self {
        match status {
            403 => Self::Forbidden { url, detail },
            404 => Self::NotFound { url, detail },
            410 => Self::Gone { url, detail },
            status => Self::Http {
                url,
                status,
                detail,
            },
        }
    }

    /// Makes one error of what several sources said, ranked as the go command ranks them: the origin's
    /// own words first, then a failure of a proxy, then "not found"; among proxies the last failure.
    pub(super) fn of_attempts(mut attempts: Vec<Attempt>) -> Option<Self> {
        let (mut best, mut rank) = (0, 0);
        for (i, attempt) in attempts.iter().enumerate() {
            if attempt.source == "direct" {
                (best, rank) = (i, 2);
            } else if rank <= 1 && !attempt.error.falls_through() {
                (best, rank) = (i, 1);
            } else if rank == 0 {
                best = i;
            }
        }
        if attempts.len() < 2 {
            return attempts.pop().map(|attempt| attempt.error);
        }
        Some(Self::Sources { attempts, best })
    }
}

/// What a time-out of the whole request waited for; it is not tried again.
pub(super) const WHOLE: &str = "complete answer";

fn said(detail: &str) -> String {
    if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    }
}

fn of(expected: &Option<u64>) -> String {
    expected.map_or_else(String::new, |n| format!(" of {n}"))
}

fn most_telling<'a>(attempts: &'a [Attempt], best: &usize) -> &'a dyn std::fmt::Display {
    attempts
        .get(*best)
        .map_or(&"no source", |attempt| &attempt.error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn status(source: &str, status: u16) -> Attempt {
        let error = FetchError::of_status(status, format!("{source}/x"), String::new());
        Attempt {
            source: source.into(),
            error,
        }
    }

    fn direct(missing: bool) -> Attempt {
        let error = FetchError::Direct {
            what: "m".into(),
            stderr: "no route".into(),
            missing,
        };
        Attempt {
            source: "direct".into(),
            error,
        }
    }

    #[test]
    fn attempts_are_ranked() {
        let best =
            |attempts: Vec<Attempt>| FetchError::of_attempts(attempts).unwrap().best().clone();
        assert_eq!(best(vec![status("a", 404)]), status("a", 404).error);
        assert_eq!(
            best(vec![status("a", 404), status("b", 410)]),
            status("b", 410).error
        );
        assert_eq!(
            best(vec![status("a", 500), status("b", 404)]),
            status("a", 500).error
        );
        assert_eq!(
            best(vec![status("a", 500), status("b", 403)]),
            status("b", 403).error
        );
        assert_eq!(
            best(vec![status("a", 500), direct(true)]),
            direct(true).error
        );
        assert!(FetchError::of_attempts(Vec::new()).is_none());
    }

    #[test]
    fn a_version_that_no_proxy_hands_out_counts_as_missing() {
        let all = |attempts| {
            FetchError::of_attempts(attempts)
                .unwrap()
                .is_refused_everywhere()
        };
        assert!(all(vec![status("a", 403)]));
        assert!(all(vec![status("a", 404), status("b", 403), direct(false)]));
        assert!(!all(vec![status("a", 404), status("b", 500)]));
        assert!(!all(vec![direct(false)]));
        assert!(all(vec![direct(true)]));
    }

    #[test]
    fn several_sources_are_said_in_one_line() {
        let error = FetchError::of_attempts(vec![status("a", 403), status("b", 404)]).unwrap();
        assert_eq!(
            error.to_string(),
            "reading a/x: 403 Forbidden (of 2 sources asked)"
        );
    }
}
