import { describe, expect, it } from '@jest/globals';
import type { PriceList } from '../../../src/domain/cost/prices.ts';
import { readReport } from '../../../src/domain/run/tokens.ts';
import { nodeShifts, shiftsOf } from '../../../src/domain/shifts/shifts.ts';
import { createRandom } from '../inputs/histories.ts';
import { at, priced, ran, runOf, runRecord } from '../facts.ts';
import { placeOf, SERIES, shiftsIn } from './series.ts';

const HISTORIES = 100;
const seriesOf = (name: string) => {
  const series = SERIES.find((each) => each.name === name);
  if (!series) throw new Error(`${name} must be a series`);
  return series;
};

describe('shifts', () => {
  it.each(['doubled', 'halved', 'doubled for the last 20 runs'])(
    'include a level that %s, at most three runs off',
    (name) => {
      const series = seriesOf(name);
      const places = Array.from({ length: HISTORIES }, (_, seed) =>
        shiftsIn(series, 100, createRandom(seed)).map(placeOf),
      );
      const isExact = (found: readonly number[]) =>
        found.length === 1 && Math.abs((found[0] ?? 0) - (series.shiftAt(100) ?? 0)) <= 3;
      expect(places.filter(isExact).length / HISTORIES).toBeGreaterThanOrEqual(0.98);
    },
  );

  it.each(SERIES.filter(({ shiftAt }) => shiftAt(200) === null))('are mostly none for $name', (series) => {
    const claimed = Array.from(
      { length: HISTORIES },
      (_, seed) => shiftsIn(series, 200, createRandom(seed)).length > 0,
    );
    expect(claimed.filter(Boolean).length / HISTORIES).toBeLessThanOrEqual(0.03);
  });

  it('need 20 runs, and are limited to three', () => {
    expect(shiftsIn(seriesOf('doubled'), 19, createRandom(1), 0)).toEqual([]);
    const steps = { ...seriesOf('doubled'), levelAt: (index: number) => 2 ** Math.floor(index / 20) };
    expect(shiftsIn(steps, 200, createRandom(1)).length).toBeLessThanOrEqual(3);
  });

  it('come with the runs and the medians on both sides', () => {
    const records = Array.from({ length: 60 }, (_, index) =>
      runRecord({ id: `run-${index}`, startTime: at(10 * index), endTime: at(10 * index + (index < 30 ? 1 : 3)) }),
    );
    expect(shiftsOf(records.toReversed(), null)).toMatchObject([
      { metric: 'DURATION', runId: 'run-30', previousRunId: 'run-29', since: at(300), before: 1000, after: 3000 },
    ]);
  });

  it('are found in tokens and cost of runs and of their nodes', () => {
    const outputsOf = (total: number) => ({
      model: 'm',
      usage: { prompt_tokens: total - 1, completion_tokens: 1, total_tokens: total },
    });
    const prices: PriceList = new Map([['m', priced({ input: 0.5, output: 0.5 })]]);
    const [few, many] = [300, 900].map((total) => [readReport(outputsOf(total))].filter((report) => report !== null));
    const records = Array.from({ length: 60 }, (_, index) =>
      runRecord({
        ...{ id: `run-${index}`, startTime: at(10 * index), endTime: at(10 * index + 1) },
        nodeTokens: (index < 30 ? few : many) ?? [],
      }),
    );
    expect(shiftsOf(records, null)).toMatchObject([
      { metric: 'TOKENS', runId: 'run-30', previousRunId: 'run-29', before: 300, after: 900 },
    ]);
    expect(shiftsOf(records, prices).find(({ metric }) => metric === 'COST')).toMatchObject({
      before: 150,
      after: 450,
    });
    const run = (total: number) => runOf([ran('a', 0, 1, 'completed', { outputs: outputsOf(total) }), ran('b', 1, 2)]);
    expect(nodeShifts([run(300)], [run(900)], 'TOKENS', null)).toEqual([{ nodeId: 'a', before: 300, after: 900 }]);
    expect(nodeShifts([run(300)], [run(900)], 'COST', prices)).toEqual([{ nodeId: 'a', before: 150, after: 450 }]);
    expect(nodeShifts([run(300)], [run(900)], 'COST', null)).toEqual([]);
  });

  it('exclude failed runs, which end early', () => {
    const recordsOf = (status: string) =>
      Array.from({ length: 80 }, (_, index) => {
        const isShort = index > 40 && index % 3 > 0;
        return runRecord({
          ...{ id: `run-${index}`, rawStatus: isShort ? status : 'completed' },
          ...{ startTime: at(10 * index), endTime: at(10 * index + (isShort ? 0.1 : 5)) },
        });
      });
    expect(shiftsOf(recordsOf('completed'), null)).toHaveLength(1);
    expect(shiftsOf(recordsOf('failed'), null)).toEqual([]);
  });

  it('list nodes with the largest difference first', () => {
    const run = (slow: number) =>
      runOf([ran('a', 0, 1), ran('b', 1, 1 + slow), ran('b', 5, 6), ran('c', 6, 7, 'skipped')]);
    expect(nodeShifts([run(1), run(1)], [run(3), run(3)], 'DURATION', null)).toEqual([
      { nodeId: 'b', before: 2000, after: 4000 },
      { nodeId: 'a', before: 1000, after: 1000 },
    ]);
  });
});
