import { describe, expect, it } from '@jest/globals';
import type { RunRecord } from '../../src/domain/types.ts';
import type { NewestRuns } from '../../src/runs/history/run-history.ts';
import {
  changedRuns,
  NEWEST_RUNS,
  reachesKnown,
  wantedRecords,
  workflowStates,
  type WorkflowRuns,
} from '../../src/runs/live/workflow-runs.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { runRecord } from '../support/facts.ts';

const ended = (id: string): RunRecord => runRecord({ id });
const running = (id: string): RunRecord => runRecord({ id, rawStatus: 'running', endTime: null });
const many = (prefix: string, count: number): RunRecord[] =>
  Array.from({ length: count }, (_, index) => ended(`${prefix}${index}`));

const times = { sentAt: 0, fetchedAt: 0, sizeBytes: 1 };
const served = (value: RunRecord, staleReason: string | null = null) => ({ cached: { ...times, value }, staleReason });
const windowSentAt = (sentAt: number) => ({ ...times, sentAt, value: [] });

const outage = new GatewayError('UPSTREAM_TIMEOUT', 'no answer');

/** What a poll of these records, newest first, makes of the latest state. */
const poll = async (
  latest: WorkflowRuns | null,
  records: readonly RunRecord[],
  { staleReason = null, windows = [] }: { staleReason?: string | null; windows?: NewestRuns['windows'] } = {},
): Promise<WorkflowRuns> =>
  workflowStates.follow(latest, { records: records.map((record) => served(record, staleReason)), windows });

const toldSince = (state: WorkflowRuns, since: number) => changedRuns(state, since).map(([id]) => id);

