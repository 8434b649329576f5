//! Tokens of a content stream (ISO 32000-1, 7.8.2), one at a time: a page of drawings costs no memory.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    ArrayEnd,
    ArrayStart,
    DictionaryEnd,
    DictionaryStart,
    Name(Vec<u8>),
    Number(f32),
    Operator(Vec<u8>),
    Text(Vec<u8>),
}

/// The longest string that is kept.
const LONGEST: usize = 64 * 1024;

/// Reads tokens.
#[derive(Debug)]
pub(super) struct Tokens<'c> {
    rest: &'c [u8],
    /// Whether a string began that never ended: what it swallowed may be text for another program.
    cut: bool,
}

/// Whether the end of an inline image is where every program finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageEnd {
    Doubtful,
    Found,
}

impl<'c> Tokens<'c> {
    pub(super) fn new(content: &'c [u8]) -> Self {
        Self { rest: content, cut: false }
    }

    /// Returns whether a string began that never ended.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Jumps over the data of an inline image: by its length where it says one, else to the first `EI` that ends it.
    pub(super) fn skip_image(&mut self, length: Option<usize>) -> ImageEnd {
        // One white byte parts the data from `ID`.
        if let Some(behind) = length.and_then(|length| self.rest.get(length.checked_add(1)?..)) {
            let white = behind.iter().take_while(|byte| is_white(**byte)).count();
            let end = behind.get(white..).and_then(|rest| rest.strip_prefix(b"EI"));
            if let Some(end) = end.filter(|end| end.first().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
            {
                self.rest = end;
                return ImageEnd::Found;
            }
        }
        // Data that looks like an end, or an end before text in a charset of its own.
        let mut passed: Option<&[u8]> = None;
        let mut before = b' ';
        let mut rest = self.rest;
        while let Some((first, after)) = rest.split_first() {
            if let Some(behind) = rest.strip_prefix(b"EI")
                && behind.first().is_none_or(|byte| is_white(*byte) || *byte == b'Q')
            {
                let like_text = behind.iter().take(16).all(|byte| is_white(*byte) || byte.is_ascii_graphic());
                if is_white(before) || like_text {
                    self.rest = behind;
                    let between = passed.and_then(|passed| passed.get(..passed.len() - behind.len()));
                    let shows = |two: &[u8]| matches!(two, b"Tj" | b"TJ" | b"Do");
                    let doubtful = between.is_some_and(|between| between.windows(2).any(shows));
                    return if doubtful { ImageEnd::Doubtful } else { ImageEnd::Found };
                }
                passed = passed.or(Some(behind));
            }
            before = *first;
            rest = after;
        }
        self.rest = &[];
        ImageEnd::Doubtful
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn regular(&mut self) -> &'c [u8] {
        let end = self
            .rest
            .iter()
            .position(|byte| is_white(*byte) || is_delimiter(*byte))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        word
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut depth = 1_u32;
        loop {
            let Some(byte) = self.byte() else {
                self.cut = true;
                break;
            };
            let add = match byte {
                b'(' => {
                    depth += 1;
                    Some(byte)
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                    Some(byte)
                }
                b'\\' => self.escaped(),
                _ => Some(byte),
            };
            if let Some(byte) = add.filter(|_| out.len() < LONGEST) {
                out.push(byte);
            }
        }
        out
    }

    fn escaped(&mut self) -> Option<u8> {
        Some(match self.byte()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.byte();
                }
                return None;
            }
            b'\n' => return None,
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            self.byte();
                            value = value * 8 + u32::from(digit - b'0');
                        }
                        _ => break,
                    }
                }
                (value & 0xff) as u8
            }
            other => other,
        })
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut high = None;
        loop {
            let Some(byte) = self.byte() else {
                self.cut = true;
                break;
            };
            if byte == b'>' {
                break;
            }
            let Some(value) = char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok()) else {
                continue;
            };
            high = match high {
                None => Some(value),
                Some(high) => {
                    if out.len() < LONGEST {
                        out.push((high << 4) | value);
                    }
                    None
                }
            };
        }
        if let Some(high) = high {
            out.push(high << 4);
        }
        out
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let byte = self.peek()?;
            if is_white(byte) {
                self.byte();
                continue;
            }
            return Some(match byte {
                b'%' => {
                    let end = self.rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                    self.rest = end.and_then(|end| self.rest.get(end..)).unwrap_or_default();
                    continue;
                }
                b'(' => {
                    self.byte();
                    Token::Text(self.literal())
                }
                b'<' if self.rest.get(1) == Some(&b'<') => {
                    self.rest = self.rest.get(2..).unwrap_or_default();
                    Token::DictionaryStart
                }
                b'>' if self.rest.get(1) == Some(&b'>') => {
                    self.rest = self.rest.get(2..).unwrap_or_default();
                    Token::DictionaryEnd
                }
                b'<' => {
                    self.byte();
                    Token::Text(self.hexadecimal())
                }
                b'[' => {
                    self.byte();
                    Token::ArrayStart
                }
                b']' => {
                    self.byte();
                    Token::ArrayEnd
                }
                b'/' => {
                    self.byte();
                    Token::Name(name(self.regular()))
                }
                b')' | b'>' | b'{' | b'}' => {
                    self.byte();
                    continue;
                }
                _ => word(self.regular()),
            });
        }
    }
}

