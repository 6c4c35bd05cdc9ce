/** Which texts are shown as Markdown: a hostile one must not keep the page busy. */

/** What takes longest grows with the square of the length. */
const LONGEST_MARKDOWN = 10_000;
/** Quotes and lists in one another, begun in one line: each level costs as much as all before it. */
const DEEP = /^(?:[ \t]*(?:>|[-*+]|\d+[.)])){12}/m;

export const isRendered = (text: string): boolean => text.length <= LONGEST_MARKDOWN && !DEEP.test(text);
