/**
 * Replaces what a caller may not read in payloads, errors and names. Values without a replacement stay the same
 * objects.
 */
import { isJsonArray, isJsonObject, MAX_JSON_DEPTH } from '../json.ts';
import { parseExactJson } from '../long-integers.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { COUNTS, KEPT, KEPT_TEXTS, looksLikeIdentifier, type Place } from './kept-texts.ts';

export interface RedactionRule {
  /** Names of members whose values are replaced, normalized by `plainName`. */
  readonly keys: ReadonlySet<string>;
  /** Whether all strings are replaced, except those of the members in `keep`. */
  readonly texts: boolean;
  readonly keep: ReadonlySet<string>;
  /** With the `g` flag. */
  readonly patterns: readonly RegExp[];
  /** Right that exempts callers from the rule. */
  readonly unless: string | null;
}

export const REDACTED = '[redacted]';

/** Normalizes case, `-` and `_`. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');

/** Levels of JSON inside strings inside JSON. Strings below these are replaced as a whole. */
const MAX_NESTED_TEXTS = 3;

const MAX_NAMES = 1000;

interface Name {
  readonly plain: string;
  /** The name, with matches of patterns replaced. */
  readonly shown: string;
}

type Member = keyof typeof KEPT_TEXTS;

/** Position of a value. */
interface Position {
  /** Place, or null at and below places where nothing is kept. */
  readonly place: Place | null;
  /** Whether the position is below a member that keeps its strings. */
  readonly keepsTexts: boolean;
  readonly depth: number;
  readonly nestedTexts: number;
}

const NOWHERE: Position = { place: null, keepsTexts: false, depth: 0, nestedTexts: 0 };

export class Redactor {
  readonly #keys = new Set<string>();
  readonly #patterns: readonly RegExp[];
  /** Members whose strings every `texts` rule keeps, or null without such a rule. */
  readonly #keep: ReadonlySet<string> | null;
  /** Most items of a response have the same names. */
  readonly #names = new Map<string, Name>();

  constructor(rules: readonly RedactionRule[]) {
    for (const { keys } of rules) for (const key of keys) this.#keys.add(key);
    this.#patterns = rules.flatMap(({ patterns }) => patterns);
    this.#keep = rules
      .filter(({ texts }) => texts)
      .map(({ keep }) => keep)
      .reduce<ReadonlySet<string> | null>((all, keep) => (all ? all.intersection(keep) : keep), null);
  }

  /** Redacts a member of a step's or run's payload. */
  payload(value: JsonValue, member: Member): JsonValue {
    return this.#value(value, { place: KEPT_TEXTS[member], keepsTexts: false, depth: 0, nestedTexts: 0 });
  }

  /** Redacts other JSON, or a string. */
  json(value: JsonValue): JsonValue {
    return this.#value(value, NOWHERE);
  }

  /** Redacts the upstream's human-readable strings. */
  text(text: string): string {
    return this.#text(text, NOWHERE);
  }

  /** Redacts an error, plain or as JSON. `type` and `code` stay if they look like identifiers. */
  error(error: JsonValue): JsonValue {
    const inner = typeof error === 'string' ? jsonIn(error) : error;
    if (!isJsonObject(inner)) return this.json(error);
    const redacted = this.json(inner);
    if (redacted === inner || !isJsonObject(redacted)) return redacted === inner ? error : REDACTED;
    const kept = this.#withNames(inner, redacted);
    return typeof error === 'string' ? JSON.stringify(kept) : kept;
  }

