/**
 * An answer's JSON as bytes. They are cached in place of the parsed value, which takes twice the memory and slows down garbage
 * collection, though most of it (the steps' inputs and outputs) is never read.
 */
import { isUtf8 } from 'node:buffer';
import { longIntegersAsText } from '../../domain/long-integers.ts';
import { GatewayError } from '../errors.ts';
import { itemsOf } from './json-items.ts';
import { bytesIn, pagesOf, textOf, type Pages } from './pages.ts';

export interface JsonText {
  readonly sizeBytes: number;
  /** True if it begins with a byte order mark, which JSON may not have. */
  readonly hasByteOrderMark?: boolean;
  /** True if bytes that are not UTF-8 have become U+FFFD. */
  readonly hasInvalidUtf8?: boolean;
  /**
   * The value. Parsed each time, unless it was read in the same turn of the event loop. `isExact`: integers beyond 2^53 are text in it,
   * which takes twice as long.
   */
  read(isExact?: boolean): unknown;
  /** The first items of a list, each as a text of its own: what keeps one of them keeps nothing of the others. */
  items(limit: number): readonly JsonText[];
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for what is not JSON. */
export type JsonTextOf = (pages: Pages) => JsonText;

/** Payloads of one answer are mostly read one after another, sometimes those of two runs in turn. */
const MAX_PARSED = 4;

interface Parsed {
  readonly pages: Pages;
  readonly text: string;
  readonly value: unknown;
  readonly isExact: boolean;
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

  /** `text`: what is in the pages, if it is known. */
  function read(pages: Pages, isExact: boolean, text?: string): unknown {
    const parsed = recent.find((each) => each.pages === pages && each.isExact === isExact);
    if (parsed) return parsed.value;
    const json = text ?? textIn(pages);
    const value: unknown = JSON.parse(isExact ? longIntegersAsText(json) : json);
    if (recent.length === 0) setImmediate(forget);
    if (recent.length === MAX_PARSED) recent.shift();
    recent.push({ pages, text: json, value, isExact });
    return value;
  }

  const textIn = (pages: Pages): string => recent.find((each) => each.pages === pages)?.text ?? textOf(pages);

  const jsonTextOf = (pages: Pages): JsonText => ({
    sizeBytes: bytesIn(pages),
    read: (isExact = false) => read(pages, isExact),
    items: (limit) => itemsOf(textIn(pages), limit).map((item) => jsonTextOf(pagesOf(Buffer.from(item)))),
  });

  return (whole) => {
    const hasByteOrderMark = whole[0]?.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ?? false;
    const pages = hasByteOrderMark ? withoutMark(whole) : whole;
    const text = textOf(pages);
    try {
      // As a value: a closure would keep the text for as long as what is returned here.
      read(pages, false, text);
    } catch {
      // The parser's own message quotes the body.
      throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `the upstream's answer ${describe(text)}`);
    }
    return {
      ...jsonTextOf(pages),
      sizeBytes: bytesIn(whole),
      hasByteOrderMark,
      // The upstream may have written U+FFFD itself.
      hasInvalidUtf8: text.includes('\uFFFD') && !isUtf8(Buffer.concat(whole)),
    };
  };
}

const withoutMark = ([first, ...others]: Pages): Pages =>
  first ? [first.subarray(BYTE_ORDER_MARK.length), ...others] : [];

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
