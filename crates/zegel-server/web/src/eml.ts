// The whole message as one file: what was added for the journey is taken out, and parts go back to their places
// (`docs/formats/mail.md`, "restore complete").

import { type Bytes, refuse, toBase64 } from "./formats/bytes.js";

const STUB = /((?:^|\n)--[^\r\n]*\r?\n)Content-Type: message\/external-body; access-type=x-zegel-part; index=(\d+)(\r?\n)\r?\n/g;
/** Bytes of a part in one line of base64, and lines written at once. */
const LINE = 57;
const LINES = 8192;

/** Undoes the protection of a mail and fills its stubs with the parts, in order. */
export async function restore(body: Bytes, parts: readonly Blob[]): Promise<Blob> {
  // Latin-1 keeps one character for each byte, so positions in the text are positions in the bytes.
  const text = latin1(body);
  const pieces: (Blob | Bytes | string)[] = [];
  let at = writeHeader(text, body, pieces);
  let next = 0;
  for (const match of text.matchAll(STUB)) {
    const [whole, boundary, index, eol] = match as unknown as [string, string, string, string];
    if (match.index < at || next >= parts.length || Number(index) !== next + 1) continue;
    pieces.push(body.slice(at, match.index), boundary);
    const start = match.index + whole.length;
    const end = text.indexOf(`${eol}${eol}`, start);
    if (end < 0) refuse("a stub without an end");
    pieces.push(withBase64(text.slice(start, end), eol), eol, eol, await encode(parts[next] as Blob, eol));
    at = end + 2 * eol.length;
    next++;
  }
  if (next !== parts.length) refuse("a part has no place in the message");
  pieces.push(body.slice(at));
  const bytes = pieces.map((piece) => (typeof piece === "string" ? fromLatin1(piece) : piece));
  return new Blob(bytes, { type: "message/rfc822" });
}

/** Writes the header without the copies of the outer one, and without the mark of protection; returns where it ends. */
function writeHeader(text: string, body: Bytes, pieces: (Blob | Bytes | string)[]): number {
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const header = text.slice(0, end);
  const plain = header
    .replace(/^HP-Outer:[^\n]*(?:\n[ \t][^\n]*)*\n/gim, "")
    .replace(/^(Content-Type:[^\n]*?); hp="cipher"(?=[;\s]|$)/im, "$1");
  pieces.push(fromLatin1(plain));
  return Math.min(end, body.length);
}

/** The part comes in base64, whatever encoding its header names. */
function withBase64(header: string, eol: string): string {
  const field = /^Content-Transfer-Encoding:[^\n]*(?:\n[ \t][^\n]*)*/im;
  const written = "Content-Transfer-Encoding: base64";
  return field.test(header) ? header.replace(field, written) : `${header}${eol}${written}`;
}

async function encode(part: Blob, eol: string): Promise<Blob> {
  const pieces: string[] = [];
  for (let at = 0; at < part.size; at += LINE * LINES) {
    const bytes = new Uint8Array(await part.slice(at, at + LINE * LINES).arrayBuffer());
    pieces.push(toBase64(bytes).replace(/.{76}/g, `$&${eol}`));
  }
  const whole = new Blob(pieces);
  return part.size % LINE === 0 ? whole : new Blob([whole, eol]);
}

function latin1(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return text;
}

function fromLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
