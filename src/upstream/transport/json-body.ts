/** JSON of a response's body. */
import { isUtf8 } from 'node:buffer';
import { parseExactJson } from '../../domain/long-integers.ts';
import { GatewayError } from '../errors.ts';

export interface JsonBody {
  /** Integers beyond 2^53 are strings. */
  readonly value: unknown;
  /** Bytes without a byte order mark. */
  readonly bytes: Buffer;
}

export interface JsonBytes {
  /** Bytes without a byte order mark. */
  readonly bytes: Buffer;
  /** Whether the body begins with a byte order mark, which JSON doesn't allow. */
  readonly hasByteOrderMark: boolean;
  /** Whether bytes that aren't UTF-8 are read as U+FFFD. */
  readonly hasInvalidUtf8: boolean;
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

export function jsonBytesOf(body: Buffer): JsonBytes {
  const hasByteOrderMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasByteOrderMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  return { bytes, hasByteOrderMark, hasInvalidUtf8: !isUtf8(bytes) };
}

/** Throws UPSTREAM_CONTRACT_VIOLATION if the bytes aren't JSON. */
export function parseBody(bytes: Buffer): JsonBody {
  const text = bytes.toString();
  try {
    return { value: parseExactJson(text), bytes };
  } catch {
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `The upstream's response ${describe(text)}.`);
  }
}

/** Number of characters in which `describe` looks for another format. */
const DESCRIBED_LENGTH = 2 ** 12;

/** Describes a string that isn't JSON, to help find the mistake. */
function describe(whole: string): string {
  const text = whole.slice(0, DESCRIBED_LENGTH);
  const isWhole = whole.length <= DESCRIBED_LENGTH;
  if (isWhole && text.trim() === '') return 'is empty, not JSON';
  if (/^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text)) {
    return 'is an HTML page, not JSON: check the path of UPSTREAM_URL, and whether the API is behind a login page';
  }
  if (/^\s*</.test(text)) return 'is XML, not JSON';
  const lines = (isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1)).split('\n', 3);
  const written = lines.filter((line) => line.trim() !== '');
  if (written.length > 1 && written.every(isJson)) return 'is NDJSON (one JSON value per line), not one JSON value';
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
