// The server's API for guests (`docs/portal-api.md`). Nothing here is called before the reader submits something.

import type { Bytes } from "./formats/bytes.js";

export type Factor = "code" | "mail" | "sms";

export interface Session {
  readonly session: string;
  readonly guest: string;
  readonly factor: Factor;
  readonly expires_at: string;
}

export interface PartView {
  readonly size: number;
  readonly hash: string;
}

export interface Opened {
  readonly share: string;
  readonly envelope: string;
  readonly parts: readonly PartView[];
  readonly expires_at: string;
}

export interface Reply {
  readonly reply: string;
  readonly complete: boolean;
  readonly created_at: string;
  readonly own_envelope: string;
  readonly parts: readonly PartView[];
}

export interface PartRequest extends PartView {
  readonly inline?: string;
}

/** A refusal of the server (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly kind: string,
    readonly detail: string | undefined,
    readonly triesLeft: number | undefined,
    readonly retryAfter: number | undefined,
  ) {
    super(kind);
  }
}

/** The server did not answer at all. */
export class Away extends Error {}

const ANSWER_TIME = 30_000;
/** Bytes of an upload in one call. */
const PIECE = 2 ** 21;
/** How often a broken transfer is taken up again, each time after a longer pause. */
const TRIES = 8;

async function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      ...init,
    });
  } catch {
    throw new Away();
  }
  if (response.ok) return response;
  throw await readProblem(response);
}

async function readProblem(response: Response): Promise<Problem> {
  const kinds: Record<number, string> = { 401: "unauthorized", 404: "not-found", 410: "gone", 429: "too-many" };
  let problem: Record<string, unknown> = {};
  try {
    problem = (await response.json()) as Record<string, unknown>;
  } catch {
    // A proxy in between answers in words of its own.
  }
  const type = typeof problem["type"] === "string" ? problem["type"] : "";
  const fallback = kinds[response.status] ?? (response.status >= 500 ? "unavailable" : "failed");
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const wait = number(problem["retry_after"]) ?? (Number(response.headers.get("retry-after")) || undefined);
  return new Problem(
    type.startsWith("/problems/") ? type.slice("/problems/".length) : fallback,
    typeof problem["detail"] === "string" ? problem["detail"] : undefined,
    number(problem["tries_left"]),
    wait,
  );
}

async function send(method: string, path: string, token: string | undefined, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { headers, signal: AbortSignal.timeout(ANSWER_TIME) };
  if (body !== undefined) init.body = JSON.stringify(body);
  return call(method, path, init);
}

export async function beginSession(message: string, address: string): Promise<Session> {
  return (await send("POST", "/api/v1/guest/sessions", undefined, { message, address })).json() as Promise<Session>;
}

/** What a session may do. */
export class Guest {
  constructor(private readonly token: string) {}

  async requestCode(language: string, digits: string | undefined): Promise<number> {
    const body = digits === undefined ? { language } : { digits, language };
    const answer = (await (await send("POST", "/api/v1/guest/code", this.token, body)).json()) as { seconds: number };
    return answer.seconds;
  }

  async open(proof: { code: string } | { verifier: string }): Promise<Opened> {
    return (await send("POST", "/api/v1/guest/open", this.token, proof)).json() as Promise<Opened>;
  }

  async postReceipt(receipt: string): Promise<void> {
    await send("POST", "/api/v1/guest/receipt", this.token, { receipt });
  }

  async reportWrongNumber(): Promise<void> {
    await send("POST", "/api/v1/guest/wrong-number", this.token);
  }

  async replies(): Promise<readonly Reply[]> {
    const page = (await (await send("GET", "/api/v1/guest/replies", this.token)).json()) as { replies: Reply[] };
    return page.replies;
  }

  async createReply(
    reply: string,
    body: { envelope: string; own_envelope: string; parts: readonly PartRequest[] },
  ): Promise<Reply> {
    return (await send("PUT", `/api/v1/guest/replies/${reply}`, this.token, body)).json() as Promise<Reply>;
  }

  /** Fetches a part of the message; where the connection breaks, it goes on from there. */
  fetchPart(index: number, size: number): ReadableStream<Uint8Array> {
    return this.stream(`/api/v1/guest/parts/${index}`, size);
  }

  /** Fetches a part of one's own reply. */
  fetchReplyPart(reply: string, index: number, size: number): ReadableStream<Uint8Array> {
    return this.stream(`/api/v1/guest/replies/${reply}/parts/${index}`, size);
  }

  private stream(path: string, size: number): ReadableStream<Uint8Array> {
    let at = 0;
    let tries = 0;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const begin = async () => {
      const headers: Record<string, string> = { Authorization: `Bearer ${this.token}` };
      if (at > 0) headers["Range"] = `bytes=${at}-`;
      const response = await call("GET", path, { headers });
      if (at > 0 && response.status !== 206) throw new Problem("failed", undefined, undefined, undefined);
      return (response.body as ReadableStream<Uint8Array>).getReader();
    };
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        for (;;) {
          try {
            reader ??= await begin();
            const { done, value } = await reader.read();
            if (!done) {
              at += value.length;
              tries = 0;
              return controller.enqueue(value);
            }
            if (at >= size) return controller.close();
          } catch (error) {
            if (error instanceof Problem && error.kind !== "unavailable") throw error;
          }
          // The connection broke, or the answer ended early.
          reader = undefined;
          if (++tries > TRIES) throw new Away();
          await pauseBefore(tries);
        }
      },
      cancel: async () => reader?.cancel(),
    });
  }

  /** Uploads a part of a reply piece by piece; where the connection breaks, the server says how far it got. */
  async uploadPart(
    reply: string,
    index: number,
    file: Blob,
    progress: (done: number, waiting: boolean) => void,
  ): Promise<void> {
    const path = `/api/v1/guest/replies/${reply}/parts/${index}`;
    const authorization = { Authorization: `Bearer ${this.token}` };
    const offset = (response: Response) => {
      const value = Number(response.headers.get("upload-offset"));
      return Number.isSafeInteger(value) && value >= 0 && value <= file.size ? value : 0;
    };
    let at = 0;
    for (let tries = 0; at < file.size; ) {
      try {
        if (tries > 0) at = offset(await call("HEAD", path, { headers: authorization }));
        if (at >= file.size) break;
        const headers = { ...authorization, "Content-Type": "application/octet-stream", "Upload-Offset": String(at) };
        const response = await call("PATCH", path, { headers, body: file.slice(at, at + PIECE) });
        at = offset(response);
        tries = 0;
        progress(at, false);
      } catch (error) {
        const passing = error instanceof Away || (error instanceof Problem && isPassing(error));
        if (!passing || ++tries > TRIES) throw error;
        progress(at, true);
        await pauseBefore(tries);
      }
    }
  }
}

/** A conflict says that an answer was lost on its way: the server has another offset than we believe. */
function isPassing({ kind }: Problem): boolean {
  return ["conflict", "too-many", "unavailable"].includes(kind);
}

function pauseBefore(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** (tries - 1), 15_000)));
}

/** Fetches a card from the directory of the server that this page comes from. */
export async function fetchCard(path: string): Promise<Bytes | undefined> {
  try {
    const response = await call("GET", path, { signal: AbortSignal.timeout(5_000) });
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    return undefined;
  }
}
