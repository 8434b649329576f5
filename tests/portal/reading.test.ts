// Reading: with an access code and with an SMS, on a desk and on a phone, in Dutch and in English.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import type { Browser } from "playwright";

import { launch, Reader, type Size } from "./browser.js";
import { makeSender, openerKey } from "./sender.js";
import { Member, TestServer } from "./server.js";
import { hmac } from "../../crates/zegel-server/web/src/formats/crypto.js";
import { toBase32 } from "../../crates/zegel-server/web/src/formats/base32.js";
import { utf8 } from "../../crates/zegel-server/web/src/formats/bytes.js";
import { toCanonical } from "../../crates/zegel-server/web/src/formats/json.js";

const bob = "bob@example.net";
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

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

const letter = {
  guest: bob,
  subject: "Uitslag van uw onderzoek – één vraag",
  html: `<p>Geachte heer Jansen,</p><p>De uitslag van uw onderzoek is binnen. <b>Alles is goed.</b></p>
    <table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>Bepaling</th><th>Waarde</th><th>Norm</th></tr>
    <tr><td>Hb</td><td>8,9 mmol/l</td><td>8,5–11,0</td></tr><tr><td>Glucose</td><td>5,1 mmol/l</td><td>4,0–5,6</td></tr></table>
    <p>Wilt u de vragenlijst invullen en terugsturen? <img src="cid:logo" alt="logo" width="16" height="16"></p>
    <p>Met vriendelijke groet,<br>Alice Jansen</p>`,
  pictures: [{ name: "logo", mediaType: "image/png", content: new Uint8Array(PIXEL) }],
  files: [{ name: "vragenlijst.pdf", mediaType: "application/pdf", content: utf8("%PDF-1.4 not really") }],
  apart: [{ name: "röntgenfoto.dcm", mediaType: "application/dicom", content: new Uint8Array(3_000_000).map((_, at) => at * 31) }],
};

