//! Runs the capture server for another program: `capture DIR`.
//!
//! Prints one line, `ADDRESS USER PASSWORD`, and takes mail until its standard input is closed. Then every mail is
//! in `DIR` as `1.eml` and so on, with the conversation that brought it as `1.log`. `cargo xtask demo` uses it.
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use secrecy::ExposeSecret;
use zegel_delivery::capture::Capture;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: capture DIR")?);
    fs::create_dir_all(&folder)?;
    let server = Capture::start()?;
    let (user, password) = server.credentials();
    // EXPOSE: made for this run of a server that forgets everything; whoever started us is to use it.
    writeln!(io::stdout(), "{} {user} {}", server.address(), password.expose_secret())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    for (number, mail) in (1..).zip(server.captured()) {
        fs::write(folder.join(format!("{number}.eml")), &mail.data)?;
        fs::write(folder.join(format!("{number}.log")), mail.transcript.join("\n"))?;
    }
    Ok(())
}
