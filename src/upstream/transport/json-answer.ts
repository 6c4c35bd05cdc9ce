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
  /** Those of a list, or the one value. */
  readonly items: readonly JsonItem[];
  /** True if it begins with a byte order mark, which JSON may not have. */
  readonly hasByteOrderMark: boolean;
  /** True if bytes that are not UTF-8 are read as U+FFFD. */
  readonly hasInvalidUtf8: boolean;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for what is not JSON. Yields after each small part of the work: an answer may be long. */
export function* jsonAnswerOf(body: Buffer): Generator<void, JsonAnswer, void> {
  const hasByteOrderMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasByteOrderMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  const hasInvalidUtf8 = !isUtf8(bytes);
  try {
    const { isList, items } = yield* outlineOf(bytes);
    const read = items.map((item) => new JsonItem(bytes, item, hasInvalidUtf8));
    return { isList, items: read, hasByteOrderMark, hasInvalidUtf8 };
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `the upstream's answer ${describe(bytes.toString())}`);
  }
}

/** A value, with its members if it is an object. Of two of the same name the last one counts, as for JSON.parse. */
export class JsonItem {
  readonly #bytes: Buffer;
  readonly #item: Item;
  readonly #hasInvalidUtf8: boolean;
  #names: readonly string[] | undefined;

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
   * The value: of an object just the members of these names, and of a list nothing. `isExact`: with integers beyond 2^53 as text, which takes
   * twice as long.
   */
  read(names: ReadonlySet<string>, isExact = false): unknown {
    const { start, end, members } = this.#item;
    if (this.#bytes[start] === OPEN_LIST) return [];
    if (members.length === 0) return parse(this.#bytes.toString('utf8', start, end), isExact);
    const isNamed = (index: number) => names.has(this.#nameAt(index));
    const texts: string[] = [];
    for (let index = 0; index < members.length; index += 1) {
      if (!isNamed(index)) continue;
      const first = members[index];
      // Neighbours are decoded together.
      while (isNamed(index + 1)) index += 1;
      texts.push(this.#bytes.toString('utf8', first?.nameStart, members[index]?.end));
    }
    return parse(`{${texts.join(',')}}`, isExact);
  }

  /** Null where there is none, or null. */
  member(name: string): JsonText | null {
    const { members } = this.#item;
    const member = members.findLast((_, index) => this.#nameAt(index) === name);
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
      nameEnd: member.nameEnd - start,
      start: member.start - start,
      end: member.end - start,
    }));
    return new JsonItem(bytes, { start: 0, end: end - start, members: moved }, this.#hasInvalidUtf8);
  }

  /** Of a member. Those of the contract are ASCII, and empty is none. */
  #nameAt(index: number): string {
    this.#names ??= this.#item.members.map(({ nameStart, nameEnd }) => {
      const name = this.#bytes.toString('latin1', nameStart + 1, nameEnd - 1);
      return name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name;
    });
    return this.#names[index] ?? '';
  }
}

/** The text of a member's value. */
class JsonText implements PayloadText {
  readonly #bytes: Buffer;
  readonly #member: Member;
  readonly #hasInvalidUtf8: boolean;

  constructor(bytes: Buffer, member: Member, hasInvalidUtf8: boolean) {
    this.#bytes = bytes;
    this.#member = member;
    this.#hasInvalidUtf8 = hasInvalidUtf8;
  }

  get sizeBytes(): number {
    return this.#member.end - this.#member.start;
  }

  get cost(): number {
    return this.#member.cost;
  }

  get problem(): string | null {
    if (this.#member.depth > MAX_JSON_DEPTH) return TOO_DEEP;
    return this.#member.hasInfinity ? NOT_FINITE : null;
  }

  /** A view of the answer. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#member.start, this.#member.end);
  }

  get isPlain(): boolean {
    return !this.#member.hasLongIntegers && !this.#hasInvalidUtf8;
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
    const text = this.#bytes.toString('utf8', this.#member.start, this.#member.end);
    return this.#member.hasLongIntegers ? longIntegersAsText(text) : text;
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

const OPEN_LIST = 0x5b;
/** Of `null`. */
const LETTER_N = 0x6e;

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
