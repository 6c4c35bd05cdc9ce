/** An upstream of an embedder: functions in place of UPSTREAM_URL. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkUpstream, createServer, UpstreamError, type Upstream } from 'stepgate';
import { optionsOf, startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const RUN =
  '{ run(workflowId: "wf", id: "r1") { status totalElapsedTime freshness { isStale } steps { id outputs } } }';

const log = captureLog('warn');
let gateway: TestGateway | undefined;
afterEach(() => gateway?.close());

type Call = Exclude<keyof Upstream, 'name'>;
/** They may answer anything. */
type Functions = {
  readonly [Name in Call]?: (...call: Parameters<NonNullable<Upstream[Name]>>) => Promise<object>;
};

async function start(functions: Functions, environment: Record<string, string> = {}) {
  const upstream = { name: 'engine', steps: () => Promise.resolve([wireStep()]), ...functions } as Upstream;
  const started = await startGateway({ env: environment, upstream, logger: log.logger });
  gateway = started;
  return { url: started.url, query: (document: string) => started.query(document) };
}

const fail = (error: Error) => () => Promise.reject(error);

describe('an upstream of functions', () => {
  it.each([
    ['values', (json: object) => json],
    ['bytes', (json: object) => Buffer.from(JSON.stringify(json))],
  ])('answers all five calls by %s', async (_, form) => {
    const asked: unknown[] = [];
    const answer = (json: object) => (of: object) => {
      asked.push('credential' in of ? {} : of);
      return Promise.resolve(form(json));
    };
    const { query } = await start({
      steps: answer([wireStep()]),
      run: answer([wireRun('r1')]),
      runs: answer([wireRun('r1')]),
      workflows: answer([wireWorkflow('wf')]),
      execute: answer({ run_id: 'r2', message: 'started' }),
    });
    const { data, errors } = await query(
      `{ workflows { nodes { id runs(first: 1) { nodes { status steps { nodeId tokenUsage { counts { totalTokens } } } } } } } }`,
    );
    expect(errors).toEqual([]);
    const steps = [{ nodeId: 'model_1', tokenUsage: { counts: { totalTokens: 150 } } }];
    expect(data).toEqual({ workflows: { nodes: [{ id: 'wf', runs: { nodes: [{ status: 'COMPLETED', steps }] } }] } });
    const started = await query('mutation { executeWorkflow(workflowId: "wf", inputs: { a: 1 }) { run { id } } }');
    expect(started.data).toEqual({ executeWorkflow: { run: { id: 'r2' } } });
    expect(asked.slice(0, 4)).toEqual([
      {},
      { workflowId: 'wf', offset: 0, limit: expect.any(Number) },
      { workflowId: 'wf', runId: 'r1' },
      { workflowId: 'wf', inputs: { a: 1 } },
    ]);
  });

  it('disables calls without a function', async () => {
    const { query } = await start({});
    const { data, errors } = await query('{ run(workflowId: "wf", id: "r1") { status } workflows { nodes { id } } }');
    expect(data).toEqual({ run: { status: 'COMPLETED' }, workflows: null });
    expect(codesOf({ errors })).toEqual(['UPSTREAM_ENDPOINT_DISABLED']);
  });

  it.each<readonly [string, Error, string, number]>([
    ['401', new UpstreamError(401), 'UNAUTHENTICATED', 1],
    ['403', new UpstreamError(403), 'FORBIDDEN', 1],
    ['404', new UpstreamError(404), 'NOT_FOUND', 1],
    ['429', new UpstreamError(429, 'secret', { retryAfterSeconds: 600 }), 'RATE_LIMITED', 1],
    ['500', new UpstreamError(500, 'secret'), 'UPSTREAM_UNAVAILABLE', 1],
    ['503', new UpstreamError(503, 'secret'), 'UPSTREAM_UNAVAILABLE', 3],
    ['another error', new Error('secret'), 'UPSTREAM_UNAVAILABLE', 3],
    ['a failed fetch', new TypeError('fetch failed', { cause: new Error('secret') }), 'UPSTREAM_UNAVAILABLE', 3],
    ['a TypeError', new TypeError('secret'), 'INTERNAL_SERVER_ERROR', 1],
    ['a RangeError', new RangeError('secret'), 'INTERNAL_SERVER_ERROR', 1],
  ])('may fail with %s', async (_, error, code, attempts) => {
    let calls = 0;
    const steps = () => {
      calls += 1;
      throw error;
    };
    const answer = await (await start({ steps })).query(RUN);
    expect(codesOf(answer)).toEqual([code]);
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(calls).toBe(attempts);
  });

  it('limits the status of an UpstreamError to 400 to 599', () => {
    for (const status of [400, 599]) expect(new UpstreamError(status).status).toBe(status);
    for (const status of [200, 399, 600, 404.5, NaN]) expect(() => new UpstreamError(status)).toThrow(RangeError);
  });

  it('logs errors other than an UpstreamError', async () => {
    for (const error of [new Error('the database is gone'), new TypeError('engine is undefined')]) {
      const { query } = await start({ steps: fail(error) });
      await query(RUN);
      expect(log.text).toContain(error.message);
      await gateway?.close();
    }
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['is too large', [wireStep({ outputs: 'x'.repeat(2000) })], /at most 1024 bytes/],
    ['is bytes of another text', Buffer.from('<html>'), /is an HTML page, not JSON/],
    ['cannot be written', [{ id: 1n }], /cannot be serialized as JSON\.$/],
    ['is nothing', undefined, /is empty, not JSON/],
    ['is of another kind', {}, /expected array at \$, got object/],
  ])('is rejected if its response %s', async (_, answer, message) => {
    const { query } = await start(
      { steps: () => Promise.resolve(answer as object) },
      { UPSTREAM_MAX_RESPONSE_BYTES: '1024' },
    );
    const { errors } = await query(RUN);
    expect(codesOf({ errors })).toEqual(['UPSTREAM_CONTRACT_VIOLATION']);
    expect(errors[0]?.message).toMatch(message);
  });

  it('copies bytes that their owner may overwrite', async () => {
    const bytes = Buffer.from(JSON.stringify([wireStep({ outputs: 'first' })]));
    const { query } = await start({ steps: () => Promise.resolve(bytes), run: () => Promise.resolve([wireRun('r1')]) });
    await query('{ run(workflowId: "wf", id: "r1") { steps { id } } }');
    bytes.fill(0);
    expect((await query(RUN)).data).toMatchObject({ run: { steps: [{ outputs: 'first' }] } });
  });

  it('is awaited until UPSTREAM_TIMEOUT_MS, then its signal fires', async () => {
    const reasons: unknown[] = [];
    const steps: Upstream['steps'] = (_ref, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      return new Promise<never>(() => undefined);
    };
    const { query } = await start({ steps }, { UPSTREAM_TIMEOUT_MS: '20' });
    expect(codesOf(await query(RUN))).toEqual(['UPSTREAM_TIMEOUT']);
    expect(reasons).toEqual([expect.objectContaining({ code: 'UPSTREAM_TIMEOUT' })]);
  });

  it('starts a run once, and reports an unknown outcome', async () => {
    let calls = 0;
    const execute = () => {
      calls += 1;
      return Promise.reject(new UpstreamError(503));
    };
    const answer = await (
      await start({ execute })
    ).query('mutation { executeWorkflow(workflowId: "wf") { run { id } } }');
    expect(answer.errors[0]?.message).toContain('The run may have started');
    expect(calls).toBe(1);
  });
});

