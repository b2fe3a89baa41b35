//! What a proxy says about versions: `.info` and `@latest` answers, and `@v/list`.

use serde_json::{Map, Value};

use crate::model::{Version, is_valid};

/// The content of an `.info` file or of an `@latest` answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The version that the asked-for version or query stands for.
    pub version: String,
    /// The time of its commit, in the notation of RFC 3339.
    pub time: String,
    origin: Option<Map<String, Value>>,
}

/// The fields of an origin in the order in which the go command writes them.
const ORIGIN: &[&str] = &[
    "VCS",
    "URL",
    "Subdir",
    "Hash",
    "TagPrefix",
    "TagSum",
    "Ref",
    "RepoSum",
];

impl Info {
    /// An answer made of its two essential parts.
    pub fn new(version: impl Into<String>, time: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            time: time.into(),
            origin: None,
        }
    }

    /// Parses an answer as leniently as the go command: unknown fields are ignored, letter case in
    /// field names does not count.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| format!("no JSON: {e}"))?;
        let Value::Object(fields) = value else {
            return Err("JSON, but no object".into());
        };
        let version = text(&fields, "Version")?.unwrap_or_default();
        let time = text(&fields, "Time")?.unwrap_or_else(|| "0001-01-01T00:00:00Z".into());
        if instant(&time).is_none() {
            return Err(format!(
                "the time {time:?} is not in the notation of RFC 3339"
            ));
        }
        let origin = match field(&fields, "Origin") {
            Some(Value::Object(origin)) => Some(origin.clone()),
            None | Some(Value::Null) => None,
            Some(_) => return Err("its Origin is no object".into()),
        };
        Ok(Self {
            version,
            time,
            origin,
        })
    }

    /// The bytes that the go command stores in its cache: no unknown fields, and of the origin only
    /// what still holds for an exact version.
    pub fn to_cache(&self) -> Vec<u8> {
        let mut out = Map::new();
        out.insert("Version".into(), self.version.as_str().into());
        out.insert("Time".into(), self.time.as_str().into());
        if let Some(origin) = &self.origin {
            let pseudo = Version::parse(&self.version).is_ok_and(|v| v.is_pseudo());
            let kept = ORIGIN
                .iter()
                .filter(|name| !matches!(**name, "TagPrefix" | "TagSum" | "RepoSum"))
                .filter(|name| !(pseudo && **name == "Ref"))
                .filter_map(|name| Some((*name, field(origin, name)?.as_str()?)))
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), Value::from(value)));
            out.insert("Origin".into(), Value::Object(kept.collect()));
        }
        // Go's encoder escapes these three, so that JSON can stand in HTML.
        Value::Object(out)
            .to_string()
            .replace('&', "\\u0026")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .into_bytes()
    }
}

/// The versions in an `@v/list` answer, ascending: the first field of each line, as long as it is a
/// valid version and no pseudo-version. They are not brought to canonical form.
pub fn parse_list(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut versions: Vec<(Version, &str)> = text
        .split('\n')
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| is_valid(word))
        .filter_map(|word| Some((Version::parse(word).ok()?, word)))
        .filter(|(version, _)| !version.is_pseudo())
        .collect();
    versions.sort_by(|(v, a), (w, b)| v.cmp_precedence(w).then_with(|| a.cmp(b)));
    versions
        .into_iter()
        .map(|(_, word)| word.to_owned())
        .collect()
}

/// The version in an `@v/list` answer with the latest time, where a line gives one or the version is a
/// pseudo-version. It stands in for an `@latest` that a proxy does not have.
pub(super) fn latest_in_list(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut best: Option<((i64, u32), &str)> = None;
    for line in text.split('\n') {
        let mut words = line.split_whitespace();
        let Some(version) = words.next().filter(|word| is_valid(word)) else {
            continue;
        };
        let time = match words.next() {
            Some(time) => instant(time),
            None => Version::parse(version)
                .ok()
                .and_then(|v| v.pseudo().and_then(|p| timestamp(p.timestamp))),
        };
        match (time, best) {
            (Some(time), None) => best = Some((time, version)),
            (Some(time), Some((latest, _))) if latest < time => best = Some((time, version)),
            _ => {}
        }
    }
    best.map(|(_, version)| version.to_owned())
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = fields.get(name);
    exact.or_else(|| {
        fields
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    })
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match field(fields, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("its {name} is no string")),
    }
}

