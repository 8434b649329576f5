//! Canonical JSON: JCS (RFC 8785), restricted so that there is exactly one text for each value.
//!
//! Keys are ASCII, numbers are integers below 2^53, there is no `null` and no key stands twice. What is received
//! must equal, byte for byte, what we would write for the value we read. That is stronger than a list of checks: a
//! duplicate key, a space, an escaped slash or a reordered field all give other bytes.
//!
//! Types written here are structs whose fields stand in alphabetical order, with `deny_unknown_fields` and
//! `skip_serializing_if` on options. They are never turned into a map first: another crate in the build could switch
//! on `serde_json/preserve_order` and silently change the order of maps.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Largest integer that may stand in the JSON: 2^53 - 1, the largest every JSON reader keeps exactly (RFC 7493).
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Tells why bytes are not canonical JSON of the expected type.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More bytes than this kind of object may have; nothing was parsed.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Not JSON, or not the expected fields and types. What the parser says is left out: it repeats the value it met, and
    /// that may be a private key.
    #[error("not the expected fields (line {line}, column {column})")]
    Fields {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The right value, written differently: spaces, other order, other escapes, a key twice.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Writes a value as canonical JSON without a line feed.
///
/// # Errors
/// Fails only for a type that cannot be JSON (a map with other keys than text); that is a bug of the caller.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    serde_json::to_vec(value).map_err(|error| at(&error))
}

/// Writes a value as one line of canonical JSON **with** its line feed: the bytes that signatures cover.
///
/// # Errors
/// As [`to_vec`].
pub fn to_line<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    let mut line = to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Reads canonical JSON of at most `cap` bytes.
///
/// # Errors
/// Refuses longer input before parsing, unknown, missing or double fields, and any other text for the same value.
pub fn from_slice<T: DeserializeOwned + Serialize>(bytes: &[u8], cap: usize) -> Result<T, JsonError> {
    if bytes.len() > cap {
        return Err(JsonError::TooLong(cap));
    }
    let value: T = serde_json::from_slice(bytes).map_err(|error| at(&error))?;
    if to_vec(&value)? == bytes { Ok(value) } else { Err(JsonError::NotCanonical) }
}

/// Keeps only where parsing failed.
fn at(error: &serde_json::Error) -> JsonError {
    JsonError::Fields { line: error.line(), column: error.column() }
}

/// Reads an integer below 2^53; for `#[serde(deserialize_with)]` on every number field.
///
/// # Errors
/// Refuses larger numbers, negative ones and fractions.
pub fn integer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = <u64 as serde::Deserialize>::deserialize(deserializer)?;
    if number <= INTEGER_MAX { Ok(number) } else { Err(serde::de::Error::custom("a number above 2^53 - 1")) }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(deserialize_with = "integer")]
        a: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<String>,
    }

    #[test]
    fn reads_only_the_one_form() {
        let good = br#"{"a":1,"b":"\u0001\n/\"\\ \u001f"}"#;
        let value: Sample = from_slice(good, 100).unwrap();
        assert_eq!(to_vec(&value).unwrap(), good);
        for bad in [
            r#"{"a":1,"b":"x"} "#,
            r#"{ "a":1}"#,
            r#"{"b":"x","a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":null}"#,
            r#"{"a":1.0}"#,
            r#"{"a":01}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":-1}"#,
            r#"{"a":1,"c":2}"#,
            r#"{"a":1,"b":"\u0041"}"#,
            r#"{"a":1,"b":"\/"}"#,
            r#"{"a":1,"b":"\u001F"}"#,
            r#"{"a":1}{"a":1}"#,
            r#"{"a":1,"b":"#,
            "",
            "[]",
            "{\"a\":1}\n",
        ] {
            assert!(from_slice::<Sample>(bad.as_bytes(), 100).is_err(), "{bad}");
        }
        assert!(from_slice::<Sample>(b"{\"a\":1,\"b\":\"\xff\"}", 100).is_err(), "not UTF-8");
    }

    #[test]
    fn errors_do_not_repeat_what_was_read() {
        let error = from_slice::<Sample>(br#""AGE-SECRET-KEY-PQ-1SECRET""#, 100).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("SECRET"));
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn caps_before_parsing_and_survives_depth() {
        assert!(matches!(from_slice::<Sample>(&[b'['; 101], 100), Err(JsonError::TooLong(100))));
        assert!(from_slice::<Sample>(&vec![b'['; 1 << 20], 1 << 20).is_err());
    }
}
