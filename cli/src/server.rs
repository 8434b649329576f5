//! The Zegel server of a member: which one it is, the token, and waiting for its answers.

use std::path::{Path, PathBuf};

use zegel_core::Address;
use zegel_core::guest::ServerOrigin;
use zegel_delivery::endpoint::read_roots;
use zegel_delivery::server::{Member, Server, ServerError, ServerSettings, Waiter};
use zegel_store::devices::{Device, Devices};
use zegel_wire::error::Kind;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{input, keys};

/// Longest certificate file that is read.
const CA_FILE_MAX: u64 = 1 << 20;

/// A server that can be asked, for one who is not a member there.
pub(crate) struct Reached {
    pub(crate) server: Server,
    waiter: Waiter,
}

impl Reached {
    /// Sets up; nothing is asked yet.
    ///
    /// # Errors
    /// Code 78 when a certificate file cannot be used.
    pub(crate) fn new(origin: &ServerOrigin, ca_file: Option<&Path>) -> Result<Self> {
        let mut settings = ServerSettings::new(origin.clone());
        if let Some(path) = ca_file {
            let wrong = |failure: Failure| {
                Failure::new(Kind::Configuration, failure.sentence())
                    .while_trying(format!("the server's ca_file {}", path.display()))
            };
            let pem = input::read(path, CA_FILE_MAX).map_err(wrong)?;
            let roots =
                read_roots(&pem).map_err(|error| wrong(Failure::from_error(Kind::Configuration, &error)))?;
            settings = settings.with_roots(roots);
        }
        let waiter = Waiter::new().map_err(|error| Failure::io("cannot wait for a server", &error))?;
        Ok(Self { server: Server::new(&settings)?, waiter })
    }

    /// Waits for a call.
    ///
    /// # Errors
    /// As the call.
    pub(crate) fn wait<T>(
        &self,
        call: impl Future<Output = Result<T, ServerError>>,
    ) -> Result<T, ServerError> {
        self.wait_for(call)
    }

    /// Waits for anything.
    pub(crate) fn wait_for<T>(&self, call: impl Future<Output = T>) -> T {
        self.waiter.wait(call)
    }
}

/// The server of a member, with the token at hand.
pub(crate) struct Own {
    pub(crate) member: Member,
    pub(crate) address: Address,
    reached: Reached,
}

impl Own {
    /// Fetches the token of an address; nothing is asked yet.
    ///
    /// # Errors
    /// Code 78 when this computer is no device of the address, or its token is not to be had.
    pub(crate) fn of(address: &Address, context: &Context<'_>) -> Result<Self> {
        let device = devices(context)?.load(address)?.ok_or_else(|| {
            Failure::new(Kind::NoServer, format!("no server knows this computer as a device of {address}"))
                .hint(format!(
                    "ask your administrator for an invitation, then: zegel login --address {address}"
                ))
        })?;
        let Device { origin, ca_file, token, .. } = device;
        let reached = Reached::new(&origin, ca_file.as_deref())?;
        Ok(Self { member: reached.server.member(token), address: address.clone(), reached })
    }

    /// Chooses the member: the one named, else the sender as for `send`.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub(crate) fn named(address: Option<&Address>, context: &Context<'_>) -> Result<Self> {
        match address {
            Some(address) => Self::of(address, context),
            None => Self::of(&keys::sender(context, None)?.address, context),
        }
    }

    /// Waits for a call.
    ///
    /// # Errors
    /// As the call.
    pub(crate) fn wait<T>(
        &self,
        call: impl Future<Output = Result<T, ServerError>>,
    ) -> Result<T, ServerError> {
        self.reached.wait(call)
    }
}

/// Names the devices of this computer.
pub(crate) fn devices(context: &Context<'_>) -> Result<Devices> {
    Ok(Devices::new(context.paths()?))
}

/// Says whether an address has a server here.
///
/// # Errors
/// Code 78 when there is a record that cannot be read.
pub(crate) fn is_member(address: &Address, context: &Context<'_>) -> Result<bool> {
    Ok(devices(context)?.origin(address)?.is_some())
}

/// Returns the private authority that a variable names.
pub(crate) fn ca_file(context: &Context<'_>) -> Option<PathBuf> {
    context.environment().path("ZEGEL_SERVER_CA_FILE")
}
