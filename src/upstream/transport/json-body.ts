/** JSON of an answer's body, parsed by JSON.parse. A large body is checked against limits first. */
import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { longIntegersAsText } from '../../domain/long-integers.ts';
import { GatewayError } from '../errors.ts';
import { exceededLimit, MIN_CHECKED_BYTES } from './json-limits.ts';

export interface JsonBody {
  readonly value: unknown;
  /** The same value, with integers beyond 2^53 as text. */
  readonly exact: () => unknown;
  /** Bytes without a byte order mark. */
  readonly bytes: Buffer;
  /** True if the body begins with a byte order mark, which JSON does not allow. */
  readonly hasByteOrderMark: boolean;
  /** True if bytes that are not UTF-8 are read as U+FFFD. */
  readonly hasInvalidUtf8: boolean;
}

/** Rejects if the body is not JSON or exceeds a limit. Other requests are answered before a large body is parsed. */
export async function parseBody(body: Buffer): Promise<JsonBody> {
  const hasByteOrderMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasByteOrderMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  const isLarge = bytes.length > MIN_CHECKED_BYTES;
  const limit = isLarge ? exceededLimit(bytes) : null;
  if (limit !== null) {
    // Freed at once: the garbage collector would let several of these accumulate.
    if (!(body.buffer instanceof SharedArrayBuffer)) body.buffer.transfer(0);
    throw violation(`must have at most ${limit}, got more`);
  }
  const text = bytes.toString();
  if (isLarge) await nextTurn();
  const value = parse(text, bytes);
  if (isLarge) await nextTurn();
  const readExactly = (): unknown => {
    const exactText = longIntegersAsText(text);
    return exactText === text ? value : JSON.parse(exactText);
  };
  let exactValue: unknown;
  return {
    value,
    exact: () => (exactValue ??= readExactly()),
    bytes,
    hasByteOrderMark,
    hasInvalidUtf8: !isUtf8(bytes),
  };
}

function parse(text: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw violation(describe(bytes));
  }
}

const violation = (problem: string): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `the upstream's answer ${problem}`);

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** Number of bytes in which `describe` looks for another format. */
const DESCRIBED_BYTES = 2 ** 12;

/** Describes a text that is not JSON, to help find the mistake. */
function describe(bytes: Buffer): string {
  const isWhole = bytes.length <= DESCRIBED_BYTES;
  const text = bytes.toString('utf8', 0, DESCRIBED_BYTES);
  if (isWhole && text.trim() === '') return 'is empty, not JSON';
  if (/^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text)) {
    return 'is an HTML page, not JSON: check the path of UPSTREAM_URL, and whether the API is behind a login page';
  }
  if (/^\s*</.test(text)) return 'is XML, not JSON';
  const whole = isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n', 3).filter((line) => line.trim() !== '');
  if (lines.length > 1 && lines.every(isJson)) return 'is NDJSON (one JSON value per line), not one JSON value';
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
