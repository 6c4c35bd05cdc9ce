import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { hasLeaf, jsonTextBytes, unwritable } from '../../src/domain/json.ts';
import { mayBeRounded } from '../../src/domain/long-integers.ts';
import type { JsonValue } from '../../src/domain/types.ts';
import { payloadBytes, readPayload } from '../../src/upstream/payload.ts';
import { payloadReader } from '../../src/upstream/wire/payload-reader.ts';
import { answerOf, jsonIn, rawJSON } from '../support/wire.ts';

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

function errorOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

const readerOf = (item: unknown) => payloadReader(answerOf([item]).items[0]);

describe('the payload of an item', () => {
  it('has each field as it came, or says alone of that field why it can not be written, and how large it is', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const read = readerOf(payload);
        for (const told of [read(), read()]) {
          for (const field of FIELDS) {
            const value = payload[field === 'metadata' ? 'step_metadata' : field] ?? null;
            const problem = unwritable(value);
            expect(
              payloadBytes(
                () => told,
                field,
                () => told,
              ),
            ).toBe(value === null ? 0 : jsonTextBytes(value));
            if (problem === null) expect(JSON.stringify(readPayload(told, field))).toBe(JSON.stringify(value));
            else {
              expect(told[field]).toBeNull();
              expect(errorOf(() => readPayload(told, field))).toMatchObject({
                code: 'UPSTREAM_CONTRACT_VIOLATION',
                message: `${field}: ${problem}`,
              });
            }
          }
        }
      }),
    );
  });

  it('may be answered as it was written where that is what its value says', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const { texts } = readerOf(payload);
        for (const field of FIELDS) {
          const value = payload[field === 'metadata' ? 'step_metadata' : field] ?? null;
          const text = texts?.[field];
          if (value === null) expect(text).toBeNull();
          if (text?.isPlain === true) {
            expect(unwritable(value)).toBeNull();
            expect(Buffer.from(text.bytes).toString()).toBe(JSON.stringify(value));
            expect(text.sizeBytes).toBe(text.bytes.length);
          }
        }
      }),
    );
    const isPlain = (outputs: string) =>
      payloadReader(jsonIn(Buffer.from(`[{"outputs":${outputs}}]`, 'latin1')).items[0]).texts?.outputs?.isPlain;
    expect(['9007199254740993', '1e500', '"\xfc"', `${'['.repeat(201)}${']'.repeat(201)}`].map(isPlain)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(['9007199254740', '1.5e3', '"\\u00fc"', `${'['.repeat(200)}${']'.repeat(200)}`].map(isPlain)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('has integers beyond 2^53 as text with all their digits, at each reading', () => {
    const long = fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n });
    fc.assert(
      fc.property(long, fc.integer(), (integer, short) => {
        const [other, read] = [
          readerOf({ inputs: short }),
          readerOf({ inputs: { at: [rawJSON(`-${integer}`), short] } }),
        ];
        for (const time of [1, 2]) {
          const inputs = [other(), read()].map((payload) => readPayload(payload, 'inputs'));
          expect({ time, inputs }).toEqual({ time, inputs: [short, { at: [`-${integer}`, short] }] });
        }
      }),
    );
  });

  it('is read field by field: what nobody asks for is not parsed, and none twice in a turn of the event loop', async () => {
    const read = readerOf({ inputs: 'what went in', outputs: ['what came out'], step_metadata: TOO_DEEP });
    const parse = jest.spyOn(JSON, 'parse');
    try {
      expect([read().outputs, read().outputs]).toEqual([['what came out'], ['what came out']]);
      expect(parse.mock.calls).toEqual([['["what came out"]']]);
      expect(read().unreadable).toEqual([{ field: 'metadata', problem: unwritable(TOO_DEEP), sizeBytes: 600 }]);
      expect(parse).toHaveBeenCalledTimes(2);
      await nextTurn();
      expect(read().outputs).toEqual(['what came out']);
      expect(parse).toHaveBeenCalledTimes(3);
    } finally {
      parse.mockRestore();
    }
  });

  it('is read once for the size of each field, however often that is asked for', async () => {
    const read = readerOf({ inputs: 'é', outputs: [1, 2] });
    const parse = jest.spyOn(JSON, 'parse');
    try {
      for (const time of [1, 2, 3]) {
        const sizes = FIELDS.map((field) => payloadBytes(read, field, read));
        expect({ time, sizes, readings: parse.mock.calls.length }).toEqual({ time, sizes: [4, 5, 0], readings: 2 });
        await nextTurn();
      }
    } finally {
      parse.mockRestore();
    }
  });

  it('is answered as a whole alone where it would take long to parse it', () => {
    const enough = `[${'[],'.repeat(2 ** 20 - 2)}[]]`;
    const many = `[[],${enough.slice(1)}`;
    const read = payloadReader(jsonIn(Buffer.from(`[{"inputs":${enough},"outputs":${many}}]`)).items[0]);
    expect(read().inputs).toHaveLength(2 ** 20 - 1);
    expect(read().outputs).toBeNull();
    expect(read().unreadable).toEqual([
      {
        field: 'outputs',
        problem: 'too many values to be read; it is answered as a whole alone',
        sizeBytes: many.length,
      },
    ]);
    expect(payloadBytes(read, 'outputs', read)).toBe(many.length);
    expect(read.texts?.outputs?.isPlain).toBe(true);
  });

  it('is none of an item that can not be read', () => {
    const read = payloadReader(undefined);
    expect(read()).toMatchObject({ inputs: null, outputs: null, metadata: null, unreadable: [] });
    expect(read.heldBytes).toBe(0);
  });
});
