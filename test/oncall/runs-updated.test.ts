import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type Json, type TestGateway } from '../harness/gateway.ts';
import { subscribe, type LiveClient, type Transport } from '../harness/live-client.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';

const QUERY = `subscription ($ids: [ID!]) {
  runsUpdated(workflowIds: $ids) { id status freshness { isStale } }
}`;
/** The gateway has one timer of its own. */
const OTHER_TIMERS = 1;
const SLOWEST_MS = 5000;

interface Told {
  readonly runsUpdated: readonly {
    readonly id: string;
    readonly status: string;
    readonly freshness: { readonly isStale: boolean };
  }[];
}

const runsIn = (data: Json): string[] =>
  (data as unknown as Told).runsUpdated.map(
    ({ id, status, freshness }) => `${id} ${status}${freshness.isStale ? ' STALE' : ''}`,
  );

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('runsUpdated over %s', (transport) => {
  let clock: ManualClock;
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clients: LiveClient[];

  beforeEach(async () => {
    clock = createManualClock();
    workflows = createScriptedWorkflows(['wf-1', 'wf-2']);
    upstream = await startFaultyUpstream(workflows.script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now, after: clock.after });
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.leave();
    await gateway.close();
    await upstream.close();
  });

  async function open(variables: Record<string, unknown> = {}, query = QUERY, key = 'key-1'): Promise<LiveClient> {
    const client = await subscribe(transport, gateway.url, query, { variables, key });
    clients.push(client);
    return client;
  }

  /** Lets the next poll of each poller come, and waits until all have their answers. */
  async function poll(pollers = 2): Promise<void> {
    clock.advance(SLOWEST_MS);
    await clock.timers(pollers + OTHER_TIMERS);
  }

  const running = { status: 'running' };

  it('tells the present runs at once, newest first, then those that are new or have changed', async () => {
    workflows.start('wf-1', 'a');
    workflows.start('wf-2', 'b', running);
    workflows.start('wf-1', 'c', running);
    const client = await open();
    expect(runsIn(await client.nextData())).toEqual(['c RUNNING', 'b RUNNING', 'a COMPLETED']);
    await clock.timers(2 + OTHER_TIMERS);

    workflows.change('b', { status: 'completed' });
    workflows.start('wf-2', 'd', running);
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['d RUNNING', 'b COMPLETED']);
    await poll();
    workflows.change('c', { status: 'failed' });
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['c FAILED']);
    // One call a workflow and poll, and nothing else.
    expect([upstream.count('workflows'), upstream.count('run'), upstream.count('steps')]).toEqual([1, 0, 0]);
    expect(upstream.count('runs')).toBe(2 * 4);
  });

  it('of none is empty, and tells the first run that starts', async () => {
    const client = await open({ ids: ['wf-1'] });
    expect(runsIn(await client.nextData())).toEqual([]);
    await clock.timers(1 + OTHER_TIMERS);
    workflows.start('wf-1', 'a', running);
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('tells the newest 20 of many runs and each unfinished one, and follows that to its end', async () => {
    workflows.start('wf-1', 'old', running);
    for (let count = 1; count <= 60; count += 1) workflows.start('wf-1', `r${count}`);
    const client = await open({ ids: ['wf-1'] });
    const first = runsIn(await client.nextData());
    expect([first.length, first[0], first.at(-2), first.at(-1)]).toEqual([
      21,
      'r60 COMPLETED',
      'r41 COMPLETED',
      'old RUNNING',
    ]);
    await clock.timers(1 + OTHER_TIMERS);
    // Deeper than one window goes, and then over.
    for (let count = 61; count <= 150; count += 1) workflows.start('wf-1', `r${count}`);
    await poll(1);
    const news = runsIn(await client.nextData());
    expect([news.length, news[0], news.at(-1)]).toEqual([90, 'r150 COMPLETED', 'r61 COMPLETED']);
    workflows.change('old', { status: 'failed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['old FAILED']);
  });

  it('polls once for all subscribers of a key, and stops with the last of them', async () => {
    workflows.start('wf-1', 'a', running);
    const some = await Promise.all([open(), open(), open({ ids: ['wf-1'] })]);
    for (const client of some) await client.nextData();
    await clock.timers(2 + OTHER_TIMERS);
    expect(upstream.count('runs')).toBe(2);
    await poll();
    expect(upstream.count('runs')).toBe(4);
    const other = await open({}, QUERY, 'key-2');
    expect(runsIn(await other.nextData())).toEqual(['a RUNNING']);
    expect(upstream.count('runs')).toBe(6);
    for (const client of clients.splice(0)) client.leave();
    await clock.timers(OTHER_TIMERS);
  });

  it('tells a reader who is slow each run that changed meanwhile, in its latest state', async () => {
    workflows.start('wf-1', 'a', running);
    const client = await open({ ids: ['wf-1'] });
    await client.nextData();
    await clock.timers(1 + OTHER_TIMERS);
    const slow = await open({ ids: ['wf-1'] });
    await slow.nextData();
    const seen: string[][] = [];
    for (let round = 1; round <= 3; round += 1) {
      workflows.start('wf-1', `r${round}`, running);
      if (round > 1) workflows.change(`r${round - 1}`, { status: 'completed' });
      await poll(1);
      seen.push(runsIn(await client.nextData()));
    }
    expect(seen).toEqual([['r1 RUNNING'], ['r2 RUNNING', 'r1 COMPLETED'], ['r3 RUNNING', 'r2 COMPLETED']]);
    const told = new Map<string, string>();
    while (slow.waiting > 0 || !told.has('r3')) {
      for (const run of runsIn(await slow.nextData())) told.set(run.split(' ')[0] ?? '', run);
    }
    expect([...told.values()].sort()).toEqual(['r1 COMPLETED', 'r2 COMPLETED', 'r3 RUNNING']);
  });

  it('marks the runs of a workflow that fails as stale, once, and tells them again when it is back', async () => {
    workflows.start('wf-1', 'a', running);
    workflows.start('wf-2', 'b', running);
    const client = await open();
    await client.nextData();
    await clock.timers(2 + OTHER_TIMERS);
    upstream.script = (call) => (call.workflowId === 'wf-1' ? { status: 500 } : workflows.script(call));
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING STALE']);
    workflows.change('b', { status: 'completed' });
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['b COMPLETED']);
    upstream.script = workflows.script;
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('begins without a workflow that fails, names it, and tells its runs when they can be had', async () => {
    workflows.start('wf-1', 'a', running);
    workflows.start('wf-2', 'b', running);
    upstream.script = (call) => (call.workflowId === 'wf-1' ? { status: 500 } : workflows.script(call));
    const client = await open();
    expect(await client.next()).toMatchObject({
      type: 'next',
      payload: {
        data: { runsUpdated: [{ id: 'b' }] },
        errors: [{ path: ['runsUpdated'], extensions: { code: 'UPSTREAM_UNAVAILABLE', workflowId: 'wf-1' } }],
      },
    });
    await clock.timers(2 + OTHER_TIMERS);
    upstream.script = workflows.script;
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('goes on without a workflow that is not there, and ends where none is', async () => {
    workflows.start('wf-1', 'a', running);
    upstream.script = (call) => (call.workflowId === 'gone' ? { status: 404, json: {} } : workflows.script(call));
    const client = await open({ ids: ['wf-1', 'gone'] });
    expect(await client.next()).toMatchObject({
      payload: {
        data: { runsUpdated: [{ id: 'a' }] },
        errors: [{ extensions: { code: 'NOT_FOUND', workflowId: 'gone' } }],
      },
    });
    expect(await (await open({ ids: ['gone'] })).nextErrorCode()).toBe('NOT_FOUND');
  });

  it('ends when the key is refused', async () => {
    workflows.start('wf-1', 'a', running);
    const client = await open({ ids: ['wf-1', 'wf-2'] });
    await client.nextData();
    await clock.timers(2 + OTHER_TIMERS);
    upstream.script = (call) => (call.workflowId === 'wf-2' ? { status: 401 } : workflows.script(call));
    clock.advance(SLOWEST_MS);
    expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
  });

  it('goes on without a workflow that the key may not see any more, and ends where it may see none', async () => {
    workflows.start('wf-1', 'a', running);
    const client = await open({ ids: ['wf-1', 'wf-2'] });
    await client.nextData();
    await clock.timers(2 + OTHER_TIMERS);
    upstream.script = (call) => (call.workflowId === 'wf-2' ? { status: 403 } : workflows.script(call));
    clock.advance(SLOWEST_MS);
    expect(await client.next()).toMatchObject({
      payload: { data: { runsUpdated: [] }, errors: [{ extensions: { code: 'FORBIDDEN', workflowId: 'wf-2' } }] },
    });
    await clock.timers(1 + OTHER_TIMERS);
    workflows.change('a', { status: 'completed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a COMPLETED']);
    await clock.timers(1 + OTHER_TIMERS);
    upstream.script = () => ({ status: 403 });
    clock.advance(SLOWEST_MS);
    expect(await client.nextErrorCode()).toBe('FORBIDDEN');
  });

  it('leaves a run out whose steps the key may not see, with the error', async () => {
    workflows.start('wf-1', 'a', running);
    upstream.script = (call) => (call.endpoint === 'steps' ? { status: 403 } : workflows.script(call));
    const client = await open(
      { ids: ['wf-1'] },
      'subscription ($ids: [ID!]) { runsUpdated(workflowIds: $ids) { id stepCounts { total } } }',
    );
    expect(await client.next()).toMatchObject({
      payload: { data: { runsUpdated: [] }, errors: [{ extensions: { code: 'FORBIDDEN', workflowId: 'wf-1' } }] },
    });
  });

  it('loads the steps of what has changed alone, and keeps a run whose steps fail', async () => {
    workflows.start('wf-1', 'a', { status: 'completed' });
    workflows.start('wf-1', 'b', running);
    const client = await open(
      { ids: ['wf-1'] },
      'subscription ($ids: [ID!]) { runsUpdated(workflowIds: $ids) { id stepCounts { total } } }',
    );
    expect(await client.nextData()).toEqual({
      runsUpdated: [
        { id: 'b', stepCounts: { total: 1 } },
        { id: 'a', stepCounts: { total: 1 } },
      ],
    });
    await clock.timers(1 + OTHER_TIMERS);
    expect(upstream.count('steps')).toBe(2);
    upstream.script = (call) => (call.endpoint === 'steps' ? { status: 400 } : workflows.script(call));
    workflows.start('wf-1', 'c', running);
    await poll(1);
    expect(await client.next()).toMatchObject({
      payload: {
        data: { runsUpdated: [{ id: 'c', stepCounts: null }] },
        errors: [{ path: ['runsUpdated', 0, 'stepCounts'] }],
      },
    });
    expect(upstream.count('steps')).toBe(3);
  });

  it('refuses more than 100 workflows', async () => {
    const client = await open({ ids: Array.from({ length: 101 }, (_, index) => `w${index}`) });
    expect(await client.nextErrorCode()).toBe('BAD_USER_INPUT');
  });
});

describe('how many workflows a key may watch', () => {
  it('is bounded together with runs, and what was counted is free again', async () => {
    const clock = createManualClock();
    const workflows = createScriptedWorkflows(['wf-1', 'wf-2', 'wf-3']);
    const upstream = await startFaultyUpstream(workflows.script);
    const environment = { UPSTREAM_URL: upstream.url, MAX_SUBSCRIPTIONS_PER_VIEWER: '3' };
    const gateway = await startGateway(environment, { now: clock.now, after: clock.after });
    const open = (ids: readonly string[]) => subscribe('graphql-sse', gateway.url, QUERY, { variables: { ids } });
    const two = await open(['wf-1', 'wf-2']);
    await two.nextData();
    expect(await (await open(['wf-3', 'wf-1'])).nextErrorCode()).toBe('RATE_LIMITED');
    const one = await open(['wf-3']);
    await one.nextData();
    two.leave();
    await clock.timers(1 + OTHER_TIMERS);
    const again = await open(['wf-1', 'wf-2']);
    expect(await again.nextData()).toEqual({ runsUpdated: [] });
    for (const client of [one, again]) client.leave();
    await gateway.close();
    await upstream.close();
  });
});
