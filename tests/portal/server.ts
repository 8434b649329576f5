// The real server, started for a test on a free port of this machine, and a member enrolled at it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fromBase32 } from "../../crates/zegel-server/web/src/formats/base32.js";
import { type Letter, makeSender, sealLetter, type SealedLetter, type Sender } from "./sender.js";

const program = process.env["ZEGEL_SERVER"] ?? "";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** RFC 6238 with the values of every authenticator. */
function totp(secret: Uint8Array, time: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) as number) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export class TestServer {
  private child: ChildProcess | undefined;
  readonly folder = mkdtempSync(join(tmpdir(), "zegel-portal-"));
  private readonly sms = join(this.folder, "sms.jsonl");
  /** What the server wrote, to search. */
  log = "";

  private constructor(readonly port: number) {}

  /** The origin in the browser, which takes this name for this machine. */
  get origin(): string {
    return `http://zegel.example.org:${this.port}`;
  }

  private get local(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<TestServer> {
    if (!existsSync(program)) throw new Error("ZEGEL_SERVER names no program: run `cargo xtask test`");
    const server = new TestServer(await freePort());
    const config = `listen = "127.0.0.1:${server.port}"\norigin = "${server.origin}"\nname = "Test"\n[sms]\nfile = "${server.sms}"\nper_number = 1000\n`;
    writeFileSync(join(server.folder, "server.toml"), config);
    await server.run();
    return server;
  }

  private arguments(...more: string[]): string[] {
    return ["--config", join(this.folder, "server.toml"), "--data", join(this.folder, "data"), ...more];
  }

  async run(): Promise<void> {
    const child = spawn(program, this.arguments("run"), { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece: Buffer) => (this.log += piece.toString()));
    for (let tries = 0; tries < 200; tries++) {
      const ready = await fetch(`${this.local}/health/ready`).catch(() => undefined);
      if (ready?.ok === true) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server does not start: ${this.log}`);
  }

  async halt(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null) return;
    const end = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await end;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The newest code that was sent to a number. */
  codes(number: string): string[] {
    if (!existsSync(this.sms)) return [];
    const lines = readFileSync(this.sms, "utf8").split("\n").filter((line) => line.includes(number));
    return lines.map((line) => /\b\d{6}\b/.exec(line.replace(number, ""))?.[0] ?? "");
  }

  async call(method: string, path: string, token: string, body?: unknown): Promise<Response> {
    const init: RequestInit = { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.local + path, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async enrol(address: string): Promise<Member> {
    const invited = execFileSync(program, this.arguments("invite", address), { encoding: "utf8" });
    const invitation = /[a-z2-7]{52}/.exec(invited)?.[0];
    const begun = await (await this.call("POST", "/api/v1/enrolments", "", { address, invitation, device: "test" })).json();
    const secret = /secret=([A-Z2-7]+)/i.exec(begun.totp)?.[1] ?? "";
    const code = totp(fromBase32(secret.toLowerCase()), Date.now());
    const confirmed = await this.call("POST", "/api/v1/enrolments/confirm", "", { enrolment: begun.enrolment, totp: code });
    const { token } = await confirmed.json();
    return new Member(this, await makeSender(address), token);
  }
}

/** A member of the server who sends. */
export class Member {
  constructor(
    readonly server: TestServer,
    readonly sender: Sender,
    readonly token: string,
  ) {}

  async publish(): Promise<void> {
    await this.server.call("PUT", "/api/v1/card", this.token, { card: this.sender.card, visibility: "published" });
  }

  /** Seals and uploads a letter; returns it with the whole link. */
  async send(letter: Letter): Promise<SealedLetter & { url: string }> {
    const sealed = await sealLetter(this.sender, letter);
    await this.server.call("PUT", `/api/v1/messages/${sealed.message}`, this.token, sealed.request);
    for (const [index, { file }] of sealed.parts.entries()) {
      if (file.size <= 256 * 1024) continue;
      const response = await fetch(`http://127.0.0.1:${this.server.port}/api/v1/messages/${sealed.message}/parts/${index}`, {
        method: "PATCH",
        headers: { Authorization: `Bearer ${this.token}`, "Upload-Offset": "0", "Content-Type": "application/octet-stream" },
        body: file,
      });
      if (!response.ok) throw new Error(`part ${index}: ${response.status} ${await response.text()}`);
    }
    return { ...sealed, url: `${this.server.origin}/m/${sealed.message}#${sealed.link}` };
  }

  async recall(message: string): Promise<void> {
    await this.server.call("DELETE", `/api/v1/messages/${message}`, this.token);
  }

  async view(message: string): Promise<{ guests: Record<string, unknown>[]; receipts: string[] }> {
    return (await this.server.call("GET", `/api/v1/messages/${message}`, this.token)).json();
  }

  async inbox(): Promise<{ reply: string; message: string; guest: string; envelope: string; parts: { size: number }[] }[]> {
    return (await (await this.server.call("GET", "/api/v1/inbox", this.token)).json()).replies;
  }

  async inboxPart(reply: string, index: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await this.server.call("GET", `/api/v1/inbox/${reply}/parts/${index}`, this.token)).arrayBuffer());
  }
}
