import { describe, expect, it } from '@jest/globals';
import { runStates, type RunReading, type Snapshot } from '../../src/runs/live/snapshot.ts';
import type { MaybeRecord, StepList } from '../../src/runs/finality.ts';
import { GatewayError, type ErrorCode } from '../../src/upstream/errors.ts';
import { ran, runRecord } from '../support/facts.ts';

/** Null: the upstream has no record. Undefined: the record was not read. */
interface Draft {
  readonly record?: MaybeRecord;
  readonly steps?: StepList;
  readonly stepsError?: GatewayError;
  readonly isFinal?: boolean;
  readonly staleReason?: string;
  readonly recordSentAt?: number;
  readonly stepsSentAt?: number;
}

const running = [ran('a', 0, null, 'running', { id: 's0' })];
const completed = [ran('a', 0, 1, 'completed', { id: 's0' })];
const failure = (code: ErrorCode) => new GatewayError(code, 'it fails');
const outage = failure('UPSTREAM_TIMEOUT');

/** Each is a fetch of its own, which took half a second. */
function reading(draft: Draft = {}): RunReading {
  const { record, steps, stepsError = null, isFinal = false, staleReason = null } = draft;
  const { recordSentAt = 0, stepsSentAt = 0 } = draft;
  const part = <T>(value: T | undefined, sentAt: number) =>
    value === undefined ? null : { cached: { value, sentAt, fetchedAt: sentAt + 500, sizeBytes: 1 }, staleReason };
  return {
    ref: { workflowId: 'wf', runId: 'r' },
    parts: { record: part(record, recordSentAt), steps: part(steps, stepsSentAt), stepsError, graph: null },
    isFinal,
    staleBecause: null,
    current: null,
  };
}

const stateOf = async (...readings: readonly RunReading[]): Promise<Snapshot> => {
  let latest: Snapshot | null = null;
  for (const each of readings) latest = await runStates.follow(latest, each);
  if (!latest) throw new Error('expected a reading');
  return latest;
};

const afterFault = (latest: Snapshot, error = outage): Snapshot => {
  const state = runStates.afterFault(latest, error);
  if (!state) throw new Error('expected a state');
  return state;
};

const reasonsIn = ({ parts: { record, steps } }: Snapshot) => [record, steps].map((part) => part?.staleReason);

