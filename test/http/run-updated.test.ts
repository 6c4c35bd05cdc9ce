/**
 * `runUpdated` on a manual clock: interval, changes, faults and the end. test/http/live-events.test.ts has the rules
 * of both transports.
 */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Environment, Json } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe, type Subscribing } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import type { Call, Endpoint, Reply, Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const FIELDS = 'status outputs stepCounts { total } freshness { isFinal isStale }';
const watchOf = (id: string) => `subscription { runUpdated(workflowId: "wf", id: "${id}") { run { ${FIELDS} } } }`;
const TTL_MS = 1000;
/** A 429 does not open the circuit breaker, which runs on the machine's clock. */
const OUTAGE: Reply = { status: 429, headers: { 'retry-after': '100' } };
const MISSING: Reply = { status: 404, json: {} };
const DENIED: Reply = { status: 401 };

const record = (fields: Wire = {}): Reply => ({
  json: [wireRun('r1', { status: 'running', end_time: null, outputs: null, ...fields })],
});
const COMPLETED = record({ status: 'completed', end_time: '2025-03-13T02:41:17.382162Z' });
const list = (...steps: readonly Wire[]): Reply => ({ json: steps.map((step) => wireStep(step)) });
const A = { id: 'a' };
const B = { id: 'b', node_id: 'send' };

/** The upstream's replies by endpoint. A function replies later. */
let replies: Partial<Record<Endpoint, Reply | (() => Promise<Reply>)>>;

const script: Script = ({ endpoint }) => {
  const reply = replies[endpoint] ?? MISSING;
  return typeof reply === 'function' ? reply() : reply;
};
const run = perTest(new LiveRun());
beforeEach(() => {
  run.upstream.script = script;
});
const start = async (env: Environment) => {
  await run.restart({ env });
  run.upstream.script = script;
};
const keep = cutAfterTest<LiveClient>();

beforeEach(() => {
  replies = { run: record(), steps: list(A) };
});

const watch = async (id = 'r1', options: Subscribing = {}, query = watchOf(id)): Promise<LiveClient> =>
  keep(await subscribe('graphql-sse', run.gateway.url, query, options));

/** A subscriber that has received the first event. */
async function watching(): Promise<LiveClient> {
  const client = await watch();
  await client.next();
  await run.feeds(1);
  return client;
}

const polls = () => run.upstream.count('run');

/** The seconds with a poll. */
async function pollsWithin(seconds: number): Promise<number[]> {
  const found: number[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const before = polls();
    await run.poll(1, 1000);
    if (polls() > before) found.push(second);
  }
  return found;
}

/** The number of events so far. A last change marks their end. */
async function eventsSoFar(client: LiveClient): Promise<number> {
  replies = { run: record({ outputs: 'marker' }), steps: list(A, B, { id: 'marker' }) };
  await run.poll();
  for (let events = 0; ; events += 1) {
    const frame = await client.next();
    if (frame.type !== 'next') throw new Error(`expected an event, got ${JSON.stringify(frame)}`);
    const { data } = frame.payload as {
      data: { runUpdated: { run: { outputs: string; stepCounts: { total: number } | null } } };
    };
    if (data.runUpdated.run.outputs === 'marker' && data.runUpdated.run.stepCounts?.total === 3) return events;
  }
}

const event = (total: number, { status = 'RUNNING', isFinal = false, isStale = false } = {}) => ({
  runUpdated: { run: { status, outputs: null, stepCounts: { total }, freshness: { isFinal, isStale } } },
});

describe('the interval between polls of a run', () => {
  it('is one to five seconds without changes, then one second', async () => {
    await watching();
    expect(await pollsWithin(20)).toEqual([1, 3, 6, 10, 15, 20]);
    replies.steps = list(A, B);
    expect(await pollsWithin(8)).toEqual([5, 6, 8]);
  });

  it('grows in the same way while the upstream fails', async () => {
    await watching();
    replies = { run: OUTAGE, steps: OUTAGE };
    expect(await pollsWithin(21)).toEqual([1, 2, 4, 7, 11, 16, 21]);
  });

  it('is at least 100 ms, whatever LIVE_TTL_MS is', async () => {
    await start({ LIVE_TTL_MS: '0' });
    await watching();
    await run.poll(1, 99);
    expect(polls()).toBe(1);
    await run.poll(1, 1);
    expect(polls()).toBe(2);
  });

  it('adds a poll for a subscriber after LIVE_TTL_MS, informing all', async () => {
    const first = await watching();
    expect(await pollsWithin(3)).toEqual([1, 3]);
    await run.poll(1, TTL_MS - 1);
    const inTime = await watch();
    expect(await inTime.nextData()).toEqual(event(1));
    expect(polls()).toBe(3);
    replies.steps = list(A, B);
    await run.poll(1, 1);
    const late = await watch();
    for (const client of [late, first, inTime]) expect(await client.nextData()).toEqual(event(2));
    expect(polls()).toBe(4);
  });

  it("doesn't change if a key repeats forbidden requests", async () => {
    await watching();
    const { script } = run.upstream;
    run.upstream.script = (call) => (call.runId === 'denied' ? { status: 403 } : script(call));
    const ofRun = () => run.upstream.calls.filter(({ runId, endpoint }) => runId === 'r1' && endpoint === 'run').length;
    const before = ofRun();
    for (let times = 0; times < 30; times += 1) {
      await run.gateway.query('{ run(workflowId: "wf", id: "denied") { status } }');
      await run.poll(1, 100);
    }
    expect(run.upstream.calls.filter(({ runId }) => runId === 'denied').length).toBeGreaterThan(20);
    expect(ofRun() - before).toBeGreaterThanOrEqual(3);
    expect(ofRun() - before).toBeLessThanOrEqual(4);
  });

  it('applies MAX_UPSTREAM_CALLS to each poll, not to the subscription', async () => {
    await start({ MAX_UPSTREAM_CALLS: '2' });
    const client = await watching();
    for (let steps = 2; steps <= 4; steps += 1) {
      replies.steps = list(...Array.from({ length: steps }, (_, index) => ({ id: `s${index}` })));
      await run.poll();
      expect(await client.nextData()).toEqual(event(steps));
    }
  });
});

describe('an event of a run', () => {
  type Replies = Partial<typeof replies>;
  const running = { ...A, status: 'running', end_time: null };

  it.each<[string, Replies, Replies]>([
    ['its status changes', {}, { run: record({ status: 'queued' }) }],
    ['its outputs change', {}, { run: record({ outputs: { text: 'new' } }) }],
    ['its record appears', { run: MISSING, steps: list(running) }, { run: record() }],
    ['its record disappears', { steps: list(running) }, { run: MISSING }],
    ['a step ends', { steps: list(running) }, { steps: list(A) }],
    ['the metadata of a step changes', {}, { steps: list({ ...A, step_metadata: 7 }) }],
    ['a step is new', {}, { steps: list(A, B) }],
    ['a step is gone', { steps: list(A, B) }, { steps: list(A) }],
    ['its steps are not found', {}, { steps: MISSING }],
    ['it is stale', {}, { run: OUTAGE, steps: OUTAGE }],
    ['only its steps are stale', {}, { steps: OUTAGE }],
  ])('is sent when %s', async (_, before, after) => {
    Object.assign(replies, before);
    const client = await watching();
    Object.assign(replies, after);
    await run.poll();
    expect(await eventsSoFar(client)).toBe(1);
  });

  it.each<[string, Replies, Replies]>([
    ['the steps come in another order', { steps: list(A, B) }, { steps: list(B, A) }],
    ['the record is missing again', { run: MISSING, steps: list(running) }, { run: MISSING }],
    ['the steps are missing again', { steps: MISSING }, { steps: MISSING }],
    [
      'the outputs of all nodes come, which no field of a run reads',
      {},
      { run: record({ all_outputs: { model_1: 'x'.repeat(200_000), model_2: { usage: { total_tokens: 7 } } } }) },
    ],
    [
      'only unreadable values and unknown fields of a step change',
      { steps: { raw: JSON.stringify([wireStep(A)]).replace('"inputs":', '"inputs":[1e400],"x":') } },
      { steps: { raw: JSON.stringify([wireStep(A)]).replace('"inputs":', '"inputs":[1e400],"y":') } },
    ],
    [
      'the inputs of a step have other bytes and the same value',
      { steps: list({ ...A, inputs: { a: 1, b: 'é' } }) },
      {
        steps: { raw: JSON.stringify([wireStep({ ...A, inputs: { b: 'é', a: 1 } })], null, 2).replace('é', '\\u00e9') },
      },
    ],
    [
      'the outputs have other bytes and the same value',
      { run: record({ outputs: { a: 1, b: [2] } }) },
      {
        run: {
          raw: JSON.stringify(
            [wireRun('r1', { status: 'running', end_time: null, outputs: { b: [2], a: 1.0 } })],
            null,
            2,
          ),
        },
      },
    ],
  ])('is not sent when %s', async (_, before, after) => {
    Object.assign(replies, before);
    const client = await watching();
    Object.assign(replies, after);
    await run.poll();
    expect(await eventsSoFar(client)).toBe(0);
  });

  it('is sent once for an outage with changing reasons', async () => {
    const client = await watching();
    for (const reply of [OUTAGE, { raw: 'no JSON' }, OUTAGE]) {
      replies = { run: reply, steps: reply };
      await run.poll();
    }
    expect(await eventsSoFar(client)).toBe(1);
  });

  it('keeps the steps while only they fail, and tells new subscribers', async () => {
    await start({ STALE_IF_ERROR_MS: '0' });
    const client = await watching();
    replies.steps = OUTAGE;
    await run.poll();
    expect(await client.nextData()).toEqual(event(1, { isStale: true }));
    const late = await watch();
    expect(await late.next()).toMatchObject({
      payload: {
        data: { runUpdated: { run: { status: 'RUNNING', stepCounts: null } } },
        errors: [{ extensions: { code: 'RATE_LIMITED' } }],
      },
    });
    await run.feeds(1);
    replies.steps = list(A, B);
    await run.poll();
    for (const each of [client, late]) expect(await each.nextData()).toEqual(event(2));
  });
});

describe('the end of the subscriptions of a run', () => {
  it('waits for the steps if the record is already final', async () => {
    replies = { run: COMPLETED, steps: OUTAGE };
    const client = await watch();
    expect(await client.next()).toMatchObject({ payload: { data: { runUpdated: { run: { stepCounts: null } } } } });
    await run.feeds(1);
    replies.steps = list(A);
    await run.poll(0);
    expect(await client.nextData()).toEqual(event(1, { status: 'COMPLETED', isFinal: true }));
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it("doesn't depend on the order of record and steps", async () => {
    const steps = Promise.withResolvers<undefined>();
    replies = {
      run: () => steps.promise.then(() => COMPLETED),
      steps() {
        steps.resolve(undefined);
        return Promise.resolve(list(A));
      },
    };
    const client = await watch();
    expect(await client.nextData()).toEqual(event(1, { status: 'COMPLETED', isFinal: true }));
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('follows the last node of a known graph without records', async () => {
    await start({ UPSTREAM_ENDPOINTS: 'steps,workflows' });
    const time = (ms: number) => new Date(run.clock.now() + ms).toISOString();
    const steps = [A, B].map((step) => ({ ...step, start_time: time(-2000), end_time: time(-1000) }));
    replies = { workflows: { json: [wireWorkflow('wf')] }, steps: list(...steps) };
    await run.gateway.query('{ workflow(id: "wf") { name } }');
    const client = await watch();
    expect(await client.nextData()).toMatchObject({ runUpdated: { run: { freshness: { isFinal: true } } } });
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('comes for all when the key is rejected, skipping unread states', async () => {
    const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status outputs } } }';
    const slow = await watch('r1', {}, query);
    const quick = await watch('r1', {}, query);
    for (const client of [slow, quick]) await client.nextData();
    await run.feeds(1);
    slow.stopReading();
    // More than the buffers of the connection.
    for (let change = 1; change <= 16; change += 1) {
      replies.run = record({ outputs: String(change).padEnd(1_000_000, 'x') });
      await run.poll(1, TTL_MS);
      await quick.nextData();
    }
    replies.run = record({ outputs: 'secret' });
    await run.poll(1, TTL_MS);
    expect(await quick.nextData()).toMatchObject({ runUpdated: { run: { outputs: 'secret' } } });
    replies = { run: DENIED, steps: DENIED };
    await run.poll(0, TTL_MS);
    expect(await quick.nextErrorCode()).toBe('UNAUTHENTICATED');
    slow.goOnReading();
    let frame = await slow.next();
    while (frame.type === 'next') {
      expect((frame.payload as { data: Json }).data).not.toMatchObject({ runUpdated: { run: { outputs: 'secret' } } });
      frame = await slow.next();
    }
    expect(frame).toMatchObject({ type: 'error', errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('cancels the pending poll when the last subscriber leaves', async () => {
    const [one, other] = [await watching(), await watching()];
    replies = { run: () => new Promise(() => undefined), steps: list(A) };
    const called = Promise.withResolvers<Call>();
    const { script } = run.upstream;
    run.upstream.script = (call) => {
      if (call.endpoint === 'run') called.resolve(call);
      return script(call);
    };
    run.clock.advance(TTL_MS);
    const { cut } = await called.promise;
    one.leave();
    other.leave();
    await cut;
    await run.feeds(0);
  });
});

describe('a run just started through the gateway', () => {
  beforeEach(async () => {
    await start({ UPSTREAM_ENDPOINTS: 'steps,run,execute' });
    replies = { execute: { json: { run_id: 'started' } } };
    await run.gateway.query('mutation { executeWorkflow(workflowId: "wf") { message } }');
  });

  /** Waits until each poll has found nothing and the next one is due in a second. */
  async function passSeconds(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) await run.poll(1, 1000);
  }

  it('is polled every second until the upstream finds it', async () => {
    const client = await watch('started');
    await run.feeds(1);
    await passSeconds(8);
    expect(polls()).toBe(9);
    replies = { run: record({ id: 'started' }), steps: list(A) };
    await passSeconds(1);
    expect(await client.nextData()).toEqual(event(1));
  });

  it('is not polled after its subscriber left', async () => {
    const { script } = run.upstream;
    run.upstream.script = (call) => (call.runId === 'known' ? { json: [wireRun('known')] } : script(call));
    // A 404 is cached only for a key whose right is proven.
    await run.gateway.query('{ run(workflowId: "wf", id: "known") { status } }');
    const before = polls();
    const client = await watch('started');
    await run.feeds(1);
    await passSeconds(1);
    client.leave();
    await run.feeds(0);
    run.clock.advance(5000);
    await run.gateway.query('{ __typename }');
    expect(polls() - before).toBe(2);
  });
});
