//! Enrolling a device: the calls before there is a token.

use reqwest::Method;
use zegel_wire::server::{ConfirmRequest, DeviceGrant, EnrolRequest, EnrolmentView};

use super::error::ServerError;
use super::http::{Body, Call, Server};

impl Server {
    /// Begins the enrolment of a device.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolmentView, ServerError> {
        self.json(Call::new(Method::POST, "/api/v1/enrolments", None).with(Body::json(request)?)).await
    }

    /// Ends the enrolment of a device.
    ///
    /// # Errors
    /// See [`ServerError`]; a wrong code says how many tries are left.
    pub async fn confirm(&self, request: &ConfirmRequest) -> Result<DeviceGrant, ServerError> {
        let call = Call::new(Method::POST, "/api/v1/enrolments/confirm", None);
        self.json(call.with(Body::json(request)?)).await
    }
}
