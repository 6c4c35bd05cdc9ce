/** Line diff of two strings with context, and a word diff within changed lines. */
import { diffWordsWithSpace, structuredPatch } from 'diff';

export interface Part {
  readonly text: string;
  /** Whether only this side has the part. */
  readonly isChanged: boolean;
}

export interface Line {
  readonly kind: 'same' | 'removed' | 'added';
  readonly parts: readonly Part[];
}

export interface Hunk {
  /** Number of the first line in the later string, from 1. */
  readonly from: number;
  readonly lines: readonly Line[];
}

const CONTEXT_LINES = 3;
/** Strings with more edits have little in common, and their diff is slow. */
const MOST_EDITS = 600;
/** Limits of word diffs: pairs of lines, length of a line, and edits in a line. */
const MOST_PAIRS = 100;
const LONGEST_LINE = 2000;
const MOST_WORD_EDITS = 300;

/** `null` if the strings differ too much. */
export function diffLines(before: string, after: string): readonly Hunk[] | null {
  const options = { context: CONTEXT_LINES, maxEditLength: MOST_EDITS };
  const patch = structuredPatch('', '', `${before}\n`, `${after}\n`, undefined, undefined, options);
  if (!patch) return null;
  let pairs = 0;
  const wordsOf: WordsOf = (removed, added) => ((pairs += 1) > MOST_PAIRS ? null : changedWords(removed, added));
  return patch.hunks.map(({ newStart, lines }) => ({ from: newStart, lines: linesOf(lines, wordsOf) }));
}

/** Compares each removed line with the added line at the same index of the following block. */
function linesOf(marked: readonly string[], wordsOf: WordsOf): Line[] {
  const lines: Line[] = [];
  let at = 0;
  const take = (sign: string): string[] => {
    const from = at;
    while (marked[at]?.startsWith(sign)) at += 1;
    return marked.slice(from, at).map((line) => line.slice(1));
  };
  while (at < marked.length) {
    const same = take(' ');
    for (const text of same) lines.push(whole('same', text));
    const [removed, added] = [take('-'), take('+')];
    const pairs = removed.map((text, index) => {
      const other = added[index];
      return other === undefined ? null : wordsOf(text, other);
    });
    for (const [index, text] of removed.entries()) lines.push(pairs[index]?.removed ?? whole('removed', text));
    for (const [index, text] of added.entries()) lines.push(pairs[index]?.added ?? whole('added', text));
  }
  return lines;
}

const whole = (kind: Line['kind'], text: string): Line => ({ kind, parts: [{ text, isChanged: false }] });

interface Pair {
  readonly removed: Line;
  readonly added: Line;
}

type WordsOf = (removed: string, added: string) => Pair | null;

/** `null` if the lines are too long or have too little in common. */
function changedWords(before: string, after: string): Pair | null {
  if (before.length > LONGEST_LINE || after.length > LONGEST_LINE) return null;
  const words = diffWordsWithSpace(before, after, { maxEditLength: MOST_WORD_EDITS });
  if (!words?.some(({ added, removed, value }) => !added && !removed && value.trim() !== '')) return null;
  const side = (kind: 'removed' | 'added', other: 'removed' | 'added'): Line => ({
    kind,
    parts: words.filter((word) => !word[other]).map((word) => ({ text: word.value, isChanged: word[kind] })),
  });
  return { removed: side('removed', 'added'), added: side('added', 'removed') };
}
