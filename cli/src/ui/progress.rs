//! Progress of long work: a bar for people on a terminal, events for programs, nothing otherwise.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use zegel_wire::event::Event;

/// Work that is done sooner shows nothing.
const DELAY: Duration = Duration::from_millis(250);

/// Shows how far a task is.
pub(crate) struct Progress {
    view: View,
}

enum View {
    Bar { task: String, total: Option<u64>, since: Instant, bar: Option<ProgressBar> },
    Events { task: String, total: Option<u64>, last: Instant },
    None,
}

impl Progress {
    pub(super) fn none() -> Self {
        Self { view: View::None }
    }

    pub(super) fn bar(task: &str, total: Option<u64>) -> Self {
        Self { view: View::Bar { task: task.to_owned(), total, since: Instant::now(), bar: None } }
    }

    pub(super) fn events(task: &str, total: Option<u64>) -> Self {
        Self { view: View::Events { task: task.to_owned(), total, last: Instant::now() } }
    }

    /// Says that so many units are done.
    pub(crate) fn reach(&mut self, done: u64) {
        match &mut self.view {
            View::Bar { task, total, since, bar } => {
                if bar.is_none() && since.elapsed() >= DELAY {
                    *bar = Some(make_bar(task, *total));
                }
                if let Some(bar) = bar {
                    bar.set_position(done);
                }
            }
            View::Events { task, total, last } => {
                if last.elapsed() >= DELAY {
                    *last = Instant::now();
                    super::write_event(&Event::Progress { task: task.clone(), done, total: *total });
                }
            }
            View::None => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let View::Bar { bar: Some(bar), .. } = &self.view {
            bar.finish_and_clear();
        }
    }
}

fn make_bar(task: &str, total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = match total {
        Some(_) => "{prefix} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{prefix} {spinner} {bytes}, {bytes_per_sec}",
    };
    // The templates are constants; should one not parse, the default bar still tells the truth.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(task.to_owned());
    bar
}
