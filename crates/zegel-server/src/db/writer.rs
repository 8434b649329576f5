//! The one task that writes: it commits what many requests ask for together, so that they share one sync of the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Chain, DatabaseError, WriteError, is_full, options};

/// How many changes may wait; more is answered with 503.
const WAITING: usize = 2_048;
/// How many changes a commit has at most, and for how long it gathers them.
const TOGETHER: usize = 512;
const GATHERING: Duration = Duration::from_millis(50);

/// What a change is: it runs inside the open transaction and says whether to keep what it wrote.
type Change = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Done> + Send>;
/// Tells the caller, after the commit; takes whether it succeeded.
type Answer = Box<dyn FnOnce(Result<(), DatabaseError>) + Send>;

/// What waits for the task.
enum Work {
    Change(Change),
    /// Write the log of the database back and empty it.
    Truncate(oneshot::Sender<Result<(), DatabaseError>>),
}

struct Done {
    keep: bool,
    answer: Answer,
}

/// The handle of the task.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    changes: mpsc::Sender<Work>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
    closing: Arc<tokio::sync::Notify>,
}

impl Writer {
    /// Starts the task with its connection.
    pub(super) fn start(connection: SqliteConnection, file: PathBuf) -> Self {
        let (changes, receiver) = mpsc::channel(WAITING);
        let closing = Arc::new(tokio::sync::Notify::new());
        let task = tokio::spawn(write(connection, file, receiver, Arc::clone(&closing)));
        Self { changes, task: Arc::new(Mutex::new(Some(task))), closing }
    }

    /// Makes a change, and answers when it is on the disk.
    ///
    /// A change that returns an error leaves nothing behind; the others of the same commit are not touched by it.
    ///
    /// # Errors
    /// What the change returns, or that it could not be committed.
    pub(super) async fn run<T, F>(&self, change: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, WriteError>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let change: Change = Box::new(move |connection| {
            Box::pin(async move {
                let result = change(connection).await;
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    // Who asked may have gone away; the change stands.
                    let _ = sender.send(match (result, committed) {
                        (Ok(value), Ok(())) => Ok(value),
                        (Ok(_), Err(error)) => Err(WriteError::Database(error)),
                        (Err(error), _) => Err(error),
                    });
                });
                Done { keep, answer }
            })
        });
        self.changes
            .try_send(Work::Change(change))
            .map_err(|_| WriteError::Database(DatabaseError::Closed))?;
        receiver.await.unwrap_or(Err(WriteError::Database(DatabaseError::Closed)))
    }

    /// Writes the log of the database back and empties it.
    pub(super) async fn truncate(&self) -> Result<(), DatabaseError> {
        let (sender, receiver) = oneshot::channel();
        self.changes.send(Work::Truncate(sender)).await.map_err(|_| DatabaseError::Closed)?;
        receiver.await.unwrap_or(Err(DatabaseError::Closed))
    }

    /// Lets the task finish what it has, and ends it.
    pub(super) async fn close(&self) {
        self.closing.notify_one();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

async fn write(
    mut connection: SqliteConnection,
    file: PathBuf,
    mut changes: mpsc::Receiver<Work>,
    closing: Arc<tokio::sync::Notify>,
) {
    loop {
        let first = tokio::select! {
            biased;
            change = changes.recv() => change,
            () = closing.notified() => {
                changes.close();
                continue;
            }
        };
        let first = match first {
            None => break,
            Some(Work::Truncate(answer)) => {
                let _ = answer.send(run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await);
                continue;
            }
            Some(Work::Change(change)) => change,
        };
        let mut later = None;
        if let Err(error) = commit(&mut connection, first, &mut changes, &mut later).await {
            tracing::error!(error = %Chain(&error), "a commit failed");
            // A connection in an unknown state is replaced; when that does not work, the next change says so again.
            if let Ok(fresh) = options(&file).create_if_missing(false).connect().await {
                let _ = std::mem::replace(&mut connection, fresh).close_hard().await;
            }
        }
        if let Some(answer) = later {
            let _ = answer.send(run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await);
        }
    }
    let _ = connection.close().await;
}

/// Runs a first change and those that wait, and commits them together.
async fn commit(
    connection: &mut SqliteConnection,
    first: Change,
    changes: &mut mpsc::Receiver<Work>,
    later: &mut Option<oneshot::Sender<Result<(), DatabaseError>>>,
) -> Result<(), DatabaseError> {
    let mut answers = Vec::new();
    let result = gather(connection, first, changes, &mut answers, later).await;
    let result = match result {
        Ok(()) => run(connection, "COMMIT").await,
        Err(error) => Err(error),
    };
    let outcome = |result: &Result<(), DatabaseError>| match result {
        Ok(()) => Ok(()),
        Err(error) if is_full(error) => Err(DatabaseError::Full),
        Err(_) => Err(DatabaseError::Commit),
    };
    if result.is_err() {
        let _ = run(connection, "ROLLBACK").await;
    }
    for answer in answers {
        answer(outcome(&result));
    }
    result
}

async fn gather(
    connection: &mut SqliteConnection,
    first: Change,
    changes: &mut mpsc::Receiver<Work>,
    answers: &mut Vec<Answer>,
    later: &mut Option<oneshot::Sender<Result<(), DatabaseError>>>,
) -> Result<(), DatabaseError> {
    // IMMEDIATE: the lock is taken now, so that a commit cannot fail because another process wrote in between.
    run(connection, "BEGIN IMMEDIATE").await?;
    let began = Instant::now();
    let mut next = Some(first);
    while let Some(change) = next {
        run(connection, "SAVEPOINT change").await?;
        let done = change(connection).await;
        answers.push(done.answer);
        if !done.keep {
            run(connection, "ROLLBACK TO change").await?;
        }
        run(connection, "RELEASE change").await?;
        if answers.len() >= TOGETHER || began.elapsed() >= GATHERING {
            break;
        }
        next = match changes.try_recv() {
            Ok(Work::Change(change)) => Some(change),
            Ok(Work::Truncate(answer)) => {
                *later = Some(answer);
                None
            }
            Err(_) => None,
        };
    }
    Ok(())
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), DatabaseError> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}
