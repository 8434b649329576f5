// Addresses, times and padded lengths, as `docs/formats/README.md` and `docs/formats/message.md` have them.

import { refuse, utf8 } from "./bytes.js";

/** Characters that show nothing or turn the direction of text. */
const INVISIBLE =
  /[\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}\u{e0000}-\u{e0fff}]/u;
const CONTROL = /\p{Cc}/u;
const ASCII_ATOM = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]$/;

/** Returns a text for a place where the page itself speaks: one line, nothing that hides or reorders, and not endless. */
export function oneLine(text: string): string {
  const plain = [...text.replace(/\s+/g, " ")].filter((character) => !isHiding(character));
  return plain.length > 300 ? `${plain.slice(0, 300).join("")} …` : plain.join("");
}

export interface Address {
  /** As it was written, the domain as lower-case A-labels. */
  readonly text: string;
  /** The form under which equal addresses are equal texts. */
  readonly canonical: string;
  readonly local: string;
  readonly domain: string;
}

/** Says whether a text holds characters that hide or reorder it. */
export function isHiding(text: string): boolean {
  return CONTROL.test(text) || INVISIBLE.test(text);
}

export function parseDomain(text: string): string {
  const plain = text.toLowerCase();
  let ascii = plain;
  // The browser's own IDNA (UTS 46) for everything that is not plain ASCII or is already encoded.
  if (!/^[a-z0-9.-]+$/.test(plain) || /(?:^|\.)xn--/.test(plain)) {
    if (/[\s/?#@:\\%[\]_<>^|]/.test(text)) refuse("not a domain");
    try {
      ascii = new URL(`http://${text}/`).hostname;
    } catch {
      return refuse("not a domain");
    }
  }
  const labels = ascii.split(".");
  const good = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  return good && ascii.length <= 255 ? ascii : refuse("not a domain");
}

export function parseAddress(text: string): Address {
  const at = text.lastIndexOf("@");
  if (at < 1) refuse("not an address");
  const local = text.slice(0, at);
  const atoms = local.split(".");
  if (utf8(local).length > 64 || !atoms.every(isAtom)) refuse("not an address");
  const domain = parseDomain(text.slice(at + 1));
  return { text: `${local}@${domain}`, canonical: `${local.toLowerCase()}@${domain}`, local, domain };
}

function isAtom(atom: string): boolean {
  return atom.length > 0 && [...atom].every((character) => ASCII_ATOM.test(character) || isLetterBeyondAscii(character));
}

function isLetterBeyondAscii(character: string): boolean {
  const beyond = (character.codePointAt(0) as number) > 0x7f && !/[\p{Surrogate}\s]/u.test(character);
  // A letter that differs from an ASCII one only by its case would be another mailbox that compares equal.
  const folds = [...character.toLowerCase()].every((lower) => (lower.codePointAt(0) as number) <= 0x7f);
  return beyond && !isHiding(character) && !folds;
}

/** Reads an address of a signed object: it must stand there as we would write it. */
export function parseSignedAddress(text: string): Address {
  const address = parseAddress(text);
  return address.text === text ? address : refuse("an address in another form");
}

/** Reads a time of the one form, as milliseconds. */
export function parseTime(text: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) refuse("not a time");
  const time = Date.parse(text);
  if (Number.isNaN(time) || time < 0 || writeTime(time) !== text) refuse("not a time");
  return time;
}

export function writeTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** Writes a time for a Date header (RFC 5322 section 3.3). */
export function writeMailDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString().replace(/GMT$/, "+0000");
}

/** Padmé (Nikitin et al., PoPETs 2019): the padded length of a part. Exact below 2^53. */
export function padme(length: number): number {
  if (length < 2) return length;
  const exponent = length.toString(2).length - 1;
  const sizeOfExponent = exponent === 0 ? 1 : exponent.toString(2).length;
  const step = 2 ** Math.max(exponent - sizeOfExponent, 0);
  return Math.ceil(length / step) * step;
}
