/** Texts of clients in spans, which wait in a queue: a few characters, and nothing else kept alive by them. */

const MAX_LENGTH = 256;

/** A slice would keep the whole text alive, so a long text is copied. */
export const bounded = (text: string): string =>
  text.length <= MAX_LENGTH ? text : Buffer.from(text.slice(0, MAX_LENGTH)).toString();
