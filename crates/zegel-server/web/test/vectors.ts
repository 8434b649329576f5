// The vectors that every language runs (`tests/vectors/zegel/README.md`).

import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(process.cwd(), "../../../tests/vectors/zegel");

export interface Case {
  name: string;
  expect: { outcome: string; [field: string]: unknown };
  [field: string]: unknown;
}

export function cases(file: string): Case[] {
  const read = JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));
  if (read.format !== `zegel/vectors/${file}/v1` || read.cases.length === 0) throw new Error(`${file}: not vectors`);
  return read.cases;
}

export function bytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(folder, name)));
}