describe('the state of a run that is watched', () => {
  it.each<[string, Draft, Draft]>([
    ['its record', { record: runRecord() }, { record: runRecord() }],
    ['a payload of its record', { record: runRecord({ inputs: [1] }) }, { record: runRecord({ inputs: [1] }) }],
    ['that it has no record', { record: null }, { record: null }],
    ['its steps', { steps: running }, { steps: running }],
    ['its failing steps', { stepsError: failure('NOT_FOUND') }, { stepsError: failure('NOT_FOUND') }],
    ['that it is over', { record: runRecord(), isFinal: true }, { record: runRecord(), isFinal: true }],
    ['what is stale', { steps: running, staleReason: 'one' }, { steps: running, staleReason: 'another' }],
  ])('stays the same where the upstream tells %s again', async (_, first, second) => {
    expect((await stateOf(reading(first))).sequence).toBe(1);
    expect((await stateOf(reading(first), reading(second))).sequence).toBe(1);
  });

  const record = runRecord();
  it.each<[string, Draft, Draft]>([
    ['its record is told otherwise', { record }, { record: runRecord({ rawStatus: 'failed' }) }],
    ['a payload of its record is', { record }, { record: runRecord({ outputs: 'done' }) }],
    ['its record is there', { record: null }, { record }],
    ['its record is gone', { record }, { record: null }],
    ['its record was read', {}, { record }],
    ['a step is told otherwise', { steps: running }, { steps: completed }],
    ['a step is new', { steps: [] }, { steps: running }],
    ['a step is gone', { steps: running }, { steps: [] }],
    ['its steps can be had, though there are none', { stepsError: failure('NOT_FOUND') }, { steps: [] }],
    ['its steps can not be had', { steps: [] }, { stepsError: failure('NOT_FOUND') }],
    ['they can not for another reason', { stepsError: outage }, { stepsError: failure('UPSTREAM_UNAVAILABLE') }],
    ['it is over', { record }, { record, isFinal: true }],
    ['it is stale', { steps: running }, { steps: running, staleReason: 'old' }],
    ['it is not stale any more', { record, staleReason: 'old' }, { record }],
  ])('is another where %s', async (_, first, second) => {
    expect((await stateOf(reading(first), reading(second))).sequence).toBe(2);
  });

  it('knows in which state each of its steps has changed', async () => {
    const other = ran('b', 1, null, 'running', { id: 's1' });
    const { stepChanges } = await stateOf(reading({ steps: running }), reading({ steps: [...running, other] }));
    expect([...stepChanges]).toEqual([
      ['s0', 1],
      ['s1', 2],
    ]);
    expect((await stateOf(reading({ stepsError: outage }))).stepChanges.size).toBe(0);
  });

  it('keeps its steps, as stale, where they alone can not be had, and gives a newcomer the record alone', async () => {
    const before = reading({ record, steps: running });
    const later = runRecord({ rawStatus: 'failed' });
    const state = await stateOf(before, reading({ record: later, stepsError: outage }));
    expect(reasonsIn(state)).toEqual([null, 'UPSTREAM_TIMEOUT: it fails']);
    expect([state.parts.record?.cached.value, state.parts.stepsError]).toEqual([later, null]);
    const { parts } = runStates.forNewcomer(state);
    expect([parts.record?.cached.value, parts.steps, parts.stepsError]).toEqual([later, null, outage]);
    expect(reasonsIn(await stateOf(before, reading({ stepsError: outage })))).toEqual([
      'UPSTREAM_TIMEOUT: it fails',
      'UPSTREAM_TIMEOUT: it fails',
    ]);
  });

  it('loses its steps where the upstream denies them', async () => {
    const { parts } = await stateOf(reading({ steps: running }), reading({ stepsError: failure('NOT_FOUND') }));
    expect([parts.steps, parts.stepsError?.code]).toEqual([null, 'NOT_FOUND']);
  });

  it('becomes stale by a fault, with the first reason, and is nothing for a newcomer', async () => {
    const fresh = await stateOf(reading({ record, steps: running, isFinal: true }));
    const stale = afterFault(fresh);
    expect([stale.sequence, stale.isFinal, reasonsIn(stale)]).toEqual([
      2,
      false,
      ['UPSTREAM_TIMEOUT: it fails', 'UPSTREAM_TIMEOUT: it fails'],
    ]);
    const again = afterFault(stale, failure('UPSTREAM_UNAVAILABLE'));
    expect([again.sequence, reasonsIn(again)]).toEqual([2, reasonsIn(stale)]);
    expect([...again.stepChanges]).toEqual([['s0', 1]]);
    expect(() => runStates.forNewcomer(stale)).toThrow(outage);
    expect(runStates.forNewcomer(fresh)).toBe(fresh);
    expect(runStates.afterFault(null, outage)).toBeNull();
  });

  it('is whole where nothing is missing or stale, and final where nothing of it is stale', async () => {
    const states = await Promise.all(
      [
        { record, steps: running },
        { record, stepsError: outage },
        { record, steps: running, isFinal: true },
        { record, steps: running, isFinal: true, staleReason: 'old' },
        { steps: running, staleReason: 'old' },
      ].map((draft) => stateOf(reading(draft))),
    );
    expect(states.map((state) => runStates.isWhole(state))).toEqual([true, false, true, false, false]);
    expect(states.map((state) => runStates.isStale(state))).toEqual([false, false, false, true, true]);
    expect(states.map((state) => runStates.isFinal(state))).toEqual([false, false, true, false, false]);
  });

  it('is of the same fetch where each part is, and its error', async () => {
    const parts = reading({ record, steps: running }).parts;
    const other = reading({ record, steps: running }).parts;
    const withParts = (changed: Partial<RunReading['parts']>) =>
      stateOf({ ...reading(), parts: { ...parts, ...changed } });
    const one = await withParts({});
    const others = await Promise.all([
      withParts({}),
      withParts({ record: other.record }),
      withParts({ steps: other.steps }),
      withParts({ record: null }),
      withParts({ steps: null }),
      withParts({ stepsError: outage }),
    ]);
    for (const [index, another] of others.entries()) {
      expect([index, runStates.isSameFetch(one, another)]).toEqual([index, index === 0]);
      expect([index, runStates.isSameFetch(another, one)]).toEqual([index, index === 0]);
    }
  });

  it('is as new as the newest of its parts', async () => {
    const requestedAt = async (draft: Draft) => runStates.requestedAt(await stateOf(reading(draft)));
    expect(await requestedAt({ record, steps: running, recordSentAt: 3, stepsSentAt: 5 })).toBe(5);
    expect(await requestedAt({ record, recordSentAt: 3 })).toBe(3);
    expect(await requestedAt({})).toBe(-Infinity);
  });

  it('is due when its answer is, or with the part that came last where both were requested together', async () => {
    const dueMs = async (draft: Draft, untilMs = 1000) => runStates.dueMs(await stateOf(reading(draft)), untilMs, 1000);
    const both = { record, steps: running };
    expect(await dueMs({ ...both, recordSentAt: 30, stepsSentAt: 80 })).toBe(80 + 500 + 1000);
    expect(await dueMs({ ...both, recordSentAt: 80, stepsSentAt: 30 })).toBe(80 + 500 + 1000);
    expect(await dueMs({ ...both, recordSentAt: 30, stepsSentAt: 81 })).toBe(1000);
    expect(await dueMs(both, 9000)).toBe(9000);
    expect(await dueMs({ record })).toBe(1000);
    expect(await dueMs({ steps: running })).toBe(1000);
  });
});
