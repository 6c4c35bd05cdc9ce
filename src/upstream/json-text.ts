/**
 * An answer's JSON as bytes. They are cached in place of the parsed value, which takes twice the memory and slows down garbage
 * collection, though most of it (the steps' inputs and outputs) is never read.
 */
import { GatewayError } from './errors.ts';

export interface JsonText {
  readonly sizeBytes: number;
  /** The value. Parsed each time, unless it was read in the same turn of the event loop. */
  read(): unknown;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for bytes that are not JSON. */
export type JsonTextOf = (bytes: Buffer) => JsonText;

/** Payloads of one answer are mostly read one after another, sometimes those of two runs in turn. */
const MAX_PARSED = 4;

interface Parsed {
  readonly bytes: Buffer;
  readonly value: unknown;
}

export function createJsonTexts(): JsonTextOf {
  /**
   * Kept until the event loop turns. WeakRefs would cost more: a scavenge treats them as strong, so each value would be
   * promoted to the old generation before it is freed.
   */
  const recent: Parsed[] = [];
  const forget = () => {
    recent.length = 0;
  };

  function read(bytes: Buffer): unknown {
    const parsed = recent.find((each) => each.bytes === bytes);
    if (parsed) return parsed.value;
    const value: unknown = JSON.parse(bytes.toString());
    if (recent.length === 0) setImmediate(forget);
    if (recent.length === MAX_PARSED) recent.shift();
    recent.push({ bytes, value });
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
