// What goes wrong: each has a page that helps, and none of them shows anything of the message.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser } from "playwright";

import { launch, Reader } from "./browser.js";
import { type Member, TestServer } from "./server.js";
import { sealLetter } from "./sender.js";

const bob = "bob@example.net";
const code = "Oranje-Fiets 42";
const secretText = "CANARY-of-the-body";
const letter = { guest: bob, factor: { code }, subject: "CANARY-of-the-subject", text: secretText };

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

/** A page of trouble says what it is in both languages, is accessible and shows nothing. */
async function helps(reader: Reader, name: string): Promise<void> {
  await reader.at(name);
  const { page } = reader;
  assert.ok((await page.innerText("main p")).length > 20, name);
  assert.doesNotMatch(await page.content(), /CANARY/);
  assert.equal(page.frames().length, 1);
  await reader.accessible(name);
  await reader.shot(`trouble-${name}`);
}

test("after ten wrong codes the message is locked, until the sender releases it", async () => {
  const sent = await alice.send(letter);
  const reader = await Reader.make(browser, server, "phone", "nl-NL");
  const { page } = reader;
  await reader.visit(sent.url);
  await reader.giveAddress(bob, "access");
  for (let left = 9; left >= 1; left--) {
    await reader.giveCode(`wrong code ${left}`);
    const expected = left === 1 ? /nog één poging/ : new RegExp(`nog ${left} pogingen`);
    await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector(".error")?.textContent ?? ""), expected.source);
  }
  await reader.giveCode("wrong code 0");
  await helps(reader, "locked");
  // The right code does not help any more, not even in another window.
  const again = await Reader.make(browser, server, "desktop");
  await again.visit(sent.url);
  await again.giveAddress(bob, "access");
  await again.giveCode(code);
  await again.at("locked");
  await again.close();
  assert.equal((await alice.view(sent.message)).guests[0]?.["state"], "locked");
  await reader.close();
});

test("an address that is no guest's gets the same pages, and no code is right", async () => {
  const sent = await alice.send(letter);
  const reader = await Reader.make(browser, server, "desktop");
  await reader.visit(sent.url);
  await reader.giveAddress("eve@example.com", "access");
  await reader.giveCode(code);
  assert.match(await reader.error(), /eve@example\.com/);
  await reader.page.getByRole("button", { name: "Another address" }).click();
  await reader.at("door");
  await reader.giveAddress(bob, "access");
  await reader.giveCode(code);
  await reader.at("message");
  await reader.close();
});

test("a message that is taken back while it is open loses its files and leaves the screen", async () => {
  const apart = [{ name: "foto.dcm", mediaType: "application/dicom", content: new Uint8Array(600_000) }];
  const sent = await alice.send({ ...letter, apart });
  const reader = await Reader.make(browser, server, "phone");
  await reader.open(sent.url, bob, code);
  assert.match(await reader.frameText(), /CANARY/);
  await alice.recall(sent.message);
  await reader.page.getByRole("button", { name: /foto\.dcm/ }).click();
  await helps(reader, "recalled");
  const later = await Reader.make(browser, server, "desktop");
  await later.visit(sent.url);
  await later.page.fill("input[type=email]", bob);
  await later.submit();
  await later.at("recalled");
  await later.close();
  await reader.close();
});

test("a message whose time is over is gone", async () => {
  const sent = await alice.send({ ...letter, expiresIn: 2 });
  const reader = await Reader.make(browser, server, "desktop");
  await reader.visit(sent.url);
  await new Promise((done) => setTimeout(done, 3500));
  await reader.page.fill("input[type=email]", bob);
  await reader.submit();
  await helps(reader, "expired");
  await reader.close();
});

