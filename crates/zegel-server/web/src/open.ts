// Opening: from the server's share to a message of which everything was verified. All or nothing.

import { fetchCard, type Opened } from "./api.js";
import { fixedBase32 } from "./formats/base32.js";
import { type Bytes, concat, FormError, fromBase64, refuse } from "./formats/bytes.js";
import { directoryPath, parseCard } from "./formats/card.js";
import { type GuestEnvelope, openGuestEnvelope } from "./formats/envelope.js";
import { deriveGuestIdentity, parseIds } from "./formats/guest.js";
import { readMail } from "./formats/mail.js";
import type { Manifest } from "./formats/manifest.js";
import { openPart } from "./formats/part.js";
import { makeReceipt } from "./formats/receipt.js";
import type { OpenMessage, Standing, Visit } from "./state.js";

/** The link secret is not the one of this message. */
export class WrongKey extends Error {}

export async function openMessage(
  visit: Visit,
  opened: Opened,
  codeSeal: Bytes | undefined,
  progress: (done: number, total: number) => void,
): Promise<OpenMessage> {
  const { message, session, secret, guest } = visit;
  const ids = parseIds(message, session.guest);
  const identity = await deriveGuestIdentity(secret, fixedBase32(opened.share, 32), codeSeal, ids);
  const envelope = await openEnvelope(fromBase64(opened.envelope), identity, message, session.guest);
  const { manifest } = envelope;
  if (manifest.opener.address.canonical !== visit.address.canonical) refuse("sealed for another address");
  if (manifest.parts.length !== opened.parts.length) refuse("it has other parts than were signed");
  // Asked while the body is on its way; it says how far the sender can be believed, not whether the message holds.
  const asked = askDirectory(envelope).catch((): Standing => "unknown");
  const body = await fetchBody(visit, opened, envelope, progress);
  const mail = await readMail(body, {
    from: manifest.sender.address,
    to: manifest.to,
    cc: manifest.cc,
    subject: manifest.subject,
    sent: manifest.sent,
    inReplyTo: manifest.inReplyTo,
    parts: manifest.parts,
  });
  const standing = await asked;
  // Only now was everything verified that a receipt speaks of. It is the sender's proof; without it the message still opens.
  makeReceipt(manifest.receiptKey, message, session.guest, Date.now())
    .then((receipt) => guest.postReceipt(receipt))
    .catch(() => {});
  return { visit, opened, identity, envelope, body, mail, standing };
}

async function openEnvelope(file: Bytes, identity: string, message: string, guest: string): Promise<GuestEnvelope> {
  try {
    return await openGuestEnvelope(file, identity, message, guest);
  } catch (error) {
    if (error instanceof FormError && error.reason === "no key") throw new WrongKey();
    throw error;
  }
}

async function fetchBody(
  { guest }: Visit,
  { parts }: Opened,
  { manifest, messageIdentity }: GuestEnvelope,
  progress: (done: number, total: number) => void,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  const [part, view] = [manifest.parts[0], parts[0]];
  if (part === undefined || view === undefined) return refuse("it has no body");
  const file = guest.fetchPart(0, view.size);
  await openPart(file, view.size, part, messageIdentity, (piece) => pieces.push(piece), (done) => progress(done, part.length));
  return concat(...pieces);
}

/**
 * Asks the directory of the sender's own domain whether it shows the key that signed (design 4.5). Only that domain's server can
 * say so: this page asks only when it came from there.
 */
async function askDirectory({ manifest }: GuestEnvelope): Promise<Standing> {
  if (location.hostname !== `zegel.${manifest.sender.address.domain}`) return "unknown";
  const bytes = await fetchCard(await directoryPath(manifest.sender.address.text));
  return bytes === undefined ? "unknown" : judgeCard(bytes, manifest);
}

async function judgeCard(bytes: Bytes, { sender, sent }: Manifest): Promise<Standing> {
  try {
    const card = await parseCard(bytes);
    if (card.address !== sender.address.text) return "unknown";
    // Replaced since, or somebody else's all along: only the sender can say which (T17).
    if (card.fingerprint !== sender.card) return "other";
    // A card that had ended did not sign this.
    return card.created <= sent && sent < card.expires ? "verified" : "unknown";
  } catch {
    return "unknown";
  }
}
