/** A JSON value of an answer as the upstream wrote it: it goes into the answer as it is, and is parsed only by who wants the value. */
import type { JsonValue } from '../domain/types.ts';

export type AnsweredJson = JsonValue | WrittenJson;

export class WrittenJson {
  /** In UTF-8. */
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  toJSON(): JsonValue {
    return JSON.parse(Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length).toString()) as JsonValue;
  }
}
