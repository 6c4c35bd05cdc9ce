/** Texts that `texts` rules keep, since figures and conversations read them at these places. */

/** A list has one place, `[]`, for all of its items. */
export interface Place {
  readonly [key: string]: Place;
}

const TEXT: Place = {};

const CALL = { type: TEXT, id: TEXT, call_id: TEXT, name: TEXT, status: TEXT };
const PART = { ...CALL, tool_use_id: TEXT };
const MESSAGE = {
  ...{ ...CALL, role: TEXT, tool_call_id: TEXT, content: { '[]': PART } },
  tool_calls: { '[]': { ...CALL, function: { name: TEXT } } },
};

/** By member of the payload. docs/redaction.md lists them. */
export const KEPT_TEXTS = {
  inputs: { model: TEXT, messages: { '[]': MESSAGE }, input: { '[]': MESSAGE } },
  outputs: {
    ...MESSAGE,
    ...{ model: TEXT, object: TEXT, stop_reason: TEXT, finish_reason: TEXT, done_reason: TEXT },
    choices: { '[]': { finish_reason: TEXT, message: MESSAGE, delta: { role: TEXT } } },
    output: { '[]': MESSAGE },
    message: MESSAGE,
  },
  metadata: {},
} satisfies Readonly<Record<string, Place>>;

/** Other texts at these places may be anything. */
const IDENTIFIER = /^[\w./:-]{1,100}$/;

export const looksLikeIdentifier = (text: string): boolean => IDENTIFIER.test(text);
