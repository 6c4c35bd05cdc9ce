import { describe, expect, it } from '@jest/globals';
import { parseExactJson } from '../../src/domain/long-integers.ts';
import { isSamePayload } from '../../src/domain/payload.ts';
import type { JsonValue, PayloadValues } from '../../src/domain/types.ts';

const value = (json: string | null): JsonValue => (json === null ? null : (parseExactJson(json) as JsonValue));
const payload = (
  inputs: string | null,
  outputs: string | null = null,
  metadata: string | null = null,
): PayloadValues => ({
  inputs: value(inputs),
  outputs: value(outputs),
  metadata: value(metadata),
  waitRequest: null,
});

describe('two payloads', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const long = `[${'1,'.repeat(500_000)}1]`;

  it.each<[string, PayloadValues, PayloadValues, boolean]>([
    ['of the same JSON', payload('{"a":1,"b":[2]}'), payload('{ "b": [2.0], "\\u0061": 1 }'), true],
    ['of other values', payload('{"a":1}'), payload('{"a":2}'), false],
    ['with outputs in only one', payload(null, '[1]'), payload(null), false],
    ['of the same value in another field', payload('[1]'), payload(null, '[1]'), false],
    ['of other metadata', payload(null, null, '"a"'), payload(null, null, '"b"'), false],
    ['of other long integers', payload('9007199254740993'), payload('9007199254740992'), false],
    ['of the same long integer', payload('[9007199254740993]'), payload('[ 9007199254740993]'), true],
    ['with the same error', payload('[1e400]'), payload('[ 1e500, 2]'), true],
    ['with other errors', payload('[1e400]'), payload(nested(5000)), false],
    ['with an error in only one', payload('[1e400]'), payload('[null]'), false],
    ['of a long value in another order', payload(`{"a":${long},"b":1}`), payload(`{"b":1,"a":${long}}`), true],
    ['with an additional name in one', payload('{"a":1}'), payload('{"a":1,"b":null}'), false],
    ['with other names', payload('{"a":null}'), payload('{"b":null}'), false],
    ['of a list and an object', payload('[]'), payload('{}'), false],
    ['of lists of other lengths', payload('[1,null]'), payload('[1]'), false],
    ['of the member __proto__', payload('{"__proto__":{"x":1}}'), payload('{"__proto__":{"x":2}}'), false],
  ])('%s are the same: %4$p', (_, one, another, isSame) => {
    expect(isSamePayload(one, another)).toBe(isSame);
    expect(isSamePayload(another, one)).toBe(isSame);
  });
});
