//! A run as a list of steps with their times, summed up at the end.

use std::time::{Duration, Instant};

use crate::fail::Failure;
use crate::ui;

/// What a step that did not fail has to say.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Done.
    Good,
    /// Done, with a remark that belongs in the summary.
    Remark(String),
}

/// The steps of a run so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    rows: Vec<(String, Duration, Result<Outcome, Failure>)>,
}

impl Steps {
    /// Runs one step under its heading and returns whether it was good; the run goes on either way.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<Outcome, Failure>) -> bool {
        ui::heading(name);
        let start = Instant::now();
        let result = step();
        match &result {
            Ok(Outcome::Good) => {}
            Ok(Outcome::Remark(remark)) => ui::note(remark),
            Err(failure) => failure.print(),
        }
        let good = result.is_ok();
        self.rows.push((name.to_owned(), start.elapsed(), result));
        good
    }

    /// Writes the summary and fails if a step failed.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        ui::heading("Summary");
        let mut failed = Vec::new();
        let mut total = Duration::ZERO;
        for (name, time, result) in &self.rows {
            total += *time;
            let word = match result {
                Ok(Outcome::Good) => "ok".to_owned(),
                Ok(Outcome::Remark(remark)) => format!("ok: {remark}"),
                Err(failure) => {
                    failed.push(name.clone());
                    format!("FAILED: {}", failure.message())
                }
            };
            ui::note(&format!("{:>7.1} s  {name}: {word}", time.as_secs_f64()));
        }
        ui::note(&format!("{:>7.1} s  in all", total.as_secs_f64()));
        if failed.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} of {} steps failed: {}",
            failed.len(),
            self.rows.len(),
            failed.join(", ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_run_and_the_others_still_run() {
        let mut steps = Steps::default();
        assert!(!steps.run("first", || Err(Failure::new("broken"))));
        assert!(steps.run("second", || Ok(Outcome::Good)));
        let failure = steps.finish().unwrap_err();
        assert!(failure.message().contains("1 of 2 steps failed: first"), "{}", failure.message());
    }
}
