import { describe, expect, it } from '@jest/globals';
import type { RunRecord, StepFacts } from '../../src/domain/types.ts';
import { createFinality } from '../../src/runs/finality.ts';
import type { Cached } from '../../src/runs/cache-partitions.ts';
import { createManualClock } from '../harness/clock.ts';
import { at, EPOCH_MS, graphOf, listed, ran, runRecord, stepFacts } from '../support/facts.ts';

const SETTLE_MS = 30_000;
const { wallOf } = createManualClock();
const finality = createFinality(SETTLE_MS, wallOf);

/** Requested and fetched at these seconds, counted like those of the facts. */
const heldFrom = <T>(value: T, sentAt: number, fetchedAt = sentAt): Cached<T> => ({
  value,
  sentAt: EPOCH_MS + sentAt * 1000,
  fetchedAt: EPOCH_MS + fetchedAt * 1000,
  sizeBytes: 100,
});

/** No clock that is in use is wrong by more. */
const MAX_SKEW = 86_400;
/** Requested so long after the last end that the quiet period has passed, whatever the upstream's clock says. */
const LONG_AFTER = MAX_SKEW + 3600;

const completed = listed([ran('a', 0, 4), ran('b', 4, 10)]);

const noGraph = () => null;

type Readings = readonly (readonly [sentAt: number, steps: readonly StepFacts[]])[];

/** Reads a list at each of these seconds, of answers that took one second, and says whether the last is final. */
async function areFinalAfter(readings: Readings, record: Cached<RunRecord> | undefined): Promise<boolean> {
  let before: Cached<readonly StepFacts[]> | undefined;
  for (const [sentAt, steps] of readings) {
    const held = heldFrom([...steps], sentAt, sentAt + 1);
    if (before) await finality.followSteps(before, held.value);
    before = held;
  }
  return before !== undefined && finality.ofSteps(before, record, noGraph);
}

describe('a record', () => {
  it.each([
    ['completed', true],
    ['Succeeded', true],
    ['failed', true],
    ['timeout', true],
    ['cancelled', true],
    ['running', false],
    ['queued', false],
    ['in-progress', false],
    ['archived', false],
    ['skipped', false],
    ['', false],
  ])('that says "%s" is final: %s', (rawStatus, isFinal) => {
    const record = heldFrom(runRecord({ rawStatus }), LONG_AFTER);
    expect(finality.ofRecord(record, undefined)).toBe(isFinal);
    // The record decides, whatever the steps say.
    expect(finality.ofRecord(record, heldFrom(completed, LONG_AFTER))).toBe(isFinal);
    expect(finality.ofRecord(record, heldFrom([ran('a', 0, null, 'running')], LONG_AFTER))).toBe(isFinal);
  });

  it('that is terminal and names no end is final once it has not changed for SETTLE_MS', () => {
    const isFinalAfter = (...readings: readonly (readonly [sentAt: number, record: RunRecord])[]) => {
      const held = readings.map(([sentAt, record]) => heldFrom(record, sentAt, sentAt + 1));
      held.forEach((each, i) => {
        const before = held[i - 1];
        if (before) finality.followRecord(before, each.value);
      });
      const last = held.at(-1);
      return last !== undefined && finality.ofRecord(last, undefined);
    };
    const running = () => runRecord({ rawStatus: 'running', endTime: null });
    const endless = () => runRecord({ endTime: null });
    expect(isFinalAfter([LONG_AFTER, endless()])).toBe(false);
    expect(isFinalAfter([20, endless()], [50.999, endless()])).toBe(false);
    expect(isFinalAfter([20, endless()], [51, endless()])).toBe(true);
    expect(isFinalAfter([20, endless()], [40, endless()], [51, endless()])).toBe(true);
    expect(isFinalAfter([10, running()], [20, endless()], [50, endless()])).toBe(false);
    expect(isFinalAfter([20, endless()], [21, runRecord()])).toBe(true);
    expect(finality.ofRecord({ ...heldFrom(endless(), 20), isFinal: true }, undefined)).toBe(true);
  });

  it('that is missing is final once the steps have settled, and not before', () => {
    const none = heldFrom(null, LONG_AFTER);
    expect(finality.ofRecord(none, undefined)).toBe(false);
    expect(finality.ofRecord(none, heldFrom(completed, 20))).toBe(false);
    expect(finality.ofRecord(none, heldFrom(completed, LONG_AFTER))).toBe(true);
  });

  it('that is missing is final long after the steps had reached the end of the graph, and not before', () => {
    const steps = heldFrom(completed, 12);
    expect(finality.ofRecord(heldFrom(null, LONG_AFTER), steps)).toBe(false);
    expect(finality.ofSteps(steps, undefined, () => graphOf('a>b'))).toBe(true);
    const isFinal = [41.999, 42].map((sentAt) => finality.ofRecord(heldFrom(null, sentAt), steps));
    expect(isFinal).toEqual([false, true]);
  });

  it('that is missing is final where another gateway has found it so', () => {
    expect(finality.ofRecord({ ...heldFrom(null, 12), isFinal: true }, undefined)).toBe(true);
  });
});

