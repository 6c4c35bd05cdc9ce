import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway, type Json, type TestGateway } from '../harness/gateway.ts';
import { subscribe, type LiveClient, type Transport } from '../harness/live-client.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const TOO_DEEP = 10_000;

/** `JSON.stringify` can't write what is nested so deep: each `"<n levels>"` is replaced in the text. */
const deep = (levels: number): string => `<${levels} levels>`;
const replyOf = (json: unknown): Reply => ({
  raw: JSON.stringify(json).replaceAll(/"<(\d+) levels>"/g, (_, levels) => nested(Number(levels))),
});

describe('a payload that is nested 10,000 levels deep', () => {
  let clock: ManualClock;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let run: Wire;
  let steps: readonly Wire[];

  beforeEach(async () => {
    clock = createManualClock();
    run = wireRun('r1');
    steps = ['s1', 's2', 's3'].map((id) => wireStep({ id, node_id: id }));
    upstream = await startFaultyUpstream(({ endpoint }) => {
      if (endpoint === 'run') return replyOf([run]);
      return endpoint === 'steps' ? replyOf(steps) : { status: 404 };
    });
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'run' },
      { now: clock.now, after: clock.after },
    );
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const errorOf = (field: string, path: readonly (string | number)[]) => ({
    message: `${field}: nested deeper than 200 levels`,
    path,
    extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION', retryable: false, requestId: expect.any(String) },
  });
  const STEPS = `{ run(workflowId: "wf", id: "r1") {
    status totalElapsedTime tokenUsage { totalTokens }
    steps { id status inputs(path: "input_data.order") outputs(path: "model") outputsSizeBytes metadata }
  } }`;
  const step = (id: string, fields: Readonly<Record<string, unknown>> = {}) => ({
    id,
    status: 'COMPLETED',
    inputs: 7,
    outputs: 'virtuoso-large',
    outputsSizeBytes: Buffer.byteLength(JSON.stringify(wireStep().outputs)),
    metadata: null,
    ...fields,
  });

  it.each(['the first time', 'from the cache', 'from a compiled or repeated operation'])(
    'is an error of its field alone, %s',
    async (which) => {
      steps = steps.map((each) => (each.id === 's2' ? { ...each, outputs: deep(TOO_DEEP) } : each));
      const turns = ['the first time', 'from the cache'].indexOf(which) + 1 || 5;
      for (let turn = 1; turn < turns; turn += 1) await gateway.query(STEPS);
      const { status, data, errors } = await gateway.query(STEPS);
      expect(status).toBe(200);
      expect(errors).toEqual([errorOf('outputs', ['run', 'steps', 1, 'outputs'])]);
      expect(data).toEqual({
        run: {
          status: 'COMPLETED',
          totalElapsedTime: 6,
          // The second step's tokens can't be read.
          tokenUsage: { totalTokens: 300 },
          steps: [step('s1'), step('s2', { outputs: null, outputsSizeBytes: 2 * TOO_DEEP }), step('s3')],
        },
      });
    },
  );

  it('is an error of inputs and metadata, too', async () => {
    steps = [wireStep({ inputs: { a: deep(TOO_DEEP) }, step_metadata: [deep(TOO_DEEP)] })];
    const { data, errors } = await gateway.query(
      '{ run(workflowId: "wf", id: "r1") { steps { inputs metadata inputsSizeBytes outputs(path: "model") } } }',
    );
    const at = (field: string) => ['run', 'steps', 0, field];
    expect(errors).toEqual([errorOf('inputs', at('inputs')), errorOf('metadata', at('metadata'))]);
    const expected = { inputs: null, metadata: null, inputsSizeBytes: 2 * TOO_DEEP + 6, outputs: 'virtuoso-large' };
    expect(data).toEqual({ run: { steps: [expected] } });
  });

  it('is no other than a number that JSON can not write: it would become null', async () => {
    steps = ['1e400', '-1e400', '1'].map((number, index) =>
      wireStep({ id: `s${index}`, outputs: { n: `#${number}#` } }),
    );
    upstream.script = ({ endpoint }) => {
      if (endpoint === 'run') return replyOf([run]);
      return { raw: JSON.stringify(steps).replaceAll(/"#(.*?)#"/g, '$1') };
    };
    const { data, errors } = await gateway.query('{ run(workflowId: "wf", id: "r1") { steps { id outputs } } }');
    const message = 'outputs: a number is beyond what a double holds';
    expect(errors).toEqual([0, 1].map((at) => ({ ...errorOf('outputs', ['run', 'steps', at, 'outputs']), message })));
    const outputs = [null, null, { n: 1 }];
    expect(data).toEqual({ run: { steps: outputs.map((each, index) => ({ id: `s${index}`, outputs: each })) } });
  });

  it("is an error of the run record's field alone", async () => {
    run = wireRun('r1', { outputs: deep(TOO_DEEP) });
    const query = '{ run(workflowId: "wf", id: "r1") { inputs outputs status steps { id } } }';
    const { data, errors } = await gateway.query(query);
    expect(errors).toEqual([errorOf('outputs', ['run', 'outputs'])]);
    const ids = ['s1', 's2', 's3'].map((id) => ({ id }));
    expect(data).toEqual({ run: { inputs: { order: 7 }, outputs: null, status: 'COMPLETED', steps: ids } });
  });

  it("leaves the run's inputs open where they would be read from it", async () => {
    steps = [wireStep({ inputs: { input_data: deep(TOO_DEEP) } })];
    upstream.script = ({ endpoint }) => (endpoint === 'steps' ? replyOf(steps) : { status: 404 });
    const { data, errors } = await gateway.query('{ run(workflowId: "wf", id: "r1") { inputs status } }');
    expect(errors).toEqual([errorOf('inputs', ['run', 'inputs'])]);
    expect(data).toEqual({ run: { inputs: null, status: 'COMPLETED' } });
  });

  it.each([
    ['nests what it finds', `${'['.repeat(60)}@${']'.repeat(60)}`, 'nested deeper than 200 levels'],
    ['writes such a number', '`[1e400]`', 'a number is beyond what a double holds'],
  ])('is no result of a path that %s', async (_, path, problem) => {
    steps = [wireStep({ outputs: deep(180) })];
    const { data, errors } = await gateway.query(
      'query ($path: String) { run(workflowId: "wf", id: "r1") { status steps { id outputs(path: $path) } } }',
      { variables: { path } },
    );
    expect(data).toEqual({ run: { status: 'COMPLETED', steps: [{ id: 'step-1', outputs: null }] } });
    expect(errors).toMatchObject([
      {
        message: `path: Invalid path: expected a result that is JSON: ${problem}`,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
  });

  it('is read down to 200 levels', async () => {
    steps = [200, 201].map((levels) => wireStep({ id: `${levels}`, outputs: deep(levels) }));
    const { data, errors } = await gateway.query('{ run(workflowId: "wf", id: "r1") { steps { outputs } } }');
    expect(errors).toEqual([errorOf('outputs', ['run', 'steps', 1, 'outputs'])]);
    expect(data).toEqual({ run: { steps: [{ outputs: JSON.parse(nested(200)) as Json }, { outputs: null }] } });
  });

  describe('of a run that is watched', () => {
    const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") {
      status inputs(path: "order") steps { id outputs(path: "model") }
    } }`;
    const eventOf = (ids: readonly string[], deepAt: number) => ({
      type: 'next',
      payload: {
        data: {
          runUpdated: {
            status: 'RUNNING',
            inputs: 7,
            steps: ids.map((id, index) => ({ id, outputs: index === deepAt ? null : 'virtuoso-large' })),
          },
        },
        errors: [errorOf('outputs', ['runUpdated', 'steps', deepAt, 'outputs'])],
      },
    });
    const poll = async (client: LiveClient) => {
      const calls = upstream.count('steps');
      while (upstream.count('steps') === calls) {
        clock.advance(5000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return client;
    };

    it.each<Transport>(['graphql-ws', 'graphql-sse'])('ends nothing over %s', async (transport) => {
      run = wireRun('r1', { status: 'running', end_time: null });
      steps = [wireStep({ id: 's1', outputs: deep(TOO_DEEP) })];
      const client = await subscribe(transport, gateway.url, WATCH);
      expect(await client.next()).toEqual(eventOf(['s1'], 0));
      // The same value again is no change.
      await poll(client);
      steps = [...steps, wireStep({ id: 's2', start_time: '2025-03-13T02:41:18Z', end_time: '2025-03-13T02:41:19Z' })];
      await poll(client);
      expect(await client.next()).toEqual(eventOf(['s1', 's2'], 0));
      expect(client.waiting).toBe(0);
      client.leave();
    });
  });
});