fn word(word: &[u8]) -> Token {
    if matches!(word, b"true" | b"false" | b"null") {
        return Token::Name(word.to_vec());
    }
    let number = std::str::from_utf8(word).ok().and_then(|text| {
        let starts = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        if starts { text.parse().ok().or_else(|| text.trim_start_matches('-').parse().ok()) } else { None }
    });
    number.map_or_else(|| Token::Operator(word.to_vec()), Token::Number)
}

/// Resolves `#41` in names.
fn name(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'#'
            && let Some((pair, behind)) = after.split_first_chunk::<2>()
            && let Some(byte) =
                std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            out.push(byte);
            rest = behind;
        } else {
            out.push(*first);
        }
    }
    out
}

fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_every_sort_are_read() {
        let content = b"BT /F#31 12 Tf [(a\\(b\\051\\n) -250.5 <414> ] TJ % note\n<</A 1>> ET";
        let tokens: Vec<Token> = Tokens::new(content).collect();
        let operator = |name: &str| Token::Operator(name.into());
        assert_eq!(
            tokens,
            [
                operator("BT"),
                Token::Name(b"F1".to_vec()),
                Token::Number(12.0),
                operator("Tf"),
                Token::ArrayStart,
                Token::Text(b"a(b)\n".to_vec()),
                Token::Number(-250.5),
                Token::Text(b"A@".to_vec()),
                Token::ArrayEnd,
                operator("TJ"),
                Token::DictionaryStart,
                Token::Name(b"A".to_vec()),
                Token::Number(1.0),
                Token::DictionaryEnd,
                operator("ET"),
            ]
        );
    }

    #[test]
    fn inline_images_end_where_every_program_ends_them() {
        let skip = |data: &[u8], length: Option<usize>| {
            let mut tokens = Tokens::new(data);
            let end = tokens.skip_image(length);
            (end, tokens.next())
        };
        let text = Some(Token::Operator(b"BT".to_vec()));
        assert_eq!(skip(b" x EI BT", None), (ImageEnd::Found, text.clone()));
        assert_eq!(skip(b" xEI BT", Some(1)), (ImageEnd::Found, text.clone()));
        assert_eq!(skip(b" xEI BT", None), (ImageEnd::Found, text.clone()));
        assert_eq!(skip(b" EI x\nEI BT", Some(4)), (ImageEnd::Found, text.clone()));
        assert_eq!(skip(b" xEI \x80 EI BT", None), (ImageEnd::Found, text.clone()));
        assert_eq!(skip(b" xEI (\x80) Tj BI ID EI BT", None), (ImageEnd::Doubtful, text));
        assert_eq!(skip(b" xEIBT", None), (ImageEnd::Doubtful, None));
    }

    #[test]
    fn what_is_cut_off_ends() {
        for content in [&b"(never"[..], b"<41", b"[", b"((((", b"/", b"\\", b"<<"] {
            assert!(Tokens::new(content).count() <= 1);
        }
    }
}