describe('steps without a record', () => {
  const cases: readonly (readonly [string, boolean, readonly StepFacts[]])[] = [
    ['all completed', true, completed],
    ['one failed', true, listed([ran('a', 0, 4), ran('b', 4, 10, 'failed')])],
    ['one cancelled', true, listed([ran('a', 0, 4), ran('b', 4, 10, 'cancelled')])],
    ['some skipped', true, listed([ran('a', 0, 4), ran('b', null, null, 'skipped')])],
    ['one failed, then retried', true, listed([ran('a', 0, 4, 'failed'), ran('a', 4, 10)])],
    ['one still running', false, listed([ran('a', 0, 4), ran('b', 4, null, 'running')])],
    ['a parallel one still running', false, listed([ran('a', 0, null, 'running'), ran('a', 1, 10)])],
    ['one still queued', false, listed([ran('a', 0, 4), ran('b', null, null, 'queued')])],
    ['one that ended with a word that nobody knows', true, listed([ran('a', 0, 4), ran('b', 4, 10, 'hibernating')])],
    ['one that can not be read', false, [...completed, stepFacts({ index: 2, problem: 'expected object' })]],
    ['none at all', false, []],
    ['none with a time', false, listed([ran('a', null, null)])],
  ];

  it.each(cases)('with %s, long after the last end, are final: %s', (_, isFinal, steps) => {
    for (const record of [undefined, heldFrom(null, LONG_AFTER)]) {
      expect(finality.ofSteps(heldFrom(steps, LONG_AFTER), record, noGraph)).toBe(isFinal);
    }
  });

  it('are compared with the end of a graph once, however often they are asked for', () => {
    let readings = 0;
    const [first, last] = completed;
    const read = (facts: StepFacts | undefined): StepFacts => ({
      ...stepFacts(facts),
      get rawStatus() {
        readings += 1;
        return 'completed';
      },
    });
    const steps = heldFrom([read(first), read(last)], 20);
    const graphs = [null, graphOf('a>b', 'b>c'), null, graphOf('a>b', 'b>c'), graphOf('a>b'), null];
    const asked = graphs.map((graph) => {
      const before = readings;
      const isFinal = finality.ofSteps(steps, undefined, () => graph);
      return [isFinal, readings > before];
    });
    expect(asked.map(([isFinal]) => isFinal)).toEqual([false, false, false, false, true, true]);
    // Once for the quiet period, and once for each graph.
    expect(asked.map(([, isRead]) => isRead)).toEqual([true, true, false, false, true, false]);
  });

  it('that another gateway has found final are so, unless a record that was asked for later says that the run goes on', () => {
    const shared = { ...heldFrom(completed, 20), isFinal: true, uncertaintyMs: 5000 } as const;
    const running = runRecord({ rawStatus: 'running', endTime: null });
    const isFinal = (record?: Cached<RunRecord | null>) => finality.ofSteps(shared, record, noGraph);
    expect([isFinal(), isFinal(heldFrom(null, 60)), isFinal(heldFrom(runRecord(), 60))]).toEqual([true, true, true]);
    expect([isFinal(heldFrom(running, 25)), isFinal(heldFrom(running, 25.001))]).toEqual([true, false]);
  });

  const isFinalAfter = (...readings: Readings) => areFinalAfter(readings, undefined);
  const [first, last] = completed;
  const both = [first, last].flatMap((step) => step ?? []);

  it.each<readonly [string, readonly StepFacts[]]>([
    ['the same', both],
    ['in another order', both.toReversed()],
  ])('are final once this gateway has seen them for SETTLE_MS: %s', async (_, again) => {
    expect(await isFinalAfter([3600, both])).toBe(false);
    expect(await isFinalAfter([3600, both], [3630.999, again])).toBe(false);
    expect(await isFinalAfter([3600, both], [3631, again])).toBe(true);
    expect(await isFinalAfter([3600, both], [3610, again], [3620, both], [3631, again])).toBe(true);
  });

  it.each<readonly [string, readonly StepFacts[]]>([
    ['with another step', [...both, ran('c', 8, 9, 'completed', { id: 'c', index: 2 })]],
    ['with a later end', listed([ran('a', 0, 4), ran('b', 4, 11)])],
    ['with another end', listed([ran('a', 0, 3), ran('b', 4, 10)])],
    ['with another status', listed([ran('a', 0, 4), ran('b', 4, 10, 'failed')])],
    ['with another step in place of one', [...both.slice(1), ran('c', 8, 9, 'completed', { id: 'c', index: 0 })]],
  ])('are not final where they have changed since: %s', async (_, changed) => {
    expect(await isFinalAfter([3600, both], [3700, changed])).toBe(false);
    expect(await isFinalAfter([3600, both], [3700, changed], [3730, changed])).toBe(false);
    expect(await isFinalAfter([3600, both], [3700, changed], [3731, changed])).toBe(true);
  });

  it('are final at once where the last end is older than a clock can be wrong', () => {
    const settled = 10 + MAX_SKEW + SETTLE_MS / 1000;
    expect(finality.ofSteps(heldFrom(completed, settled), undefined, noGraph)).toBe(true);
    expect(finality.ofSteps(heldFrom(completed, settled - 0.001), undefined, noGraph)).toBe(false);
    // A slow answer may show the state as of its request.
    expect(finality.ofSteps(heldFrom(completed, settled - 0.001, LONG_AFTER), undefined, noGraph)).toBe(false);
  });

  it('count a start as activity if the end is unknown', () => {
    const steps = listed([ran('a', 0, 4), ran('b', 100, null)]);
    expect(finality.ofSteps(heldFrom(steps, MAX_SKEW + 129), undefined, noGraph)).toBe(false);
    expect(finality.ofSteps(heldFrom(steps, MAX_SKEW + 130), undefined, noGraph)).toBe(true);
  });

  it('are final at once if SETTLE_MS is 0 and all are finished', () => {
    expect(createFinality(0, wallOf).ofSteps(heldFrom(completed, 10), undefined, noGraph)).toBe(true);
  });
});

