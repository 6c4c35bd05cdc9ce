/** Cuts JSON to a size: small values stay whole, large ones share what remains. */
import { jsonBytes } from './json-bytes.ts';
import type { JsonValue } from './types.ts';

export interface Bounded {
  readonly value: JsonValue;
  /** The omitted parts, by path: `run.steps: first 12 of 40 items`. Empty if the value is whole. */
  readonly leftOut: readonly string[];
}

type Members = Readonly<Record<string, JsonValue>>;

/** Ids, times and names: part of one would be worse than none. */
const SMALL_BYTES = 120;
/** List items are cut only if they have more bytes than this, and more than a quarter of the list. */
const WHOLE_ITEM_BYTES = 1000;
const CUT_ITEMS = 4;
const MIN_TEXT_BYTES = 40;
/** A cursor or other token: as with an id, part of it would be worse than none. */
const TOKEN = /^[\w-]+$/;
const BRACKETS = 2;
/** An object's member takes more: quotes, a colon and a comma. */
const MIN_MEMBER_BYTES = 5;
const MORE = '…';

/** `maxBytes` limits the value's JSON in UTF-8. No more than that is read of a larger value. */
export function boundJson(value: JsonValue, maxBytes: number): Bounded {
  const notes = new Map<string, string>();
  const cut = new Cutter(notes).cut(value, maxBytes, '') ?? null;
  return { value: cut, leftOut: [...notes].map(([path, what]) => `${path}: ${what}`) };
}

class Cutter {
  /** First cut for each path. All items of a list have the same path. */
  readonly #notes: Map<string, string>;

  constructor(notes: Map<string, string>) {
    this.#notes = notes;
  }

  /** Returns undefined if nothing of the value fits. */
  cut(value: JsonValue, budget: number, path: string): JsonValue | undefined {
    const size = jsonBytes(value, Math.max(budget, SMALL_BYTES));
    if (size <= budget) return value;
    if (size <= SMALL_BYTES || budget < BRACKETS) return undefined;
    if (typeof value === 'string') return this.#cutText(value, budget, path);
    if (typeof value !== 'object' || value === null) return undefined;
    return isList(value) ? this.#cutList(value, budget, path) : this.#cutObject(value, budget, path);
  }

  #note(path: string, what: string): void {
    if (!this.#notes.has(path)) this.#notes.set(path, what);
  }

  #cutText(text: string, budget: number, path: string): string | undefined {
    if (budget < MIN_TEXT_BYTES || TOKEN.test(text)) return undefined;
    let kept = text.slice(0, budget - BRACKETS).toWellFormed();
    // An escaped character takes up to six bytes.
    while (jsonBytes(`${kept}${MORE}`) > budget) kept = kept.slice(0, Math.floor(kept.length * 0.9)).toWellFormed();
    this.#note(path, `first ${kept.length} of ${text.length} characters`);
    return `${kept}${MORE}`;
  }

  /** The first items, each with a share that is worth reading. */
  #cutList(items: readonly JsonValue[], budget: number, path: string): JsonValue {
    const kept: JsonValue[] = [];
    const share = Math.max(WHOLE_ITEM_BYTES, budget / Math.min(CUT_ITEMS, items.length));
    let left = budget - BRACKETS;
    for (const item of items) {
      const room = Math.min(left, share) - 1;
      // An item smaller than its share isn't cut to fill a gap.
      if (kept.length > 0 && room < share - 1 && isBetween(jsonBytes(item, share), room, share)) break;
      const cut = this.cut(item, room, `${path}[]`);
      if (cut === undefined) break;
      kept.push(cut);
      left -= jsonBytes(cut) + 1;
    }
    if (kept.length < items.length) this.#note(path, `first ${kept.length} of ${items.length} items`);
    return kept;
  }

  /** Smallest members first: what they don't need goes to larger ones. */
  #cutObject(value: Members, budget: number, path: string): JsonValue | undefined {
    const names = Object.keys(value);
    const bySize = names
      .slice(0, Math.ceil(budget / MIN_MEMBER_BYTES))
      .map((name) => ({ name, member: value[name] ?? null, size: jsonBytes(value[name], budget) }))
      .sort((one, other) => one.size - other.size);
    const kept = new Map<string, JsonValue>();
    let left = budget - BRACKETS;
    for (const [index, { name, member, size }] of bySize.entries()) {
      const share = size <= SMALL_BYTES ? left : left / (bySize.length - index);
      const nameBytes = jsonBytes(name) + BRACKETS;
      const cut = this.cut(member, Math.floor(share - nameBytes), path === '' ? name : `${path}.${name}`);
      if (cut === undefined) continue;
      kept.set(name, cut);
      left -= nameBytes + jsonBytes(cut);
    }
    if (kept.size < names.length) this.#note(path, `${kept.size} of ${names.length} members`);
    // In the operation's order.
    const members = names.flatMap((name) => (kept.has(name) ? [[name, kept.get(name)] as const] : []));
    return members.length === 0 ? undefined : (Object.fromEntries(members) as JsonValue);
  }
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value);
const isBetween = (size: number, low: number, high: number): boolean => size > low && size <= high;
