// Answering: sealed in the browser, uploaded in pieces, opened by the sender, and read again by the guest.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser } from "playwright";

import { launch, Reader } from "./browser.js";
import { openerKey } from "./sender.js";
import { type Member, TestServer } from "./server.js";
import { fromBase64, concat, type Bytes } from "../../crates/zegel-server/web/src/formats/bytes.js";
import { readMail } from "../../crates/zegel-server/web/src/formats/mail.js";
import { openPart } from "../../crates/zegel-server/web/src/formats/part.js";
import { openReply } from "../../crates/zegel-server/web/src/formats/reply.js";
import { parseAddress } from "../../crates/zegel-server/web/src/formats/text.js";

const bob = "bob@example.net";
const code = "Oranje-Fiets 42";
const FULL = process.env["ZEGEL_TEST_FULL"] === "1";

let server: TestServer;
let browser: Browser;
let alice: Member;

before(async () => {
  server = await TestServer.start();
  browser = await launch(server);
  alice = await server.enrol("alice@example.org");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens an answer as the sender's program does, with nothing but the sender's keys and what the server delivers. */
async function read(view: Awaited<ReturnType<Member["inbox"]>>[number]) {
  const { sender } = alice;
  const opened = await openReply(fromBase64(view.envelope), sender.identity, {
    opener: "member",
    id: view.reply,
    message: view.message,
    guest: view.guest,
    guestAddress: parseAddress(bob),
    member: { address: parseAddress(sender.address), card: sender.fingerprint },
    replyKey: await openerKey(sender, view.message, view.guest, "zegel/reply-key/v1"),
  });
  const contents: Bytes[] = [];
  for (const [index, part] of opened.manifest.parts.entries()) {
    const file = await alice.inboxPart(view.reply, index);
    const pieces: Bytes[] = [];
    await openPart(new Blob([file]).stream(), file.length, part, opened.messageIdentity, (piece) => pieces.push(piece));
    contents.push(concat(...pieces));
  }
  const { manifest } = opened;
  const mail = await readMail(contents[0] ?? assert.fail(), {
    from: manifest.guest.address,
    to: [manifest.member.address],
    cc: [],
    subject: manifest.subject,
    sent: manifest.sent,
    inReplyTo: manifest.inReplyTo,
    parts: manifest.parts,
  });
  return { manifest, mail, contents };
}

function bytes(length: number, seed: number): Buffer {
  const content = Buffer.alloc(length);
  for (let at = 0, state = seed; at < length; at++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    content[at] = state >> 16;
  }
  return content;
}

test("a guest answers with three files, again, and finds the answers in the thread", async () => {
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "Vraag", text: "Stuurt u de foto's?" });
  const reader = await Reader.make(browser, server, "phone", "nl-NL");
  const { page } = reader;
  await reader.open(sent.url, bob, code);
  await page.getByRole("button", { name: "Antwoorden" }).click();
  await page.getByRole("button", { name: "Verzegelen en versturen" }).click();
  assert.notEqual(await reader.error(), "");
  await page.fill("textarea", "Hier zijn ze.\nGroet, Bob – één");
  const large = bytes(FULL ? 300 * 2 ** 20 : 9_000_000, 1);
  await page.setInputFiles("input[type=file]", [
    { name: "foto één.jpg", mimeType: "image/jpeg", buffer: bytes(200_000, 2) },
    { name: "notities.txt", mimeType: "text/plain", buffer: Buffer.from("notitie") },
    ...(FULL ? [] : [{ name: "film.mp4", mimeType: "video/mp4", buffer: large }]),
  ]);
  if (FULL) {
    // More than Playwright hands over: the page gets it as a person would give it, from a file.
    const { writeFileSync } = await import("node:fs");
    const path = `${server.folder}/film.mp4`;
    writeFileSync(path, large);
    await page.setInputFiles("input[type=file]", path);
  }
  await page.setInputFiles("input[type=file]", { name: "verkeerd.bin", mimeType: "", buffer: Buffer.from("x") });
  await page.getByRole("button", { name: /verkeerd\.bin/ }).click();
  await reader.accessible("reply");
  await reader.shot("reply-phone-nl");
  const start = Date.now();
  await page.getByRole("button", { name: "Verzegelen en versturen" }).click();
  await page.waitForSelector("progress");
  await page.waitForSelector(".notice.good", { timeout: FULL ? 300_000 : 60_000 });
  console.log(`# ${large.length} bytes sealed and sent in ${Date.now() - start} ms`);
  await page.waitForSelector(".thread li p.written");
  assert.match(await page.innerText(".thread"), /Hier zijn ze\.\s+Groet, Bob – één/);
  assert.match(await page.innerText(".thread"), /film\.mp4/);
  await reader.accessible("thread");
  await reader.shot("thread-phone-nl");
  const [first] = await alice.inbox();
  const { manifest, mail, contents } = await read(first ?? assert.fail("nothing arrived"));
  assert.equal(mail.text.trimEnd(), "Hier zijn ze.\nGroet, Bob – één");
  assert.equal(manifest.subject, "Re: Vraag");
  assert.equal(manifest.inReplyTo, `<${sent.message}@example.org>`);
  assert.deepEqual(mail.attachments.map(({ name }) => name).sort(), ["foto één.jpg", "notities.txt"]);
  assert.deepEqual(manifest.parts.map(({ name }) => name), ["", "film.mp4"]);
  assert.ok(Buffer.from(contents[1] ?? assert.fail()).equals(large));
  // Again, and both are there when the guest comes back.
  await page.getByRole("button", { name: "Antwoorden" }).click();
  await page.fill("textarea", "Nog iets.");
  await page.getByRole("button", { name: "Verzegelen en versturen" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".thread > li").length === 2);
  await reader.close();
  const back = await Reader.make(browser, server, "desktop");
  await back.open(sent.url, bob, code);
  await back.page.waitForFunction(() => document.querySelectorAll(".thread > li").length === 2);
  const thread = await back.page.innerText(".thread");
  assert.ok(thread.indexOf("Hier zijn ze.") < thread.indexOf("Nog iets."));
  await back.shot("thread-desktop-en");
  await back.close();
  assert.equal((await alice.inbox()).length, 2);
});

