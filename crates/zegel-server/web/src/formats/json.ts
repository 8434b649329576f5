// Canonical JSON: JCS (RFC 8785), restricted so that there is exactly one text for each value (`docs/formats/README.md`).

import { fromUtf8, refuse } from "./bytes.js";

export type Json = string | number | boolean | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Writes a value; refuses what the restricted form does not have. */
export function toCanonical(value: Json): string {
  if (typeof value === "string") {
    // A lone surrogate has no UTF-8.
    if (/\p{Surrogate}/u.test(value)) refuse("not a text");
    return JSON.stringify(value);
  }
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) refuse("not an integer of the allowed range");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(toCanonical).join(",")}]`;
  if (value === null || typeof value !== "object") return refuse("not a value of canonical JSON");
  const pairs = Object.keys(value)
    .sort()
    .map((key) => {
      if (!/^[\x20-\x7e]*$/.test(key)) refuse("a key that is not ASCII");
      return `${JSON.stringify(key)}:${toCanonical(value[key] as Json)}`;
    });
  return `{${pairs.join(",")}}`;
}

/**
 * Reads canonical JSON of at most `most` bytes: what was received must be, byte for byte, what we would write. That refuses
 * spaces, another order, other escapes and a key that stands twice.
 */
export function fromCanonical(bytes: Uint8Array, most: number): Json {
  if (bytes.length > most) refuse("too long");
  const text = fromUtf8(bytes);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse("not JSON");
  }
  return toCanonical(value) === text ? value : refuse("not canonical JSON");
}

/** Takes an object apart, field by field; a field that nobody asked for is refused. */
export class Fields {
  private readonly left: Set<string>;

  constructor(private readonly object: JsonObject) {
    this.left = new Set(Object.keys(object));
  }

  static of(value: Json | undefined): Fields {
    if (typeof value !== "object" || Array.isArray(value) || value === null) return refuse("not an object");
    return new Fields(value);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  private take(name: string): Json {
    if (!this.left.delete(name)) return refuse("a field is missing");
    return this.object[name] as Json;
  }

  text(name: string): string {
    const value = this.take(name);
    return typeof value === "string" ? value : refuse("not a text");
  }

  integer(name: string): number {
    const value = this.take(name);
    return typeof value === "number" ? value : refuse("not a number");
  }

  truth(name: string): boolean {
    const value = this.take(name);
    return typeof value === "boolean" ? value : refuse("not a truth value");
  }

  list<T>(name: string, read: (value: Json) => T): T[] {
    const value = this.take(name);
    return Array.isArray(value) ? value.map(read) : refuse("not a list");
  }

  object_(name: string): Fields {
    return Fields.of(this.take(name));
  }

  constant(name: string, expected: string): void {
    if (this.text(name) !== expected) refuse("not the expected format");
  }

  /** Must be called last: refuses fields that were not read. */
  end(): void {
    if (this.left.size > 0) refuse("an unknown field");
  }
}

export function asText(value: Json): string {
  return typeof value === "string" ? value : refuse("not a text");
}
