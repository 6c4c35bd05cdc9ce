import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { type Json, TestGateway } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe, type Subscribing, type Transport } from '../harness/live-client.ts';
import type { Reply } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/workflows.ts';

const QUERY = `subscription ($ids: [ID!]) {
  runsUpdated(workflowIds: $ids) { runs { id status freshness { isStale } } unavailableWorkflows { id } }
}`;
const WITH_STEPS = 'subscription ($ids: [ID!]) { runsUpdated(workflowIds: $ids) { runs { id stepCounts { total } } } }';
const SLOWEST_MS = 5000;

interface Event {
  readonly runsUpdated: {
    readonly runs: readonly {
      readonly id: string;
      readonly status: string;
      readonly freshness: { readonly isStale: boolean };
    }[];
  };
}

const runsIn = (data: Json): string[] =>
  (data as unknown as Event).runsUpdated.runs.map(
    ({ id, status, freshness }) => `${id} ${status}${freshness.isStale ? ' STALE' : ''}`,
  );

let clock: ManualClock;
let workflows: ScriptedWorkflows;
beforeEach(() => {
  clock = createManualClock();
  workflows = createScriptedWorkflows(['wf-1', 'wf-2']);
});
const gateway = perTest(new TestGateway(() => ({ script: workflows.script, clock })));
const { upstream } = gateway;
const keep = cutAfterTest<LiveClient>();

interface Opening extends Subscribing {
  readonly transport?: Transport;
  readonly query?: string;
}

/** Subscribes to all workflows if `ids` is null. */
async function open(ids: readonly string[] | null = null, options: Opening = {}): Promise<LiveClient> {
  const { transport = 'graphql-sse', query = QUERY, ...rest } = options;
  return keep(await subscribe(transport, gateway.url, query, { variables: { ids }, ...rest }));
}

/** Resolves when exactly this many polls or delays are due. The gateway has one other timer. */
const timers = (count: number) => clock.timers(count + 1);

/** Lets the next poll of each poller come, and waits until all have their answers. */
async function poll(pollers = 2): Promise<void> {
  clock.advance(SLOWEST_MS);
  await timers(pollers);
}

/** The reply for this workflow from now on. */
function reply(workflowId: string, answer: Reply | Promise<Reply>): void {
  const { script } = upstream;
  upstream.script = (call) => (call.workflowId === workflowId ? answer : script(call));
}

/** The next event has these runs, and the error of this workflow. */
async function nextHasError(client: LiveClient, code: string, workflowId: string, ids: readonly string[] = []) {
  expect(await client.next()).toMatchObject({
    payload: {
      data: { runsUpdated: { runs: ids.map((id) => ({ id })) } },
      errors: [{ extensions: { code, workflowId } }],
    },
  });
}

const recover = () => (upstream.script = workflows.script);
const running = { status: 'running' };

