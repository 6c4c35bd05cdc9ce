/**
 * The outline of JSON in bytes: that it is JSON (RFC 8259), and where its items and their members stand. No value is decoded or parsed: most
 * of an answer is payload that nobody reads, and a payload of many small values takes twenty times its text as a parsed value. It holds
 * no more items than are read, and of each the members that the contract names, whatever came.
 */
import { isLongInteger, MIN_LONG_DIGITS } from '../../domain/long-integers.ts';
import { MAX_COST } from '../../domain/payload.ts';

/** The whole, or an item of a list. */
export interface Item {
  readonly start: number;
  readonly end: number;
  /** Of an object, in their order: the last one of each name that was asked for. */
  readonly members: readonly Member[];
}

/** A name of an object and its value, as they are written. */
export interface Member {
  readonly name: string;
  /** Among all the members of its object. */
  readonly place: number;
  readonly nameStart: number;
  readonly start: number;
  readonly end: number;
  /** True if an integer in it is beyond 2^53. */
  readonly hasLongIntegers: boolean;
  /** True if a number in it is beyond any double, such as `1e400`. */
  readonly hasInfinity: boolean;
  /** What parsing it takes: see PayloadText. */
  readonly cost: number;
  /** Of the lists and objects in it: 2 for `[[1]]`. */
  readonly depth: number;
}

interface Name {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Outline {
  readonly isList: boolean;
  /** The first MAX_ITEMS of a list, or the one value. */
  readonly items: readonly Item[];
  /** Of all. */
  readonly itemCount: number;
}

/** Runs have far fewer steps. */
export const MAX_ITEMS = 25_000;

export class NotJsonError extends Error {}

/** Yields after so many bytes, which take a millisecond or two. */
const PIECE_BYTES = 2 ** 17;

/** In pieces, between which it yields. Throws NotJsonError. `names`: of the members that an item has in the outline. */
export function* outlineOf(bytes: Buffer, names: ReadonlySet<string>): Generator<void, Outline, void> {
  const outliner = new Outliner(bytes, names);
  while (!outliner.readPiece(PIECE_BYTES)) yield;
  return outliner;
}

class Outliner implements Outline {
  readonly isList: boolean;
  readonly items: Item[] = [];
  itemCount = 0;
  readonly #bytes: Buffer;
  readonly #names: readonly Name[];
  readonly #maxNameBytes: number;
  /** What closes each of the lists and objects that are open. */
  #closings = new Uint8Array(64);
  /** How many members each of them has so far. */
  #memberCounts = new Uint32Array(64);
  #depth = 0;
  #at = 0;
  /** How many lists contain an item. */
  readonly #itemDepth: number;
  #item = { start: 0, members: [] as Member[] };
  /** Of the present item. */
  #memberCount = 0;
  /** The present one, if its name was asked for. */
  #member: Pick<Member, 'name' | 'place' | 'nameStart' | 'start'> | null = null;
  /** Of the present member. */
  #deepest = 0;
  #hasLongIntegers = false;
  #hasInfinity = false;
  #cost = 0;
  #nameCount = 0;
  readonly #differentNames = new Set<string>();

  constructor(bytes: Buffer, names: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#names = [...names].map((name) => ({ name, bytes: Buffer.from(name) }));
    this.#maxNameBytes = ESCAPE_LENGTH * Math.max(0, ...[...names].map(({ length }) => length));
    this.isList = bytes[endOfBlanks(bytes, 0)] === OPEN_LIST;
    this.#itemDepth = this.isList ? 1 : 0;
    this.#beginItem();
  }