for (const [size, locale, language] of [["desktop", "en-GB", "en"], ["phone", "nl-NL", "nl"]] as [Size, string, string][]) {
  test(`a guest reads with an access code (${size}, ${language})`, async () => {
    const sent = await alice.send({ ...letter, factor: { code: "Oranje-Fiets 42" } });
    const reader = await Reader.make(browser, server, size, locale);
    const { page } = reader;
    await reader.visit(sent.url);
    assert.equal(await page.getAttribute("html", "lang"), language);
    // The secret is gone from the address bar, and nothing but the page was asked for.
    assert.equal(page.url(), `${server.origin}/m/${sent.message}`);
    assert.ok(reader.requests.every((request) => /^GET [^ ]+(?:\/m\/|\/assets\/)/.test(request)), reader.requests.join("\n"));
    await reader.accessible("door");
    await reader.shot(`door-${size}-${language}`);
    await page.fill("input[type=email]", "not an address");
    await reader.submit();
    assert.notEqual(await reader.error(), "");
    await reader.giveAddress("Bob@Example.NET", "access");
    await reader.accessible("access");
    await reader.shot(`access-${size}-${language}`);
    await reader.giveCode("abc");
    assert.notEqual(await reader.error(), "");
    await reader.giveCode("wrong code");
    await page.waitForFunction(() => /9/.test(document.querySelector(".error")?.textContent ?? ""));
    await reader.accessible("wrong code");
    await reader.shot(`wrong-code-${size}-${language}`);
    await reader.giveCode("oranje fiets 42");
    await reader.at("message");
    assert.equal(await page.innerText("#subject"), letter.subject);
    // Nobody published a card: the address is shown, and not as proven.
    assert.ok(await page.locator("#badge.unverified").isVisible());
    assert.match(await page.innerText("#badge"), /alice@example\.org/);
    assert.doesNotMatch(await page.innerText("main"), /Dr\. A\. Jansen/);
    assert.match(await reader.frameText(), /Alles is goed/);
    const picture = page.frames()[1]?.locator("img") ?? assert.fail();
    assert.ok(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth === 1));
    await reader.accessible("message");
    await reader.shot(`message-${size}-${language}`);
    // Printed is the text itself, however long, and not a frame that ends at the edge of the paper.
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.locator("iframe").isVisible()));
    assert.match(await page.locator(".printed").innerText(), /Alles is goed\.[^]*Glucose\s+5,1 mmol\/l/);
    assert.ok(!(await page.getByRole("button", { name: /\.eml/ }).isVisible()));
    await page.emulateMedia({ media: "screen" });
    assert.ok(!(await page.locator(".printed").isVisible()));
    // The attachment that lies apart is offered only when it is whole.
    await page.getByRole("button", { name: /röntgenfoto\.dcm/ }).click();
    const link = page.getByRole("link", { name: /röntgenfoto\.dcm/ });
    await link.waitFor();
    await reader.accessible("fetched");
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.equal(download.suggestedFilename(), "röntgenfoto.dcm");
    const bytes = readFileSync(await download.path());
    const digest = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
    assert.equal(digest(bytes), digest(letter.apart[0]?.content ?? assert.fail()));
    // The whole as a file that every mail program reads.
    const [whole] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /\.eml/ }).click()]);
    const mail = readFileSync(await whole.path(), "latin1");
    assert.match(mail, /^From: "Dr\. A\. Jansen" <alice@example\.org>\r\n/);
    assert.doesNotMatch(mail, /HP-Outer|x-zegel-part|hp="cipher"/);
    assert.ok(mail.replace(/\r\n/g, "").includes(Buffer.from(letter.apart[0]?.content ?? assert.fail()).toString("base64")));
    // The receipt holds under the key that only the sender can derive.
    const { receipts } = await alice.view(sent.message);
    const receipt = JSON.parse(receipts[0] ?? assert.fail("no receipt"));
    const key = await openerKey(alice.sender, sent.message, sent.guest, "zegel/receipt-key/v1");
    assert.equal(receipt.mac, toBase32(await hmac(key, utf8(toCanonical(receipt.claim)))));
    assert.ok(Math.abs(Date.parse(receipt.claim.opened_at) - Date.now()) < 60_000);
    await reader.close();
  });

  test(`a guest reads with an SMS (${size}, ${language})`, async () => {
    const number = size === "phone" ? "+31600000011" : "+31600000022";
    const sent = await alice.send({ guest: bob, factor: { sms: number }, subject: "Afspraak", text: "Dinsdag om 9 uur.\nhttps://example.org/route" });
    const reader = await Reader.make(browser, server, size, locale);
    const { page } = reader;
    await reader.visit(sent.url);
    await reader.giveAddress(bob, "digits");
    await reader.accessible("digits");
    await reader.shot(`digits-${size}-${language}`);
    await page.fill("main form input", number.slice(-3));
    assert.deepEqual(server.codes(number), []);
    await reader.submit();
    await reader.at("code");
    await reader.accessible("code");
    await reader.shot(`code-${size}-${language}`);
    const code = server.codes(number).at(-1) ?? assert.fail("no SMS");
    await page.locator("main > button.quiet").click();
    await page.waitForFunction(() => (document.querySelector("main > p[role=status]")?.textContent ?? "") !== "");
    // The older of two codes no longer counts.
    await reader.giveCode(code);
    assert.notEqual(await reader.error(), "");
    const newest = server.codes(number).at(-1) ?? assert.fail("no second SMS");
    await reader.giveCode(newest === "111111" ? "222222" : "111111");
    assert.notEqual(await reader.error(), "");
    await reader.giveCode(newest);
    await reader.at("message");
    assert.match(await reader.frameText(), /Dinsdag om 9 uur\.\nhttps:\/\/example\.org\/route/);
    await reader.close();
  });
}

