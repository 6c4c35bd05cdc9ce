/**
 * An answer's JSON as bytes. They are cached in place of the parsed value, which takes two to twenty times the memory and slows down
 * garbage collection, though most of it (the steps' inputs and outputs) is never read.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_JSON_DEPTH, NOT_FINITE, TOO_DEEP } from '../../domain/json.ts';
import { longIntegersAsText } from '../../domain/long-integers.ts';
import type { JsonValue, PayloadText } from '../../domain/types.ts';
import { GatewayError } from '../errors.ts';
import { NotJsonError, outlineOf, type Item, type Member } from './json-outline.ts';
import { ownCopy } from './own-bytes.ts';

export interface JsonAnswer {
  readonly isList: boolean;
  /** The first MAX_ITEMS of a list, or the one value. */
  readonly items: readonly JsonItem[];
  /** Of all. */
  readonly itemCount: number;
  /** True if it begins with a byte order mark, which JSON may not have. */
  readonly hasByteOrderMark: boolean;
  /** True if bytes that are not UTF-8 are read as U+FFFD. */
  readonly hasInvalidUtf8: boolean;
}

/**
 * Throws UPSTREAM_CONTRACT_VIOLATION for what is not JSON. Yields after each small part of the work: an answer may be long. `names`: of the
 * members that are read, now or later.
 */
export function* jsonAnswerOf(body: Buffer, names: ReadonlySet<string>): Generator<void, JsonAnswer, void> {
  const hasByteOrderMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasByteOrderMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  const hasInvalidUtf8 = !isUtf8(bytes);
  try {
    const { isList, items, itemCount } = yield* outlineOf(bytes, names);
    const read = items.map((item) => new JsonItem(bytes, item, hasInvalidUtf8));
    return { isList, items: read, itemCount, hasByteOrderMark, hasInvalidUtf8 };
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `the upstream's answer ${describe(bytes)}`);
  }
}

/** How many bytes of a member are read at most, by its name. */
export type MaxBytes = ReadonlyMap<string, number>;

/** Of a field that is read when its answer comes, in bytes. */
export const MAX_FIELD_BYTES = 2 ** 12;
/** Of parsing such a field, whatever its bytes: some 30 ms. */
const MAX_FIELD_COST = 2 ** 21;

/** Stands for a value that is too long to be read. Only itself equals it, and it is of no use to any reader. */
export const TOO_LONG: readonly never[] = Object.freeze([]);

/** A value, with its members if it is an object. */
export class JsonItem {
  readonly #bytes: Buffer;
  readonly #item: Item;
  readonly #hasInvalidUtf8: boolean;

  constructor(bytes: Buffer, item: Item, hasInvalidUtf8: boolean) {
    this.#bytes = bytes;
    this.#item = item;
    this.#hasInvalidUtf8 = hasInvalidUtf8;
  }

