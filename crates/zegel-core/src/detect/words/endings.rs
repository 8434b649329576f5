//! Endings that make a word a medicine or a disease.
//!
//! Sources: WHO, "The use of stems in the selection of International Nonproprietary Names" (the stem book), for medicines;
//! Dutch compounds (`longkanker`) and Greek endings for diseases.

use super::Entry;
use crate::detect::hints::{DISEASE, DRUG, Hints};

/// Shortest word whose ending is looked at.
const SHORTEST: usize = 8;

/// Endings and what they mean; each at least four letters, ASCII, lower case.
const ENDINGS: &[(&str, Hints)] = &[
    ("pril", DRUG),
    ("sartan", DRUG),
    ("olol", DRUG),
    ("vastatin", DRUG),
    ("vastatine", DRUG),
    ("prazol", DRUG),
    ("prazole", DRUG),
    ("conazol", DRUG),
    ("conazole", DRUG),
    ("nidazol", DRUG),
    ("nidazole", DRUG),
    ("cilline", DRUG),
    ("cillin", DRUG),
    ("mycine", DRUG),
    ("mycin", DRUG),
    ("micine", DRUG),
    ("cycline", DRUG),
    ("floxacine", DRUG),
    ("floxacin", DRUG),
    ("azepam", DRUG),
    ("zolam", DRUG),
    ("gliptine", DRUG),
    ("gliptin", DRUG),
    ("gliflozine", DRUG),
    ("gliflozin", DRUG),
    ("glutide", DRUG),
    ("tinib", DRUG),
    ("ximab", DRUG),
    ("zumab", DRUG),
    ("limab", DRUG),
    ("tumab", DRUG),
    ("numab", DRUG),
    ("ciclovir", DRUG),
    ("ciclib", DRUG),
    ("triptan", DRUG),
    ("oxetine", DRUG),
    ("oxacine", DRUG),
    ("setron", DRUG),
    ("parine", DRUG),
    ("parin", DRUG),
    ("xaban", DRUG),
    ("gatran", DRUG),
    ("dipine", DRUG),
    ("thiazide", DRUG),
    ("semide", DRUG),
    ("nisolon", DRUG),
    ("nisolone", DRUG),
    ("metason", DRUG),
    ("methasone", DRUG),
    ("triptyline", DRUG),
    ("profen", DRUG),
    ("dronate", DRUG),
    ("droninezuur", DRUG),
    ("kanker", DISEASE),
    ("carcinoom", DISEASE),
    ("carcinoma", DISEASE),
    ("sarcoom", DISEASE),
    ("sarcoma", DISEASE),
    ("lymfoom", DISEASE),
    ("lymphoma", DISEASE),
    ("melanoom", DISEASE),
    ("melanoma", DISEASE),
    ("leukemie", DISEASE),
    ("leukaemia", DISEASE),
    ("leukemia", DISEASE),
    ("dementie", DISEASE),
    ("fractuur", DISEASE),
    ("ontsteking", DISEASE),
    ("thrombosis", DISEASE),
    ("trombose", DISEASE),
    ("neuropathie", DISEASE),
    ("neuropathy", DISEASE),
    ("artritis", DISEASE),
    ("arthritis", DISEASE),
    ("artrose", DISEASE),
    ("hepatitis", DISEASE),
    ("bronchitis", DISEASE),
    ("itis", DISEASE),
    ("stoornis", DISEASE),
    ("insufficientie", DISEASE),
    ("anemie", DISEASE),
    ("anaemia", DISEASE),
    ("infarct", DISEASE),
    ("tumor", DISEASE),
    ("psychose", DISEASE),
    ("epilepsie", DISEASE),
    ("aneurysma", DISEASE),
    ("embolie", DISEASE),
];

/// Words that end so and mean something else.
const NOT: &[&str] = &["graffitis"];

/// Words of the filter: large enough that few other words pass it.
const FILTER: usize = 64;

/// The endings, found by their last four letters.
pub(super) struct Endings {
    filter: [u64; FILTER],
    list: Vec<(u32, &'static str, Entry)>,
}

impl Default for Endings {
    fn default() -> Self {
        Self { filter: [0; FILTER], list: Vec::new() }
    }
}

impl Endings {
    /// Makes the table.
    pub(super) fn builtin() -> Self {
        let mut endings = Self::default();
        let mut list = ENDINGS.to_vec();
        list.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
        for (ending, hints) in list {
            let Some(tail) = tail(ending.as_bytes()) else { continue };
            let bit = bit(tail);
            if let Some(word) = endings.filter.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            endings.list.push((tail, ending, Entry::of_ending(hints)));
        }
        endings
    }

    /// Says whether the word at a place may have one of the endings: certain when it has not.
    #[inline]
    pub(super) fn may_end(&self, text: &[u8], start: usize, end: usize) -> bool {
        // What the last four bytes are is looked up for short words too: that is quicker than a branch that is hard to foresee.
        let tail = end.checked_sub(4).and_then(|from| tail(text.get(from..end)?));
        let bit = bit(tail.unwrap_or(0));
        let is_known = self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1);
        is_known & (end - start >= SHORTEST)
    }

    /// Finds the longest ending of a word.
    pub(super) fn find(&self, word: &[u8]) -> Option<&Entry> {
        if !(SHORTEST..=40).contains(&word.len()) {
            return None;
        }
        let tail = tail(word)?;
        let fits = |known: &(u32, &str, Entry)| known.0 == tail && ends_with(word, known.1);
        let (_, _, entry) = self.list.iter().find(|known| fits(known))?;
        (!NOT.iter().any(|not| word.eq_ignore_ascii_case(not.as_bytes()))).then_some(entry)
    }
}

fn ends_with(word: &[u8], ending: &str) -> bool {
    word.len()
        .checked_sub(ending.len())
        .and_then(|from| word.get(from..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(ending.as_bytes()))
}

/// Returns the last four letters as one number.
#[inline]
fn tail(word: &[u8]) -> Option<u32> {
    let tail: [u8; 4] = *word.last_chunk()?;
    Some(u32::from_le_bytes(tail) | 0x2020_2020)
}

/// Returns the bit of the last four letters.
#[inline]
fn bit(tail: u32) -> usize {
    (tail.wrapping_mul(0x9e37_79b1) >> 20) as usize
}
