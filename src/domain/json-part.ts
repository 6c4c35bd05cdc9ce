/**
 * JSON that stays bytes until the response is written: parsing and writing a million values would block the event loop.
 */
import { randomUUID } from 'node:crypto';
import type { JsonValue } from './facts.ts';

/** A value in a result. `JSON.stringify` writes a mark, which `JsonParts.write` replaces. */
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

/** Creates and writes the parts of all responses. */
export class JsonParts {
  /** Clients can't guess it, and never receive it. */
  readonly #mark = randomUUID();
  readonly #pattern = new RegExp(`"${this.#mark} (\\d+)"`);
  /** Parts that `JSON.stringify` has encountered since the last `write`. */
  #met: Uint8Array[] = [];

  readonly #markOf = (bytes: Uint8Array): string => `${this.#mark} ${this.#met.push(bytes) - 1}`;

  /** `bytes` is compact JSON. */
  of(bytes: Uint8Array): JsonPart {
    return new JsonPart(bytes, this.#markOf);
  }

  /** Converts a string from `JSON.stringify` to bytes, including the parts. Must be called in the same turn. */
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
  throw new Error('A string with parts must be written in the turn in which it was created');
}