  /** Of the memory that it keeps. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /**
   * The value: of an object just the members of these names, and of a list nothing. What is longer than may be read is TOO_LONG. `isExact`:
   * with integers beyond 2^53 as text, which takes twice as long.
   */
  read(maxBytes: MaxBytes, isExact = false): unknown {
    const { start, end, members } = this.#item;
    if (this.#bytes[start] === OPEN_LIST) return [];
    if (this.#bytes[start] !== OPEN_OBJECT) {
      return end - start > MAX_FIELD_BYTES ? TOO_LONG : parse(this.#bytes.toString('utf8', start, end), isExact);
    }
    const texts: string[] = [];
    const tooLong: string[] = [];
    let [from, last]: [number, Member | undefined] = [0, undefined];
    for (const member of members) {
      const most = maxBytes.get(member.name);
      if (most === undefined) continue;
      if (member.end - member.start > most || member.cost > MAX_FIELD_COST) {
        tooLong.push(member.name);
        continue;
      }
      // Neighbours are decoded together.
      if (member.place - 1 !== last?.place) {
        if (last) texts.push(this.#bytes.toString('utf8', from, last.end));
        from = member.nameStart;
      }
      last = member;
    }
    if (last) texts.push(this.#bytes.toString('utf8', from, last.end));
    const read = parse(`{${texts.join(',')}}`, isExact) as Record<string, unknown>;
    for (const name of tooLong) read[name] = TOO_LONG;
    return read;
  }

  /** Null where there is none, or null. */
  member(name: string): JsonText | null {
    const member = this.#item.members.find((each) => each.name === name);
    if (!member || this.#bytes[member.start] === LETTER_N) return null;
    return new JsonText(this.#bytes, member, this.#hasInvalidUtf8);
  }

  /** With bytes of its own: it keeps nothing of the others that came with it. */
  copy(): JsonItem {
    const { start, end, members } = this.#item;
    const bytes = ownCopy(this.#bytes.subarray(start, end));
    const moved = members.map((member) => ({
      ...member,
      nameStart: member.nameStart - start,
      start: member.start - start,
      end: member.end - start,
    }));
    return new JsonItem(bytes, { start: 0, end: end - start, members: moved }, this.#hasInvalidUtf8);
  }
}

/** The text of a member's value. Cached payloads consist of these, so it keeps only what it needs of the member. */
class JsonText implements PayloadText {
  readonly problem: string | null;
  readonly cost: number;
  readonly isPlain: boolean;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(
    bytes: Buffer,
    { start, end, cost, depth, hasInfinity, hasLongIntegers }: Member,
    hasInvalidUtf8: boolean,
  ) {
    this.problem = depth > MAX_JSON_DEPTH ? TOO_DEEP : hasInfinity ? NOT_FINITE : null;
    this.cost = cost;
    this.isPlain = !hasLongIntegers && !hasInvalidUtf8;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get sizeBytes(): number {
    return this.#end - this.#start;
  }

  /** A view of the answer. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  written(): Buffer {
    return this.isPlain ? this.bytes : Buffer.from(this.#text());
  }

  read(): JsonValue {
    const known = recent.find(({ text }) => text === this);
    if (known) return known.value;
    const value = JSON.parse(this.#text()) as JsonValue;
    if (recent.length === 0) setImmediate(forget);
    if (recent.length === MAX_RECENT) recent.shift();
    recent.push({ text: this, value });
    return value;
  }

  #text(): string {
    const text = this.#bytes.toString('utf8', this.#start, this.#end);
    return this.isPlain ? text : longIntegersAsText(text);
  }
}

const parse = (text: string, isExact: boolean): unknown => JSON.parse(isExact ? longIntegersAsText(text) : text);

interface Parsed {
  readonly text: JsonText;
  readonly value: JsonValue;
}

/** Payloads of a step are mostly read one after another, sometimes those of two runs in turn. */
const MAX_RECENT = 4;

/**
 * Kept until the event loop turns. WeakRefs would cost more: a scavenge treats them as strong, so each value would be
 * promoted to the old generation before it is freed.
 */
const recent: Parsed[] = [];
const forget = () => {
  recent.length = 0;
};

const [OPEN_LIST, OPEN_OBJECT] = [0x5b, 0x7b] as const;
/** Of `null`. */
const LETTER_N = 0x6e;

/** Of UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** By its beginning, what is not JSON is told from other mistakes. */
const DESCRIBED_BYTES = 2 ** 12;

/** What a text that is not JSON is, as far as that helps to find the mistake. */
function describe(bytes: Buffer): string {
  const isWhole = bytes.length <= DESCRIBED_BYTES;
  const text = bytes.toString('utf8', 0, DESCRIBED_BYTES);
  if (isWhole && text.trim() === '') return 'is empty, not JSON';
  if (/^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text)) {
    return 'is an HTML page, not JSON: check the path of UPSTREAM_URL, and whether a login page stands in front of the API';
  }
  if (/^\s*</.test(text)) return 'is XML, not JSON';
  const whole = isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n', 3).filter((line) => line.trim() !== '');
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