test("an upload that breaks goes on where it stopped, and one answer arrives", async () => {
  const before = (await alice.inbox()).length;
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "Vraag", text: "?" });
  const reader = await Reader.make(browser, server, "desktop");
  const { page } = reader;
  await reader.open(sent.url, bob, code);
  let broken = 0;
  let pieces = 0;
  await page.route("**/api/v1/guest/replies/*/parts/*", async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    pieces++;
    // The second piece never arrives; of the third, only the answer is lost.
    if (pieces === 2 && ++broken) return route.abort("connectionreset");
    if (pieces === 4 && ++broken) {
      const request = route.request();
      const headers = { Authorization: request.headers()["authorization"] ?? "", "Upload-Offset": request.headers()["upload-offset"] ?? "" };
      const url = `http://127.0.0.1:${server.port}${new URL(request.url()).pathname}`;
      const answer = await fetch(url, { method: "PATCH", headers, body: request.postDataBuffer() ?? assert.fail("no bytes") });
      assert.equal(answer.status, 204);
      return route.abort("connectionreset");
    }
    return route.continue();
  });
  const large = bytes(9_000_000, 3);
  await page.getByRole("button", { name: "Reply" }).click();
  await page.setInputFiles("input[type=file]", { name: "film.mp4", mimeType: "video/mp4", buffer: large });
  await page.getByRole("button", { name: "Seal and send" }).click();
  await page.waitForSelector(".notice.good", { timeout: 60_000 });
  assert.equal(broken, 2);
  const inbox = await alice.inbox();
  assert.equal(inbox.length, before + 1);
  const { contents } = await read(inbox.find(({ message }) => message === sent.message) ?? assert.fail());
  assert.ok(Buffer.from(contents[1] ?? assert.fail()).equals(large));
  await reader.close();
});

test("an answer to a message that was taken back is not sent, and says so", async () => {
  const before = (await alice.inbox()).length;
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "Vraag", text: "?" });
  const reader = await Reader.make(browser, server, "desktop");
  const { page } = reader;
  await reader.open(sent.url, bob, code);
  await page.getByRole("button", { name: "Reply" }).click();
  await page.fill("textarea", "Te laat");
  await alice.recall(sent.message);
  await page.getByRole("button", { name: "Seal and send" }).click();
  await reader.at("recalled");
  assert.equal((await alice.inbox()).length, before);
  await reader.close();
});

test("an answer that cannot be sent keeps its text and files", async () => {
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "Vraag", text: "?" });
  const reader = await Reader.make(browser, server, "phone");
  const { page } = reader;
  await reader.open(sent.url, bob, code);
  await page.getByRole("button", { name: "Reply" }).click();
  await page.fill("textarea", "Blijft staan");
  await page.setInputFiles("input[type=file]", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
  await reader.context.setOffline(true);
  await page.getByRole("button", { name: "Seal and send" }).click();
  assert.match(await reader.error(), /not sent/);
  assert.equal(await page.inputValue("textarea"), "Blijft staan");
  assert.match(await page.innerText("form.reply"), /a\.txt/);
  await reader.shot("reply-failed");
  await reader.context.setOffline(false);
  await page.getByRole("button", { name: "Seal and send" }).click();
  await page.waitForSelector(".notice.good");
  const found = (await alice.inbox()).filter(({ message }) => message === sent.message);
  assert.equal(found.length, 1);
  await reader.close();
});
