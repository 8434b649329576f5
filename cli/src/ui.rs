//! The only module that prints.
//!
//! Data goes to standard output, everything else to standard error. With `--json` standard output carries exactly one
//! object and standard error one event a line. Everything that people read passes through [`crate::text`] first.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the module that prints")]

mod page;
mod progress;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use serde::Serialize;
use zegel_wire::error::Kind;
use zegel_wire::event::Event;

use crate::args::Globals;
use crate::context::no_colour;
use crate::error::{Failure, Result};
use crate::json;

pub(crate) use page::{Page, Tone};
pub(crate) use progress::Progress;

/// Width of a terminal that does not tell its own.
const USUAL_WIDTH: usize = 80;

/// Who reads what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Person,
    Program,
}

/// The terminal, file or pipe on both outputs.
#[derive(Debug)]
pub(crate) struct Ui {
    reader: Reader,
    quiet: bool,
    colour_out: bool,
    colour_err: bool,
}

impl Ui {
    /// Looks at the outputs once.
    pub(crate) fn new(globals: &Globals) -> Self {
        Self::with(if globals.json { Reader::Program } else { Reader::Person }, globals.quiet)
    }

    /// Looks at the outputs when the command line could not be parsed.
    pub(crate) fn for_words(words: &[OsString]) -> Self {
        let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
        Self::with(if json { Reader::Program } else { Reader::Person }, false)
    }

    fn with(reader: Reader, quiet: bool) -> Self {
        let colour = reader == Reader::Person && !no_colour();
        Self {
            reader,
            quiet,
            colour_out: colour && io::stdout().is_terminal(),
            colour_err: colour && io::stderr().is_terminal(),
        }
    }

    /// Says whether a program reads the output (`--json`).
    pub(crate) fn is_json(&self) -> bool {
        self.reader == Reader::Program
    }

    /// Says whether questions can be asked: a person reads, and standard input and error are terminals.
    pub(crate) fn is_interactive(&self) -> bool {
        self.reader == Reader::Person && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Says whether standard output is a terminal.
    pub(crate) fn is_output_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints the result of a command: the object for programs, the page for people.
    pub(crate) fn report<T: Serialize>(&self, report: &T, page: impl FnOnce() -> Page) -> Result<()> {
        if self.is_json() {
            let json = serde_json::to_string(report).map_err(|error| {
                Failure::from_error(Kind::Bug, &error).while_trying("cannot write the report")
            })?;
            self.data(format!("{}\n", json::harmless(&json)).as_bytes())
        } else {
            self.data(page().render(self.colour_out, terminal_width(&io::stdout())).as_bytes())
        }
    }

    /// Prints what a command did: like [`Ui::report`] for programs, but people get the page on standard error, because
    /// standard output is for data or because there is none. Returns whether it was printed.
    ///
    /// What was done is done: a report that cannot be written is a warning and no failure. A script that saw a failure would
    /// do it again, and with mail that means to send it twice.
    pub(crate) fn outcome<T: Serialize>(&self, report: &T, page: impl FnOnce() -> Page) -> bool {
        let page = page();
        if !self.is_json() {
            if !self.quiet {
                self.show(&page);
            }
            return true;
        }
        let Err(failure) = self.report(report, Page::new) else { return true };
        self.warning(&format!("what follows was done, but the report is lost: {}", failure.sentence()));
        for line in page.render(false, None).lines().filter(|line| !line.is_empty()) {
            self.status(line);
        }
        false
    }

    /// Writes data to standard output, unchanged.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Self::stdout_failure(&error))
    }

    /// Turns an error of writing to standard output into a failure.
    pub(crate) fn stdout_failure(error: &io::Error) -> Failure {
        Failure::io("cannot write to standard output", error)
    }

    /// Tells what is going on; silenced by `--quiet`.
    pub(crate) fn status(&self, text: &str) {
        if self.quiet {
            return;
        }
        match self.reader {
            Reader::Person => self.say("", Tone::Plain, text),
            Reader::Program => self.event(&Event::Status { text: text.to_owned() }),
        }
    }

