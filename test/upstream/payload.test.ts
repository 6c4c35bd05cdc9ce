import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonTextBytes, unwritable } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';
import { payloadBytes, readPayload } from '../../src/upstream/payload.ts';
import { payloadReader } from '../../src/upstream/wire/payload-reader.ts';
import { rawJSON, textOf } from '../support/wire.ts';

const FIELDS = ['inputs', 'outputs', 'metadata'] as const;
const TOO_DEEP = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as JsonValue;

const values = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue> },
  fc.constantFrom<JsonValue>(TOO_DEEP, { n: Infinity }, [-Infinity], 'größe', null),
);
const payloads = fc.record({ inputs: values, outputs: values, step_metadata: values }, { requiredKeys: [] });

/** The text of an answer, and how often it was read. */
function answerOf(value: unknown) {
  const answer = {
    sizeBytes: 7,
    readings: 0,
    read() {
      answer.readings += 1;
      return value;
    },
  };
  return answer;
}

function errorOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe('the payload of an item', () => {
  it('has each field as it came, or says alone of that field why it can not be written, and how large it is', () => {
    fc.assert(
      fc.property(fc.array(payloads, { maxLength: 3 }), fc.nat(3), (items, index) => {
        for (const [json, at, payload] of [
          [answerOf(items), index, items[index] ?? {}],
          [answerOf([null, items[0] ?? null]), 1, items[0] ?? {}],
          [answerOf(items[0] ?? {}), index, items[0] ?? {}],
        ] as const) {
          const read = payloadReader(json, at);
          expect({ readings: json.readings, textBytes: read.textBytes }).toEqual({ readings: 0, textBytes: 7 });
          for (const readings of [1, 2]) {
            const told = read();
            // Once more where a number may have been rounded.
            expect([0, 1]).toContain(json.readings - readings);
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
              if (problem === null) expect(readPayload(told, field)).toBe(value);
              else {
                expect(told[field]).toBeNull();
                expect(errorOf(() => readPayload(told, field))).toMatchObject({
                  code: 'UPSTREAM_CONTRACT_VIOLATION',
                  message: `${field}: ${problem}`,
                });
              }
            }
          }
        }
      }),
    );
  });

  it('has integers beyond 2^53 as text with all their digits, at each reading', () => {
    const long = fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n });
    fc.assert(
      fc.property(long, fc.integer(), (integer, short) => {
        const json = textOf([{ inputs: short }, { inputs: { at: [rawJSON(`-${integer}`), short] } }]);
        const [other, read] = [payloadReader(json, 0), payloadReader(json, 1)];
        for (const time of [1, 2]) {
          const inputs = [other(), read()].map((payload) => readPayload(payload, 'inputs'));
          expect({ time, inputs }).toEqual({ time, inputs: [short, { at: [`-${integer}`, short] }] });
        }
      }),
    );
  });

  it('is looked at once for what can not be written', () => {
    const read = payloadReader(answerOf([{ inputs: TOO_DEEP }]), 0);
    expect(read().unreadable).toBe(read().unreadable);
    expect(read().unreadable).toEqual([{ field: 'inputs', problem: unwritable(TOO_DEEP), sizeBytes: 600 }]);
  });

  it('is read once for the size of each field, however often that is asked for', () => {
    const json = answerOf([{ inputs: 'é', outputs: [1, 2] }]);
    const read = payloadReader(json, 0);
    for (const time of [1, 2, 3]) {
      const sizes = FIELDS.map((field) => payloadBytes(read, field, read));
      expect({ time, sizes, readings: json.readings }).toEqual({ time, sizes: [4, 5, 0], readings: 3 });
    }
  });
});
