//! Steps that are timed and recorded.

use std::time::Instant;

use zegel_wire::report::SmokeStep;

use crate::error::{Failure, Result};

/// The record of a smoke test.
pub(super) struct Steps {
    names: &'static [&'static str],
    done: Vec<SmokeStep>,
    failure: Option<Failure>,
}

impl Steps {
    /// Starts a record of these steps, in this order.
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        Self { names, done: Vec::new(), failure: None }
    }

    /// Takes the next step; the action returns its outcome and what was found. None when it failed.
    pub(super) fn take<T>(&mut self, action: impl FnOnce() -> Result<(T, String)>) -> Option<T> {
        let name = self.names.get(self.done.len()).copied().unwrap_or("another step").to_owned();
        let began = Instant::now();
        let outcome = action();
        let micros = super::micros(began);
        match outcome {
            Ok((value, detail)) => {
                let detail = Some(detail).filter(|detail| !detail.is_empty());
                self.done.push(SmokeStep { name, passed: true, skipped: false, micros, detail, error: None });
                Some(value)
            }
            Err(failure) => {
                let error = Some(failure.view());
                self.done.push(SmokeStep {
                    name,
                    passed: false,
                    skipped: false,
                    micros,
                    detail: None,
                    error,
                });
                self.failure.get_or_insert(failure);
                None
            }
        }
    }

    /// Ends the record: steps that were not reached are in it as skipped.
    pub(super) fn finish(mut self) -> (Vec<SmokeStep>, Option<Failure>) {
        for name in self.names.iter().skip(self.done.len()) {
            self.done.push(SmokeStep {
                name: (*name).to_owned(),
                passed: false,
                skipped: true,
                micros: 0,
                detail: None,
                error: None,
            });
        }
        (self.done, self.failure)
    }
}
