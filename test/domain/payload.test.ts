import { describe, expect, it, jest } from '@jest/globals';
import { isSamePayload, MAX_COST, problemOf, valueOf } from '../../src/domain/payload.ts';
import type { Payload, PayloadText } from '../../src/domain/types.ts';
import { jsonIn, readSteps } from '../support/read-wire.ts';

function payloadOf(members: string): Payload {
  const [step] = readSteps(jsonIn(Buffer.from(`[{"id": "s", ${members}}]`)));
  if (!step) throw new Error('expected a step');
  return step.payload;
}

const outputsOf = (json: string): PayloadText => {
  const { outputs } = payloadOf(`"outputs": ${json}`);
  if (!outputs) throw new Error('expected outputs');
  return outputs;
};

describe('payloads', () => {
  it.each([
    ['"inputs": {"a": 1}, "outputs": null', '"inputs": {"a": 1}', true],
    ['"inputs": {"a": 1, "b": [2]}', '"inputs": { "b": [2.0], "\\u0061": 1 }', true],
    ['"inputs": {"a": 1}', '"inputs": {"a": 2}', false],
    ['"outputs": [1]', '"outputs": null', false],
    ['"outputs": [1]', '"inputs": [1]', false],
    ['"step_metadata": "a"', '"step_metadata": "b"', false],
    ['"inputs": 9007199254740993', '"inputs": 9007199254740992', false],
    ['"inputs": [9007199254740993]', '"inputs": [ 9007199254740993 ]', true],
    ['"inputs": [1e400]', '"inputs": [1e400]', true],
    ['"inputs": [1e400]', '"inputs": [ 1e400]', false],
    ['"inputs": [1e400]', '"inputs": null', false],
    ['"inputs": 1', '"inputs": [1e400]', false],
    ['"inputs": [1e400], "outputs": [1]', '"inputs": [1e400], "outputs": [1.0]', true],
    ['"inputs": [1e400], "outputs": [1]', '"inputs": [1e400], "outputs": [2]', false],
  ])('%s and %s are the same: %j', (one, another, isSame) => {
    expect(isSamePayload(payloadOf(one), payloadOf(another))).toBe(isSame);
    expect(isSamePayload(payloadOf(another), payloadOf(one))).toBe(isSame);
  });

  it('are not parsed where they are written alike', () => {
    const one = payloadOf('"inputs": {"a": [1]}, "outputs": "x"');
    const another = payloadOf('"outputs": "x", "inputs": {"a": [1]}');
    const parse = jest.spyOn(JSON, 'parse');
    try {
      expect(isSamePayload(one, another)).toBe(true);
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  it('are compared by value only where that is done at once', () => {
    const listOf = (length: number, blank = '') => payloadOf(`"inputs": [${blank}${'1,'.repeat(length)}1]`);
    const longest = 2 ** 16 - 2;
    expect(isSamePayload(listOf(longest), listOf(longest, ' '))).toBe(true);
    expect(isSamePayload(listOf(longest), listOf(longest, '  '))).toBe(false);
    expect(isSamePayload(listOf(longest, '  '), listOf(longest))).toBe(false);
    expect(isSamePayload(listOf(longest, '  '), listOf(longest, '  '))).toBe(true);
  });
});

describe('the value of a payload', () => {
  it('is null where there is none, or it can not be answered', () => {
    expect(valueOf(null)).toBeNull();
    expect(valueOf(outputsOf('[1]'))).toEqual([1]);
    expect(valueOf(outputsOf('[1e400]'))).toBeNull();
    expect(problemOf(outputsOf('[1]'))).toBeNull();
    expect(problemOf(outputsOf('[1e400]'))).toBe('a number is beyond what a double holds');
  });

  it('is read where that is soon done', () => {
    const enough = outputsOf(`[${'[],'.repeat(MAX_COST / 8 - 2)}[]]`);
    const many = outputsOf(`[${'[],'.repeat(MAX_COST / 8 - 1)}1]`);
    expect([enough.cost, many.cost]).toEqual([MAX_COST, MAX_COST + 1]);
    expect(valueOf(enough)).toHaveLength(MAX_COST / 8 - 1);
    expect(valueOf(many)).toBeNull();
    expect(problemOf(many)).toBe('too many values to be read; it is answered as a whole alone');
  });
});
