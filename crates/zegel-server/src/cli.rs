//! The command line.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::address;
use crate::clock;
use crate::config::{Config, Overrides};
use crate::db;
use crate::erase;
use crate::fail::Failure;
use crate::fsck;
use crate::http;
use crate::problem::Refusal;
use crate::state::{Layout, Server, open_store};
use crate::text::Secret;

/// Keep sealed messages for recipients without a key
#[derive(Debug, Parser)]
#[command(name = "zegel-server", version, after_help = "Example: zegel-server run --data /var/lib/zegel")]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Globals {
    /// Read the configuration from this file
    #[arg(long, global = true, env = "ZEGEL_SERVER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep everything in this folder
    #[arg(long, global = true, env = "ZEGEL_SERVER_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look for rows without files, files without rows, and damage
    Fsck,
    /// Invite somebody to enrol their first device
    Invite {
        /// Their mail address
        address: String,
    },
    /// Bring the database up to date and end
    Migrate,
    /// Serve
    Run {
        /// Listen here
        #[arg(long, env = "ZEGEL_SERVER_LISTEN", value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
        /// Be reached under this address
        #[arg(long, env = "ZEGEL_SERVER_ORIGIN", value_name = "https://HOST")]
        origin: Option<String>,
    },
    /// See and block members
    #[command(subcommand)]
    User(User),
}

#[derive(Debug, Subcommand)]
enum User {
    /// End a member's sessions and let them in no more
    Block {
        /// Their mail address
        address: String,
    },
    /// List all members
    List,
    /// Let a blocked member in again
    Unblock {
        /// Their mail address
        address: String,
    },
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    harden();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let usage = error.use_stderr();
            let _ = error.print();
            return if usage {
                ExitCode::from(zegel_wire::exit::Exit::Usage.code())
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    log();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(command(cli)),
        Err(error) => Err(Failure::io("no threads can be started").because(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.print(),
    }
}

/// Forbids core dumps, and that other processes of the same user look into this one's memory.
fn harden() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Where the system forbids the calls the server is still useful.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Starts the log: JSON lines on standard error, of this program only. What libraries say may hold paths and values.
fn log() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let ours = Targets::new().with_target("zegel_server", LevelFilter::INFO);
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines).with(ours));
}

async fn command(cli: Cli) -> Result<(), Failure> {
    let Globals { config, data } = cli.globals;
    let mut overrides = Overrides { data, ..Overrides::default() };
    if let Command::Run { listen, origin } = &cli.command {
        overrides.listen = *listen;
        overrides.origin.clone_from(origin);
    }
    let config = Config::read(config.as_deref(), overrides)?;
    match cli.command {
        Command::Fsck => check(&config).await,
        Command::Invite { address } => invite(&config, &address).await,
        Command::Migrate => {
            let layout = Layout::make(&config.data)?;
            db::migrate(&layout.database())
                .await
                .map_err(|error| Failure::io("the database cannot be brought up to date").because(error))
        }
        Command::Run { .. } => run(config).await,
        Command::User(User::Block { address }) => set_blocked(&config, &address, 1).await,
        Command::User(User::List) => list(&config).await,
        Command::User(User::Unblock { address }) => set_blocked(&config, &address, 0).await,
    }
}

async fn run(config: Config) -> Result<(), Failure> {
    let (listen, connections) = (config.listen, config.limits.connections);
    let app = Server::open(config).await?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::io(format!("{listen} cannot be listened on")).because(error))?;
    let address =
        listener.local_addr().map_err(|error| Failure::io("the socket has no address").because(error))?;
    let end = ended()?;
    let sweeper = tokio::spawn(erase::run(std::sync::Arc::clone(&app)));
    // For whoever started it: with port 0 this is the only place that names the port.
    print(&format!("listening on {address}\n"))?;
    tracing::info!("started");
    let ending = app.ending.clone();
    let router = http::router(&app);
    http::serve(listener, router, connections, async move {
        end.await;
        ending.send_replace(true);
    })
    .await;
    let _ = sweeper.await;
    app.db.close().await;
    tracing::info!("ended");
    Ok(())
}

/// Becomes ready when the system asks the program to end.
fn ended() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error| Failure::io("signals cannot be heard").because(error);
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

async fn invite(config: &Config, address: &str) -> Result<(), Failure> {
    let canonical = canonical(address)?;
    let (db, _) = open_store(&Layout::make(&config.data)?).await?;
    let secret = Secret::make();
    let invitation = http::new_invitation(&secret, canonical, clock::wall());
    let expires_at = clock::text(invitation.expires_at);
    db.invite(invitation).await.map_err(|error| failed(error.into(), "the invitation cannot be stored"))?;
    db.close().await;
    // EXPOSE: the administrator hands it to the person who is invited.
    print(&format!("{}\n", secret.text().expose()))?;
    note(&format!("valid for one enrolment until {expires_at}\n"));
    Ok(())
}

async fn set_blocked(config: &Config, address: &str, blocked: i64) -> Result<(), Failure> {
    let canonical = canonical(address)?;
    let (db, _) = open_store(&Layout::make(&config.data)?).await?;
    let found = db
        .set_blocked(canonical, blocked)
        .await
        .map_err(|error| failed(error.into(), "the member cannot be changed"))?;
    db.close().await;
    if found { Ok(()) } else { Err(Failure::no_input(format!("{address} is no member"))) }
}

async fn list(config: &Config) -> Result<(), Failure> {
    let (db, _) = open_store(&Layout::make(&config.data)?).await?;
    let members =
        db.members().await.map_err(|error| Failure::io("the members cannot be read").because(error))?;
    db.close().await;
    let mut text = String::new();
    for member in members {
        let state = if member.blocked { "blocked" } else { "active" };
        let line = format!(
            "{}\t{state}\t{} devices\t{} of {} bytes\n",
            member.address, member.devices, member.used, member.quota
        );
        text.push_str(&line);
    }
    print(&text)
}

async fn check(config: &Config) -> Result<(), Failure> {
    let layout = Layout::make(&config.data)?;
    let (db, blobs) = open_store(&layout).await?;
    let faults = fsck::check(&db, &blobs).await?;
    db.close().await;
    for fault in &faults {
        print(&format!("{fault}\n"))?;
    }
    if faults.is_empty() {
        print("clean\n")
    } else {
        Err(Failure::data(format!("{} faults were found", faults.len())))
    }
}

fn canonical(address: &str) -> Result<String, Failure> {
    address::canonical(address).ok_or_else(|| Failure::usage(format!("{address} is not a mail address")))
}

fn failed(refusal: Refusal, what: &str) -> Failure {
    Failure::io(what).because(format!("{:?}", refusal.kind()))
}

/// Writes data to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::io("standard output cannot be written to").because(error))
}

/// Writes a remark to standard error.
fn note(text: &str) {
    // There is nobody to tell when standard error is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
