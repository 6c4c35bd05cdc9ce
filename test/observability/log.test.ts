import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Environment, postTo, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { type CapturedLog, captureLog, rowsOf, wordsIn } from '../harness/observed.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const CLIENT = { 'apollographql-client-name': 'web', 'apollographql-client-version': '7' };
const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';

describe('the log', () => {
  let log: CapturedLog;
  const upstream = perTest(new ScriptedUpstream());
  beforeEach(() => {
    log = captureLog('info');
  });
  const gateway = perTest(new TestGateway(() => ({ upstream, logger: log.logger })));
  const restart = async (env: Environment = {}) => {
    log = captureLog('debug');
    await gateway.restart({ env, logger: log.logger });
  };

  it('has one line per executed operation, and cache hits below info', async () => {
    for (let time = 0; time < 3; time += 1) await gateway.query(RUN);
    expect(log.operations).toMatchObject([
      {
        level: 30,
        transport: 'http',
        'graphql.operation.name': 'StatusOfRun',
        'graphql.operation.type': 'query',
        outcome: 'ok',
      },
      { level: 30, 'graphql.operation.name': 'StatusOfRun', cache: 'hit', upstreamCalls: 0 },
    ]);
    expect(log.operations[0]).toMatchObject({ cache: 'fetched', upstreamCalls: 1 });
    const [first, second] = log.operations;
    expect(first?.queryHash).toMatch(/^[\da-f]{64}$/);
    expect(second?.queryHash).toBe(first?.queryHash);
    expect(second?.viewer).toBe(first?.viewer);
  });

  it('has the first 100 characters of an operation name', async () => {
    const name = 'N'.repeat(101);
    await gateway.query(RUN.replace('StatusOfRun', name));
    expect(log.operations).toMatchObject([{ 'graphql.operation.name': name.slice(0, 100) }]);
  });

  it('has a response cache hit at debug, with the documented fields', async () => {
    await restart();
    for (let time = 0; time < 3; time += 1) await postTo(gateway.url, { query: RUN }, { headers: CLIENT });
    const ready = log.operations.find(({ cache }) => cache === 'response');
    const marked = rowsOf('Log').filter(([, meaning]) => meaning?.startsWith('¹'));
    const clientNames = { clientName: 'web', clientVersion: '7' };
    expect(ready).toMatchObject({ level: 20, outcome: 'ok', transport: 'http', ...clientNames });
    expect(Object.keys(ready ?? {}).sort()).toEqual(marked.flatMap(([field]) => wordsIn(field)).sort());
  });

  it('has exactly the documented fields, with the client of every transport', async () => {
    await restart({ TRUST_PROXY: '1' });
    const headers = { authorization: 'Bearer key-1', 'x-forwarded-for': '203.0.113.7' };
    for (const query of [RUN, RUN, RUN, '{ nothing }']) await postTo(gateway.url, { query }, { headers });
    const params = { authorization: headers.authorization, ...CLIENT };
    const socket = await openSocket(gateway.url, params, { headers });
    socket.subscribe({ query: WATCH });
    const stream = await openStream(gateway.url, { query: WATCH }, 'key-1', { headers });
    for (const client of [socket, stream]) {
      await client.nextData();
      expect(await client.next()).toEqual({ type: 'complete' });
    }
    socket.leave();
    await gateway.close();
    const seen = log.operations.map(({ transport, cache, outcome, events, 'client.address': client }) => ({
      ...{ transport, cache, outcome, client, events },
    }));
    const client = '203.0.113.7';
    expect(seen.slice(0, 4)).toMatchObject([
      { transport: 'http', cache: 'fetched', outcome: 'ok', client },
      { transport: 'http', cache: 'hit', outcome: 'ok', client },
      { transport: 'http', cache: 'response', outcome: 'ok', client },
      { transport: 'http', cache: 'none', outcome: 'client_error', client },
    ]);
    expect(seen.slice(4)).toHaveLength(2);
    expect(seen.slice(4)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ transport: 'graphql-ws', outcome: 'ok', client, events: 1 }),
        expect.objectContaining({ transport: 'graphql-sse', outcome: 'ok', client, events: 1 }),
      ]),
    );
    // From the parameters of the socket: the others do not say what they are.
    const named = log.operations.filter(({ clientName }) => clientName !== undefined);
    expect(named).toMatchObject([{ transport: 'graphql-ws', clientName: 'web', clientVersion: '7' }]);
    const fields = new Set(log.operations.flatMap((line) => Object.keys(line)));
    // Tracing is off here. traces.test.ts covers these two fields.
    const listed = rowsOf('Log')
      .flatMap(([field]) => wordsIn(field))
      .filter((field) => !['trace_id', 'span_id'].includes(field));
    expect([...fields].sort()).toEqual(listed.sort());
  });

  it('has warnings for errors of a client or of the upstream', async () => {
    await gateway.query('{ nothing }');
    upstream.script = () => ({ status: 500 });
    await gateway.query(RUN);
    expect(log.operations).toMatchObject([
      { level: 40, outcome: 'client_error', 'graphql.operation.name': null, errorCodes: ['GRAPHQL_VALIDATION_FAILED'] },
      {
        level: 40,
        outcome: 'upstream_error',
        'graphql.operation.name': 'StatusOfRun',
        errorCodes: ['UPSTREAM_UNAVAILABLE'],
      },
    ]);
  });
});