test("the language is changed in place", async () => {
  const sent = await alice.send({ guest: bob, factor: { code: "123456" }, subject: "s", text: "t" });
  const reader = await Reader.make(browser, server, "phone", "fr-FR");
  const { page } = reader;
  await reader.visit(sent.url);
  assert.equal(await page.innerText("h1"), "A protected message is waiting for you");
  await page.fill("input[type=email]", bob);
  await page.getByRole("button", { name: "Nederlands" }).click();
  assert.equal(await page.innerText("h1"), "Er staat een beveiligd bericht voor u klaar");
  assert.equal(await page.title(), "Er staat een beveiligd bericht voor u klaar");
  assert.equal(await page.inputValue("input[type=email]"), bob);
  await page.reload();
  assert.equal(await page.getAttribute("html", "lang"), "nl");
  await reader.close();
});

test("in the dark every page keeps its contrast", async () => {
  const sent = await alice.send({ ...letter, factor: { code: "123456" } });
  const reader = await Reader.make(browser, server, "phone", "nl-NL", true);
  await reader.visit(sent.url);
  await reader.accessible("door");
  await reader.giveAddress(bob, "access");
  await reader.accessible("access");
  await reader.giveCode("123456");
  await reader.at("message");
  await reader.accessible("message");
  await reader.shot("message-dark");
  await reader.close();
});

test("everything is done with the keyboard alone", async () => {
  const sent = await alice.send({ ...letter, factor: { code: "123456" } });
  const reader = await Reader.make(browser, server, "desktop");
  const { page } = reader;
  await reader.visit(sent.url);
  const focused = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? "");
  const tabTo = async (pattern: RegExp) => {
    for (let presses = 0; presses < 40; presses++) {
      if (pattern.test(await focused())) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${pattern} is not reached: ${await focused()}`);
  };
  assert.match(await focused(), /^<h1/);
  await tabTo(/type="email"/);
  await page.keyboard.type(bob);
  await page.keyboard.press("Enter");
  await reader.at("access");
  await tabTo(/type="password"/);
  await page.keyboard.type("123456");
  await page.keyboard.press("Enter");
  await reader.at("message");
  await tabTo(/dcm/);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: /dcm/ }).waitFor();
  // The focus went with it.
  await page.waitForFunction(() => document.activeElement?.tagName === "A");
  await tabTo(/Reply/);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await reader.close();
});

// Last, because the card stays published.
test("the badge says verified when the directory of the sender's domain shows the key", async () => {
  await alice.publish();
  const sent = await alice.send({ ...letter, factor: { code: "123456" } });
  const reader = await Reader.make(browser, server, "desktop");
  await reader.open(sent.url, bob, "123456");
  assert.ok(await reader.page.locator("#badge.verified").isVisible());
  assert.match(await reader.page.innerText("#badge"), /alice@example\.org/);
  await reader.accessible("verified");
  await reader.shot("verified-desktop-en");
  await reader.close();
  // A sender whom nobody knows here, and one of a domain that this server does not speak for, are not.
  for (const from of ["carol@example.org", "alice@example.com"]) {
    const other = await alice.send({ ...letter, from, factor: { code: "123456" } });
    const again = await Reader.make(browser, server, "desktop");
    await again.open(other.url, bob, "123456");
    assert.ok(await again.page.locator("#badge.unverified").isVisible(), from);
    assert.doesNotMatch(await again.page.innerText("#badge"), /another key/);
    await again.close();
  }
  // Neither is another key under her own address, and that is said.
  const impostor = new Member(server, await makeSender("alice@example.org"), alice.token);
  const forged = await impostor.send({ ...letter, factor: { code: "123456" } });
  const warned = await Reader.make(browser, server, "phone");
  await warned.open(forged.url, bob, "123456");
  assert.ok(await warned.page.locator("#badge.unverified").isVisible());
  assert.match(await warned.page.innerText("#badge"), /another key/);
  await warned.accessible("another key");
  await warned.shot("another-key-phone-en");
  await warned.close();
});
