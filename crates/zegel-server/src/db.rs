//! The database: rows of members, messages and guests. All SQL of the server stands below this module.
//!
//! One connection writes, in one task, and commits many requests together ([`writer`]); others read. What another database
//! needs is this type with the same functions.

mod enrolment;
mod expected;
mod guests;
mod inbox;
mod members;
mod messages;
mod parts;
mod sweep;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqlStr};
use thiserror::Error;

use crate::problem::Refusal;

pub(crate) use enrolment::{Confirmed, Invitation, NewDevice, Proof};
pub(crate) use expected::ExpectedPart;
pub(crate) use guests::{Guess, Judgement, Releases};
pub(crate) use inbox::{NewReply, ReplyRow};
pub(crate) use members::{Caller, CardRow};
pub(crate) use messages::{MessageHead, NewGuest, NewMessage, NewPart, State};
pub(crate) use parts::{Owner, PartRow};
use writer::Writer;

/// The migrations, in order; they are only ever added to.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "first", include_str!("db/migrations/0001_first.sql"))];
/// The most judged tries for each message and guest.
pub(crate) const MOST_TRIES: i64 = 10;
const READERS: u32 = 8;

/// Tells what went wrong with the database.
#[derive(Debug, Error)]
pub(crate) enum DatabaseError {
    /// A statement failed.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// The migrations could not be applied.
    #[error("the database could not be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The task that writes has ended, or too much is waiting for it.
    #[error("the database is not written to at present")]
    Closed,
    /// The commit that this was part of failed.
    #[error("the commit failed")]
    Commit,
    /// The disk has no room.
    #[error("the database has no room")]
    Full,
}

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The database failed.
    Database(DatabaseError),
    /// The request is refused, and nothing of it was written.
    Refused(Refusal),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        if matches!(error, DatabaseError::Full) || is_full(&error) {
            return Self::full();
        }
        // The text of an error of the database names tables and columns, never values.
        tracing::error!(error = %Chain(&error), "the database failed");
        Self::unavailable()
    }
}

impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Database(error) => error.into(),
            WriteError::Refused(refusal) => refusal,
        }
    }
}

/// Says whether SQLite found no room (SQLITE_FULL).
fn is_full(error: &DatabaseError) -> bool {
    let DatabaseError::Sql(sqlx::Error::Database(error)) = error else { return false };
    error.code().is_some_and(|code| code == "13")
}

/// An error with its causes, on one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    readers: SqlitePool,
    writer: Writer,
}

impl Database {
    /// Opens the database in a file, brings it up to date, and starts the task that writes.
    ///
    /// # Errors
    /// When it cannot be opened or brought up to date.
    pub(crate) async fn open(file: &Path) -> Result<Self, DatabaseError> {
        let mut connection = options(file).connect().await?;
        migrator().run(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(5))
            // A connection to a file does not go away in between.
            .test_before_acquire(false)
            .connect_with(options(file).read_only(true).create_if_missing(false))
            .await?;
        Ok(Self { readers, writer: Writer::start(connection, file.to_owned()) })
    }

    /// Ends the task that writes, and every connection.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// Says whether reads and writes are answered.
    ///
    /// # Errors
    /// When they are not.
    pub(crate) async fn check(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT value FROM epoch").fetch_one(&self.readers).await?;
        match self.writer.run(|_| Box::pin(async { Ok(()) })).await {
            Ok(()) => Ok(()),
            Err(WriteError::Database(error)) => Err(error),
            Err(WriteError::Refused(_)) => Err(DatabaseError::Closed),
        }
    }

    /// Returns the count of what ends sessions and streams.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn epoch(&self) -> Result<i64, DatabaseError> {
        let (value,): (i64,) = sqlx::query_as("SELECT value FROM epoch").fetch_one(&self.readers).await?;
        Ok(value)
    }

    /// Says what SQLite itself finds wrong with the file.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn integrity(&self) -> Result<Vec<String>, DatabaseError> {
        let rows: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check").fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(text,)| text).filter(|text| text != "ok").collect())
    }
}

/// Brings the database in a file up to date, and does nothing else.
///
/// # Errors
/// When it cannot be opened or brought up to date.
pub(crate) async fn migrate(file: &Path) -> Result<(), DatabaseError> {
    let mut connection = options(file).connect().await?;
    migrator().run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

fn migrator() -> Migrator {
    let migrations: Vec<Migration> = MIGRATIONS
        .into_iter()
        .map(|(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
        })
        .collect();
    Migrator { migrations: migrations.into(), ..Migrator::DEFAULT }
}

/// What each connection is opened with: durable at every commit, and overwriting what is deleted.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(PathBuf::from(file))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}
