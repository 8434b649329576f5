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

/// The endings, found by their last four letters.
#[derive(Default)]
pub(super) struct Endings {
    filter: [u64; 16],
    list: Vec<(&'static str, Entry)>,
}

impl Endings {
    /// Makes the table.
    pub(super) fn builtin() -> Self {
        let mut endings = Self::default();
        let mut list = ENDINGS.to_vec();
        list.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
        for (ending, hints) in list {
            if let Some(bit) = bit(ending.as_bytes())
                && let Some(word) = endings.filter.get_mut(bit / 64)
            {
                *word |= 1 << (bit % 64);
            }
            endings.list.push((ending, Entry::of_ending(hints)));
        }
        endings
    }

    /// Finds the longest ending of a word.
    #[inline]
    pub(super) fn find(&self, word: &[u8]) -> Option<&Entry> {
        if word.len() < SHORTEST || word.len() > 40 {
            return None;
        }
        let bit = bit(word)?;
        if self.filter.get(bit / 64)? >> (bit % 64) & 1 == 0 {
            return None;
        }
        let entry = self.list.iter().find(|(ending, _)| ends_with(word, ending)).map(|(_, entry)| entry)?;
        (!NOT.iter().any(|not| word.eq_ignore_ascii_case(not.as_bytes()))).then_some(entry)
    }
}

fn ends_with(word: &[u8], ending: &str) -> bool {
    word.len()
        .checked_sub(ending.len())
        .and_then(|from| word.get(from..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(ending.as_bytes()))
}

/// Returns the bit of the last four letters.
#[inline]
fn bit(word: &[u8]) -> Option<usize> {
    let tail: [u8; 4] = *word.last_chunk()?;
    let folded = u32::from_le_bytes(tail) | 0x2020_2020;
    Some((folded.wrapping_mul(0x9e37_79b1) >> 22) as usize)
}