describe('STATUS_WORDS', () => {
  it('applies to runs, steps, filters, statistics and groups', async () => {
    const words: Record<string, string> = { r3: 'on-hold', r2: 'crashed', r1: 'crashed' };
    const record = (runId: string) => wireRun(runId, { status: words[runId], error: 'no 7' });
    const { query } = await start(
      {
        steps: ({ runId }) => Promise.resolve([wireStep({ status: words[runId], error: 'no 7' })]),
        run: ({ runId }) => Promise.resolve([record(runId)]),
        runs: () => Promise.resolve(Object.keys(words).map(record)),
      },
      { STATUS_WORDS: 'crashed:FAILED, on hold:RUNNING' },
    );
    const { data, errors } = await query(`{ workflow(id: "wf") {
      runs(first: 5, filter: { status: [FAILED] }) { nodes { id status rawStatus failedSteps { status rawStatus } } }
      statistics { failedCount finishedCount }
      failureGroups { nodes { runs { id } } }
    } }`);
    expect(errors).toEqual([]);
    const failed = { status: 'FAILED', rawStatus: 'crashed' };
    expect(data).toEqual({
      workflow: {
        runs: { nodes: ['r2', 'r1'].map((id) => ({ id, ...failed, failedSteps: [failed] })) },
        statistics: { failedCount: 2, finishedCount: 2 },
        failureGroups: { nodes: [{ runs: [{ id: 'r1' }, { id: 'r2' }] }] },
      },
    });
    expect(log.text).not.toContain('steps[].status');
  });
});

