// Cards (`docs/formats/card.md`): the directory of the sender's domain shows one, and its fingerprint is compared.

import { toBase32 } from "./base32.js";
import { asReason, fromUtf8, refuse, utf8 } from "./bytes.js";
import { checkRecipient } from "./age.js";
import { sha256 } from "./crypto.js";
import { Fields, fromCanonical, toCanonical } from "./json.js";
import { checkKey, splitArmour, verify } from "./sshsig.js";
import { isHiding, parseAddress, parseSignedAddress, parseTime } from "./text.js";

const CARD_MAX = 16 * 1024;

export interface Card {
  readonly address: string;
  readonly name: string;
  readonly recipient: string;
  readonly signingKey: string;
  readonly created: number;
  readonly expires: number;
  readonly serial: number;
  readonly fingerprint: string;
}

export async function parseCard(bytes: Uint8Array): Promise<Card> {
  if (bytes.length > CARD_MAX) refuse("not a card", "shape");
  const text = asReason("shape", () => fromUtf8(bytes));
  if (/AGE-SECRET-KEY-|PRIVATE KEY/i.test(text)) refuse("not a card", "private key");
  const end = text.indexOf("\n");
  if (end < 0) refuse("not a card", "shape");
  const line = text.slice(0, end);
  const card = asReason("fields", () => parseLine(line));
  if ([...card.name].length > 200 || isHiding(card.name)) refuse("not a card", "name");
  if (card.expires <= card.created || card.serial === 0) refuse("not a card", "period");
  let { signature, rest } = asReason("signature", () => splitArmour(text.slice(end + 1)));
  try {
    await verify(signature, "zegel-card", utf8(`${line}\n`), card.signingKey);
  } catch {
    refuse("not a card", "signature");
  }
  for (let more = 0; rest !== ""; more++) {
    if (more === 1 && asReason("signature", () => splitArmour(rest))) refuse("not a card", "shape");
    const next = rest;
    rest = asReason("signature", () => splitArmour(next)).rest;
  }
  return { ...card, fingerprint: await fingerprint(card.address, card.recipient, card.signingKey) };
}

function parseLine(line: string): Omit<Card, "fingerprint"> {
  const fields = Fields.of(fromCanonical(utf8(line), CARD_MAX));
  fields.constant("format", "zegel/card/v1");
  const address = parseSignedAddress(fields.text("address")).text;
  const recipient = fields.text("recipient");
  checkRecipient(recipient);
  const card = {
    address,
    name: fields.text("name"),
    recipient,
    signingKey: checkKey(fields.text("signing_key")),
    created: parseTime(fields.text("created")),
    expires: parseTime(fields.text("expires")),
    serial: fields.integer("serial"),
  };
  fields.end();
  return card;
}

/** Covers address and both keys, so that it ties the key that signed to the key that replies go to. */
export async function fingerprint(address: string, recipient: string, signingKey: string): Promise<string> {
  const line = toCanonical({ address: parseAddress(address).canonical, recipient, signing_key: signingKey });
  return toBase32(await sha256(utf8(`zegel/card-fingerprint/v1\n${line}\n`)));
}

/** Returns the path of an address in the directory of its domain. */
export async function directoryPath(address: string): Promise<string> {
  const { local } = parseAddress(address);
  return `/.well-known/zegel/cards/${toBase32(await sha256(utf8(local.toLowerCase())))}`;
}

