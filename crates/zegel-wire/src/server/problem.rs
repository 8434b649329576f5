//! Problems: what the server answers when it refuses (RFC 9457).

use serde::{Deserialize, Serialize};

/// Names the reason of a refusal; kinds are append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Not of the shape the API describes.
    BadRequest,
    /// The same id with another content, or an upload at another offset.
    Conflict,
    /// No room on the server.
    Full,
    /// Recalled or expired.
    Gone,
    /// Ten tries are used up.
    Locked,
    /// Nothing here by this name.
    NotFound,
    /// Over a limit or over the quota.
    TooLarge,
    /// Over a rate.
    TooMany,
    /// No valid token, or its member is blocked.
    Unauthorized,
    /// The database, the store or the gateway does not answer.
    Unavailable,
    /// Understood, and refused.
    Unprocessable,
    /// Judged, and wrong.
    WrongCode,
}

impl ProblemKind {
    /// All kinds, in alphabetical order.
    pub const ALL: [Self; 12] = [
        Self::BadRequest,
        Self::Conflict,
        Self::Full,
        Self::Gone,
        Self::Locked,
        Self::NotFound,
        Self::TooLarge,
        Self::TooMany,
        Self::Unauthorized,
        Self::Unavailable,
        Self::Unprocessable,
        Self::WrongCode,
    ];

    /// Returns the last part of the problem's `type`, for example `wrong-code`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Conflict => "conflict",
            Self::Full => "full",
            Self::Gone => "gone",
            Self::Locked => "locked",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Unauthorized => "unauthorized",
            Self::Unavailable => "unavailable",
            Self::Unprocessable => "unprocessable",
            Self::WrongCode => "wrong-code",
        }
    }

    /// Returns the status code (RFC 9110 section 15, RFC 4918, RFC 6585).
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Conflict => 409,
            Self::Full => 507,
            Self::Gone => 410,
            Self::Locked => 423,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::TooMany => 429,
            Self::Unauthorized => 401,
            Self::Unavailable => 503,
            Self::Unprocessable => 422,
            Self::WrongCode => 403,
        }
    }
}

/// A refusal, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `/problems/` and the kind's name.
    #[serde(rename = "type")]
    pub type_: String,
    /// The kind in words, the same each time.
    pub title: String,
    /// The status code once more.
    pub status: u16,
    /// What is special about this time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// How many judged tries are left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tries_left: Option<u8>,
    /// After how many seconds it may work.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// Returns the kind, or nothing for one that came after this program.
    pub fn kind(&self) -> Option<ProblemKind> {
        let name = self.type_.strip_prefix("/problems/")?;
        ProblemKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_in_order() {
        let names: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }

    #[test]
    fn a_problem_names_its_kind() {
        let text = r#"{"type":"/problems/wrong-code","title":"t","status":403,"tries_left":9}"#;
        let problem: Problem = serde_json::from_str(text).unwrap();
        assert_eq!(problem.kind(), Some(ProblemKind::WrongCode));
        assert_eq!(problem.tries_left, Some(9));
        let later: Problem =
            serde_json::from_str(r#"{"type":"/problems/new","title":"t","status":499}"#).unwrap();
        assert_eq!(later.kind(), None);
    }
}
