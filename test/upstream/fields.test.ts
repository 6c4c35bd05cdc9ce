import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_JSON_DEPTH } from '../../src/domain/json.ts';
import { itemsIn } from '../../src/upstream/wire/answers.ts';
import type { ReportDeviation } from '../../src/upstream/wire/deviations.ts';
import * as fields from '../../src/upstream/wire/fields.ts';
import type { WireObject } from '../../src/upstream/wire/fields.ts';
import { bodyOf, rawJSON } from '../harness/wire.ts';
import { finished, jsonIn } from '../support/read-wire.ts';

/** What is read of a value, and what is reported: its outcome and what came. */
type Case = readonly [value: unknown, read: unknown, outcome?: 'read' | 'lost', got?: string];

const ABSENT: readonly Case[] = [
  [undefined, null],
  [null, null],
];
const OF_TEXTS: readonly Case[] = [...ABSENT, ['', null], ['a', 'a'], [' ', ' ']];
const SECONDS = Date.parse('2025-03-13T02:41:15Z') / 1000;
const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

const READERS: readonly (readonly [string, (object: WireObject, key: string) => unknown, string, readonly Case[]])[] = [
  [
    'identifier',
    fields.identifier,
    'string',
    [
      ['a', 'a'],
      [7, '7', 'read', 'number'],
      [2 ** 53, '9007199254740992', 'read', 'number'],
      [1.5, null, 'lost', 'number'],
      [1e300, null, 'lost', 'number'],
      ['', null, 'lost', 'string'],
      [undefined, null, 'lost', 'nothing'],
      [null, null, 'lost', 'null'],
      [true, null, 'lost', 'boolean'],
      [['a'], null, 'lost', 'array'],
    ],
  ],
  [
    'status',
    fields.statusWord,
    'known status',
    [
      ['completed', 'completed'],
      ['Odd', 'Odd', 'lost', 'another word'],
      [3, '3', 'lost', 'another word'],
      ['', '', 'lost', 'string'],
      [undefined, '', 'lost', 'nothing'],
      [null, '', 'lost', 'null'],
      [['completed'], '', 'lost', 'array'],
    ],
  ],
  [
    'text',
    fields.textOrNothing,
    'string',
    [
      ...OF_TEXTS,
      [7, '7', 'read', 'number'],
      [false, 'false', 'read', 'boolean'],
      [['a'], null, 'lost', 'array'],
      [{}, null, 'lost', 'object'],
    ],
  ],
  [
    'error',
    fields.errorText,
    'string',
    [
      ...OF_TEXTS,
      [false, null, 'read', 'boolean'],
      [true, 'true', 'read', 'boolean'],
      [7, '7', 'read', 'number'],
      [{ a: [1] }, '{"a":[1]}'],
      [nested(MAX_JSON_DEPTH), JSON.stringify(nested(MAX_JSON_DEPTH))],
      [nested(MAX_JSON_DEPTH + 1), '(an error that is nested deeper than 200 levels)', 'lost', 'array'],
    ],
  ],
  [
    'label',
    fields.label,
    'string',
    [...OF_TEXTS, [7, '7'], [true, 'true', 'read', 'boolean'], [{}, null, 'lost', 'object']],
  ],
  [
    'elapsed time',
    fields.seconds,
    'whole number',
    [
      ...ABSENT,
      ['', null],
      [0, 0],
      [2, 2],
      [0.5, 0, 'read', 'number'],
      ['0', 0, 'read', 'string'],
      [' 2.75 ', 2, 'read', 'string'],
      ['1.5e1', 15, 'read', 'string'],
      ['2500e-02', 25, 'read', 'string'],
      ['1E+1', 10, 'read', 'string'],
      ['1e', null, 'lost', 'string'],
      [-1, null, 'lost', 'number'],
      [Infinity, null, 'lost', 'number'],
      ['0x10', null, 'lost', 'string'],
      [true, null, 'lost', 'boolean'],
      [['5'], null, 'lost', 'array'],
    ],
  ],
  [
    'count',
    fields.tokenCount,
    'whole number',
    [
      ...ABSENT,
      ['', null],
      [0, 0],
      ['150', 150, 'read', 'string'],
      [1.5, null, 'lost', 'number'],
      ['1.5', null, 'lost', 'string'],
      [['5'], null, 'lost', 'array'],
    ],
  ],
  [
    'truth',
    fields.truth,
    'boolean',
    [
      ...ABSENT,
      ['', null],
      [true, true],
      [false, false],
      ['true', true, 'read', 'string'],
      ['false', false, 'read', 'string'],
      [1, true, 'read', 'number'],
      [0, false, 'read', 'number'],
      [2, null, 'lost', 'number'],
      ['yes', null, 'lost', 'string'],
      [[true], null, 'lost', 'array'],
    ],
  ],
  [
    'time',
    (object, key) => fields.time(object, key)?.text ?? null,
    'ISO 8601 time with a zone',
    [
      ...ABSENT,
      ['', null],
      ['2025-03-13T02:41:15Z', '2025-03-13T02:41:15Z'],
      ['2025-03-13T02:41:15', '2025-03-13T02:41:15Z', 'read', 'no zone'],
      [SECONDS, '2025-03-13T02:41:15Z', 'read', 'number'],
      [String(SECONDS), '2025-03-13T02:41:15Z', 'read', 'other text'],
      ['yesterday', null, 'lost', 'other text'],
      [true, null, 'lost', 'boolean'],
      [{}, null, 'lost', 'object'],
    ],
  ],
  [
    'object',
    (object, key) => fields.objectOrNothing(object, key)?.fields ?? null,
    'object',
    [...ABSENT, [{ a: 1 }, { a: 1 }], [[1], null, 'lost', 'array'], ['', null, 'lost', 'string']],
  ],
  [
    'list',
    fields.listOrNothing,
    'array',
    [...ABSENT, [[1], [1]], [{ length: 1 }, null, 'lost', 'object'], ['', null, 'lost', 'string']],
  ],
];