describe('runsUpdated', () => {
  it.each<Transport>(['graphql-ws', 'graphql-sse'])(
    'sends current runs over %s newest first, then changes',
    async (transport) => {
      workflows.start('wf-1', 'a');
      workflows.start('wf-2', 'b', running);
      workflows.start('wf-1', 'c', running);
      workflows.start('wf-1', 'waits', { status: 'queued', start_time: null });
      const client = await open(null, { transport });
      expect(runsIn(await client.nextData())).toEqual(['waits PENDING', 'c RUNNING', 'b RUNNING', 'a COMPLETED']);
      await timers(2);

      workflows.change('b', { status: 'completed' });
      workflows.start('wf-2', 'd', running);
      await poll();
      expect(runsIn(await client.nextData())).toEqual(['d RUNNING', 'b COMPLETED']);
      await poll();
      workflows.change('c', { status: 'failed' });
      await poll();
      expect(runsIn(await client.nextData())).toEqual(['c FAILED']);
      // One call for each workflow and poll, and nothing else.
      expect([upstream.count('workflows'), upstream.count('run'), upstream.count('steps')]).toEqual([1, 0, 0]);
      expect(upstream.count('runs')).toBeLessThanOrEqual(2 * 4);
    },
  );

  it('sends the newest 20 and unfinished runs, followed to the end', async () => {
    const startMany = (from: number, to: number) => {
      for (let count = from; count <= to; count += 1) workflows.start('wf-1', `r${count}`);
    };
    startMany(1, 40);
    workflows.start('wf-1', 'old', running);
    startMany(41, 100);
    const client = await open(['wf-1']);
    const first = runsIn(await client.nextData());
    expect([first.length, first[0], ...first.slice(-2)]).toEqual([
      21,
      'r100 COMPLETED',
      'r81 COMPLETED',
      'old RUNNING',
    ]);
    await timers(1);
    // The old run is now beyond one page, and the second page also has runs that no poll has read.
    startMany(101, 190);
    await poll(1);
    const news = runsIn(await client.nextData());
    expect([news.length, news[0], news.at(-1)]).toEqual([90, 'r190 COMPLETED', 'r101 COMPLETED']);
    workflows.change('old', { status: 'failed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['old FAILED']);
    workflows.change('r190', { status: 'failed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['r190 FAILED']);
    // A late subscriber gets the newest 20, and not the old run that has ended.
    const late = runsIn(await (await open(['wf-1'])).nextData());
    expect([late.length, late.at(-1)]).toEqual([20, 'r171 COMPLETED']);
    const limits = upstream.calls.map(({ url }) => url.searchParams.get('limit'));
    expect([limits[0], limits.at(-1)]).toEqual(['100', '20']);
  });

  it('sends an empty list, the first run, and the reopened run', async () => {
    const client = await open(['wf-1']);
    expect(runsIn(await client.nextData())).toEqual([]);
    await timers(1);
    workflows.start('wf-1', 'a');
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a COMPLETED']);
    workflows.change('a', { ...running, end_time: null });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('polls a workflow once per key, until the last subscriber leaves', async () => {
    workflows.start('wf-1', 'a', running);
    const some = await Promise.all([open(), open(), open(['wf-1'])]);
    for (const client of some) await client.nextData();
    await timers(2);
    expect(upstream.count('runs')).toBe(2);
    await poll();
    expect(upstream.count('runs')).toBe(4);
    const other = await open(null, { key: 'key-2' });
    expect(runsIn(await other.nextData())).toEqual(['a RUNNING']);
    expect(upstream.count('runs')).toBe(6);
    for (const client of [...some, other]) client.leave();
    await timers(0);
  });

  it('marks runs of a failing workflow stale once, and recovers', async () => {
    workflows.start('wf-1', 'a', running);
    workflows.start('wf-2', 'b', running);
    const client = await open();
    await client.nextData();
    await timers(2);
    reply('wf-1', { status: 500 });
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING STALE']);
    workflows.change('b', { status: 'completed' });
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['b COMPLETED']);
    recover();
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('begins without a failing workflow, names it, and adds it later', async () => {
    workflows.start('wf-1', 'a', running);
    workflows.start('wf-2', 'b', running);
    reply('wf-1', { status: 500 });
    const client = await open();
    expect(await client.next()).toMatchObject({
      type: 'next',
      payload: {
        data: { runsUpdated: { runs: [{ id: 'b' }], unavailableWorkflows: [{ id: 'wf-1' }] } },
        errors: [{ path: ['runsUpdated'], extensions: { code: 'UPSTREAM_UNAVAILABLE', workflowId: 'wf-1' } }],
      },
    });
    await timers(2);
    await poll();
    workflows.change('b', { status: 'completed' });
    await poll();
    expect(await client.nextData()).toMatchObject({ runsUpdated: { runs: [{ id: 'b' }], unavailableWorkflows: [] } });
    recover();
    await poll();
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
  });

  it('reports a missing workflow, and ends if all are missing', async () => {
    workflows.start('wf-1', 'a', running);
    for (const id of ['gone', 'lost']) {
      reply(id, { status: 404, json: {} });
      await nextHasError(await open(['wf-1', id]), 'NOT_FOUND', id, ['a']);
    }
    expect(await (await open(['gone'])).nextErrorCode()).toBe('NOT_FOUND');
  });

  it('ends when the key is rejected', async () => {
    workflows.start('wf-1', 'a', running);
    const client = await open(['wf-1', 'wf-2']);
    await client.nextData();
    await timers(2);
    reply('wf-2', { status: 401 });
    clock.advance(SLOWEST_MS);
    expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
  });

  it('continues without a forbidden workflow, and ends without any', async () => {
    workflows.start('wf-1', 'a', running);
    const client = await open(['wf-1', 'wf-2']);
    await client.nextData();
    await timers(2);
    reply('wf-2', { status: 403 });
    clock.advance(SLOWEST_MS);
    await nextHasError(client, 'FORBIDDEN', 'wf-2');
    await timers(1);
    workflows.change('a', { status: 'completed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a COMPLETED']);
    await timers(1);
    upstream.script = () => ({ status: 403 });
    clock.advance(SLOWEST_MS);
    expect(await client.nextErrorCode()).toBe('FORBIDDEN');
  });

  it('excludes a run with forbidden steps, with its error', async () => {
    workflows.start('wf-1', 'a', running);
    upstream.script = (call) => (call.endpoint === 'steps' ? { status: 403 } : workflows.script(call));
    const client = await open(['wf-1'], { query: WITH_STEPS });
    await nextHasError(client, 'FORBIDDEN', 'wf-1');
  });

  it('loads only steps of changed runs, and keeps one that fails', async () => {
    workflows.start('wf-1', 'a', { status: 'completed' });
    workflows.start('wf-1', 'b', running);
    const client = await open(['wf-1'], { query: WITH_STEPS });
    expect(await client.nextData()).toEqual({
      runsUpdated: {
        runs: [
          { id: 'b', stepCounts: { total: 1 } },
          { id: 'a', stepCounts: { total: 1 } },
        ],
      },
    });
    await timers(1);
    expect(upstream.count('steps')).toBe(2);
    upstream.script = (call) => (call.endpoint === 'steps' ? { status: 400 } : workflows.script(call));
    workflows.start('wf-1', 'c', running);
    await poll(1);
    expect(await client.next()).toMatchObject({
      payload: {
        data: { runsUpdated: { runs: [{ id: 'c', stepCounts: null }] } },
        errors: [{ path: ['runsUpdated', 'runs', 0, 'stepCounts'] }],
      },
    });
    expect(upstream.count('steps')).toBe(3);
  });

  it('rejects more than 100 workflows', async () => {
    const client = await open(Array.from({ length: 101 }, (_, index) => `w${index}`));
    expect(await client.nextErrorCode()).toBe('BAD_USER_INPUT');
  });

  it('completes when the gateway stops', async () => {
    const client = await open();
    await client.nextData();
    await gateway.close();
    expect(await client.next()).toEqual({ type: 'complete' });
  });
});

describe('runsUpdated with an unresponsive workflow', () => {
  let answer: (reply: Reply) => void;

  /** The workflow answers when the test says so. */
  function hang(workflowId: string): void {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    answer = resolve;
    reply(workflowId, promise);
  }

  /** A subscriber whose one-second delay has begun. */
  async function opened(ids = ['wf-1', 'wf-2']): Promise<LiveClient> {
    const client = await open(ids);
    // The delay, and the next poll of each workflow that answers.
    await timers(ids.length);
    return client;
  }

  const history = (runId: string): Reply => ({ json: [wireRun(runId, { ...running, end_time: null })] });

  beforeEach(() => {
    workflows.start('wf-1', 'a', running);
    workflows.start('wf-2', 'b', running);
  });

  it('sends the other runs after a second without waiting', async () => {
    hang('wf-2');
    const client = await opened();
    clock.advance(999);
    await gateway.query('{ __typename }');
    expect(client.waiting).toBe(0);
    clock.advance(1);
    expect(runsIn(await client.nextData())).toEqual(['a RUNNING']);
    await timers(1);
    workflows.change('a', { status: 'completed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a COMPLETED']);
    answer(history('b'));
    expect(runsIn(await client.nextData())).toEqual(['b RUNNING']);
  });

  it('sends an empty first event if the others have no runs', async () => {
    workflows.clear();
    hang('wf-2');
    const client = await opened();
    clock.advance(1000);
    expect(runsIn(await client.nextData())).toEqual([]);
  });

  it('sends nothing before the first response', async () => {
    hang('wf-2');
    const client = await opened(['wf-2']);
    clock.advance(1000);
    await timers(0);
    await gateway.query('{ __typename }');
    expect(client.waiting).toBe(0);
    answer(history('b'));
    expect(runsIn(await client.nextData())).toEqual(['b RUNNING']);
  });

  it('reports a workflow that is missing after a second', async () => {
    hang('wf-2');
    const client = await opened();
    clock.advance(1000);
    await client.nextData();
    answer({ status: 404, json: {} });
    await nextHasError(client, 'NOT_FOUND', 'wf-2');
    await timers(1);
    workflows.change('a', { status: 'completed' });
    await poll(1);
    expect(runsIn(await client.nextData())).toEqual(['a COMPLETED']);
  });

  it('ends at once when another workflow rejects the key', async () => {
    hang('wf-2');
    reply('wf-1', { status: 401 });
    expect(await (await open(['wf-1', 'wf-2'])).nextErrorCode()).toBe('UNAUTHENTICATED');
  });

  it('ends when a late response rejects the key', async () => {
    hang('wf-2');
    const client = await opened();
    clock.advance(1000);
    await client.nextData();
    answer({ status: 401 });
    expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
  });

  it('cancels the call when the subscriber leaves', async () => {
    hang('wf-2');
    const called = upstream.nextCall();
    const client = await open(['wf-2']);
    const { cut } = await called;
    client.leave();
    await cut;
    await timers(0);
  });
});

describe('MAX_SUBSCRIPTIONS_PER_VIEWER', () => {
  it('limits watched runs and workflows per key until a subscription ends', async () => {
    await gateway.restart({ env: { MAX_SUBSCRIPTIONS_PER_VIEWER: '3' } });
    workflows.start('wf-1', 'a', running);
    const run = 'subscription { runUpdated(workflowId: "wf-1", id: "a") { run { id } } }';
    const both = await open(['wf-1', 'wf-2']);
    await both.nextData();
    const one = await open(null, { query: run, variables: {} });
    await one.nextData();
    for (const refused of [await open(['wf-1']), await open(null, { query: run, variables: {} })]) {
      expect(await refused.nextErrorCode()).toBe('RATE_LIMITED');
    }
    expect(runsIn(await (await open(['wf-1', 'wf-2'], { key: 'key-2' })).nextData())).toEqual(['a RUNNING']);
    await timers(5);
    both.leave();
    await timers(3);
    // A request beyond the limit counts nothing.
    expect(await (await open(['wf-1', 'wf-2', 'wf-3'])).nextErrorCode()).toBe('RATE_LIMITED');
    reply('gone', { status: 404, json: {} });
    for (let times = 0; times < 3; times += 1) expect(await (await open(['gone'])).nextErrorCode()).toBe('NOT_FOUND');
    expect(runsIn(await (await open(['wf-1', 'wf-2'])).nextData())).toEqual(['a RUNNING']);
  });
});
