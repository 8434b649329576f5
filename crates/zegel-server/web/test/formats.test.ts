import assert from "node:assert/strict";
import { test } from "node:test";

import { identityFromSeed, recipientOf } from "../src/formats/age.js";
import { fixedBase32, fromBase32, toBase32 } from "../src/formats/base32.js";
import { FormError, fromBase64, utf8 } from "../src/formats/bytes.js";
import { fingerprint, parseCard } from "../src/formats/card.js";
import { hmac } from "../src/formats/crypto.js";
import { deriveCodeKeys, deriveGuestIdentity, normalizeCode, parseIds, parseLink } from "../src/formats/guest.js";
import { parseManifest } from "../src/formats/manifest.js";
import { makeReceipt } from "../src/formats/receipt.js";
import { isHiding, padme, parseAddress, parseDomain, parseTime, writeMailDate, writeTime } from "../src/formats/text.js";
import { type Case, cases } from "./vectors.js";

/** Runs what judges a case; a refusal is a `FormError` and nothing else. */
async function judge(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FormError) return { outcome: error.reason };
    throw error;
  }
}

async function run(file: string, work: (given: Case) => unknown, most = (given: Case) => given.expect as unknown) {
  for (const given of cases(file)) {
    await test(`${file}: ${given.name}`, async () => {
      assert.deepEqual(await judge(() => work(given)), most(given));
    });
  }
}

const text = (given: Case, field: string) => given[field] as string;

await run("guests", async (given) => {
  const link = parseLink(text(given, "link"));
  const ids = parseIds(text(given, "message"), text(given, "guest"));
  const share = fixedBase32(text(given, "share"), 32);
  const code = given.code === undefined ? undefined : await deriveCodeKeys(text(given, "code"), ids);
  const identity = await deriveGuestIdentity(link, share, code?.seal, ids);
  const seen: Record<string, unknown> = { outcome: "good", recipient: await recipientOf(identity) };
  if (code !== undefined) seen.code_verify_key = toBase32(code.verify);
  return seen;
});

await run("codes", (given) => ({ outcome: "good", normal: normalizeCode(text(given, "code")) }));

await run("manifests", (given) => {
  const manifest = parseManifest(utf8(text(given, "manifest")));
  return {
    outcome: "good",
    id: manifest.id,
    parts: manifest.parts.length,
    pq: manifest.pq,
    role: manifest.opener.role,
    sender: manifest.sender.address.text,
    sent: writeTime(manifest.sent),
    subject: manifest.subject,
  };
});

await run(
  "cards",
  async (given) => {
    const bytes = given.card === undefined ? fromBase64(text(given, "card_base64")) : utf8(text(given, "card"));
    const card = await parseCard(bytes);
    return {
      outcome: "good",
      address: card.address,
      created: writeTime(card.created),
      expires: writeTime(card.expires),
      fingerprint: card.fingerprint,
      name: card.name,
      serial: card.serial,
    };
  },
  // The page pins nobody, so it asks for no rotation, and it shows no fingerprint.
  ({ expect: { readable, rotates, rotation, ...rest } }) => rest,
);

await run(
  "texts",
  (given) => {
  const kind = text(given, "kind");
  if (kind === "padme") return { outcome: "good", padded: padme(given.length as number) };
  const typed = text(given, "text");
  switch (kind) {
    case "address": {
      const address = parseAddress(typed);
      const smtputf8 = !/^[\x00-\x7f]*$/.test(address.local);
      return { outcome: "good", canonical: address.canonical, smtputf8, text: address.text };
    }
    case "base32":
      return { outcome: "good", hex: Buffer.from(fromBase32(typed)).toString("hex") };
    case "domain":
      return { outcome: "good", ascii: parseDomain(typed) };
    case "fingerprint":
      return { outcome: "good", text: toBase32(fixedBase32(typed, 32)) };
    case "message-id":
      return { outcome: "good", hex: Buffer.from(fixedBase32(typed, 16)).toString("hex") };
    case "time":
      return { outcome: "good", rfc5322: writeMailDate(parseTime(typed)), unix: parseTime(typed) / 1000 };
    default:
      return assert.fail(`an unknown kind: ${kind}`);
  }
},
  // Fingerprints are shown to members, who compare them; the page compares them itself.
  ({ kind, text: typed, expect: { readable, matches_typed, ...rest } }) =>
    kind === "fingerprint" && rest.outcome === "good" ? { ...rest, text: typed } : rest,
);

for (const given of cases("people")) {
  await test(`people: ${given.name}`, async () => {
    const { address, fingerprint: expected, recipient, signing_key: key } = given.expect as Record<string, unknown>;
    assert.equal(await fingerprint(address as string, recipient as string, key as string), expected);
  });
}

for (const given of cases("receipts")) {
  const receipt = text(given, "receipt");
  if (given.expect.outcome !== "good" || !receipt.includes('"guest"')) continue;
  await test(`receipts: ${given.name}`, async () => {
    const { claim } = JSON.parse(receipt);
    const key = fixedBase32(given.expect.newest_receipt_key as string, 32);
    assert.equal(await makeReceipt(key, claim.id, claim.opener.guest, parseTime(claim.opened_at)), receipt);
  });
}

test("a hybrid identity from a seed has the recipient of typage", async () => {
  const identity = identityFromSeed(new Uint8Array(32).fill(7));
  assert.match(identity, /^AGE-SECRET-KEY-PQ-1[A-Z0-9]{58}$/);
  assert.match(await recipientOf(identity), /^age1pq1/);
});

test("HMAC-SHA-256 gives RFC 4231's second case", async () => {
  const mac = await hmac(utf8("Jefe"), utf8("what do ya want for nothing?"));
  const known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  assert.equal(Buffer.from(mac).toString("hex"), known);
});

test("hiding characters are seen and letters are not", () => {
  for (const hidden of ["a\u200b", "a\u202e", "\u0007", "\u{e0041}"]) assert.ok(isHiding(hidden), JSON.stringify(hidden));
  for (const plain of ["Zoë van ’t Hoff", "張", "a b"]) assert.ok(!isHiding(plain), plain);
});
