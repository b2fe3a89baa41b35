//! The one boundary between errors and the user: kind, message, causes, next step, exit code.

use std::fmt;

/// What kind of failure it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The answer is "no": drift, no plan, an inconsistency.
    No,
    /// The command line asks for something that is not there.
    Usage,
    /// Network, files, configuration.
    Environment,
    /// A checksum, a signature or a proof does not hold.
    Security,
}

impl Kind {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::No => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Security => 4,
        }
    }
}

/// An error as the user sees it.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) kind: Kind,
    message: String,
    details: Vec<String>,
    hints: Vec<String>,
    /// What a program reads on standard output instead.
    pub(crate) document: Option<String>,
}

impl CliError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Vec::new(),
            hints: Vec::new(),
            document: None,
        }
    }

    pub(crate) fn no(message: impl Into<String>) -> Self {
        Self::new(Kind::No, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self::new(Kind::Environment, message)
    }

    pub(crate) fn security(message: impl Into<String>) -> Self {
        Self::new(Kind::Security, message)
    }

    /// Says first what the message is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Says the same as JSON on standard output.
    pub(crate) fn document(mut self, json: String) -> Self {
        self.document = Some(json);
        self
    }

    /// Adds a line below the message.
    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, line: impl Into<String>) -> Self {
        self.hints.push(line.into());
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        for line in &self.details {
            write!(f, "\n  {}", line.replace('\n', "\n  "))?;
        }
        for line in &self.hints {
            write!(f, "\nhelp: {}", line.replace('\n', "\n      "))?;
        }
        Ok(())
    }
}
