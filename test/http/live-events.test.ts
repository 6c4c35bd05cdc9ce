import { beforeEach, describe, expect, it } from '@jest/globals';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe, type Subscribing, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { captureLog, scrape } from '../harness/observed.ts';
import { until } from '../harness/until.ts';

const RUN = `subscription Live($id: ID = "r1") {
  runUpdated(workflowId: "wf", id: $id) { run { status stepCounts { total } freshness { isFinal isStale staleReason } } }
}`;

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('a run watched over %s', (transport) => {
  const run = perTest(new LiveRun());
  const keep = cutAfterTest<LiveClient>();
  const watch = async (query = RUN, options: Subscribing = {}): Promise<LiveClient> =>
    keep(await subscribe(transport, run.gateway.url, query, options));

  const event = (steps: number, { status = 'RUNNING', isFinal = false } = {}) => ({
    runUpdated: {
      run: { status, stepCounts: { total: steps }, freshness: { isFinal, isStale: false, staleReason: null } },
    },
  });

  it('is sent at once, after each change, and finally', async () => {
    const client = await watch();
    expect(await client.nextData()).toEqual(event(1));
    await run.feeds(1);
    await run.poll();
    run.steps = 2;
    await run.poll();
    expect(await client.nextData()).toEqual(event(2));
    await run.poll();
    run.steps = 3;
    await run.poll();
    // Polls without a change sent no event, or it would be here.
    expect(await client.nextData()).toEqual(event(3));
    run.status = 'completed';
    await run.poll(0);
    expect(await client.nextData()).toEqual(event(3, { status: 'COMPLETED', isFinal: true }));
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('is sent once if it has ended, then completes without more polls', async () => {
    run.status = 'failed';
    const client = await watch();
    expect(await client.nextData()).toEqual(event(1, { status: 'FAILED', isFinal: true }));
    expect(await client.next()).toEqual({ type: 'complete' });
    await run.feeds(0);
    run.clock.advance(60_000);
    const again = await watch();
    expect(await again.nextData()).toEqual(event(1, { status: 'FAILED', isFinal: true }));
    expect(await again.next()).toEqual({ type: 'complete' });
    expect([run.upstream.count('run'), run.upstream.count('steps')]).toEqual([1, 1]);
  });

  it('is polled once for all subscribers, sharing data with queries', async () => {
    const watching = [await watch(), await watch(), await watch()];
    for (const client of watching) await client.nextData();
    await run.feeds(1);
    for (let steps = 2; steps <= 5; steps++) {
      run.steps = steps;
      await run.poll();
      for (const client of watching) expect(await client.nextData()).toEqual(event(steps));
      const { data } = await run.gateway.query('{ run(workflowId: "wf", id: "r1") { stepCounts { total } } }');
      expect(data).toEqual({ run: { stepCounts: { total: steps } } });
    }
    expect([run.upstream.count('run'), run.upstream.count('steps')]).toEqual([5, 5]);
  });

  it('is not polled after the last subscriber left', async () => {
    const [one, another] = [await watch(), await watch()];
    await one.nextData();
    await another.nextData();
    await run.feeds(1);
    one.leave();
    await one.next();
    await run.poll();
    another.cut();
    await run.feeds(0);
    const before = run.upstream.calls.length;
    run.clock.advance(60_000);
    // A poll would have called the upstream before this answer.
    await run.gateway.query('{ __typename }');
    expect(run.upstream.calls).toHaveLength(before);
  });

  it('loads only the record if nothing else is selected', async () => {
    const client = await watch('subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }');
    expect(await client.nextData()).toEqual({ runUpdated: { run: { status: 'RUNNING' } } });
    expect([run.upstream.count('run'), run.upstream.count('steps')]).toEqual([1, 0]);
  });

  it('reads the clock once for each event', async () => {
    const client = await watch(`subscription {
      runUpdated(workflowId: "wf", id: "r1") { run {
        timing { wallClockMs } timeline { durationMs } progress { finished total isTotalKnown }
        workflow { id run(id: "r1") { timing { wallClockMs } } }
      } }
    }`);
    const started = Date.parse('2025-03-13T02:41:15.144Z') + 0.47;
    for (let steps = 1; steps <= 3; steps++) {
      const wallClockMs = expect.closeTo(run.clock.now() - started, 0) as unknown;
      expect(await client.nextData()).toEqual({
        runUpdated: {
          run: {
            timing: { wallClockMs },
            timeline: { durationMs: wallClockMs },
            progress: { finished: 1, total: 1, isTotalKnown: false },
            workflow: { id: 'wf', run: { timing: { wallClockMs } } },
          },
        },
      });
      await run.feeds(1);
      run.steps = steps + 1;
      await run.poll();
    }
  });

  it.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
  ])('ends with the error if the upstream returns %i', async (status, code) => {
    const client = await watch();
    await client.nextData();
    await run.feeds(1);
    run.reply = { status };
    await run.poll(0);
    expect(await client.nextErrorCode()).toBe(code);
    const late = await watch();
    expect(await late.nextErrorCode()).toBe(code);
    await run.feeds(0);
    // Nothing is left that was cached for this key or this run.
    run.clock.advance(2000);
    const { errors } = await run.gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  it("uses the rights of the subscriber's own key", async () => {
    const mine = await watch(RUN, { key: 'key-1' });
    await mine.nextData();
    await run.feeds(1);
    const { script } = run.upstream;
    run.upstream.script = (call) => (call.key === 'key-2' ? { status: 404 } : script(call));
    const theirs = await watch(RUN, { key: 'key-2' });
    expect(await theirs.nextErrorCode()).toBe('NOT_FOUND');
    run.upstream.script = script;
    run.clock.advance(1000);
    const theirsToo = await watch(RUN, { key: 'key-2' });
    await theirsToo.nextData();
    await run.feeds(2);
    run.steps = 2;
    const calls = run.upstream.calls.length;
    await run.poll(2);
    for (const client of [mine, theirsToo]) expect(await client.nextData()).toEqual(event(2));
    expect(
      run.upstream.calls
        .slice(calls)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['key-1', 'key-1', 'key-2', 'key-2']);
  });

  it('ends with one error if thousands of fields of an event fail', async () => {
    run.steps = 5001;
    const client = await watch(
      'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { outputs(path: "[") } } } }',
    );
    const errors = [{ extensions: { code: 'ANSWER_TOO_LARGE' } }];
    expect(await client.next()).toMatchObject({ type: 'next', payload: { data: null, errors } });
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('gives an error of a shared event each request id', async () => {
    const log = captureLog('info');
    await run.restart({ logger: log.logger });
    const query =
      'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status steps { outputs(path: "[") } } } }';
    const clients = [await watch(query), await watch(query)];
    const requestIds = await Promise.all(
      clients.map(async (client) => {
        const frame = await client.next();
        const [error] = frame.type === 'next' ? (frame.payload.errors ?? []) : [];
        expect(error?.extensions.code).toBe('BAD_USER_INPUT');
        return error?.extensions.requestId;
      }),
    );
    expect(new Set(requestIds).size).toBe(2);
    await run.feeds(1);
    for (const client of clients) client.leave();
    await until(() => log.operations.length === 2);
    expect(new Map(log.operations.map(({ requestId, errorCodes }) => [requestId, errorCodes]))).toEqual(
      new Map(requestIds.map((id) => [id, ['BAD_USER_INPUT']])),
    );
    const errors = (await scrape(run.gateway.url)).value('stepgate_operation_errors_total', { code: 'BAD_USER_INPUT' });
    expect(errors).toBe(2);
  });
});

describe('an event', () => {
  let executions = 0;
  const keep = cutAfterTest<LiveClient>();
  const execution = { requirement: 'RECORD', calls: 0, resolve: () => (executions += 1) } as const;
  const extension = { typeDefs: 'extend type Run { execution: Int }', fields: { Run: { execution } } };
  const run = perTest(new LiveRun({ extension }));
  beforeEach(() => {
    executions = 0;
  });

  /** The number of the execution that the first event of a new subscriber comes from. */
  async function executionFor(fields: string, options: Subscribing = {}, clients: LiveClient[] = []): Promise<number> {
    const query = `subscription Live { runUpdated(workflowId: "wf", id: "r1") { run { ${fields} } } }`;
    const client = keep(await subscribe('graphql-sse', run.gateway.url, query, options));
    clients.push(client);
    const { runUpdated } = (await client.nextData()) as { runUpdated: { run: { execution: number } } };
    return runUpdated.run.execution;
  }

  it('is computed once per second for equal selection, state and key', async () => {
    const fields = 'execution steps { id }';
    expect([await executionFor(fields), await executionFor(fields)]).toEqual([1, 1]);
    expect(await executionFor(`${fields} id`)).toBe(2);
    expect(await executionFor(fields, { key: 'key-2' })).toBe(3);
    expect(await executionFor(fields)).toBe(1);
    run.clock.advance(1001);
    expect(await executionFor(fields)).toBe(4);
    expect(executions).toBe(4);
  });

  it('is computed again for each new state', async () => {
    const fields = 'execution steps { id }';
    const clients: LiveClient[] = [];
    for (let time = 0; time < 2; time += 1) expect(await executionFor(fields, {}, clients)).toBe(1);
    run.steps = 2;
    await run.feeds(1);
    await run.poll();
    for (const client of clients)
      expect(await client.nextData()).toMatchObject({ runUpdated: { run: { execution: 2 } } });
  });

  it('is cached for others up to 8 Mi characters in all', async () => {
    run.outputs = 'x'.repeat(2 ** 20);
    const fieldsOf = (number: number) => `a${number}: id execution steps { outputs }`;
    for (let number = 1; number <= 9; number += 1) expect(await executionFor(fieldsOf(number))).toBe(number);
    expect(await executionFor(fieldsOf(9))).toBe(9);
    expect(await executionFor(fieldsOf(1))).toBe(10);
  });
});