describe('steps without a record, beside a graph', () => {
  const graph = graphOf('a>b', 'b>c');
  const justNow = 10;
  const cases: readonly (readonly [string, boolean, readonly StepFacts[]])[] = [
    ['the last node has completed', true, listed([ran('a', 0, 4), ran('b', 4, 8), ran('c', 8, 10)])],
    ['the last node has not begun', false, listed([ran('a', 0, 4), ran('b', 4, 8)])],
    ['the last node has failed, and may be retried', false, listed([ran('b', 4, 8), ran('c', 8, 10, 'failed')])],
    ['the last node was retried and completed', true, listed([ran('c', 4, 8, 'failed'), ran('c', 8, 10)])],
    ['another is still running', false, listed([ran('a', 0, null, 'running'), ran('c', 8, 10)])],
    ['one that was executed again says running', false, listed([ran('c', 4, 8, 'running'), ran('c', 8, 10)])],
  ];

  it.each(cases)('where %s are final: %s', (_, isFinal, steps) => {
    expect(finality.ofSteps(heldFrom(steps, justNow), undefined, () => graph)).toBe(isFinal);
    expect(finality.ofSteps(heldFrom(steps, justNow), undefined, () => ({ ...graph, finish: null }))).toBe(false);
  });
});

describe('steps beside a record', () => {
  const running = runRecord({ rawStatus: 'running', endTime: null });
  const ended = runRecord({ endTime: at(10) });
  const cases: readonly (readonly [string, boolean, RunRecord, number, number])[] = [
    ['of a run that goes on', false, running, LONG_AFTER, 5],
    ['of an unknown status', false, runRecord({ rawStatus: 'archived' }), LONG_AFTER, 5],
    ['that had come before they were asked for', true, ended, 12, 11.999],
    ['that came at the moment at which they were asked for', false, ended, 12, 12],
    ['that came after they were asked for', false, ended, 12, 13],
    ['whose end was long past when they were asked for', true, ended, 40, 41],
    ['whose end was not quite long past when they were asked for', false, ended, 39.999, 41],
    ['that tells no end, and came after they were asked for', false, runRecord({ endTime: null }), 3600, 3601],
    ['that tells no end, and had come before', true, runRecord({ endTime: null }), 3602, 3601],
  ];

  it.each(cases)('%s are final: %s', (_, isFinal, record, sentAt, recordAt) => {
    expect(finality.ofSteps(heldFrom(completed, sentAt), heldFrom(record, recordAt), noGraph)).toBe(isFinal);
  });

  it('of another gateway are final if they were asked for later than that may have come', () => {
    const record = { ...heldFrom(ended, 11), uncertaintyMs: 500 };
    expect(finality.ofSteps(heldFrom(completed, 11.5), record, noGraph)).toBe(false);
    expect(finality.ofSteps(heldFrom(completed, 11.501), record, noGraph)).toBe(true);
  });

  const left = listed([ran('a', 0, 4), ran('b', 4, null, 'running')]);
  const superseded = listed([ran('a', 0, 4, 'running'), ran('a', 4, 10)]);
  const unreadable = [...completed, stepFacts({ index: 2, problem: 'expected object' })];
  const unfinished: readonly (readonly [string, readonly StepFacts[]])[] = [
    ['runs', left],
    ['says running and has an end', superseded],
    ['can not be read', unreadable],
  ];

  it.each(unfinished)('that is terminal are final after SETTLE_MS without a change where one %s', async (_, steps) => {
    for (const endTime of [at(10), null]) {
      const record = heldFrom(runRecord({ endTime }), 11, 12);
      expect(await areFinalAfter([[12.001, steps]], record)).toBe(false);
      expect(
        await areFinalAfter(
          [
            [13, steps],
            [43.999, steps],
          ],
          record,
        ),
      ).toBe(false);
      expect(
        await areFinalAfter(
          [
            [13, steps],
            [44, steps],
          ],
          record,
        ),
      ).toBe(true);
      expect(
        await areFinalAfter(
          [
            [13, left.slice(1)],
            [44, steps],
          ],
          record,
        ),
      ).toBe(false);
      // Unchanged for long when the run ended.
      expect(
        await areFinalAfter(
          [
            [0, steps],
            [41.999, steps],
          ],
          record,
        ),
      ).toBe(false);
      expect(
        await areFinalAfter(
          [
            [0, steps],
            [42, steps],
          ],
          record,
        ),
      ).toBe(true);
    }
  });

  it.each(unfinished)('that ended longer ago than a clock can be wrong are final at once where one %s', (_, steps) => {
    const settled = 10 + MAX_SKEW + SETTLE_MS / 1000;
    const isFinal = (sentAt: number, record = ended) =>
      finality.ofSteps(heldFrom(steps, sentAt), heldFrom(record, 11), noGraph);
    expect([isFinal(settled - 0.001), isFinal(settled)]).toEqual([false, true]);
    expect(isFinal(settled, runRecord({ endTime: null }))).toBe(false);
  });

  it('that is not terminal are not final, even if the last node of the graph has completed', () => {
    expect(finality.ofSteps(heldFrom(completed, LONG_AFTER), heldFrom(running, 5), () => graphOf('a>b'))).toBe(false);
  });
});
