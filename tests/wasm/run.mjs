// Loads the wasm build of zegel-core and uses it from Node, as a browser or an add-in would.
// Usage: node run.mjs MODULE.wasm
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

const module = new WebAssembly.Module(readFileSync(process.argv[2]));

// The only thing the module may ask of its host is randomness. An import of another module is code that was linked in
// for a browser; it is given a function that throws, so that a test that reaches it fails.
let zegel;
const imports = { env: { zegel_random: (address, length) => {
  randomFillSync(new Uint8Array(zegel.memory.buffer, address, length));
  return 0;
} } };
const strangers = [];
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (from === 'env' && name in imports.env) continue;
  assert.equal(kind, 'function', `import of ${from}.${name}`);
  strangers.push(`${from}.${name}`);
  (imports[from] ??= {})[name] = () => { throw new Error(`the core called ${from}.${name}`); };
}
zegel = new WebAssembly.Instance(module, imports).exports;

/** Hands a request to the module and returns what it answers; an error is thrown as `Refused`. */
class Refused extends Error {}
function call(name, request) {
  const bytes = new TextEncoder().encode(JSON.stringify({ call: name, ...request }));
  const address = zegel.zegel_alloc(bytes.length);
  new Uint8Array(zegel.memory.buffer, address, bytes.length).set(bytes);
  const place = BigInt.asUintN(64, zegel.zegel_call(address, bytes.length));
  const [at, length] = [Number(place >> 32n), Number(place & 0xffffffffn)];
  const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(zegel.memory.buffer, at, length)));
  zegel.zegel_free(at, length);
  if ('error' in answer) throw new Refused(answer.error);
  return answer.ok;
}
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** Splits a C2SP vector into its header fields and the age file. */
function vector(bytes) {
  const end = bytes.indexOf('\n\n');
  const fields = { identity: [] };
  for (const line of bytes.subarray(0, end).toString().split('\n')) {
    const [key, value] = line.split(/: (.*)/s);
    if (key === 'identity') fields.identity.push(value); else fields[key] = value;
  }
  const body = bytes.subarray(end + 2);
  return { ...fields, file: fields.compressed === 'zlib' ? inflateSync(body) : body };
}

function ageVectors() {
  const folder = new URL('../vectors/age/', import.meta.url);
  const outcomes = {};
  let count = 0;
  for (const name of readdirSync(folder).filter((name) => name !== 'README.md')) {
    const { expect, identity, passphrase, payload, file } = vector(readFileSync(new URL(name, folder)));
    let opened, why;
    try {
      const request = { identities: identity, file: base64(file) };
      if (passphrase !== undefined) request.passphrase = passphrase;
      opened = Buffer.from(call('age-open', request).plain, 'base64');
    } catch (error) {
      if (!(error instanceof Refused)) throw new Error(`${name}: ${error.message}`, { cause: error });
      why = error.message;
    }
    assert.equal(opened !== undefined, expect === 'success', `${name} should be: ${expect}; it was: ${why ?? 'success'}`);
    if (opened) assert.equal(createHash('sha256').update(opened).digest('hex'), payload, name);
    outcomes[expect] = (outcomes[expect] ?? 0) + 1;
    count += 1;
  }
  assert.equal(count, 143);
  return Object.entries(outcomes).map(([name, number]) => `${number} ${name}`).join(', ');
}

/** The pinned vectors of whole messages: the same files and the same outcomes as in the Rust tests. */
function messageVectors() {
  const folder = new URL('../vectors/zegel/', import.meta.url);
  const cases = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, folder))).cases;
  const people = Object.fromEntries(cases('people').map((person) => [person.name, person]));
  const known = new Set(['name', 'container', 'opener', 'contacts', 'first_use', 'now', 'expect']);
  let [good, refused] = [0, 0];
  for (const one of cases('messages')) {
    for (const field of Object.keys(one)) assert.ok(known.has(field), `${one.name}: unknown field ${field}`);
    const contacts = one.contacts.map(({ person, origin }) => ({ card: people[person].expect.card, origin }));
    const container = base64(readFileSync(new URL(one.container, folder)));
    const { now, first_use } = one;
    const got = call('judge', { container, identity: people[one.opener].identity, contacts, first_use, now });
    assert.deepEqual(got, one.expect, one.name);
    if (got.outcome === 'good') good += 1; else refused += 1;
  }
  assert.ok(good > 0 && refused >= good);
  return `${good} opened, ${refused} refused`;
}

