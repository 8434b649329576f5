//! Timing commands fairly: all contenders take turns, so that a slow moment of the machine hits every one of them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::world::Tool;
use crate::fail::Failure;
use crate::shell;
use crate::ui;

/// A command to be measured.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    /// Variables added to the environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// What is removed before each run, so that every run writes anew.
    pub(crate) output: Option<PathBuf>,
    /// What becomes of the output after the last run.
    pub(crate) afterwards: Afterwards,
}

/// What becomes of the output of a contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// It is needed by the next case.
    Keep,
    /// It goes right after every run, because eight times 1 GiB is much.
    Remove,
}

/// What was measured for one contender.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Whose command it was.
    pub(crate) tool: Tool,
    /// The middle one of all times.
    pub(crate) median: Duration,
    /// The shortest time.
    pub(crate) least: Duration,
    /// The most memory the process held, in KiB.
    pub(crate) peak: u64,
}

/// One thing that every contender did.
#[derive(Debug)]
pub(crate) struct Case {
    /// What was done.
    pub(crate) name: String,
    /// How often each did it.
    pub(crate) runs: usize,
    /// The results, Zegel's first.
    pub(crate) rows: Vec<Measured>,
}

/// Runs all contenders `runs` times in turn, after one run each that warms up and tells the memory.
pub(crate) fn measure(name: &str, runs: usize, contenders: &[(Tool, Contender)]) -> Result<Case, Failure> {
    ui::note(&format!("{name}: {runs} runs"));
    let mut peaks = Vec::new();
    for (_, contender) in contenders {
        peaks.push(peak(contender)?);
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); contenders.len()];
    for _ in 0..runs {
        for ((_, contender), times) in contenders.iter().zip(&mut times) {
            times.push(time(contender)?);
        }
    }
    let rows: Vec<Measured> = contenders
        .iter()
        .zip(times)
        .zip(peaks)
        .map(|(((tool, _), mut times), peak)| {
            times.sort();
            Measured {
                tool: *tool,
                median: times.get(times.len() / 2).copied().unwrap_or_default(),
                least: times.first().copied().unwrap_or_default(),
                peak,
            }
        })
        .collect();
    for row in &rows {
        ui::note(&format!("    {:<6} {:>9.1} ms", row.tool.name(), row.median.as_secs_f64() * 1000.0));
    }
    Ok(Case { name: name.to_owned(), runs, rows })
}

fn time(contender: &Contender) -> Result<Duration, Failure> {
    remove(contender);
    let mut command = prepared(contender, &contender.words);
    let start = Instant::now();
    finish(contender, &mut command)?;
    let time = start.elapsed();
    if contender.afterwards == Afterwards::Remove {
        remove(contender);
    }
    Ok(time)
}

/// Runs a contender once without measuring it, and leaves its output.
pub(crate) fn once(contender: &Contender) -> Result<(), Failure> {
    remove(contender);
    finish(contender, &mut prepared(contender, &contender.words))
}

/// Runs a contender under GNU time, which reads the peak from the kernel's accounting of the child.
fn peak(contender: &Contender) -> Result<u64, Failure> {
    remove(contender);
    static RUN: AtomicU64 = AtomicU64::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    let note = std::env::temp_dir().join(format!("zegel-bench-peak-{}-{run}", std::process::id()));
    let mut words = ["/usr/bin/time", "--format=%M", "--output"].map(str::to_owned).to_vec();
    words.push(note.display().to_string());
    words.extend(contender.words.iter().cloned());
    let result = finish(contender, &mut prepared(contender, &words));
    let text = std::fs::read_to_string(&note).unwrap_or_default();
    // Left behind, it would be one line in the folder for temporary files.
    let _ = std::fs::remove_file(&note);
    result?;
    if contender.afterwards == Afterwards::Remove {
        remove(contender);
    }
    text.trim().parse().map_err(|_| Failure::new(format!("GNU time said {text:?} instead of a number")))
}

fn prepared(contender: &Contender, words: &[String]) -> Command {
    let (program, rest) =
        words.split_first().map_or(("true", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut command = shell::command(program);
    command.args(rest).envs(contender.environment.iter().map(|(name, value)| (name, value)));
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn finish(contender: &Contender, command: &mut Command) -> Result<(), Failure> {
    let shown: Vec<&str> = contender.words.iter().take(6).map(String::as_str).collect();
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("`{} …` could not be started: {error}", shown.join(" "))))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("`{} …` failed ({}): {}", shown.join(" "), output.status, said.trim())))
}

pub(crate) fn remove(contender: &Contender) {
    if let Some(output) = &contender.output {
        // Whichever of the two it is; it may also not be there yet.
        let _ = std::fs::remove_file(output);
        let _ = std::fs::remove_dir_all(output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(line: &str) -> Contender {
        let words = ["sh", "-c", line].map(str::to_owned).to_vec();
        Contender { words, environment: Vec::new(), output: None, afterwards: Afterwards::Keep }
    }

    #[test]
    fn everybody_runs_equally_often_and_the_median_is_in_between() {
        let case =
            measure("test", 3, &[(Tool::Zegel, contender("true")), (Tool::Rage, contender("sleep 0.05"))]);
        let case = case.unwrap();
        let [fast, slow] = case.rows.as_slice() else { panic!("two rows") };
        assert!(fast.least <= fast.median);
        assert!(slow.median >= Duration::from_millis(50));
        assert!(slow.peak > 0);
    }

    #[test]
    fn a_failing_contender_is_no_result() {
        let failure = measure("test", 1, &[(Tool::Zegel, contender("echo no >&2; exit 4"))]).unwrap_err();
        assert!(failure.message().contains("no"), "{}", failure.message());
    }
}
