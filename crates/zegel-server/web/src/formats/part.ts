// Parts (`docs/formats/message.md`): age files to the message identity, padded, each with a signed hash.

import { type Bytes, concat, refuse } from "./bytes.js";
import { openStream, sealStream } from "./age.js";
import { beginBlake3 } from "./crypto.js";
import type { Part } from "./manifest.js";
import { padme } from "./text.js";

const LINE_FEED = 10;
/** Bytes between two pauses in which the page can draw. */
const PAUSE = 2 ** 20;

/** The byte that a part is padded with: the body with line feeds, which no mail reader minds. */
function fill(index: number): number {
  return index === 0 ? LINE_FEED : 0;
}

/**
 * Decrypts one part. Nothing that `take` was given may be used before this has returned: then every byte had the signed hash,
 * what follows was exactly the padding, and the stream had its end (T27).
 */
export async function openPart(
  file: ReadableStream<Uint8Array>,
  size: number,
  part: Part,
  messageIdentity: string,
  take: (piece: Bytes) => void,
  progress: (done: number) => void = () => {},
): Promise<void> {
  const hash = await beginBlake3();
  let left = part.length;
  let padding = padme(part.length) - part.length;
  let sincePause = 0;
  await openStream(file, size, padme(part.length), messageIdentity, async (piece) => {
    const content = piece.subarray(0, Math.min(left, piece.length));
    const rest = piece.subarray(content.length);
    if (rest.length > padding || rest.some((byte) => byte !== fill(part.index))) refuse("something stands in the padding");
    padding -= rest.length;
    left -= content.length;
    hash.update(content);
    if (content.length > 0) take(content.slice());
    sincePause += piece.length;
    if (sincePause >= PAUSE) {
      sincePause = 0;
      progress(part.length - left);
      await pause();
    }
  });
  if (left !== 0 || padding !== 0 || hash.digest() !== part.blake3) refuse("another content than was signed");
  progress(part.length);
}

export interface SealedPart {
  readonly part: Part;
  /** The age file, for the server. */
  readonly file: Blob;
  /** Its BLAKE3-256, in hexadecimal. */
  readonly hash: string;
}

/** Seals one part; the result is ciphertext, which may lie anywhere. */
export async function sealPart(
  content: Blob,
  description: Pick<Part, "index" | "mediaType" | "name">,
  recipient: string,
  progress: (done: number) => void = () => {},
): Promise<SealedPart> {
  const plainHash = await beginBlake3();
  const fileHash = await beginBlake3();
  const padding = padme(content.size) - content.size;
  const reader = content.stream().getReader();
  let done = 0;
  let filled = 0;
  const padded = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await reader.read();
      if (!next.done) {
        plainHash.update(next.value);
        done += next.value.length;
        controller.enqueue(next.value);
        progress(done);
        return pause();
      }
      if (filled < padding) {
        const piece = new Uint8Array(Math.min(padding - filled, PAUSE)).fill(fill(description.index));
        filled += piece.length;
        return controller.enqueue(piece);
      }
      controller.close();
    },
  });
  const pile = new Pile();
  const sealed = (await sealStream(padded, recipient)).getReader();
  for (;;) {
    const next = await sealed.read();
    if (next.done) break;
    fileHash.update(next.value);
    pile.add(next.value as Bytes);
  }
  // A file that changed while it was read is not the one that was chosen.
  if (done !== content.size) refuse("the file changed while it was read");
  return {
    part: { ...description, length: content.size, blake3: plainHash.digest() },
    file: pile.toBlob("application/octet-stream"),
    hash: fileHash.digest(),
  };
}

/** Collects bytes into a blob, in pieces that the browser may put on disk. */
export class Pile {
  private readonly blobs: Blob[] = [];
  private pieces: Bytes[] = [];
  private held = 0;

  add(piece: Bytes): void {
    this.pieces.push(piece);
    this.held += piece.length;
    if (this.held >= 8 * 2 ** 20) this.press();
  }

  toBlob(type: string): Blob {
    this.press();
    return new Blob(this.blobs, { type });
  }

  private press(): void {
    this.blobs.push(new Blob([concat(...this.pieces)]));
    this.pieces = [];
    this.held = 0;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
