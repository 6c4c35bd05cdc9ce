/** JSON that stays bytes on its way into the answer: to parse and write a million values would block the event loop. */
import { randomUUID } from 'node:crypto';
import type { JsonValue } from './facts.ts';

/** A value of a result. `JSON.stringify` writes a mark in its place, which `JsonParts.write` replaces. */
export class JsonPart {
  readonly bytes: Uint8Array;
  readonly #markOf: (bytes: Uint8Array) => string;

  constructor(bytes: Uint8Array, markOf: (bytes: Uint8Array) => string) {
    this.bytes = bytes;
    this.#markOf = markOf;
  }

  toJSON(): string {
    return this.#markOf(this.bytes);
  }
}

export type AnsweredJson = JsonValue | JsonPart;

/** Makes the parts of all answers, and writes these. */
export class JsonParts {
  /** No client can guess it, and none gets it. */
  readonly #mark = randomUUID();
  readonly #pattern = new RegExp(`"${this.#mark} (\\d+)"`);
  /** Parts that `JSON.stringify` has met since the last `write`. */
  #met: Uint8Array[] = [];

  readonly #markOf = (bytes: Uint8Array): string => `${this.#mark} ${this.#met.push(bytes) - 1}`;

  /** `bytes`: compact JSON. */
  of(bytes: Uint8Array): JsonPart {
    return new JsonPart(bytes, this.#markOf);
  }

  /** Bytes of a string from `JSON.stringify`, with their parts. Call both in the same turn. */
  write(text: string): Buffer {
    const met = this.#met;
    if (met.length === 0) return Buffer.from(text);
    this.#met = [];
    const pieces = text.split(this.#pattern);
    return Buffer.concat(pieces.map((piece, index) => (index % 2 === 0 ? Buffer.from(piece) : partOf(met, piece))));
  }
}

function partOf(met: readonly Uint8Array[], index: string): Uint8Array {
  const part = met[Number(index)];
  if (part) return part;
  throw new Error('A text with parts must be written in the turn in which it was made');
}
