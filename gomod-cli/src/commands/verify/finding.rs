//! One thing that `gomod verify` found: what it is, how bad, who says what, and what to do next.

use gomod_core::verify::{Says, Standing, Witness, standing};
use serde::Serialize;

use crate::error::Kind;

/// What was found; the names are permanent (docs/DIAGNOSTICS.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Code {
    ChecksumMismatch,
    LogDistrusted,
    LogStateDamaged,
    CacheMismatch,
    NotInLog,
    NoSuchVersion,
    LooksPrivate,
    LogUnreachable,
    GraphUnavailable,
    CacheIncomplete,
    VendorInconsistent,
    SumMissing,
    SumUnreadable,
    NotRepaired,
    CacheLeftOver,
}

/// How bad it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    /// Exit code 4.
    Security,
    /// Exit code 3.
    Environment,
    /// Exit code 1.
    Failed,
    /// No failure.
    Note,
}

impl Severity {
    /// The exit code.
    pub(crate) fn exit(self) -> u8 {
        match self {
            Self::Security => Kind::Security.code(),
            Self::Environment => Kind::Environment.code(),
            Self::Failed => Kind::No.code(),
            Self::Note => 0,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    /// The module version, or the module path.
    pub(crate) module: String,
    pub(crate) message: String,
    pub(crate) details: Vec<String>,
    pub(crate) witnesses: Vec<Said>,
    /// Who stands alone among the witnesses.
    pub(crate) alone: Vec<String>,
    pub(crate) help: Option<String>,
}

/// What a witness says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Said {
    pub(crate) who: String,
    /// Null when it says nothing.
    pub(crate) hash: Option<String>,
    /// Why it says nothing, or what else there is to know.
    pub(crate) note: Option<String>,
}

impl Finding {
    pub(crate) fn new(
        code: Code,
        severity: Severity,
        module: impl ToString,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            module: module.to_string(),
            message: message.into(),
            details: Vec::new(),
            witnesses: Vec::new(),
            alone: Vec::new(),
            help: None,
        }
    }

    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    pub(crate) fn help(mut self, line: impl Into<String>) -> Self {
        self.help = Some(line.into());
        self
    }

    /// Adds who says what.
    pub(crate) fn witnesses(mut self, witnesses: Vec<(Witness, Option<String>)>) -> Self {
        let plain: Vec<Witness> = witnesses.iter().map(|(w, _)| w.clone()).collect();
        if let Standing::Alone(alone) = standing(&plain) {
            self.alone = alone;
        }
        self.witnesses = witnesses
            .into_iter()
            .map(|(Witness { who, says }, note)| match says {
                Says::Hash(hash) => Said {
                    who,
                    hash: Some(hash),
                    note,
                },
                Says::Nothing(why) => Said {
                    who,
                    hash: None,
                    note: Some(why),
                },
                Says::Unreadable(why) => Said {
                    who,
                    hash: None,
                    note: Some(format!("cannot be read: {why}")),
                },
            })
            .collect();
        self
    }
}
