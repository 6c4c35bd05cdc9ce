import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { hasLeaf, unwritable } from '../../src/domain/json.ts';
import { mayBeRounded } from '../../src/domain/long-integers.ts';
import type { JsonValue, Payload, PayloadText } from '../../src/domain/types.ts';
import { rawJSON } from '../harness/wire.ts';
import { answerOf, jsonIn, readSteps } from '../support/read-wire.ts';

const FIELDS = ['inputs', 'outputs', 'metadata'] as const;
const TOO_DEEP = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as JsonValue;

const values = fc.oneof(
  {
    weight: 4,
    arbitrary: (fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>).filter((value) => !hasLeaf(value, isWhole)),
  },
  fc.constantFrom<JsonValue>(TOO_DEEP, { n: Infinity }, [-Infinity], 'größe', null),
);
/** Rounded, an integer is not what was written. */
const isWhole = (leaf: JsonValue): boolean => Number.isInteger(leaf) && mayBeRounded(leaf);
const payloads = fc.record({ inputs: values, outputs: values, step_metadata: values }, { requiredKeys: [] });

const payloadOf = (answer = answerOf([])): Payload => {
  const [step] = readSteps(answer);
  if (!step) throw new Error('expected a step');
  return step.payload;
};

const outputsOf = (json: string): PayloadText => {
  const { outputs } = payloadOf(jsonIn(Buffer.from(`[{"id": "s", "outputs": ${json}}]`, 'latin1')));
  if (!outputs) throw new Error('expected outputs');
  return outputs;
};

describe('the payload of a step', () => {
  it('has each field as it came, or says alone of that field why it can not be answered', () => {
    fc.assert(
      fc.property(payloads, (fields) => {
        const payload = payloadOf(answerOf([{ id: 's', ...fields }]));
        for (const field of FIELDS) {
          const value = fields[field === 'metadata' ? 'step_metadata' : field] ?? null;
          const text = payload[field];
          if (value === null) expect(text).toBeNull();
          expect(text?.problem ?? null).toBe(unwritable(value));
          if (text?.problem !== null) continue;
          expect(text).toMatchObject({ isPlain: true, sizeBytes: Buffer.byteLength(JSON.stringify(value)) });
          for (const bytes of [text.bytes, text.written()])
            expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(value));
          expect(JSON.stringify(text.read())).toBe(JSON.stringify(value));
        }
      }),
    );
  });

  it('has integers beyond 2^53 as text with all their digits, read or written', () => {
    const long = fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n });
    fc.assert(
      fc.property(long, fc.integer(), (integer, short) => {
        const { inputs } = payloadOf(answerOf([{ id: 's', inputs: { at: [rawJSON(`-${integer}`), short] } }]));
        const exact = { at: [`-${integer}`, short] };
        expect(inputs).toMatchObject({ isPlain: false, problem: null });
        for (const time of [1, 2]) expect({ time, value: inputs?.read() }).toEqual({ time, value: exact });
        expect(Buffer.from(inputs?.written() ?? []).toString()).toBe(JSON.stringify(exact));
      }),
    );
  });

  it('is UTF-8 throughout, whatever came', () => {
    const text = outputsOf('"\xfc"');
    expect(text).toMatchObject({ isPlain: false, problem: null, sizeBytes: 3 });
    expect(text.read()).toBe('\uFFFD');
    expect(Buffer.from(text.written()).toString()).toBe('"\uFFFD"');
  });

  it('may be as deep as JSON may be here', () => {
    const [deepest, deeper] = [200, 201].map((levels) => outputsOf(`${'['.repeat(levels)}${']'.repeat(levels)}`));
    expect([deepest?.problem, deeper?.problem]).toEqual([null, 'nested deeper than 200 levels']);
  });

  it('is read field by field: what nobody asks for is not parsed, and none twice in a turn of the event loop', async () => {
    const { inputs, outputs, metadata } = payloadOf(
      answerOf([{ id: 's', inputs: 'what went in', outputs: ['what came out'], step_metadata: TOO_DEEP }]),
    );
    const parse = jest.spyOn(JSON, 'parse');
    try {
      expect([outputs?.read(), outputs?.read()]).toEqual([['what came out'], ['what came out']]);
      expect([inputs?.sizeBytes, metadata?.problem]).toEqual([14, unwritable(TOO_DEEP)]);
      expect(parse.mock.calls).toEqual([['["what came out"]']]);
      await nextTurn();
      expect(outputs?.read()).toEqual(['what came out']);
      expect(parse).toHaveBeenCalledTimes(2);
    } finally {
      parse.mockRestore();
    }
  });

  it('is none of an item that can not be read', () => {
    expect(readSteps(answerOf([{ id: 's' }, 7]))[1]?.payload).toEqual({
      inputs: null,
      outputs: null,
      metadata: null,
      heldBytes: 0,
    });
  });
});
