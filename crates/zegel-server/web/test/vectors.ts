// The vectors that every language runs (`tests/vectors/zegel/README.md`).

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Case {
  name: string;
  expect: { outcome: string; [field: string]: unknown };
  [field: string]: unknown;
}

export function path(name: string): string {
  return join(process.cwd(), "../../../tests/vectors/zegel", name);
}

/** Reads a file of cases; only a generator may find none. */
export function cases(file: string, mayBeMissing = false): Case[] {
  if (mayBeMissing && !existsSync(path(`${file}.json`))) return [];
  const read = JSON.parse(readFileSync(path(`${file}.json`), "utf8"));
  if (read.format !== `zegel/vectors/${file}/v1` || read.cases.length === 0) throw new Error(`${file}: not vectors`);
  return read.cases;
}

export function bytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path(name)));
}