test("a link that was mangled on its way is mended or explained", async () => {
  const sent = await alice.send(letter);
  const { message, link } = sent;
  const base = `${server.origin}/m/${message}`;
  for (const url of [`${base}%23${link}`, `${base}%2523${link}`, `${base}#${link.toUpperCase()}`, `${base}?utm_source=x#${link}`]) {
    const reader = await Reader.make(browser, server, "desktop");
    await reader.visit(url);
    assert.equal(reader.page.url(), base, url);
    await reader.giveAddress(bob, "access");
    await reader.giveCode(code);
    await reader.at("message");
    await reader.close();
  }
  // Without its last part, the secret is typed: in capitals, in groups, or as the whole link.
  for (const typed of [link, link.toUpperCase().replace(/.{4}/g, "$& "), `${base}#${link}`]) {
    const reader = await Reader.make(browser, server, "phone", "nl-NL");
    await reader.visit(base);
    await reader.shot("door-without-secret");
    await reader.accessible("door without secret");
    await reader.page.getByLabel(/geheim/i).fill("too short");
    await reader.page.fill("input[type=email]", bob);
    await reader.submit();
    assert.notEqual(await reader.error(), "");
    await reader.page.getByLabel(/geheim/i).fill(typed);
    await reader.giveAddress(bob, "access");
    await reader.giveCode(code);
    await reader.at("message");
    await reader.close();
  }
  const cut = await Reader.make(browser, server, "phone", "nl-NL");
  await cut.visit(`${base}#${link.slice(0, 20)}`, "link");
  await helps(cut, "link");
  await cut.page.getByRole("button", { name: /geheim/ }).click();
  await cut.at("door");
  await cut.close();
  const none = await Reader.make(browser, server, "desktop");
  await none.visit(`${server.origin}/m/abc#${link}`, "link");
  await none.close();
  // Nothing that the server wrote has the secret.
  assert.doesNotMatch(server.log, new RegExp(link, "i"));
});

test("the secret of another message opens nothing and is called what it is", async () => {
  const sent = await alice.send(letter);
  const other = await alice.send(letter);
  const reader = await Reader.make(browser, server, "desktop");
  await reader.visit(`${server.origin}/m/${sent.message}#${other.link}`);
  await reader.giveAddress(bob, "access");
  await reader.giveCode(code);
  await helps(reader, "key");
  await reader.close();
});

test("a message that nobody sent is not there", async () => {
  const { message, link } = await sealLetter(alice.sender, letter);
  const reader = await Reader.make(browser, server, "desktop");
  await reader.visit(`${server.origin}/m/${message}#${link}`);
  await reader.page.fill("input[type=email]", bob);
  await reader.submit();
  await helps(reader, "notFound");
  await reader.close();
});

test("a message that is damaged or forged is not shown", async () => {
  const flipped = await sealLetter(alice.sender, letter);
  const [part] = flipped.request["parts"] as { inline: string }[];
  const bytes = Buffer.from(part?.inline ?? "", "base64");
  const damaged = async (change: (bytes: Buffer) => Buffer) => {
    const { blake3 } = await import("../../crates/zegel-server/web/node_modules/hash-wasm");
    const sealed = await sealLetter(alice.sender, letter);
    const parts = sealed.request["parts"] as { inline: string; size: number; hash: string }[];
    const changed = change(Buffer.from(parts[0]?.inline ?? "", "base64"));
    // A server that wants to could do exactly this.
    Object.assign(parts[0] ?? {}, { inline: changed.toString("base64"), size: changed.length, hash: await blake3(changed) });
    await server.call("PUT", `/api/v1/messages/${sealed.message}`, alice.token, sealed.request);
    return `${server.origin}/m/${sealed.message}#${sealed.link}`;
  };
  const urls = [
    await damaged((all) => {
      all[all.length - 5] = (all[all.length - 5] as number) ^ 1;
      return all;
    }),
    await damaged((all) => all.subarray(0, all.length - 1)),
    await damaged(() => bytes),
    (await alice.send({ ...letter, forge: (mail) => mail.replace(/\r\nFrom: .*/, "\r\nFrom: eve@example.com") })).url,
    (await alice.send({ ...letter, forge: (mail) => mail.replace(/\r\nTo: /, "\r\nTo: carol@example.com, ") })).url,
    (await alice.send({ ...letter, forge: (mail) => mail.replace(/\r\nSubject: .*/, "\r\nSubject: other CANARY") })).url,
  ];
  for (const url of urls) {
    const reader = await Reader.make(browser, server, "desktop");
    await reader.visit(url);
    await reader.giveAddress(bob, "access");
    await reader.giveCode(code);
    await helps(reader, "damaged");
    await reader.close();
  }
  // No receipt says that such a message was opened.
});

