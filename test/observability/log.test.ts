import { afterEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { subscribe } from '../harness/live-client.ts';
import { captureLog, rowsOf, wordsIn, type CapturedLog } from '../harness/observed.ts';

const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';

describe('the log', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let log: CapturedLog;

  const start = async (level: string) => {
    upstream = await startFaultyUpstream();
    log = captureLog(level);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { logger: log.logger });
  };

  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('has one line for each executed operation, and none at info for a response cache hit', async () => {
    await start('info');
    for (let time = 0; time < 3; time += 1) await gateway.query(RUN);
    expect(log.operations).toMatchObject([
      { level: 30, transport: 'http', operationName: 'StatusOfRun', operationType: 'query', outcome: 'ok' },
      { level: 30, operationName: 'StatusOfRun', cache: 'held', upstreamCalls: 0 },
    ]);
    expect(log.operations[0]).toMatchObject({ cache: 'fetched', upstreamCalls: 1 });
    const [first, second] = log.operations;
    expect(first?.queryHash).toMatch(/^[\da-f]{64}$/);
    expect(second?.queryHash).toBe(first?.queryHash);
    expect(second?.viewer).toBe(first?.viewer);
  });

  it('has a line at debug for a response cache hit, with the fields that the docs mark', async () => {
    await start('debug');
    for (let time = 0; time < 3; time += 1) await gateway.query(RUN);
    const ready = log.operations.find(({ cache }) => cache === 'ready');
    const marked = rowsOf('Log').filter(([, meaning]) => meaning?.startsWith('¹'));
    expect(ready).toMatchObject({ level: 20, outcome: 'ok', transport: 'http' });
    expect(Object.keys(ready ?? {}).sort()).toEqual(marked.flatMap(([field]) => wordsIn(field)).sort());
  });

  it('has the fields that the docs list, and no others', async () => {
    await start('info');
    await gateway.query(RUN);
    await gateway.query('{ nothing }');
    const client = await subscribe(
      'graphql-sse',
      gateway.url,
      'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }',
    );
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    const fields = new Set(log.operations.flatMap((line) => Object.keys(line)));
    // Tracing is off here; traces.test.ts covers `traceId`.
    const listed = rowsOf('Log')
      .flatMap(([field]) => wordsIn(field))
      .filter((field) => field !== 'traceId');
    expect([...fields].sort()).toEqual(listed.sort());
    expect(log.operations.at(-1)).toMatchObject({ operationType: 'subscription', events: 1, transport: 'graphql-sse' });
  });

  it('warns of errors of a client or of the upstream', async () => {
    await start('info');
    await gateway.query('{ nothing }');
    upstream.script = () => ({ status: 500 });
    await gateway.query(RUN);
    expect(log.operations).toMatchObject([
      { level: 40, outcome: 'client_error', operationName: null, errorCodes: ['GRAPHQL_VALIDATION_FAILED'] },
      { level: 40, outcome: 'upstream_error', operationName: 'StatusOfRun', errorCodes: ['UPSTREAM_UNAVAILABLE'] },
    ]);
  });
});
