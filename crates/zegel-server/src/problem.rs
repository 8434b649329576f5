//! Refusals: what goes wrong, as the problem that a caller gets (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use zegel_wire::server::{Problem, ProblemKind};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: ProblemKind,
    detail: Option<&'static str>,
    tries_left: Option<u8>,
    retry_after: Option<u64>,
    upload_offset: Option<u64>,
}

impl Refusal {
    /// Makes a refusal without particulars.
    pub(crate) const fn new(kind: ProblemKind) -> Self {
        Self { kind, detail: None, tries_left: None, retry_after: None, upload_offset: None }
    }

    pub(crate) const fn with(kind: ProblemKind, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..Self::new(kind) }
    }

    /// 400; `what` names the field.
    pub(crate) const fn bad_request(what: &'static str) -> Self {
        Self::with(ProblemKind::BadRequest, what)
    }

    /// 409.
    pub(crate) const fn conflict(detail: &'static str) -> Self {
        Self::with(ProblemKind::Conflict, detail)
    }

    /// 409, with the offset at which the upload goes on.
    pub(crate) const fn offset(offset: u64) -> Self {
        Self {
            upload_offset: Some(offset),
            ..Self::with(ProblemKind::Conflict, "the upload is at another offset")
        }
    }

    /// 410; `detail` is `recalled` or `expired`.
    pub(crate) const fn gone(detail: &'static str) -> Self {
        Self::with(ProblemKind::Gone, detail)
    }

    /// 404.
    pub(crate) const fn not_found() -> Self {
        Self::new(ProblemKind::NotFound)
    }

    /// 413; `what` names what is too large.
    pub(crate) const fn too_large(what: &'static str) -> Self {
        Self::with(ProblemKind::TooLarge, what)
    }

    /// 422.
    pub(crate) const fn unprocessable(detail: &'static str) -> Self {
        Self::with(ProblemKind::Unprocessable, detail)
    }

    /// 401.
    pub(crate) const fn unauthorized() -> Self {
        Self::new(ProblemKind::Unauthorized)
    }

    /// 429.
    pub(crate) const fn too_many(retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(ProblemKind::TooMany) }
    }

    /// 503.
    pub(crate) const fn unavailable() -> Self {
        Self { retry_after: Some(5), ..Self::new(ProblemKind::Unavailable) }
    }

    /// 507.
    pub(crate) const fn full() -> Self {
        Self::new(ProblemKind::Full)
    }

    /// 403: judged and wrong.
    pub(crate) const fn wrong_code(tries_left: u8) -> Self {
        Self { tries_left: Some(tries_left), ..Self::new(ProblemKind::WrongCode) }
    }

    /// 423: no try is left.
    pub(crate) const fn locked() -> Self {
        Self { tries_left: Some(0), ..Self::new(ProblemKind::Locked) }
    }

    /// Returns the kind.
    pub(crate) const fn kind(&self) -> ProblemKind {
        self.kind
    }

    fn problem(&self) -> Problem {
        Problem {
            type_: format!("/problems/{}", self.kind.name()),
            title: title(self.kind).to_owned(),
            status: self.kind.status(),
            detail: self.detail.map(str::to_owned),
            tries_left: self.tries_left,
            retry_after: self.retry_after,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(offset) = self.upload_offset {
            headers.insert("upload-offset", HeaderValue::from(offset));
        }
        if self.kind == ProblemKind::Unauthorized {
            // RFC 6750 section 3.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        (status, headers, body).into_response()
    }
}

const fn title(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::BadRequest => "The request is not of the shape that the API describes",
        ProblemKind::Conflict => "This name is taken by something else",
        ProblemKind::Full => "The server has no room",
        ProblemKind::Gone => "The message is not there any more",
        ProblemKind::Locked => "Every try is used up",
        ProblemKind::NotFound => "There is nothing by this name",
        ProblemKind::TooLarge => "This is more than the limit",
        ProblemKind::TooMany => "This was asked too often",
        ProblemKind::Unauthorized => "A valid token is needed",
        ProblemKind::Unavailable => "Something that is needed does not answer",
        ProblemKind::Unprocessable => "This was understood and refused",
        ProblemKind::WrongCode => "The code is wrong",
        _ => "The request was refused",
    }
}
