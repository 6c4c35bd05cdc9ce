/** Strings that `texts` rules keep, because computed values and conversations need them. */

/** A list has one place, `[]`, for all items. */
export interface Place {
  readonly [key: string]: Place;
}

/** Place of a kept string. */
export const KEPT: Place = {};
/** Place of token counts, which no rule changes. */
export const COUNTS: Place = {};

const MESSAGE = { role: KEPT, type: KEPT, content: { '[]': { type: KEPT } } };

/** By member of the payload. docs/redaction.md lists them. */
export const KEPT_TEXTS = {
  inputs: { model: KEPT, messages: { '[]': MESSAGE }, input: { '[]': MESSAGE } },
  outputs: {
    ...MESSAGE,
    ...{ model: KEPT, usage: COUNTS, stop_reason: KEPT, finish_reason: KEPT, done_reason: KEPT },
    choices: { '[]': { finish_reason: KEPT, message: MESSAGE } },
    output: { '[]': MESSAGE },
    message: MESSAGE,
  },
  metadata: {},
} satisfies Readonly<Record<string, Place>>;

/** Other strings at these places could be anything. */
const IDENTIFIER = /^[\w./:-]{1,100}$/;

export const looksLikeIdentifier = (text: string): boolean => IDENTIFIER.test(text);
