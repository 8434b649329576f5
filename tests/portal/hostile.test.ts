// Hostile mails: whatever the HTML is, nothing of it runs, nothing of it asks for anything, and nothing of it stands outside the frame.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";

import type { Browser } from "playwright";

import { launch, Reader } from "./browser.js";
import { payloads } from "./payloads.js";
import { type Member, TestServer } from "./server.js";

const bob = "bob@example.net";
const code = "Oranje-Fiets 42";
const COUNT = process.env["ZEGEL_TEST_FULL"] === "1" ? 500 : 100;
/** Mails opened one after the other by one reader. */
const BATCH = 25;

let server: TestServer;
let browser: Browser;
let alice: Member;
/** What an attacker listens on; every connection is a hit. */
let listener: Server;
let hits: string[] = [];
let attacker = "";

before(async () => {
  listener = createServer((request, response) => {
    const control = /^\/control\/(\d+)$/.exec(request.url ?? "");
    if (control === null) hits.push(request.url ?? "");
    response.setHeader("Content-Type", "text/html");
    response.end(control === null ? "" : (payloads(attacker)[Number(control[1])]?.html ?? ""));
  });
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  attacker = `127.0.0.1:${(listener.address() as { port: number }).port}`;
  server = await TestServer.start();
  browser = await launch(server);
  alice = await server.enrol("alice@example.org");
});
after(async () => {
  await browser?.close();
  await server?.stop();
  listener?.close();
});

/** Counts what ran: a payload that runs sets a title, a global, a dialog or a message somewhere in the page. */
async function watch(reader: Reader): Promise<() => Promise<string[]>> {
  const ran: string[] = [];
  const { page, context } = reader;
  page.on("dialog", (dialog) => {
    ran.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.text().includes("PWNED")) ran.push(message.text());
  });
  context.on("page", (other) => ran.push(`window ${other.url()}`));
  return async () => {
    for (const frame of page.frames()) {
      const mark = await frame.evaluate(() => String((globalThis as { PWNED?: unknown }).PWNED ?? "")).catch(() => "");
      if (mark !== "") ran.push(`global in ${frame.url()}`);
    }
    return ran;
  };
}

test("the detector sees a script that runs and a request that is made", async () => {
  const reader = await Reader.make(browser, server, "desktop");
  const seen = await watch(reader);
  const { page } = reader;
  // The same payloads in a page without any of our defences, one by one: each must be seen.
  for (const [at, { name, kind, html }] of payloads(attacker).entries()) {
    if (kind !== "control") continue;
    hits = [];
    const before = (await seen()).length;
    await page.goto(`http://${attacker}/control/${at}`);
    await page.waitForTimeout(200);
    if (html.includes("PWNED")) assert.ok((await seen()).length > before, name);
    else assert.ok(hits.includes("/hit") && reader.requests.includes(`GET http://${attacker}/hit`), name);
  }
  await reader.context.close();
});

const all = payloads("ATTACKER").slice(0, COUNT);
assert.ok(all.length === COUNT, `there are ${all.length} payloads`);
for (let from = 0; from < COUNT; from += BATCH) {
  test(`hostile mails ${from + 1} to ${from + BATCH}: 0 scripts, 0 requests, nothing outside the frame`, async () => {
    hits = [];
    const reader = await Reader.make(browser, server, "desktop");
    const seen = await watch(reader);
    const { page } = reader;
    for (const { name, html } of payloads(attacker).slice(from, from + BATCH)) {
      const sent = await alice.send({ guest: bob, factor: { code }, subject: name, html: `<p>BEGIN</p>${html}` });
      reader.requests.length = 0;
      await reader.open(sent.url, bob, code);
      // The frame has the mail's text, or nothing of it; never an error of ours.
      assert.match(await reader.frameText(), /BEGIN/, name);
      // As a curious reader would: over everything and onto everything in the frame.
      const frame = page.frames()[1];
      for (const one of (await frame?.locator("a, img, div, p, span, td").all())?.slice(0, 4) ?? []) {
        await one.hover({ timeout: 200, force: true }).catch(() => {});
      }
      assert.deepEqual(await seen(), [], name);
      assert.deepEqual(hits, [], name);
      const foreign = reader.requests.filter((request) => !request.includes(`${server.origin}/`) && !/ (?:data|about):/.test(request));
      assert.deepEqual(foreign, [], name);
      // Outside the frame stands what always stands there: one badge, unverified, and no word of the mail to be seen.
      assert.equal(await page.locator(".badge").count(), 1, name);
      assert.equal(await page.locator(".badge.unverified").count(), 1, name);
      assert.doesNotMatch(await page.innerText("main"), /BEGIN|IMITATION/, name);
      assert.equal(await page.locator("main script, main style, main link, main object, main embed, main form").count(), 0, name);
      assert.equal(page.frames().length, 2, name);
    }
    // A policy violation is the browser's word that something was tried; it is no fault of the page.
    reader.faults.length = 0;
    reader.requests.length = 0;
    await reader.close();
  });
}

test("a plain text that looks like HTML is shown as it was written", async () => {
  const text = `<script>PWNED=1</script><img src="http://${attacker}/x" onerror="PWNED=1"> & "quotes" 'single'`;
  hits = [];
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "<b>bold</b> <img src=x onerror=alert(1)>", text });
  const reader = await Reader.make(browser, server, "desktop");
  const seen = await watch(reader);
  await reader.open(sent.url, bob, code);
  assert.equal(await reader.frameText(), text);
  assert.equal(await reader.page.innerText("#subject"), "<b>bold</b> <img src=x onerror=alert(1)>");
  assert.deepEqual([await seen(), hits], [[], []]);
  await reader.close();
});

test("a link in a mail opens in a window of its own that knows nothing of the message", async () => {
  const html = `<a href="http://${attacker}/clicked">LINK</a>`;
  hits = [];
  const sent = await alice.send({ guest: bob, factor: { code }, subject: "s", html });
  const reader = await Reader.make(browser, server, "desktop");
  await reader.open(sent.url, bob, code);
  const link = reader.page.frames()[1]?.locator("a") ?? assert.fail();
  const [other] = await Promise.all([reader.context.waitForEvent("page"), link.click()]);
  await other.waitForLoadState();
  assert.deepEqual(hits.filter((path) => !path.includes("favicon")), ["/clicked"]);
  assert.equal(await other.evaluate(() => `${window.opener}|${document.referrer}`), "null|");
  assert.ok(reader.page.url().startsWith(server.origin));
  await reader.context.close();
});
