// Base32 (RFC 4648 section 6) in lower case, without padding; there is one text for each value.

import { type Bytes, refuse } from "./bytes.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

export function fromBase32(text: string): Bytes {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let at = 0;
  let value = 0;
  let bits = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0 || character.length !== 1) refuse("not base32");
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (value >> bits) & 0xff;
    }
  }
  // Spare bits are zero and fewer than a character.
  if (bits >= 5 || (value & ((1 << bits) - 1)) !== 0) refuse("not base32");
  return bytes;
}

/** Reads base32 of exactly `length` bytes. */
export function fixedBase32(text: string, length: number): Bytes {
  const bytes = fromBase32(text);
  return bytes.length === length ? bytes : refuse("base32 of another length");
}
