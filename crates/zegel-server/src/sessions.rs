//! Sessions of guests, and the codes that they asked for.
//!
//! Both live in the memory of this process only: after a restart a guest begins anew, and no code that was sent before counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zegel_wire::server::FactorKind;

use crate::clock::Moment;
use crate::problem::Refusal;
use crate::text::{Hash, Id, Secret};

/// How long a session lives, and how long parts can be fetched after opening.
const SESSION: Duration = Duration::from_secs(3_600);
const FETCHING: Duration = Duration::from_secs(1_800);
/// How long a code counts.
pub(crate) const CODE: Duration = Duration::from_secs(600);
/// How many sessions there are at most; each takes less than half a kilobyte.
const MOST: usize = 200_000;

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) name: Hash,
    pub(crate) message: Id,
    pub(crate) guest: Id,
    pub(crate) member: i64,
    pub(crate) factor: FactorKind,
    made: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    code: Option<(Hash, Moment)>,
    opened: Option<Instant>,
}

/// Who a session is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) message: Id,
    pub(crate) guest: Id,
    pub(crate) member: i64,
    pub(crate) factor: FactorKind,
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the hash of a code that is sent; an earlier one counts no more.
    pub(crate) fn keep_code(&self, code: Hash) {
        self.lock().code = Some((code, Moment::now()));
    }

    /// Forgets the code.
    pub(crate) fn drop_code(&self) {
        self.lock().code = None;
    }

    /// Says whether this is the code that was sent, and uses it up when it is.
    pub(crate) fn use_code(&self, code: &Hash) -> bool {
        let mut inner = self.lock();
        let right = inner.code.as_ref().is_some_and(|(kept, made)| kept.fits(code) && made.is_within(CODE));
        if right {
            inner.code = None;
        }
        right
    }

    /// Notes that the factor was proved.
    pub(crate) fn open(&self) {
        self.lock().opened = Some(Instant::now());
    }

    /// Refuses a session that has proved nothing.
    ///
    /// # Errors
    /// 401.
    pub(crate) fn must_be_open(&self) -> Result<(), Refusal> {
        if self.lock().opened.is_some() { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    /// Refuses a session that has proved nothing, or too long ago to fetch parts.
    ///
    /// # Errors
    /// 401.
    pub(crate) fn must_fetch(&self) -> Result<(), Refusal> {
        let fresh = self.lock().opened.is_some_and(|opened| opened.elapsed() < FETCHING);
        if fresh { Ok(()) } else { Err(Refusal::unauthorized()) }
    }
}

/// All sessions, by the hash of their tokens.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Hash, Arc<Session>>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session.
    ///
    /// # Errors
    /// When there are too many (503).
    pub(crate) fn begin(&self, who: Who) -> Result<Secret, Refusal> {
        let token = Secret::make();
        let name = token.hash();
        let session = Session {
            name,
            message: who.message,
            guest: who.guest,
            member: who.member,
            factor: who.factor,
            made: Instant::now(),
            inner: Mutex::default(),
        };
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            return Err(Refusal::unavailable());
        }
        sessions.insert(name, Arc::new(session));
        Ok(token)
    }

    /// Finds a session that is not over.
    pub(crate) fn find(&self, name: &Hash) -> Option<Arc<Session>> {
        self.lock().get(name).filter(|session| session.made.elapsed() < SESSION).cloned()
    }

    /// Ends the sessions of a guest.
    pub(crate) fn end(&self, message: Id, guest: Id) {
        self.lock().retain(|_, session| session.message != message || session.guest != guest);
    }

    /// Forgets sessions that are over.
    pub(crate) fn sweep(&self) {
        self.lock().retain(|_, session| session.made.elapsed() < SESSION);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(sessions: &Sessions) -> Arc<Session> {
        let who = Who { message: Id::make(), guest: Id::make(), member: 1, factor: FactorKind::Sms };
        let token = sessions.begin(who).unwrap();
        sessions.find(&token.hash()).unwrap()
    }

    #[test]
    fn a_code_counts_once_and_in_its_session() {
        let sessions = Sessions::default();
        let (one, other) = (session(&sessions), session(&sessions));
        let code = Hash::of(b"123456");
        one.keep_code(code);
        assert!(!other.use_code(&code));
        assert!(!one.use_code(&Hash::of(b"123457")));
        assert!(one.use_code(&code));
        assert!(!one.use_code(&code));
        one.keep_code(Hash::of(b"1"));
        one.keep_code(code);
        assert!(!one.use_code(&Hash::of(b"1")));
    }

    #[test]
    fn a_session_proves_before_it_fetches() {
        let sessions = Sessions::default();
        let one = session(&sessions);
        assert!(one.must_fetch().is_err() && one.must_be_open().is_err());
        one.open();
        assert!(one.must_fetch().is_ok() && one.must_be_open().is_ok());
        sessions.end(one.message, Id::make());
        assert!(sessions.find(&one.name).is_some());
        sessions.end(one.message, one.guest);
        assert!(sessions.find(&one.name).is_none());
    }
}