    /// Tells that something is not as it should be; silenced by `--quiet`.
    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            self.alarm(text);
        }
    }

    /// As [`Ui::warning`], and not silenced: something that protects the reader does not work, and nothing else would tell.
    pub(crate) fn alarm(&self, text: &str) {
        match self.reader {
            Reader::Person => self.say("warning:", Tone::Warn, text),
            Reader::Program => self.event(&Event::Warning { text: text.to_owned() }),
        }
    }

    /// Prints why the program ends: `error:` with the chain, then `hint:` lines; an object for programs.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.is_json() {
            if !failure.is_reported() {
                let written = self.report(&failure.view(), Page::new);
                if written.is_err() {
                    self.event(&Event::Error { text: failure.sentence() });
                }
            }
            return;
        }
        self.say("error:", Tone::Bad, &failure.sentence());
        for hint in failure.hints() {
            self.say("hint:", Tone::Note, hint);
        }
    }

    /// Tells of a failure that came after the one object on standard output; a second object there would break its reader.
    pub(crate) fn late(&self, failure: Failure) -> Failure {
        if !self.is_json() {
            return failure;
        }
        self.event(&Event::Error { text: failure.sentence() });
        failure.already_reported()
    }

    /// Starts to show progress of a task over `total` units: bytes or mails.
    pub(crate) fn progress(&self, task: &str, total: Option<u64>) -> Progress {
        match self.reader {
            _ if self.quiet => Progress::none(),
            Reader::Program => Progress::events(task, total),
            Reader::Person if io::stderr().is_terminal() => Progress::bar(task, total),
            Reader::Person => Progress::none(),
        }
    }

    /// Makes a panic end the program as a bug (70), with the place and without the values that stood there.
    pub(crate) fn catch_panics() {
        std::panic::set_hook(Box::new(|panic| {
            // The process ends here: no destructor removes what was not finished.
            crate::signals::abandon_unfinished();
            let place = panic
                .location()
                .map(|place| format!(" at {}:{}", place.file(), place.line()))
                .unwrap_or_default();
            let text = format!(
                "error: something happened that must not happen{place}\nhint: please report this bug\n"
            );
            let _ = io::stderr().lock().write_all(text.as_bytes());
            std::process::exit(i32::from(Kind::Bug.exit().code()));
        }));
    }

    /// Asks a question on the terminal; only `yes` in full means yes.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        let width = terminal_width(&io::stderr());
        let question = page::sentence("", Tone::Plain, question, self.colour_err, width);
        self.to_stderr(&format!("{} [yes/no] ", question.trim_end()));
        let mut answer = String::new();
        io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Failure::io("cannot read the answer from the terminal", &error))?;
        Ok(answer.trim().eq_ignore_ascii_case("yes"))
    }

    /// Shows a page on standard error, for a question that follows.
    pub(crate) fn show(&self, page: &Page) {
        self.to_stderr(&page.render(self.colour_err, terminal_width(&io::stderr())));
    }

    /// Writes one sentence to standard error, broken to fit where that is a terminal.
    fn say(&self, label: &str, tone: Tone, text: &str) {
        let width = terminal_width(&io::stderr());
        self.to_stderr(&page::sentence(label, tone, text, self.colour_err, width));
    }

    fn event(&self, event: &Event) {
        write_event(event);
    }

    fn to_stderr(&self, text: &str) {
        // Nothing sensible can be done when standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

fn write_event(event: &Event) {
    if let Ok(json) = serde_json::to_string(event) {
        let _ = io::stderr().lock().write_all(format!("{}\n", json::harmless(&json)).as_bytes());
    }
}

/// Returns the width of a terminal, and nothing for a file or pipe.
fn terminal_width<T: IsTerminal + AsFd>(output: &T) -> Option<usize> {
    if !output.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(output).ok().map(|size| usize::from(size.ws_col));
    // One that does not know its own width (a serial line) still breaks lines somewhere.
    Some(size.filter(|width| *width > 0).unwrap_or(USUAL_WIDTH))
}
