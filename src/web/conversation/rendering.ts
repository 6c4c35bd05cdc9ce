/** Decides which strings are rendered as Markdown: a hostile one must not block the page. */

/** The slowest constructs take time quadratic in the length. */
const LONGEST_MARKDOWN = 10_000;
/** Nested quotes or lists at the start of a line: each level costs as much as all levels before it. */
const DEEP = /^(?:[ \t]*(?:>|[-*+]|\d+[.)])){12}/m;

export const isRendered = (text: string): boolean => text.length <= LONGEST_MARKDOWN && !DEEP.test(text);
