import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SharedTier } from '../../src/runs/shared/shared-tier.ts';
import type { WorkflowStore } from '../../src/runs/workflow-store.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { graphOf, workflowRecord } from '../support/facts.ts';
import { operationOf, viewerOf } from '../support/operations.ts';
import { createRunParts, scriptedApi } from '../support/run-parts.ts';

const LIVE_TTL_MS = 1000;
const MINUTE_MS = 60_000;
const GRAPH = graphOf('a>b');

describe('the store of workflows', () => {
  let clock: ManualClock;
  let calls: number;
  let store: WorkflowStore;

  function create(liveTtlMs = LIVE_TTL_MS, shared?: SharedTier) {
    const upstream = scriptedApi({
      listWorkflows() {
        calls += 1;
        const value = [workflowRecord({ id: 'wf', graph: GRAPH }), workflowRecord({ id: 'plain' })];
        return Promise.resolve({ value, sizeBytes: 100 });
      },
    });
    store = createRunParts(upstream, clock, { liveTtlMs, ...(shared && { shared }) }).workflowStore;
  }

  beforeEach(() => {
    clock = createManualClock();
    calls = 0;
    create();
  });

  const operation = () => operationOf('ada');
  const callsAfter = async (ms: number, read: () => Promise<unknown>) => {
    clock.advance(ms);
    await read();
    return calls;
  };
  const list = () => store.list(operation());
  const recent = () => store.recent(operation());

  it('lists them all by id, by one call', async () => {
    expect([...(await list()).keys()]).toEqual(['wf', 'plain']);
    expect((await recent()).get('wf')?.graph).toBe(GRAPH);
    expect(calls).toBe(1);
  });

  it('lists what is at most LIVE_TTL_MS old, and has what is at most a minute old', async () => {
    await list();
    expect(await callsAfter(LIVE_TTL_MS - 1, list)).toBe(1);
    expect(await callsAfter(1, recent)).toBe(1);
    expect(await callsAfter(0, list)).toBe(2);
    expect(await callsAfter(MINUTE_MS - 1, recent)).toBe(2);
    expect(await callsAfter(1, recent)).toBe(3);
  });

  it('has what is as old as a list may be, where that is more', async () => {
    create(2 * MINUTE_MS);
    await list();
    expect(await callsAfter(2 * MINUTE_MS - 1, recent)).toBe(1);
  });

  it('shares what others may want, as long as any of them may', async () => {
    const times: number[] = [];
    const shared: SharedTier = {
      async load(request) {
        const called = await request.call();
        times.push(request.sharedMs(called.cached));
        return called;
      },
      withdraw: () => undefined,
      close: () => Promise.resolve(),
    };
    for (const liveTtlMs of [LIVE_TTL_MS, 2 * MINUTE_MS]) {
      create(liveTtlMs, shared);
      await list();
    }
    expect(times).toEqual([MINUTE_MS, 2 * MINUTE_MS]);
  });

  it('knows the graphs that are cached of a viewer', async () => {
    const graphs = (key: string) => ['wf', 'plain', 'none'].map((id) => store.peekGraph(id, viewerOf(key)));
    expect(graphs('ada')).toEqual([null, null, null]);
    await recent();
    expect(graphs('ada')).toEqual([GRAPH, null, null]);
    expect(graphs('bob')).toEqual([null, null, null]);
  });
});
