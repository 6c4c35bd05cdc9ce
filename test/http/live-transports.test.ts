/** Rules of both transports of events. */
import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, type SocketClient, subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { scrape } from '../harness/observed.ts';
import { until } from '../harness/until.ts';
import type { Call } from '../harness/upstream.ts';
import { wireWorkflow } from '../harness/wire.ts';

const RUN = 'subscription Live($id: ID = "r1") { runUpdated(workflowId: "wf", id: $id) { run { status } } }';
const RUNNING = { type: 'next', payload: { data: { runUpdated: { run: { status: 'RUNNING' } } } } };
const LARGE = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { outputs } } } }';
const LARGE_QUERY = '{ run(workflowId: "wf", id: "r1") { steps { outputs } } }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { __typename } }';
const STARTED = {
  type: 'next',
  payload: { data: { executeWorkflow: { __typename: 'ExecuteWorkflowPayload' } } },
};
const COMPLETE = { type: 'complete' };

const isSocket = (client: LiveClient): client is SocketClient => 'roundTrip' in client;

/** Each request has its own id. */
const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/"requestId":"[0-9a-f-]{36}(?:\.\d+)?"/g, '"requestId":""'));

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('%s', (transport) => {
  const run = perTest(new LiveRun());
  const keep = cutAfterTest<LiveClient>();
  const start = (env: Environment) => run.restart({ env });
  const ask = async (query: string, options: Parameters<typeof subscribe>[3] = {}): Promise<LiveClient> =>
    keep(await subscribe(transport, run.gateway.url, query, options));
  const subscribers = async () => (await scrape(run.gateway.url)).counts('stepgate_subscribers')[transport] ?? 0;

  it('executes queries and mutations as over HTTP', async () => {
    await start({ UPSTREAM_ENDPOINTS: 'steps,run,execute' });
    const { script } = run.upstream;
    run.upstream.script = (call) =>
      call.endpoint === 'execute' ? { json: { message: 'started', run_id: 'r9' } } : script(call);
    for (const query of [
      '{ run(workflowId: "wf", id: "r1") { status totalElapsedTime steps { id } } }',
      '{ run(workflowId: "..", id: "r1") { status } workflow(id: "wf") { id name } }',
      'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }',
      '{ __schema { subscriptionType { name } } }',
    ]) {
      const client = await ask(query);
      const { data, errors } = await run.gateway.query(query);
      const expected = errors.length > 0 ? { data, errors } : { data };
      expect(withoutIds(await client.next())).toEqual(withoutIds({ type: 'next', payload: expected }));
      expect(await client.next()).toEqual(COMPLETE);
    }
  });

  it('names the field in the error that ends a subscription', async () => {
    run.reply = { status: 404 };
    const client = await ask('subscription { mine: runUpdated(workflowId: "wf", id: "r1") { run { status } } }');
    const extensions = { code: 'NOT_FOUND', retryable: false, upstreamStatus: 404 };
    expect(await client.next()).toMatchObject({ type: 'error', errors: [{ path: ['mine'], extensions }] });
  });

  it('sends large responses and large events completely and in order', async () => {
    run.outputs = 'é"'.repeat(400_000);
    const steps = [{ outputs: run.outputs }];
    const query = await ask(LARGE_QUERY);
    expect([await query.nextData(), await query.next()]).toEqual([{ run: { steps } }, COMPLETE]);
    const client = await ask(LARGE);
    expect(await client.nextData()).toEqual({ runUpdated: { run: { steps } } });
    await run.feeds(1);
    run.outputs = 'short';
    await run.poll();
    expect(await client.nextData()).toEqual({ runUpdated: { run: { steps: [{ outputs: 'short' }] } } });
  });

  it('sends bytes every 10 s, so proxies keep the connection open', async () => {
    const client = await ask(RUN);
    expect(await client.next()).toEqual(RUNNING);
    const before = client.bytesRead();
    run.clock.advance(10_000);
    await until(() => client.bytesRead() > before);
    expect(client.waiting).toBe(0);
  });

  /** A stream opens with its answer, so its client leaves before it is open. Returns how the client leaves. */
  async function askAndLeave(query: string, go: 'leave' | 'cut' = 'leave'): Promise<() => void> {
    if (transport === 'graphql-ws') {
      const client = await ask(query);
      return () => {
        client[go]();
      };
    }
    const leaving = new AbortController();
    const headers = { authorization: 'Bearer key-1' };
    const url = `${run.gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`;
    fetch(url, { headers, signal: leaving.signal }).catch(() => undefined);
    return () => {
      leaving.abort();
    };
  }

  it.each(['leave', 'cut'] as const)(
    'aborts the upstream calls of a query when its client disconnects: %s',
    async (go) => {
      const calls: Call[] = [];
      run.upstream.script = async (call) => {
        calls.push(call);
        await call.cut;
        return {};
      };
      const leave = await askAndLeave('{ run(workflowId: "wf", id: "r1") { status } }', go);
      await until(() => calls.length === 1);
      leave();
      await calls[0]?.cut;
    },
  );

  it('starts no poller for a client that leaves during the workflow list', async () => {
    await start({ UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows' });
    const { script } = run.upstream;
    run.upstream.script = (call) => (call.endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : script(call));
    const release = run.upstream.holdCalls(({ endpoint }) => endpoint === 'workflows');
    const called = run.upstream.nextCall();
    const leave = await askAndLeave('subscription { runsUpdated { runs { id } } }');
    await called;
    leave();
    await until(async () => (await subscribers()) === 0);
    release();
    await run.gateway.query('{ run(workflowId: "wf", id: "another") { status } }');
    expect([run.upstream.count('workflows'), run.upstream.count('runs')]).toEqual([1, 0]);
    expect((await scrape(run.gateway.url)).value('stepgate_pollers')).toBe(0);
  });

  describe('a gateway that stops', () => {
    const closed = { type: 'closed', code: transport === 'graphql-ws' ? 1001 : 0 };

    it('ends subscriptions after a pending mutation completes', async () => {
      await start({ UPSTREAM_ENDPOINTS: 'steps,run,execute' });
      const { script } = run.upstream;
      run.upstream.script = (call) => (call.endpoint === 'execute' ? { json: { run_id: 'new' } } : script(call));
      const release = run.upstream.holdCalls(({ endpoint }) => endpoint === 'execute');
      const watching = await ask(RUN);
      expect(await watching.next()).toEqual(RUNNING);
      const asked = ask(MUTATION);
      await until(() => run.upstream.count('execute') === 1);
      // A stream opens with its answer.
      const busy = transport === 'graphql-ws' ? await asked : null;
      if (busy && isSocket(busy)) {
        busy.subscribe({ query: RUN }, 'watch');
        expect(await busy.next()).toEqual(RUNNING);
      }
      const stopped = run.gateway.close();
      if (transport === 'graphql-sse') expect(await watching.next()).toEqual(COMPLETE);
      expect(await watching.next()).toEqual(closed);
      if (busy && isSocket(busy)) {
        busy.subscribe({ query: MUTATION }, 'late');
        busy.ping('read');
        await until(() => busy.pongs.length === 1);
      }
      release();
      const answered = await asked;
      expect([await answered.next(), await answered.next(), await answered.next()]).toEqual([
        STARTED,
        COMPLETE,
        closed,
      ]);
      await stopped;
      expect([run.upstream.count('execute'), run.clock.pending]).toEqual([1, []]);
    });
  });
});
