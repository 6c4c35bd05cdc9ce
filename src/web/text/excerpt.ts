/** Excerpt of a long string, shown until the reader expands it. */

export interface Excerpt {
  readonly text: string;
  /** Position of the omitted part; `null` without one. */
  readonly cut: 'before' | 'after' | null;
  readonly lineCount: number;
}

export interface ExcerptBounds {
  readonly lines: number;
  readonly characters: number;
}

/** Stack frames below the message, latest first, as in JavaScript and Java. Python prints the message last. */
// Not `\s`: it also matches line breaks, so each run of blank lines would be scanned repeatedly.
const LATEST_FIRST = /^[ \t]+at /m;

/** A long log or Python trace shows its end. A JavaScript trace or a single long line shows its beginning. */
export function excerptOf(text: string, { lines: most, characters }: ExcerptBounds): Excerpt {
  const lines = text.trimEnd().split('\n');
  const lineCount = lines.length;
  if (lineCount <= most && text.length <= characters) return { text, cut: null, lineCount };
  if (lineCount > most && !LATEST_FIRST.test(text)) {
    return { text: lines.slice(-most).join('\n').slice(-characters), cut: 'before', lineCount };
  }
  return { text: lines.slice(0, most).join('\n').slice(0, characters), cut: 'after', lineCount };
}

/** The line that best summarizes an error. */
export function headlineOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isPythons = /^Traceback \(most recent call last\)/m.test(text);
  return (isPythons ? lines.at(-1) : lines[0])?.trim() ?? '';
}
