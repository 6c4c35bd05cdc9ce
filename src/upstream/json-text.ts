/**
 * An answer's JSON as the bytes that came. They are held in place of what they say, which takes twice the room and is
 * work for the garbage collector, though most of it (the steps' inputs and outputs) is never read.
 */
import { GatewayError } from './errors.ts';

export interface JsonText {
  readonly sizeBytes: number;
  /** What it says: parsed anew where the collector has taken the last reading. */
  read(): unknown;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for what is no JSON. */
export function createJsonText(bytes: Buffer): JsonText {
  const parse = () => ({ value: JSON.parse(bytes.toString()) as unknown });
  let latest = new WeakRef(parseFirst(parse));
  return {
    sizeBytes: bytes.length,
    read() {
      const known = latest.deref();
      if (known) return known.value;
      const parsed = parse();
      latest = new WeakRef(parsed);
      return parsed.value;
    },
  };
}

function parseFirst<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    // The parser's own message quotes the body.
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', "the upstream's answer is not JSON");
  }
}
