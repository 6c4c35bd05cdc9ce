import { describe, expect, it, jest } from '@jest/globals';
import { isSamePayload } from '../../src/domain/payload.ts';
import type { StepPayload } from '../../src/domain/types.ts';
import { payloadReader } from '../../src/upstream/wire/payload-reader.ts';
import { jsonIn } from '../support/wire.ts';

const payloadOf = (json: string) => payloadReader(jsonIn(Buffer.from(`[${json}]`)).items[0]);

describe('payloads', () => {
  it.each([
    ['{"inputs": {"a": 1}, "outputs": null}', '{"inputs": {"a": 1}}', true],
    ['{"inputs": {"a": 1, "b": [2]}}', '{"inputs": { "b": [2.0], "\\u0061": 1 } }', true],
    ['{"inputs": {"a": 1}}', '{"inputs": {"a": 2}}', false],
    ['{"outputs": [1]}', '{"outputs": null}', false],
    ['{"outputs": [1]}', '{"inputs": [1]}', false],
    ['{"step_metadata": "a"}', '{"step_metadata": "b"}', false],
    ['{"inputs": 9007199254740993}', '{"inputs": 9007199254740992}', false],
    ['{"inputs": [1e400]}', '{"inputs": [1e400]}', true],
    ['{"inputs": [1e400, 1]}', '{"inputs": [1e400, 2]}', false],
    ['{"inputs": [1e400]}', '{"inputs": null}', false],
    ['{"inputs": 1}', '{"inputs": [1e400]}', false],
    ['{"inputs": [1e400], "outputs": [1]}', '{"inputs": [1e400], "outputs": [1.0]}', true],
    ['{"inputs": [1e400], "outputs": [1]}', '{"inputs": [1e400], "outputs": [2]}', false],
  ])('%s and %s are the same: %j', (one, another, isSame) => {
    expect(isSamePayload(payloadOf(one), payloadOf(another))).toBe(isSame);
    expect(isSamePayload(payloadOf(another), payloadOf(one))).toBe(isSame);
  });

  it('are not parsed where they are written alike', () => {
    const [one, another] = ['{"inputs": {"a": [1]}, "outputs": "x"}', '{"outputs": "x", "inputs": {"a": [1]}}'].map(
      payloadOf,
    );
    const parse = jest.spyOn(JSON, 'parse');
    try {
      expect(one && another && isSamePayload(one, another)).toBe(true);
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  it('without texts are compared by value, and by what can not be read of them', () => {
    const told = (payload: Partial<StepPayload>) => () => ({
      inputs: null,
      outputs: null,
      metadata: null,
      unreadable: [],
      ...payload,
    });
    const unreadable = [{ field: 'inputs', problem: 'too deep', sizeBytes: 9 }] as const;
    expect(isSamePayload(told({ inputs: [1] }), told({ inputs: [1] }))).toBe(true);
    expect(isSamePayload(told({ inputs: [1] }), told({ inputs: [2] }))).toBe(false);
    expect(isSamePayload(told({ unreadable }), told({ unreadable: [...unreadable] }))).toBe(true);
    expect(isSamePayload(told({ unreadable }), told({}))).toBe(false);
  });
});
