// Debian's Chromium, which takes the test's name for this machine, and what a reader does in it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright";

import type { TestServer } from "./server.js";

export const sizes = { desktop: { width: 1100, height: 850 }, phone: { width: 390, height: 844 } } as const;
export type Size = keyof typeof sizes;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env["ZEGEL_SCREENSHOTS"];

export async function launch(server: TestServer): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["ZEGEL_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--host-resolver-rules=MAP zegel.example.org 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1",
      // The tests have no certificate; the page refuses to run where there is no secure context.
      `--unsafely-treat-insecure-origin-as-secure=${server.origin}`,
    ],
  });
}

/** One reader: a browser window without a past, and all it asked for. */
export class Reader {
  readonly requests: string[] = [];
  readonly faults: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly origin: string,
  ) {
    context.on("request", (request) => this.requests.push(`${request.method()} ${request.url()}`));
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) this.faults.push(message.text());
    });
  }

  static async make(browser: Browser, server: TestServer, size: Size, locale = "en-GB", dark = false): Promise<Reader> {
    const context = await browser.newContext({
      viewport: sizes[size],
      locale,
      hasTouch: size === "phone",
      deviceScaleFactor: 1,
      reducedMotion: "reduce",
      colorScheme: dark ? "dark" : "light",
      acceptDownloads: true,
    });
    return new Reader(context, await context.newPage(), server.origin);
  }

  async at(name: string): Promise<void> {
    await this.page.waitForSelector(`main[data-page="${name}"]`, { timeout: 20_000 });
  }

  async visit(url: string, name = "door"): Promise<void> {
    await this.page.goto(url);
    await this.at(name);
  }

  async submit(): Promise<void> {
    await this.page.click("main form button[type=submit]");
  }

  async giveAddress(address: string, next: string): Promise<void> {
    await this.page.fill("input[type=email]", address);
    await this.submit();
    await this.at(next);
  }

  /** Types an access code. */
  async giveCode(code: string): Promise<void> {
    await this.page.fill("main form input", code);
    await this.submit();
  }

  /** Reads a letter with an access code, from the link to the message. */
  async open(url: string, address: string, code: string): Promise<void> {
    await this.visit(url);
    await this.giveAddress(address, "access");
    await this.giveCode(code);
    await this.at("message");
  }

  /** The text that the frame of the mail shows. */
  async frameText(): Promise<string> {
    const frame = this.page.frames().find((one) => one !== this.page.mainFrame());
    return (await frame?.locator("body").innerText()) ?? "";
  }

  async error(): Promise<string> {
    const place = this.page.locator(".error:not(:empty)").first();
    await place.waitFor();
    return place.innerText();
  }

  /** Checks what WCAG 2.2 AA asks for and a program can see. Playwright runs it, because the page lets no script in. */
  async accessible(where: string): Promise<void> {
    const result = await this.page.evaluate(`(async () => {
      if (typeof axe === "undefined") { ${axe} }
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      return axe.run(document, { runOnly: tags, iframes: false });
    })()`);
    const { violations } = result as { violations: { id: string; nodes: { html: string }[] }[] };
    const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(faults, [], where);
  }

  async shot(name: string): Promise<void> {
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await this.page.evaluate(() => window.scrollTo(0, 0));
    await this.page.waitForTimeout(200);
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }

  /** Ends the visit; nothing may have gone wrong in the page, and nothing may have gone anywhere else. */
  async close(): Promise<void> {
    assert.deepEqual(this.faults, []);
    const foreign = this.requests.filter((request) => !/^(?:GET|POST|PUT|PATCH|HEAD) (?:data:|blob:)/.test(request) && !request.includes(` ${this.origin}/`));
    assert.deepEqual(foreign, []);
    await this.context.close();
  }
}
