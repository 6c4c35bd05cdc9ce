import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseInputPath, inputPathText, valueAt } from '../../../src/domain/inputs/input-path.ts';
import { inputValues, MAX_PATHS } from '../../../src/domain/inputs/input-values.ts';
import type { JsonValue } from '../../../src/domain/types.ts';
import {
  CAUSES,
  createRandom,
  falseClaims,
  found,
  foundShare,
  holds,
  plantedRuns,
  randomRuns,
  seedsFrom,
  type RunWithInputs,
} from './histories.ts';

/** One failed run in five, spread over time. */
const runsWith = (inputsOf: (isFailed: boolean, at: number) => JsonValue, count = 100): RunWithInputs[] =>
  Array.from({ length: count }, (_, at) => {
    const isFailed = at % 5 === 2;
    return { runId: `run-${at}`, isFailed, inputs: inputsOf(isFailed, at) };
  });
const texts = (runs: readonly RunWithInputs[]) => found(runs).nodes.map(({ text }) => text);

describe('common inputs', () => {
  it('count how many failed and completed runs have each', () => {
    const runs = runsWith((isFailed, at) => ({ customer: { region: isFailed || at % 20 === 0 ? 'eu' : 'us' } }));
    expect(found(runs)).toMatchObject({
      nodes: [
        {
          text: '`inputs.customer.region` is `eu` in 20 of 20 failed runs and in 5 of 80 completed runs',
          ...{ path: 'customer.region', test: 'EQUALS', value: 'eu', failedCount: 20, completedCount: 5 },
          ...{ failedWithoutId: null, completedWithId: 'run-80' },
        },
      ],
      ...{ failedRuns: 20, completedRuns: 80, factsCompared: 2 },
    });
  });

  it.each<[string, (isFailed: boolean, at: number) => JsonValue, string]>([
    ['a number', (isFailed, at) => ({ n: isFailed ? 90 + (at % 7) : at % 80 }), '`inputs.n` is at least `73`'],
    ['a small number', (isFailed, at) => ({ n: isFailed ? 0 : 20 + (at % 80) }), '`inputs.n` is `0`'],
    [
      'a long list',
      (isFailed, at) => ({ l: new Array(isFailed ? 40 : at % 9).fill(0) }),
      '`inputs.l` has a length of at least `40`',
    ],
    [
      'a long string',
      (isFailed, at) => ({ s: 'x'.repeat(isFailed ? 200 + at : at) }),
      '`inputs.s` has a length of at least',
    ],
    ['a field', (isFailed, at) => ({ id: at, ...(isFailed && { odd: { at } }) }), '`inputs.odd` is present'],
    ['a missing field', (isFailed, at) => (isFailed ? { at } : { at, 'a b': `v${at}` }), '`inputs."a b"` is missing'],
    ['null as a missing field', (isFailed, at) => ({ s: isFailed ? null : `v${at}` }), '`inputs.s` is missing'],
  ])('include %s', (_, inputsOf, expected) => {
    expect(texts(runsWith(inputsOf))).toEqual([expect.stringContaining(expected)]);
  });

  it('name two causes, strongest first, one per set of runs', () => {
    const inputs = (isFailed: boolean, at: number) => ({
      region: isFailed && at % 3 > 0 ? 'eu' : 'us',
      deep: { regionAgain: isFailed && at % 3 > 0 ? 1 : 2 },
      model: isFailed && at % 3 === 0 ? 'large' : `small-${at % 4}`,
    });
    expect(found(runsWith(inputs, 200)).nodes.map(({ path }) => path)).toEqual(['region', 'model']);
  });

  it('exclude what merely follows from another input', () => {
    const inputs = (isFailed: boolean, at: number) => {
      const isIn = isFailed || at % 25 === 0;
      return { region: isIn ? 'eu' : 'us', currency: isIn && at % 3 > 0 ? 'eur' : 'usd' };
    };
    expect(found(runsWith(inputs)).nodes.map(({ path }) => path)).toEqual(['region']);
  });

  it('exclude redacted values, ids and runs without readable inputs', () => {
    expect(texts(runsWith((isFailed, at) => ({ a: isFailed ? '[redacted]' : 'x', id: `id-${at}` })))).toEqual([]);
    const odd = runsWith((_, at) => (at % 2 === 0 ? 'text' : [1]));
    expect(found(odd)).toEqual({ nodes: [], failedRuns: 0, completedRuns: 0, factsCompared: 0 });
  });

  it('ignore paths cut off by the limit of a run', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${1000 + at}`, 1]));
    const inputs = (isFailed: boolean) => (isFailed ? many(MAX_PATHS + 5) : { ...many(3), z: true });
    const nodes = found(runsWith(inputs)).nodes;
    expect(nodes.map(({ test, path }) => `${test} ${path}`)).not.toContain('MISSING z');
    expect(inputValues(many(MAX_PATHS + 5))).toMatchObject({ isCut: true });
    expect(inputValues(many(MAX_PATHS))?.isCut).toBe(false);
  });

  it('compare the 1000 most frequent paths', () => {
    // Each of 3000 paths is in five runs, and has a name before z.
    const names = Array.from({ length: 150 }, (_, key) => key);
    const rare = (at: number) => names.map((key): [string, JsonValue] => [`id-${Math.floor(at / 5)}-${key}`, 1]);
    const runs = runsWith((isFailed, at) => Object.fromEntries([...rare(at), ['z', isFailed ? 'eu' : 'us']]));
    // Two facts of z. The other 999 paths are in seven sets of runs, and missing in their complements.
    expect(found(runs)).toMatchObject({ nodes: [{ path: 'z' }], factsCompared: 2 + 7 + 7 });
  });

  it('do not depend on the order of keys', () => {
    const runs = randomRuns(createRandom(3), 120, () => 0.2);
    const reversed = runs.map((run) => ({
      ...run,
      inputs: Object.fromEntries(Object.entries(run.inputs ?? {}).reverse()),
    }));
    expect(found(reversed)).toEqual(found(runs));
  });
});

describe('claims about common inputs', () => {
  // `npm run soak -- triage` prints the tables of tools/soak/README.md.
  it.each(CAUSES)('find a planted $name in 90 %', (cause) => {
    const planted = { failed: 12, completed: 60, failedShare: 0.85, completedShare: 0.1 };
    expect(foundShare([cause], planted, seedsFrom(1, 20))).toBeGreaterThanOrEqual(0.9);
  });

  it('need a cause, despite deployments, outages and rhythms', () => {
    expect(falseClaims(seedsFrom(1001, 300))).toBe(0);
  });

  it("don't name fields that only follow from a deployment", () => {
    const random = createRandom(5);
    // The failure was rare before, so runs of both times are compared.
    const runs = Array.from({ length: 200 }, (_, at) => {
      const isAfter = at >= 120;
      const isFailed = at === 3 || at === 199 || random() < (isAfter ? 0.7 : 0.02);
      return { runId: `run-${at}`, isFailed, inputs: { schema: isAfter ? 4 : 3, day: Math.floor(at / 40), id: at } };
    });
    expect(found(runs).nodes).toEqual([]);
  });

  it('count the runs in a list filtered by them', () => {
    const planted = { failed: 20, completed: 90, failedShare: 0.9, completedShare: 0.05 };
    for (const cause of CAUSES) {
      const runs = plantedRuns(createRandom(11), [cause], planted);
      for (const { path, test, value, failedCount, completedCount } of found(runs).nodes) {
        const matching = runs.filter(({ inputs }) => holds(inputs, { path, test, value }));
        expect(matching.filter(({ isFailed }) => isFailed)).toHaveLength(failedCount);
        expect(matching.filter(({ isFailed }) => !isFailed)).toHaveLength(completedCount);
      }
    }
  });
});

describe('a path into inputs', () => {
  it.each([
    ['a.b', ['a', 'b']],
    ['a[0].b', ['a', 0, 'b']],
    ['"a b".c[-1]', ['a b', 'c', -1]],
    ['[1]', [1]],
  ])('reads %s', (text, path) => {
    expect(parseInputPath(text)).toEqual(path);
  });

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a[*]', 'a[]', 'a.*', '"a', 'a[0]b', 'a | b', '"\\x"', 'x'.repeat(1001)])(
    'is rejected if it is %s',
    (text) => {
      expect(parseInputPath(text)).toBeNull();
    },
  );

  it('survives a round trip with any names, and finds the value', () => {
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.nat(3)), { minLength: 1, maxLength: 5 }), fc.integer(), (keys, value) => {
        const inputs = keys.reduceRight<JsonValue>(
          (inner, each) =>
            typeof each === 'number' ? [...Array<null>(each).fill(null), inner] : Object.fromEntries([[each, inner]]),
          value,
        );
        const path = parseInputPath(inputPathText(keys));
        expect(path).toEqual(keys);
        expect(valueAt(inputs, path ?? [])).toBe(value);
      }),
    );
  });
});
