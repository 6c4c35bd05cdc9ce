/** What is shown of a long text before somebody asks for all of it. */

export interface Excerpt {
  readonly text: string;
  /** Where the rest is. Null if there is none. */
  readonly cut: 'before' | 'after' | null;
  readonly lineCount: number;
}

export interface ExcerptBounds {
  readonly lines: number;
  readonly characters: number;
}

/** Frames below the message, the latest first: of JavaScript and Java. Python's has the message last. */
// Not `\s`, which goes on over blank lines, from each of them.
const LATEST_FIRST = /^[ \t]+at /m;

/** A stack trace or a log is told by its last lines; any other text by its beginning. */
export function excerptOf(text: string, { lines: most, characters }: ExcerptBounds): Excerpt {
  const lines = text.trimEnd().split('\n');
  const lineCount = lines.length;
  if (lineCount <= most && text.length <= characters) return { text, cut: null, lineCount };
  if (lineCount > most && !LATEST_FIRST.test(text)) {
    return { text: lines.slice(-most).join('\n').slice(-characters), cut: 'before', lineCount };
  }
  return { text: lines.slice(0, most).join('\n').slice(0, characters), cut: 'after', lineCount };
}

/** The one line that says most of what went wrong. */
export function headlineOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isPythons = /^Traceback \(most recent call last\)/m.test(text);
  return (isPythons ? lines.at(-1) : lines[0])?.trim() ?? '';
}
