/**
 * An answer's JSON as the bytes that came. They are cached in place of what they say, which takes twice the room and is
 * work for the garbage collector, though most of it (the steps' inputs and outputs) is never read.
 */
import { GatewayError } from './errors.ts';

export interface JsonText {
  readonly sizeBytes: number;
  /** What it says: parsed anew, unless it was read a moment ago. */
  read(): unknown;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for what is no JSON. */
export type JsonTextOf = (bytes: Buffer) => JsonText;

/** Whoever reads one step's payload mostly reads the next one's, too, and at times those of two runs in turn. */
const MAX_READINGS = 4;

interface Reading {
  readonly bytes: Buffer;
  readonly value: unknown;
}

export function createJsonTexts(): JsonTextOf {
  /**
   * Until the loop turns. Cached weakly they would cost more: a collection of the young generation takes weak references for
   * strong ones, so that each reading would get old before it is let go.
   */
  const readings: Reading[] = [];
  const forget = () => {
    readings.length = 0;
  };

  function read(bytes: Buffer): unknown {
    const known = readings.find((reading) => reading.bytes === bytes);
    if (known) return known.value;
    const value: unknown = JSON.parse(bytes.toString());
    if (readings.length === 0) setImmediate(forget);
    if (readings.length === MAX_READINGS) readings.shift();
    readings.push({ bytes, value });
    return value;
  }

  return (bytes) => {
    try {
      read(bytes);
    } catch {
      // The parser's own message quotes the body.
      throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', "the upstream's answer is not JSON");
    }
    return { sizeBytes: bytes.length, read: () => read(bytes) };
  };
}