test("without a connection the link stays good", async () => {
  const sent = await alice.send(letter);
  const reader = await Reader.make(browser, server, "phone", "nl-NL");
  await reader.visit(sent.url);
  await reader.context.setOffline(true);
  await reader.page.fill("input[type=email]", bob);
  await reader.submit();
  await helps(reader, "away");
  await reader.context.setOffline(false);
  await reader.page.click("main button.primary");
  await reader.at("door");
  assert.equal(await reader.page.inputValue("input[type=email]"), bob);
  await reader.giveAddress(bob, "access");
  await reader.giveCode(code);
  await reader.at("message");
  await reader.close();
});

test("a server that was restarted asks who one is once more, and the link is still good", async () => {
  const apart = [{ name: "foto.dcm", mediaType: "application/dicom", content: new Uint8Array(600_000) }];
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "s", html: "<p>first and second time</p>", apart });
  const reader = await Reader.make(browser, server, "desktop");
  await reader.visit(sent.url);
  await reader.giveAddress(bob, "access");
  await server.halt();
  await server.run();
  await reader.giveCode(code);
  await helps(reader, "session");
  await reader.page.click("main button.primary");
  await reader.giveAddress(bob, "access");
  await reader.giveCode(code);
  await reader.at("message");
  assert.match(await reader.frameText(), /first and second time/);
  // While the message is open it is the same.
  await server.halt();
  await server.run();
  await reader.page.getByRole("button", { name: /foto\.dcm/ }).click();
  await helps(reader, "session");
  await reader.page.click("main button.primary");
  await reader.giveAddress(bob, "access");
  await reader.giveCode(code);
  await reader.at("message");
  assert.match(await reader.frameText(), /first and second time/);
  await reader.close();
});

test("a name or subject that hides or turns its letters is shown without them", async () => {
  const apart = [{ name: "\u202efdp.exe", mediaType: "a/b", content: new Uint8Array(300_000) }];
  const files = [{ name: "../..\\evil\u200b.html", mediaType: "text/html", content: new Uint8Array(3) }];
  const sent = await alice.send({ guest: bob, factor: { code }, subject: `\u202ex\u2066y ${"long ".repeat(200)}`, text: "t", apart, files });
  const reader = await Reader.make(browser, server, "phone");
  await reader.open(sent.url, bob, code);
  const shown = await reader.page.innerText("main");
  assert.doesNotMatch(shown, /[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
  assert.match(shown, /fdp\.exe/);
  assert.match(shown, /^evil\.html$/m);
  assert.ok((await reader.page.innerText("#subject")).length <= 303);
  const link = reader.page.getByRole("link", { name: /evil\.html/ });
  assert.match((await link.getAttribute("href")) ?? "", /^blob:/);
  assert.equal(await link.getAttribute("download"), "evil.html");
  await reader.close();
});

test("somebody whose number it is not tells the sender", async () => {
  const sent = await alice.send({ ...letter, factor: { sms: "+31600000044" } });
  const reader = await Reader.make(browser, server, "phone");
  await reader.visit(sent.url);
  await reader.giveAddress(bob, "digits");
  await reader.page.fill("main form input", "999");
  await reader.submit();
  assert.match(await reader.error(), /9 tries/);
  await reader.page.getByText("This is not my number").click();
  await reader.accessible("wrong number");
  await reader.page.getByRole("button", { name: "Tell the sender" }).click();
  await reader.page.waitForSelector(".notice.good");
  await reader.shot("wrong-number");
  assert.deepEqual(server.codes("+31600000044"), []);
  assert.ok((await alice.view(sent.message)).guests[0]?.["wrong_number_at"] !== undefined);
  await reader.close();
});

test("a scanner that opens the page and presses every button gets no code sent and uses nothing up", async () => {
  const sent = await alice.send({ ...letter, factor: { sms: "+31600000055" } });
  const reader = await Reader.make(browser, server, "desktop");
  await fetch(`http://127.0.0.1:${server.port}/m/${sent.message}`, { method: "HEAD" });
  await reader.visit(sent.url);
  for (const button of await reader.page.locator("button, summary").all()) await button.click().catch(() => {});
  assert.ok(reader.requests.every((request) => request.startsWith("GET ")), reader.requests.join("\n"));
  assert.deepEqual(server.codes("+31600000055"), []);
  assert.equal((await alice.view(sent.message)).guests[0]?.["tries_left"], 10);
  await reader.close();
});
