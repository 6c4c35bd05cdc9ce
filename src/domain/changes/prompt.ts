/** Prompts as sets of sentences, and the templates of a node's prompts. */

/** Unique sentences in order. Equal strings share one set. */
export type Prompt = ReadonlySet<string>;

export const NO_PROMPT: Prompt = new Set();

const SENTENCE_ENDS = /(?<=[.!?])\s+|\n/;

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}';
const WEEKDAY = '(?:\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?';
const CLOCK = '(?:[T ,]{1,2}\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\\d\\d:?\\d\\d))?)?';
/** `2026-11-28`, `28 Nov 2026`, `Saturday, November 28, 2026`, each with or without a time. */
const DATE = new RegExp(
  `${WEEKDAY}\\b(?:\\d{4}-\\d\\d-\\d\\d|\\d{1,2} ${MONTH},? \\d{4}|${MONTH} \\d{1,2},? \\d{4})${CLOCK}`,
  'g',
);

/** Splits a string into trimmed sentences. Dates become a placeholder, since they change daily. */
export const sentencesOf = (text: string): string[] =>
  text
    .replaceAll(DATE, '<date>')
    .split(SENTENCE_ENDS)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');

const hasOther = (prompt: Prompt, ...others: readonly (Prompt | undefined)[]): boolean => {
  if (others.includes(prompt)) return false;
  for (const sentence of prompt) if (!others.some((other) => other?.has(sentence))) return true;
  return false;
};

/** Number of sentences that a comparison with the previous prompt reads. Equal prompts are one object. */
const sizeIfOther = (prompt: Prompt, previous: Prompt | undefined): number => (prompt === previous ? 0 : prompt.size);

/**
 * Sentences are data, such as a name, if consecutive runs each have some that neither neighbor has; these are omitted.
 * The first and last run follow their only neighbor. Yields the number of compared sentences.
 */
export function* templatesOf(prompts: readonly Prompt[]): Generator<number, Prompt[], void> {
  const last = prompts.length - 1;
  const hasOwn: boolean[] = [];
  for (const [at, prompt] of prompts.entries()) {
    yield sizeIfOther(prompt, prompts[at - 1]);
    hasOwn.push(at > 0 && at < last && hasOther(prompt, prompts[at - 1], prompts[at + 1]));
  }
  const templates: Prompt[] = [];
  for (const [at, prompt] of prompts.entries()) {
    const inside = Math.min(Math.max(at, 1), last - 1);
    const hasData = hasOwn[inside] === true && (hasOwn[inside - 1] === true || hasOwn[inside + 1] === true);
    const isShared = (sentence: string) =>
      prompts[at - 1]?.has(sentence) === true || prompts[at + 1]?.has(sentence) === true;
    yield hasData ? prompt.size : 0;
    templates.push(hasData ? new Set([...prompt].filter(isShared)) : prompt);
  }
  return templates;
}