  /** Restores `type` and `code`, including in objects within the error. */
  #withNames(original: JsonObject, redacted: JsonObject): JsonObject {
    const kept: Record<string, JsonValue> = { ...redacted };
    for (const [key, value] of Object.entries(original)) {
      const other = kept[key] ?? null;
      const isName = ERROR_NAMES.includes(key) && !this.#keys.has(key);
      if (isName && other === REDACTED && typeof value === 'string' && looksLikeIdentifier(value)) {
        kept[key] = this.#withoutMatches(value);
      } else if (isJsonObject(value) && isJsonObject(other)) kept[key] = this.#withNames(value, other);
    }
    return kept;
  }

  /** Redacts the name or description of a workflow or node, to which only patterns apply. */
  name(text: string): string {
    return this.#withoutMatches(text);
  }

  #value(value: JsonValue, position: Position): JsonValue {
    if (typeof value === 'string') return this.#text(value, position);
    if (typeof value === 'number') return position.place === COUNTS ? value : this.#number(value);
    if (value === null || typeof value === 'boolean') return value;
    // Values this deep are never returned.
    if (position.depth > MAX_JSON_DEPTH) return [];
    return isJsonArray(value) ? this.#list(value, position) : this.#object(value, position);
  }

  #list(list: readonly JsonValue[], position: Position): JsonValue {
    const inner = { ...position, place: position.place?.['[]'] ?? null, depth: position.depth + 1 };
    let redacted: JsonValue[] | null = null;
    for (const [index, item] of list.entries()) {
      const value = this.#value(item, inner);
      if (value !== item) redacted ??= list.slice();
      if (redacted) redacted[index] = value;
    }
    return redacted ?? list;
  }

  #object(object: JsonObject, position: Position): JsonValue {
    const entries: [string, JsonValue][] = [];
    let isChanged = false;
    for (const key in object) {
      const value = object[key] ?? null;
      const { plain, shown } = this.#nameOf(key);
      const name = position.place === COUNTS ? key : shown;
      const redacted = this.#member(key, plain, value, position);
      isChanged ||= redacted !== value || name !== key;
      entries.push([name, redacted]);
    }
    return isChanged ? withUniqueNames(entries) : object;
  }

  #nameOf(key: string): Name {
    const known = this.#names.get(key);
    if (known) return known;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    const found = { plain: plainName(key), shown: this.#withoutMatches(key) };
    this.#names.set(key, found);
    return found;
  }

  #member(key: string, plain: string, value: JsonValue, position: Position): JsonValue {
    if (this.#keys.has(plain)) return value === null ? null : REDACTED;
    const { place: outer } = position;
    // Counts are nested in some responses.
    const place = outer === COUNTS ? COUNTS : outer && Object.hasOwn(outer, key) ? (outer[key] ?? null) : null;
    const keepsTexts = position.keepsTexts || (this.#keep?.has(plain) ?? false);
    return this.#value(value, { ...position, place, keepsTexts, depth: position.depth + 1 });
  }

  #text(text: string, position: Position): string {
    const inner = this.#json(text, position);
    if (inner !== null) return inner;
    const isKept = position.keepsTexts || (position.place === KEPT && looksLikeIdentifier(text));
    return this.#keep && text !== '' && !isKept ? REDACTED : this.#withoutMatches(text);
  }

  /** Redacts a string that is JSON or begins like it. Returns null for other strings. */
  #json(text: string, position: Position): string | null {
    if (!JSON_START.test(text)) return EVENTS.test(text) && this.#looksInside() ? REDACTED : null;
    const value = position.nestedTexts < MAX_NESTED_TEXTS ? jsonIn(text) : null;
    if (value === null) return this.#looksInside() && !isProse(text) ? REDACTED : null;
    const redacted = this.#value(value, { ...position, place: null, nestedTexts: position.nestedTexts + 1 });
    return redacted === value ? text : JSON.stringify(redacted);
  }

  /** Whether a rule could miss something in a string that can't be parsed. */
  #looksInside(): boolean {
    return this.#keys.size > 0 || this.#patterns.length > 0;
  }

  #number(value: number): JsonValue {
    const text = String(value);
    return this.#withoutMatches(text) === text ? value : REDACTED;
  }

  #withoutMatches(text: string): string {
    return this.#patterns.reduce((redacted, pattern) => redacted.replace(pattern, REDACTED), text);
  }
}

/** JSON in a string may hide content behind escapes. */
const JSON_START = /^\s*[[{"]/;
const EVENTS = /^\s*(?:data|event|id|retry):/;

/** Plain text may begin with a quotation. Without escapes, it hides nothing. */
const isProse = (text: string): boolean => text.trimStart().startsWith('"') && !text.includes('\\');

/** The object, list or string that a string contains as JSON, or null. */
function jsonIn(text: string): JsonValue | null {
  if (!JSON_START.test(text)) return null;
  try {
    return parseExactJson(text) as JsonValue;
  } catch {
    return null;
  }
}

/** A later member would otherwise replace an earlier one with the same name. */
function withUniqueNames(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const [name, value] of entries) {
    let unique = name;
    for (let count = 2; unique in object; count += 1) unique = `${name} ${count}`;
    object[unique] = value;
  }
  return { ...object };
}

const ERROR_NAMES: readonly string[] = ['type', 'code'];
