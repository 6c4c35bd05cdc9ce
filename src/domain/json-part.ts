/** JSON that stays bytes on its way into the answer: to parse and write a million values would block the event loop. */
import { randomUUID } from 'node:crypto';
import type { JsonValue } from './facts.ts';

/** A value of a result. `JSON.stringify` writes a mark in its place, which `JsonParts.write` replaces. */
export class JsonPart {
  readonly bytes: Uint8Array;
  readonly #marked: Map<string, Uint8Array>;

  constructor(bytes: Uint8Array, marked: Map<string, Uint8Array>) {
    this.bytes = bytes;
    this.#marked = marked;
  }

  toJSON(): string {
    // No client can guess it.
    const mark = `part:${randomUUID()}`;
    this.#marked.set(mark, this.bytes);
    return mark;
  }
}

export type AnsweredJson = JsonValue | JsonPart;

const MARK = /"(part:[0-9a-f-]{36})"/;

/** Makes the parts of all answers, and writes these. */
export class JsonParts {
  /** Parts that `JSON.stringify` has met since the last `write`. */
  readonly #marked = new Map<string, Uint8Array>();

  /** `bytes`: compact JSON. */
  of(bytes: Uint8Array): JsonPart {
    return new JsonPart(bytes, this.#marked);
  }

  /** Bytes of a text from `JSON.stringify`, with their parts. Call both in the same turn. */
  write(text: string): Buffer {
    if (this.#marked.size === 0) return Buffer.from(text);
    const pieces = text.split(MARK).map((piece, index) => {
      if (index % 2 === 0) return Buffer.from(piece);
      return this.#marked.get(piece) ?? Buffer.from(`"${piece}"`);
    });
    this.#marked.clear();
    return Buffer.concat(pieces);
  }
}