describe('the option upstream', () => {
  const steps = () => Promise.resolve([]);
  const upstream: Upstream = { name: 'engine', steps };

  it('replaces UPSTREAM_URL in production', async () => {
    const started = await createServer({ ...optionsOf({ NODE_ENV: 'production' }), upstream });
    await started.close();
    await expect(createServer({ ...optionsOf({ UPSTREAM_URL: 'http://localhost' }), upstream })).rejects.toThrow(
      'upstreamUrl must not be set when the option upstream is set.',
    );
  });

  class Engine {
    readonly name = 'engine';
    readonly steps = steps;
    excute() {
      return Promise.resolve({});
    }
    close() {
      return undefined;
    }
  }
  it.each<readonly [object, string]>([
    [{ steps }, 'upstream.name must be a non-empty string, got undefined.'],
    [{ ...upstream, name: '' }, 'upstream.name must be a non-empty string, got string.'],
    [{ name: 'engine' }, 'upstream.steps must be a function, got undefined.'],
    [{ ...upstream, runs: 1 }, 'upstream.runs must be a function, or omitted, got number.'],
    [{ name: 'engine', step: steps }, 'Unknown upstream function step. Did you mean steps?'],
    [{ ...upstream, run: steps, rusn: steps }, 'Unknown upstream function rusn. Did you mean runs?'],
    [{ ...upstream, workFlow: steps }, 'Unknown upstream function workFlow. Did you mean workflows?'],
    [new Engine(), 'Unknown upstream function excute. Did you mean execute?'],
  ])('rejects %j by the name of its member', async (wrong, sentence) => {
    const refused = createServer({ ...optionsOf(), upstream: wrong as Upstream });
    await expect(refused).rejects.toThrow(sentence);
  });
});

describe('checkUpstream', () => {
  const step = { id: 's', node_id: 'model', status: 'completed', start_time: '2026-12-01T10:00:00Z', end_time: null };
  const upstream: Upstream = {
    name: 'engine',
    steps: () => Promise.resolve([step]),
    run: () => Promise.resolve([{ id: 'r1', status: 'completed' }]),
  };
  const of = { credential: 'k', workflowId: 'wf', runId: 'r1' };

  it('reports which calls work, and which deviate from the contract', async () => {
    const { isGood, report } = await checkUpstream(upstream, of);
    expect(report).toContain('Upstream: the option upstream, engine');
    expect(report).toMatch(/steps +GET workflows.*works: 1 step/);
    expect(isGood).toBe(true);
    const wrong = { ...upstream, steps: () => Promise.resolve([{ ...step, start_time: 'yesterday' }]) };
    const found = await checkUpstream(wrong, of);
    expect(found.report).toContain('start_time: expected');
    expect(found.isGood).toBe(false);
  });

  it('starts a run only with inputs, and reports what the function throws', async () => {
    const started: unknown[] = [];
    const execute: Upstream['execute'] = (start) => {
      started.push(start);
      return Promise.reject(new UpstreamError(403));
    };
    await checkUpstream({ ...upstream, execute }, of);
    expect(started).toEqual([]);
    const { report } = await checkUpstream({ ...upstream, execute }, { ...of, inputs: { order: 7 } });
    expect(started).toEqual([{ workflowId: 'wf', inputs: { order: 7 } }]);
    expect(report).toMatch(/execute.*FAILED/);
  });
});
