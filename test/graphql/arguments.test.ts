import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPathBudget } from '../../src/domain/json-path/json-path.ts';
import { MAX_JSON_DEPTH } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';
import {
  checkBuckets,
  checkFirst,
  checkIdCount,
  checkIdempotencyKey,
  checkInputs,
  checkSearch,
  checkLast,
  pick,
  runFilter,
  runWindow,
} from '../../src/graphql/arguments.ts';
import { at } from '../support/facts.ts';

const refusal = (message: string) => expect.objectContaining({ code: 'BAD_USER_INPUT', message });

const nested = (levels: number): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => ({ inner }), 'end');

describe('a number', () => {
  it.each([
    ['first', checkFirst, 100],
    ['last', checkLast, 1000],
    ['buckets', checkBuckets, 100],
  ] as const)('is within the bounds of "%s", or refused', (name, check, maximum) => {
    for (const good of [1, 2, maximum]) expect(check(good)).toBe(good);
    for (const bad of [-1, 0, maximum + 1]) {
      expect(() => check(bad)).toThrow(refusal(`${name}: expected 1 to ${maximum}, got ${bad}`));
    }
  });
});

describe('a list of ids', () => {
  it('has at most 100', () => {
    const ids = Array.from({ length: 100 }, (_, at) => `id-${at}`);
    expect(checkIdCount(ids)).toBe(ids);
    expect(() => checkIdCount([...ids, 'more'])).toThrow(refusal('ids: expected at most 100, got 101'));
    expect(() => checkIdCount([...ids, 'more'], 'workflowIds')).toThrow(
      refusal('workflowIds: expected at most 100, got 101'),
    );
  });
});

describe('a search', () => {
  it('is any text of at most 1000 characters, or none', () => {
    for (const search of [null, '', 'x'.repeat(1000)]) expect(checkSearch(search)).toBe(search);
    expect(() => checkSearch('x'.repeat(1001))).toThrow(refusal('search: expected at most 1000 characters, got 1001'));
  });
});

describe('a filter of runs', () => {
  it('has null in place of what was left out, and is none where there is none', () => {
    expect([runFilter(null), runFilter(undefined)]).toEqual([null, null]);
    expect(runFilter({})).toEqual({ status: null, startedAfter: null, startedBefore: null });
    expect(runFilter({ status: ['FAILED'] })).toEqual({ status: ['FAILED'], startedAfter: null, startedBefore: null });
    expect(runFilter({ status: ['FAILED', 'RUNNING', 'FAILED'] })?.status).toEqual(['FAILED', 'RUNNING']);
  });
});

describe('a stretch of time', () => {
  it('does not end before it begins', () => {
    const [early, late] = [at(1), at(2)];
    expect(runWindow({ startedAfter: early, startedBefore: early })).toEqual({
      startedAfter: early,
      startedBefore: early,
    });
    expect(() => runFilter({ startedAfter: late, startedBefore: early })).toThrow(
      refusal(`startedAfter: expected a time that is not later than startedBefore, got ${late.text} and ${early.text}`),
    );
  });
});

describe('the inputs of a run', () => {
  it('are an object, which is passed on; none is an empty one', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (inputs) => {
        expect(checkInputs(inputs as JsonValue)).toBe(inputs);
      }),
    );
    expect(checkInputs(null)).toEqual({});
  });

  it.each([
    [[{}], 'expected an object, got a list'],
    ['text', 'expected an object, got a string'],
    [true, 'expected an object, got a boolean'],
    [nested(MAX_JSON_DEPTH + 1), 'expected JSON that can be sent on: nested deeper than 200 levels'],
    [{ at: [Infinity] }, 'expected JSON that can be sent on: a number is beyond what a double holds'],
    [{ at: -Infinity }, 'expected JSON that can be sent on: a number is beyond what a double holds'],
    [{ text: 'é'.repeat(2 ** 19) }, 'expected at most 1048576 bytes of JSON, got more'],
  ])('are nothing else, no deeper and no longer than the upstream takes', (inputs, problem) => {
    expect(() => checkInputs(inputs)).toThrow(refusal(`inputs: ${problem}`));
  });

  it('are not read to their end where a part stands in them again and again', () => {
    let readings = 0;
    const part = Object.defineProperty({ text: 'x'.repeat(400_000) }, 'counted', {
      enumerable: true,
      get: () => (readings += 1),
    });
    const inputs = Object.fromEntries(Array.from({ length: 1100 }, (_, at) => [`a${at}`, part]));
    expect(() => checkInputs(inputs)).toThrow(refusal('inputs: expected at most 1048576 bytes of JSON, got more'));
    expect(readings).toBeLessThan(10);
  });

  it('may be just as deep and as long as that', () => {
    for (const inputs of [nested(MAX_JSON_DEPTH), { text: 'x'.repeat(2 ** 20 - 11) }]) {
      expect(checkInputs(inputs)).toBe(inputs);
    }
  });
});

describe('the key of an execution', () => {
  it('is any text of 1 to 255 characters without control characters, or none', () => {
    for (const key of [null, 'k', 'é'.repeat(255), '😀', ' ']) expect(checkIdempotencyKey(key)).toBe(key);
    for (const [key, problem] of [
      ['', 'an empty text'],
      ['k'.repeat(256), '256 characters'],
      ['a\u0007', 'a control character'],
      ['\ud83d', 'half of a surrogate pair'],
    ] as const) {
      expect(() => checkIdempotencyKey(key)).toThrow(
        refusal(`idempotencyKey: expected 1 to 255 characters without control characters, got ${problem}`),
      );
    }
  });
});

describe('a path', () => {
  const find = (payload: JsonValue, path: string | null | undefined) => pick(payload, path, createPathBudget());

  it('finds a part of a payload; without one it is the whole', () => {
    const payload = { choices: [{ text: 'one' }] };
    expect(find(payload, 'choices[0].text')).toBe('one');
    for (const none of [null, undefined]) expect(find(payload, none)).toBe(payload);
  });

  it('is refused where it makes no sense, or finds what is no JSON', () => {
    expect(() => find({}, 'a..b')).toThrow(refusal(expect.stringMatching(/^path: /) as unknown as string));
    expect(() => find({}, '`[1e400]`')).toThrow(
      refusal('path: Invalid path: expected a result that is JSON: a number is beyond what a double holds'),
    );
    expect(() => find(nested(150), `${'['.repeat(60)}@${']'.repeat(60)}`)).toThrow(
      refusal('path: Invalid path: expected a result that is JSON: nested deeper than 200 levels'),
    );
  });

  it('hides no defect', () => {
    const spend = () => {
      throw new TypeError('a defect');
    };
    expect(() => pick({ a: 1 }, 'a', { spend })).toThrow(TypeError);
  });
});