  /** True when all is read. */
  readPiece(pieceBytes: number): boolean {
    const bytes = this.#bytes;
    for (const pieceEnd = this.#at + pieceBytes; this.#at < pieceEnd;) {
      const byte = bytes[this.#at];
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#open(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST)) continue;
      } else if (byte === QUOTE) this.#at = endOfText(bytes, this.#at);
      else if (byte === MINUS || isDigit(byte)) this.#readNumber();
      else this.#at = endOfWord(bytes, this.#at);
      this.#end();
      while (this.#depth > 0 && bytes[this.#at] === this.#closings[this.#depth - 1]) {
        this.#at += 1;
        this.#depth -= 1;
        this.#end();
      }
      if (this.#depth === 0) {
        if (this.#at < bytes.length) throw new NotJsonError();
        return true;
      }
      if (bytes[this.#at] !== COMMA) throw new NotJsonError();
      this.#at += 1;
      this.#begin();
    }
    return false;
  }

  /** False for an empty one. */
  #open(closing: number): boolean {
    const depth = this.#depth;
    if (depth === this.#closings.length) this.#makeRoom();
    this.#at = endOfBlanks(this.#bytes, this.#at + 1);
    if (depth + 1 > this.#deepest) this.#deepest = depth + 1;
    this.#cost += MORE_COST;
    if (this.#bytes[this.#at] === closing) {
      this.#at += 1;
      return false;
    }
    this.#closings[depth] = closing;
    this.#memberCounts[depth] = 0;
    this.#depth = depth + 1;
    this.#begin();
    return true;
  }

  #makeRoom(): void {
    const [closings, memberCounts] = [this.#closings, this.#memberCounts];
    this.#closings = new Uint8Array(2 * closings.length);
    this.#closings.set(closings);
    this.#memberCounts = new Uint32Array(2 * closings.length);
    this.#memberCounts.set(memberCounts);
  }

  /** A member of the innermost object, or an item of the innermost list. */
  #begin(): void {
    if (this.#closings[this.#depth - 1] === CLOSE_OBJECT) this.#beginMember();
    else this.#beginItem();
  }

  #beginItem(): void {
    this.#at = endOfBlanks(this.#bytes, this.#at);
    if (this.#depth !== this.#itemDepth || this.itemCount >= MAX_ITEMS) return;
    this.#item = { start: this.#at, members: [] };
    this.#memberCount = 0;
  }

  #beginMember(): void {
    const bytes = this.#bytes;
    const nameStart = endOfBlanks(bytes, this.#at);
    const nameEnd = endOfText(bytes, nameStart);
    const colon = endOfBlanks(bytes, nameEnd);
    if (bytes[colon] !== COLON) throw new NotJsonError();
    this.#at = endOfBlanks(bytes, colon + 1);
    if (this.#depth !== this.#itemDepth + 1) {
      if (this.#member) this.#countName(nameStart, nameEnd);
      return;
    }
    const name = this.itemCount < MAX_ITEMS ? this.#nameAt(nameStart + 1, nameEnd - 1) : null;
    this.#member = name === null ? null : { name, place: this.#memberCount, nameStart, start: this.#at };
    this.#memberCount += 1;
    this.#deepest = this.#depth;
    this.#hasLongIntegers = false;
    this.#hasInfinity = false;
    this.#cost = 0;
    this.#nameCount = 0;
  }

  /**
   * A new name takes as long as forty numbers, and so does any name of a very large object. The first of a member are free: of the usual
   * payload no name is looked at. Nothing is counted once it is more than is parsed.
   */
  #countName(start: number, end: number): void {
    const depth = this.#depth - 1;
    const memberCount = (this.#memberCounts[depth] ?? 0) + 1;
    this.#memberCounts[depth] = memberCount;
    this.#nameCount += 1;
    if (this.#nameCount <= FREE_NAMES || this.#cost > MAX_COST) return;
    if (this.#nameCount === FREE_NAMES + 1) this.#differentNames.clear();
    if (memberCount > FREE_NAMES || this.#isNewName(start, end)) this.#cost += NAME_COST;
  }

  #isNewName(start: number, end: number): boolean {
    if (end - start > LONG_NAME) return true;
    const before = this.#differentNames.size;
    return this.#differentNames.add(this.#bytes.toString('latin1', start, end)).size > before;
  }

  #end(): void {
    const end = this.#at;
    this.#at = endOfBlanks(this.#bytes, end);
    const depth = this.#depth;
    this.#cost += 1;
    if (depth === this.#itemDepth) {
      if (this.itemCount < MAX_ITEMS) this.items.push({ ...this.#item, end });
      this.itemCount += 1;
    } else if (depth === this.#itemDepth + 1 && this.#member) this.#endMember(this.#member, end);
  }

  #endMember(member: Pick<Member, 'name' | 'place' | 'nameStart' | 'start'>, end: number): void {
    const { members } = this.#item;
    // Of two of the same name the last one counts, as for JSON.parse.
    const before = members.findIndex(({ name }) => name === member.name);
    if (before >= 0) members.splice(before, 1);
    members.push({
      ...member,
      end,
      hasLongIntegers: this.#hasLongIntegers,
      hasInfinity: this.#hasInfinity,
      cost: this.#cost,
      depth: this.#deepest - this.#itemDepth - 1,
    });
    this.#member = null;
  }

  /** Null for one that was not asked for. To decode each name would take longer than all the rest. */
  #nameAt(start: number, end: number): string | null {
    if (end - start > this.#maxNameBytes) return null;
    for (const { name, bytes } of this.#names)
      if (bytes.length === end - start && this.#isAt(start, bytes)) return name;
    const written = this.#bytes.toString('latin1', start, end);
    if (!written.includes('\\')) return null;
    const decoded = JSON.parse(`"${written}"`) as string;
    return this.#names.find(({ name }) => name === decoded)?.name ?? null;
  }

  #isAt(start: number, bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length; at += 1) if (this.#bytes[start + at] !== bytes[at]) return false;
    return true;
  }

  #readNumber(): void {
    const bytes = this.#bytes;
    const start = this.#at;
    let end = bytes[start] === MINUS ? start + 1 : start;
    end = bytes[end] === ZERO ? end + 1 : endOfDigits(bytes, end);
    const hasPoint = bytes[end] === POINT;
    if (hasPoint) end = endOfDigits(bytes, end + 1);
    let exponentDigits = 0;
    if (bytes[end] === SMALL_E || bytes[end] === LARGE_E) {
      const sign = bytes[end + 1];
      const exponent = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
      end = endOfDigits(bytes, exponent);
      exponentDigits = end - exponent;
    }
    this.#at = end;
    const isInteger = !hasPoint && exponentDigits === 0;
    if (exponentDigits > 2 || end - start >= (isInteger ? MIN_LONG_DIGITS : LONG_NUMBER)) this.#lookAt(start, end);
  }

  /** At a number that a double may not hold. */
  #lookAt(start: number, end: number): void {
    const number = this.#bytes.toString('latin1', start, end);
    if (isLongInteger(number)) {
      this.#hasLongIntegers = true;
      this.#cost += MORE_COST;
    } else if (!Number.isFinite(Number(number))) this.#hasInfinity = true;
  }
}

function endOfBlanks(bytes: Buffer, start: number): number {
  let at = start;
  while (isBlank(bytes[at])) at += 1;
  return at;
}

/** Behind its second quote. */
function endOfText(bytes: Buffer, start: number): number {
  if (bytes[start] !== QUOTE) throw new NotJsonError();
  for (let at = start + 1; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < SPACE) throw new NotJsonError();
    if (byte === BACKSLASH) at += lengthOfEscape(bytes, at) - 1;
  }
}

function lengthOfEscape(bytes: Buffer, start: number): number {
  const letter = bytes[start + 1] ?? 0;
  if (letter !== LETTER_U) {
    if (ESCAPED.includes(letter)) return 2;
    throw new NotJsonError();
  }
  for (let at = start + 2; at < start + 6; at += 1) if (!isHex(bytes[at])) throw new NotJsonError();
  return 6;
}

function endOfDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at += 1;
  if (at === start) throw new NotJsonError();
  return at;
}

function endOfWord(bytes: Buffer, start: number): number {
  const word = WORDS.find(([first]) => first === bytes[start]);
  if (word?.every((byte, index) => byte === bytes[start + index]) !== true) throw new NotJsonError();
  return start + word.length;
}

const isBlank = (byte: number | undefined): boolean =>
  byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte = 0): boolean => byte >= ZERO && byte <= 0x39;
const isHex = (byte = 0): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const [COMMA, COLON, SPACE, QUOTE, BACKSLASH, LETTER_U] = [0x2c, 0x3a, 0x20, 0x22, 0x5c, 0x75] as const;
const [MINUS, PLUS, POINT, ZERO, SMALL_E, LARGE_E] = [0x2d, 0x2b, 0x2e, 0x30, 0x65, 0x45] as const;
/** What may stand behind a backslash, beside `u`. */
const ESCAPED = [...Buffer.from('"\\/bfnrt')];
const WORDS = ['true', 'false', 'null'].map((word) => [...Buffer.from(word)]);
/** Of a character that is written as `\u0061`. */
const ESCAPE_LENGTH = 6;
/** Beside that of each value. */
const MORE_COST = 7;
const NAME_COST = 40;
const FREE_NAMES = 1000;
/** In bytes. Longer ones are taken for new, so that little memory is needed. */
const LONG_NAME = 256;
/** Characters: with so many digits, and two of an exponent, a number is far from the largest double, of 309 digits. */
const LONG_NUMBER = 100;