/** The first of the items of an answer. */
function objectOf(item: fields.WireFields, report: ReportDeviation = () => undefined): WireObject {
  const names = Object.keys(item);
  const list = {
    answer: 'steps',
    item: 'step',
    fields: new Map(names.map((name) => [name, 10_000])),
    isItem: () => true,
  };
  const [object] = finished(itemsIn(list, jsonIn(bodyOf([item]), new Set(names)), report, (read) => read));
  if (!object) throw new Error('expected an object');
  return object;
}

describe.each(READERS)('a field that is read as %s', (_, read, expected, cases) => {
  it.each(cases)('by %j is %j, and said to be %j of %j', (value, result, ...said) => {
    const told: (readonly string[])[] = [];
    const object = objectOf({ it: value }, (...report) => void told.push(report));
    expect(read(object, 'it')).toEqual(result);
    const [outcome, got] = said;
    expect(told).toEqual(outcome && got ? [['steps[].it', outcome, expected, got]] : []);
  });
});

describe('an object in a field', () => {
  it('has its place, and reports where the others do', () => {
    const told: string[] = [];
    const outer = objectOf({ graph: { at: 7 } }, (field) => void told.push(field));
    const inner = fields.objectOrNothing(outer, 'graph');
    if (!inner) throw new Error('expected an object');
    fields.textOrNothing(inner, 'at');
    expect(told).toEqual(['steps[].graph.at']);
  });
});

describe('an integer beyond 2^53', () => {
  it('is read as text with all its digits, also within an error or an object', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 10n ** 40n }), fc.boolean(), (magnitude, isNegative) => {
        const text = String(isNegative ? -magnitude : magnitude);
        const it = rawJSON(text);
        const object = objectOf({ it, error: { code: it, at: [it, 7] }, graph: { it } });
        for (const read of [
          fields.identifier,
          fields.statusWord,
          fields.textOrNothing,
          fields.label,
          fields.errorText,
        ]) {
          expect(read(object, 'it')).toBe(text);
        }
        expect(fields.errorText(object, 'error')).toBe(`{"code":"${text}","at":["${text}",7]}`);
        const inner = fields.objectOrNothing(object, 'graph');
        expect(inner && fields.textOrNothing(inner, 'it')).toBe(text);
      }),
    );
  });
});
