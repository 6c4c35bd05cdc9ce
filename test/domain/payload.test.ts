import { describe, expect, it } from '@jest/globals';
import { isSamePayload, MAX_COST, problemOf, valueOf } from '../../src/domain/payload.ts';
import type { Payload, PayloadText } from '../../src/domain/types.ts';
import { payloadText } from './facts.ts';

const payload = (inputs: string | null, outputs: string | null = null, metadata: string | null = null): Payload => ({
  inputs: inputs === null ? null : payloadText(inputs),
  outputs: outputs === null ? null : payloadText(outputs),
  metadata: metadata === null ? null : payloadText(metadata),
  heldBytes: 0,
});

describe('two payloads', () => {
  const longest = `[${'1,'.repeat(2 ** 16 - 2)}1]`;
  const spaced = (text: string, blank = ' ') => `[${blank}${text.slice(1)}`;

  it.each<[string, Payload, Payload, boolean]>([
    ['of the same JSON', payload('{"a":1,"b":[2]}'), payload('{ "b": [2.0], "\\u0061": 1 }'), true],
    ['of other values', payload('{"a":1}'), payload('{"a":2}'), false],
    ['of which one has no outputs', payload(null, '[1]'), payload(null), false],
    ['of the same value in another field', payload('[1]'), payload(null, '[1]'), false],
    ['of other metadata', payload(null, null, '"a"'), payload(null, null, '"b"'), false],
    ['of other long integers', payload('9007199254740993'), payload('9007199254740992'), false],
    ['of the same long integer', payload('[9007199254740993]'), payload('[ 9007199254740993]'), true],
    ['of the same text that has no value', payload('[1e400]'), payload('[1e400]'), true],
    ['of other texts that have no value', payload('[1e400]'), payload('[ 1e400]'), false],
    ['of the longest text that is compared by value', payload(longest), payload(spaced(longest)), true],
    ['of a longer text', payload(longest), payload(spaced(longest, '  ')), false],
    ['of a longer text, written alike', payload(spaced(longest, '  ')), payload(spaced(longest, '  ')), true],
  ])('%s are the same: %4$p', (_, one, another, isSame) => {
    expect(isSamePayload(one, another)).toBe(isSame);
    expect(isSamePayload(another, one)).toBe(isSame);
  });

  it('are not parsed where they are written alike', () => {
    const unread: PayloadText = {
      ...payloadText('[1]'),
      read: () => {
        throw new Error('parsed');
      },
    };
    expect(isSamePayload({ ...payload(null), inputs: unread }, payload('[1]'))).toBe(true);
  });
});

describe('the value of a payload', () => {
  it('is null where there is none or it cannot be answered', () => {
    expect([valueOf(null), valueOf(payloadText('[1]')), valueOf(payloadText('[1e400]'))]).toEqual([null, [1], null]);
    expect(problemOf(payloadText('[1]'))).toBeNull();
    expect(problemOf(payloadText('[1e400]'))).toBe('a number is beyond what a double holds');
  });

  it('is not read where that takes too long', () => {
    const costing = (cost: number) => ({ ...payloadText('[1]'), cost });
    expect([valueOf(costing(MAX_COST)), valueOf(costing(MAX_COST + 1))]).toEqual([[1], null]);
    expect(problemOf(costing(MAX_COST + 1))).toContain('too many values');
  });
});
