/** Work on text in linear time: the engine's own search takes quadratic time over text made for it. */
import { costOfText, type Spend } from './budget.ts';

/** Whether a character is written as two code units, and the second of them stands at `at`. */
const isWithinCharacter = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;

export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at += 1) if (isWithinCharacter(text, at)) count -= 1;
  return count;
}

/** By code points: code units would put those above U+FFFF before U+E000. */
export function compareByCharacters(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const rankOf = (code: number): number => ((code & 0xf800) === 0xd800 ? code + 0x10000 : code);

/** Up to this length, the engine's search stays fast whatever the text; beyond, it can take quadratic time. */
const SHORT_SEARCH = 32;

/** Offsets of all occurrences, also of overlapping ones. Nothing occurs between any two characters. */
export function* occurrencesOf(search: string, text: string, spend: Spend): Generator<number> {
  spend(1);
  for (const at of offsetsOf(search, text, spend)) {
    spend(1);
    yield at;
  }
}

function offsetsOf(search: string, text: string, spend: Spend): Iterable<number> {
  if (search === '') return boundariesIn(text);
  const cost = costOfText(text.length + search.length);
  spend(search.length <= SHORT_SEARCH ? cost : 6 * cost);
  if (search.length <= SHORT_SEARCH) return offsetsOfShort(search, text);
  return offsetsOfLong(search, text);
}

function* boundariesIn(text: string): Generator<number> {
  for (let at = 1; at < text.length; at += 1) if (!isWithinCharacter(text, at)) yield at;
}

function* offsetsOfShort(search: string, text: string): Generator<number> {
  for (let at = text.indexOf(search); at !== -1; at = text.indexOf(search, at + 1)) yield at;
}

/** By Knuth, Morris and Pratt. */
function* offsetsOfLong(search: string, text: string): Generator<number> {
  const borders = bordersOf(search);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    matched = extend(search, matched, text.charCodeAt(at), borders);
    if (matched < search.length) continue;
    yield at + 1 - matched;
    matched = borders[matched - 1] ?? 0;
  }
}

/** For each beginning of the text: how many of its characters are both a shorter beginning and an end of it. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let matched = 0;
  for (let at = 1; at < text.length; at += 1) {
    matched = extend(text, matched, text.charCodeAt(at), borders);
    borders[at] = matched;
  }
  return borders;
}

function extend(search: string, matched: number, code: number, borders: Uint32Array): number {
  let length = matched;
  while (length > 0 && search.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
  return search.charCodeAt(length) === code ? length + 1 : length;
}

export const includes = (text: string, search: string, spend: Spend): boolean =>
  search === '' || !occurrencesOf(search, text, spend).next().done;

/** At the first `count` occurrences; by nothing into characters. */
export function split(text: string, search: string, count: number, spend: Spend): string[] {
  if (text === '' && search === '') return [];
  const parts: string[] = [];
  let from = 0;
  for (const at of occurrencesOf(search, text, spend)) {
    if (parts.length >= count) break;
    if (at < from) continue;
    parts.push(text.slice(from, at));
    from = at + search.length;
  }
  return [...parts, text.slice(from)];
}

const WHITE_SPACE = /^\p{White_Space}$/u;

export function trim(text: string, characters: string, ends: 'left' | 'right' | 'both', spend: Spend): string {
  spend(characters.length);
  const set = new Set(characters);
  const isTrimmed = (character: string): boolean => {
    spend(1);
    return set.size > 0 ? set.has(character) : WHITE_SPACE.test(character);
  };
  let from = 0;
  let to = text.length;
  if (ends !== 'right') {
    for (const character of text) {
      if (!isTrimmed(character)) break;
      from += character.length;
    }
  }
  if (ends !== 'left') {
    while (to > from) {
      const start = isWithinCharacter(text, to - 1) ? to - 2 : to - 1;
      if (!isTrimmed(text.slice(start, to))) break;
      to = start;
    }
  }
  return text.slice(from, to);
}
