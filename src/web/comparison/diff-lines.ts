/** The lines in which two texts differ, with those around them, and in each changed line the words. */
import { diffWordsWithSpace, structuredPatch } from 'diff';

export interface Part {
  readonly text: string;
  /** True if the other text does not have it. */
  readonly isChanged: boolean;
}

export interface Line {
  readonly kind: 'same' | 'removed' | 'added';
  readonly parts: readonly Part[];
}

export interface Hunk {
  /** The first line in the later text, from 1. */
  readonly from: number;
  readonly lines: readonly Line[];
}

const CONTEXT_LINES = 3;
/** Texts that differ in more lines have little in common, and take long. */
const MOST_EDITS = 4000;
const LONGEST_MS = 400;
/** Words of longer lines are not compared. */
const LONGEST_LINE = 2000;

/** Null where the texts differ too much. */
export function diffLines(before: string, after: string): readonly Hunk[] | null {
  const options = { context: CONTEXT_LINES, maxEditLength: MOST_EDITS, timeout: LONGEST_MS };
  const patch = structuredPatch('', '', `${before}\n`, `${after}\n`, undefined, undefined, options);
  return patch ? patch.hunks.map(({ newStart, lines }) => ({ from: newStart, lines: linesOf(lines) })) : null;
}

/** A removed line is compared with the added one in the same place of the lines that follow. */
function linesOf(marked: readonly string[]): Line[] {
  const lines: Line[] = [];
  let at = 0;
  const take = (sign: string): string[] => {
    const from = at;
    while (marked[at]?.startsWith(sign)) at += 1;
    return marked.slice(from, at).map((line) => line.slice(1));
  };
  while (at < marked.length) {
    const same = take(' ');
    lines.push(...same.map((text) => whole('same', text)));
    const [removed, added] = [take('-'), take('+')];
    const pairs = removed.map((text, index) => wordsOf(text, added[index]));
    lines.push(...removed.map((text, index) => pairs[index]?.removed ?? whole('removed', text)));
    lines.push(...added.map((text, index) => pairs[index]?.added ?? whole('added', text)));
  }
  return lines;
}

const whole = (kind: Line['kind'], text: string): Line => ({ kind, parts: [{ text, isChanged: false }] });

function wordsOf(before: string, after: string | undefined): { readonly removed: Line; readonly added: Line } | null {
  if (after === undefined || before.length > LONGEST_LINE || after.length > LONGEST_LINE) return null;
  const words = diffWordsWithSpace(before, after);
  if (!words.some(({ added, removed, value }) => !added && !removed && value.trim() !== '')) return null;
  const side = (kind: 'removed' | 'added', other: 'removed' | 'added'): Line => ({
    kind,
    parts: words.filter((word) => !word[other]).map((word) => ({ text: word.value, isChanged: word[kind] })),
  });
  return { removed: side('removed', 'added'), added: side('added', 'removed') };
}
