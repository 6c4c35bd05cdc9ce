/**
 * An answer's JSON as bytes. They are cached in place of the parsed value, which takes twice the memory and slows down garbage
 * collection, though most of it (the steps' inputs and outputs) is never read.
 */
import { GatewayError } from './errors.ts';

export interface JsonText {
  readonly sizeBytes: number;
  /** True if it begins with a byte order mark, which JSON may not have. */
  readonly hasByteOrderMark?: boolean;
  /** The value. Parsed each time, unless it was read in the same turn of the event loop. */
  read(): unknown;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for bytes that are not JSON. */
export type JsonTextOf = (bytes: Buffer) => JsonText;

/** Payloads of one answer are mostly read one after another, sometimes those of two runs in turn. */
const MAX_PARSED = 4;

/** Texts are kept in pages, so that a large one fits where small ones were evicted: memory would fragment otherwise. */
const PAGE_BYTES = 16_384;
type Pages = readonly Buffer[];

interface Parsed {
  readonly pages: Pages;
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

  function read(pages: Pages, bytes?: Buffer): unknown {
    const parsed = recent.find((each) => each.pages === pages);
    if (parsed) return parsed.value;
    const value: unknown = JSON.parse((bytes ?? Buffer.concat(pages)).toString());
    if (recent.length === 0) setImmediate(forget);
    if (recent.length === MAX_PARSED) recent.shift();
    recent.push({ pages, value });
    return value;
  }

  return (bytes) => {
    const hasByteOrderMark = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const json = hasByteOrderMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
    const pages = pagesOf(json);
    try {
      read(pages, json);
    } catch {
      // The parser's own message quotes the body.
      throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `the upstream's answer ${describe(json.toString())}`);
    }
    return { sizeBytes: bytes.length, hasByteOrderMark, read: () => read(pages) };
  };
}

function pagesOf(bytes: Buffer): Pages {
  if (bytes.length <= PAGE_BYTES) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / PAGE_BYTES) }, (_, index) => {
    const part = bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
    const page = Buffer.allocUnsafeSlow(part.length);
    part.copy(page);
    return page;
  });
}

/** Of UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** What a text that is not JSON is, as far as that helps to find the mistake. */
function describe(text: string): string {
  if (text.trim() === '') return 'is empty, not JSON';
  if (/^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text)) {
    return 'is an HTML page, not JSON: check the path of UPSTREAM_URL, and whether a login page stands in front of the API';
  }
  if (/^\s*</.test(text)) return 'is XML, not JSON';
  const lines = text.split('\n', 3).filter((line) => line.trim() !== '');
  if (lines.length > 1 && lines.every(isJson)) return 'is NDJSON (one JSON value a line), not one JSON value';
  return 'is not JSON';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