/// `yyyymmddhhmmss` in UTC, as in pseudo-versions.
fn timestamp(t: &str) -> Option<(i64, u32)> {
    let part = |range| t.get(range).unwrap_or_default();
    let (date, time) = (
        [part(0..4), part(4..6), part(6..8)],
        [part(8..10), part(10..12), part(12..14)],
    );
    instant(&format!("{}T{}Z", date.join("-"), time.join(":")))
}

/// Seconds since 1970 and nanoseconds of a time in the notation of RFC 3339.
fn instant(t: &str) -> Option<(i64, u32)> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = t.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !marks
        .iter()
        .all(|(at, mark)| t.as_bytes().get(*at) == Some(mark))
    {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = t.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let used = &fraction[..digits.min(9)];
        nanos = format!("{used:0<9}").parse().ok().filter(|_| digits > 0)?;
        rest = &fraction[digits..];
    }
    let offset = match rest.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let two = |a: u8, b: u8| {
                let digits = a.is_ascii_digit() && b.is_ascii_digit();
                digits.then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
            };
            let seconds = two(*h1, *h2)? * 3600 + two(*m1, *m2)? * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    // Days since 1970-01-01, counting years from March so that leap days come last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            - 1
            - 719_468;
    Some((
        ((days * 24 + hour) * 60 + minute) * 60 + second - offset,
        nanos,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn info_is_stored_as_the_go_command_stores_it() {
        let json = br#"{"Version":"v1.2.0","Time":"2020-01-02T03:04:05Z","Name":"x","Origin":
            {"VCS":"git","URL":"https://h/x?a&b","Hash":"12","TagSum":"t1:","TagPrefix":"p/","Ref":"refs/tags/v1.2.0"}}"#;
        let info = Info::parse(json).unwrap();
        assert_eq!(
            String::from_utf8(info.to_cache()).unwrap(),
            r#"{"Version":"v1.2.0","Time":"2020-01-02T03:04:05Z","Origin":{"VCS":"git","URL":"https://h/x?a\u0026b","Hash":"12","Ref":"refs/tags/v1.2.0"}}"#
        );
        let info = Info::parse(br#"{"version":"v1.0.0"}"#).unwrap();
        assert_eq!(info, Info::new("v1.0.0", "0001-01-01T00:00:00Z"));
    }

    #[test]
    fn info_that_is_none_is_an_error() {
        for bad in [
            "",
            "<html>",
            "[]",
            r#"{"Version":1}"#,
            r#"{"Version":"v1","Time":"now"}"#,
        ] {
            assert!(Info::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn trap_11_lists() {
        let list = b"v1.10.0\nv1.2.0 2020-01-02T03:04:05Z\n\nmaster\nv0.0.0-20191109021931-daa7c04131f5\n  v1.9.0\r\nv2\n";
        assert_eq!(parse_list(list), ["v1.2.0", "v1.9.0", "v1.10.0", "v2"]);
        assert_eq!(latest_in_list(list).as_deref(), Some("v1.2.0"));
        let pseudo =
            b"v0.0.0-20191109021931-daa7c04131f5\nv0.0.0-20200101000000-aaaaaaaaaaaa\nv1.0.0\n";
        assert_eq!(
            latest_in_list(pseudo).as_deref(),
            Some("v0.0.0-20200101000000-aaaaaaaaaaaa")
        );
        assert_eq!(latest_in_list(b"v1.0.0\n"), None);
    }

    #[test]
    fn instants() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(instant("2020-03-01T00:00:00Z"), Some((1_583_020_800, 0)));
        assert_eq!(
            instant("2020-03-01T02:00:00.5+02:00"),
            Some((1_583_020_800, 500_000_000))
        );
        for bad in [
            "2021-02-29T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-01-01",
            "2020-01-01T00:00:00",
            "20-1",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