describe('the runs of a workflow', () => {
  it('are to a new subscriber the newest 20 and all unfinished ones, and to others what has changed', async () => {
    const old = many('old', 25);
    const first = await poll(null, [...old, running('long')]);
    expect(toldSince(first, 0)).toEqual([...old.slice(0, NEWEST_RUNS).map(({ id }) => id), 'long']);
    const second = await poll(first, [running('new'), ...old, running('long')]);
    expect(toldSince(second, first.sequence)).toEqual(['new']);
    const third = await poll(second, [ended('new'), ...old, ended('long')]);
    expect(toldSince(third, second.sequence)).toEqual(['new', 'long']);
    expect(toldSince(third, first.sequence)).toEqual(['new', 'long']);
    expect(third.runs.get('long')?.record?.cached.value.rawStatus).toBe('completed');
    const fourth = await poll(third, [ended('newer'), ended('new'), ...old, ended('long')]);
    expect(toldSince(fourth, third.sequence)).toEqual(['newer']);
    expect(toldSince(fourth, 0)).not.toContain('long');
  });

  it('are compared one after another, and others are answered in between', async () => {
    let answered = 0;
    const answeredBefore: number[] = [];
    const slow = (record: RunRecord): RunRecord => ({
      ...record,
      payload: {
        ...record.payload,
        get inputs() {
          answeredBefore.push(answered);
          for (const until = performance.now() + 10; performance.now() < until;);
          return record.payload.inputs;
        },
      },
    });
    const records = many('run', 3);
    const first = await poll(null, records);
    const count = () => (answered += 1);
    for (let times = 0; times < 3; times += 1) setImmediate(count);
    await poll(first, records.map(slow));
    expect(answeredBefore).toEqual([0, 3, 3]);
  });

  it('are the same state while nothing changes, of which none is a change, too', async () => {
    const none = await poll(null, []);
    expect([none.sequence, (await poll(none, [])).sequence]).toEqual([1, 1]);
    const first = await poll(none, [running('a')]);
    const second = await poll(first, [running('a')]);
    expect([second.sequence, second.stamp === first.stamp]).toEqual([first.sequence, true]);
    const third = await poll(second, [ended('a')]);
    expect([third.sequence, third.stamp === first.stamp]).toEqual([first.sequence + 1, false]);
  });

  it('are told again where a finished one is unfinished once more', async () => {
    const finished = await poll(null, many('old', 21));
    expect(toldSince(await poll(finished, [...many('old', 20), running('old20')]), finished.sequence)).toEqual([
      'old20',
    ]);
  });

  it('are not told where they come into sight below those that were read', async () => {
    const first = await poll(null, [ended('c')]);
    expect(toldSince(await poll(first, [ended('c'), ended('b')]), first.sequence)).toEqual([]);
    expect(toldSince(await poll(first, [ended('d'), ended('c'), ended('b')]), first.sequence)).toEqual(['d']);
    expect(toldSince(await poll(first, [ended('e'), ended('d')]), first.sequence)).toEqual(['e', 'd']);
  });

  it('are told when they become stale, and when they are fresh again', async () => {
    const first = await poll(null, [ended('a')]);
    const stale = await poll(first, [ended('a')], { staleReason: 'old' });
    expect(toldSince(stale, first.sequence)).toEqual(['a']);
    expect(toldSince(await poll(stale, [ended('a')], { staleReason: 'older' }), stale.sequence)).toEqual([]);
    expect(toldSince(await poll(stale, [ended('a')]), stale.sequence)).toEqual(['a']);
  });

  it('are whole where none of those that are shown is stale, and the last poll has not failed', async () => {
    const first = await poll(null, many('old', 25));
    const partly = await workflowStates.follow(first, {
      records: [served(ended('new'), 'old'), served(ended('old0'))],
      windows: [],
    });
    const unread = workflowStates.afterFault(null, outage);
    if (!unread) throw new Error('expected a state');
    const states = [first, partly, unread];
    expect(states.map((state) => workflowStates.isWhole(state))).toEqual([true, false, false]);
    expect(states.map((state) => workflowStates.isStale(state))).toEqual([false, true, true]);
  });

  it('become stale once by a fault, and are not for a newcomer', async () => {
    const first = await poll(null, [ended('a'), ...many('old', 25)]);
    const stale = workflowStates.afterFault(first, outage);
    if (!stale) throw new Error('expected a state');
    expect(stale.runs.get('a')?.record?.staleReason).toBe('UPSTREAM_TIMEOUT: no answer');
    expect(toldSince(stale, first.sequence)).toHaveLength(NEWEST_RUNS);
    expect(stale.stamp).not.toBe(first.stamp);
    expect(workflowStates.afterFault(stale, outage)).toBe(stale);
    expect([workflowStates.isWhole(stale), workflowStates.isStale(stale)]).toEqual([false, true]);
    expect([toldSince(workflowStates.forNewcomer(stale), 0), workflowStates.forNewcomer(first)]).toEqual([[], first]);
    expect(toldSince(await poll(stale, [ended('a')]), stale.sequence)).toEqual(['a']);
  });

  it('are read as deep as the deepest unfinished one lay, in steps of 20, and at first a whole page', async () => {
    const withOpenAt = async (index: number) => wantedRecords(await poll(null, [...many('old', index), running('a')]));
    expect(wantedRecords(null)).toBe(100);
    expect(wantedRecords(workflowStates.afterFault(null, outage))).toBe(100);
    expect(wantedRecords(await poll(null, many('old', 50)))).toBe(20);
    expect(await Promise.all([0, 19, 20, 150].map(withOpenAt))).toEqual([20, 20, 40, 100]);
  });

  it('are read on until one is known, and each unfinished one is there again', async () => {
    const latest = await poll(null, [ended('c'), running('b'), ended('a')]);
    expect(reachesKnown(null, [])).toBe(true);
    expect(reachesKnown(latest, [ended('d')])).toBe(false);
    expect(reachesKnown(latest, [ended('d'), ended('c')])).toBe(false);
    expect(reachesKnown(latest, [ended('d'), ended('c'), ended('b')])).toBe(true);
  });

  it('are remembered up to a thousand', async () => {
    let state: WorkflowRuns | null = null;
    for (const prefix of ['a', 'b', 'c']) state = await poll(state, many(prefix, 500));
    expect(state?.runs.size).toBe(1000);
    expect([...(state?.runs.keys() ?? [])].slice(499, 501)).toEqual(['c499', 'b0']);
  });

  it('are of one fetch where their windows are, and as new as the newest of these', async () => {
    const [one, another] = [windowSentAt(1), windowSentAt(2)];
    const [both, again, less, other, none] = await Promise.all(
      [[one, another], [one, another], [one], [one, { ...another }], []].map((windows) => poll(null, [], { windows })),
    );
    if (!both || !again || !less || !other || !none) throw new Error('expected states');
    expect([again, less, other].map((state) => workflowStates.isSameFetch(both, state))).toEqual([true, false, false]);
    expect(workflowStates.isSameFetch(less, both)).toBe(false);
    expect([both, none].map((state) => workflowStates.requestedAt(state))).toEqual([2, -Infinity]);
  });

  it('never end, and are due when something newer may be there', async () => {
    const state = await poll(null, [ended('a')]);
    expect([workflowStates.isFinal(state), workflowStates.dueMs(state, 7, 1000)]).toEqual([false, 7]);
  });
});