function ageRoundTrip() {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const plain = Buffer.alloc(size);
    randomFillSync(plain);
    const { sealed, plain: opened } = call('age-round-trip', { plain: base64(plain) });
    assert.ok(Buffer.from(opened, 'base64').equals(plain), `${size} bytes`);
    assert.match(Buffer.from(sealed, 'base64').toString('latin1'), /^age-encryption\.org\/v1\n-> mlkem768x25519 /);
  }
  return 'six sizes';
}

function cards() {
  const made = call('identity', { address: 'alice@example.org', name: 'Alice', now: NOW });
  const read = call('card', { card: made.card });
  assert.deepEqual(read, { address: 'alice@example.org', fingerprint: made.fingerprint, post_quantum: true });
  assert.throws(() => call('card', { card: made.card.replace('Alice', 'Alicf') }), Refused);
  return 'made, read, and refused when changed';
}

// 21 November 2026, 09:00 UTC: the date of the letter.
const NOW = 1_795_251_600;

function messages() {
  const person = (address) => call('identity', { address, name: address.split('@')[0], now: NOW });
  const [alice, bob, carol] = ['alice@example.org', 'bob@example.net', 'carol@example.com'].map(person);
  const attachment = Buffer.alloc(6 << 20);
  randomFillSync(attachment);
  const letter = [
    'From: Alice <alice@example.org>', 'To: Bob <bob@example.net>', 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
    'Date: Sat, 21 Nov 2026 09:00:00 +0000', 'Message-ID: <letter@example.org>', 'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=cut', '', '--cut', 'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit', '', 'Dear Bob, this is for your eyes. \u2713', '--cut',
    'Content-Type: application/octet-stream; name=big.bin', 'Content-Disposition: attachment; filename=big.bin',
    'Content-Transfer-Encoding: base64', '', base64(attachment).replace(/.{76}/g, '$&\r\n'), '--cut--', '',
  ].join('\r\n');
  const ask = (who, knows, mail) => ({ identity: who.secret, cards: knows.map(({ card }) => card), now: NOW, mail });

  const { mails, post_quantum } = call('seal', ask(alice, [bob], base64(letter)));
  assert.ok(post_quantum);
  assert.equal(mails.length, 1);
  assert.deepEqual(mails[0].recipients, ['bob@example.net']);
  const wire = Buffer.from(mails[0].mail, 'base64').toString('latin1');
  assert.ok(!wire.includes('Dear Bob') && !wire.includes('big.bin') && wire.includes('message.zegel'));

  const opened = call('open', ask(bob, [alice], mails[0].mail));
  assert.equal(opened.assurance, 'Verified');
  assert.equal(opened.sender, 'alice@example.org');
  assert.equal(opened.subject, 'Grüße');
  assert.ok(Buffer.from(opened.mail, 'base64').equals(Buffer.from(letter)), 'the letter comes back byte for byte');
  assert.equal(call('open', ask(alice, [bob], mails[0].mail)).assurance, 'Own');

  // Refusals: no card, a stranger's key, an unknown sender, a changed byte.
  assert.throws(() => call('seal', ask(alice, [carol], base64(letter))), Refused);
  assert.throws(() => call('open', ask(carol, [alice], mails[0].mail)), Refused);
  assert.throws(() => call('open', ask(bob, [], mails[0].mail)), Refused);
  const lines = wire.split('\r\n');
  const middle = Math.floor(lines.length / 2);
  lines[middle] = (lines[middle][0] === 'A' ? 'B' : 'A') + lines[middle].slice(1);
  const changed = Buffer.from(lines.join('\r\n'), 'latin1').toString('base64');
  assert.throws(() => call('open', ask(bob, [alice], changed)), Refused);
  return 'sealed, opened byte for byte, and refused in four ways';
}

for (const [name, test] of Object.entries({ 'age vectors': ageVectors, 'age round trip': ageRoundTrip, 'message vectors': messageVectors, cards, messages })) {
  console.log(`${name}: ${test()}`);
}
if (strangers.length > 0) console.log(`linked in for browsers, never called: ${strangers.join(', ')}`);
