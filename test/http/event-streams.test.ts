/**
 * Only of server-sent events: bytes, headers and rejections. live-transports.test.ts has the rules of both transports.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ObservedOperation } from 'stepgate';
import { type GraphqlAnswer, postTo, TestGateway } from '../harness/gateway.ts';
import { cutAfterTest, perBlock, perTest } from '../harness/lasting.ts';
import { openStream, type StreamClient, type StreamOptions } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { scrape } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { ask as askPlain } from '../harness/plain-http.ts';
import { until } from '../harness/until.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

const KEY = { authorization: 'Bearer key-1' };
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const RUNNING = { type: 'next', payload: { data: { runUpdated: { run: { status: 'RUNNING' } } } } };
const COMMENT = ':\n\n';
const END = 'event: complete\ndata:\n\n';
const eventOf = (payload: object) => `event: next\ndata: ${JSON.stringify(payload)}\n\n`;

describe('an event stream', () => {
  const upstream = perBlock(
    new ScriptedUpstream(({ runId }) => ({
      json: [wireRun(runId, { status: 'running', end_time: null })],
    })),
  );
  const environment = { CORS_ORIGINS: 'https://app.example.com', RATE_LIMIT_PER_MINUTE: '1000' };
  const gateway = perBlock(new TestGateway({ upstream, env: environment }));
  beforeAll(async () => {
    await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
  });
  const keep = cutAfterTest<StreamClient>();
  async function open(
    operation: Parameters<typeof openStream>[1] = { query: WATCH },
    options: StreamOptions = {},
    key: string | null = 'key-1',
  ): Promise<StreamClient> {
    return keep(await openStream(gateway.url, operation, key, options));
  }
  const bytesOf = (query: string, headers: Readonly<Record<string, string>> = {}) =>
    askPlain(`${gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`, { headers: { ...KEY, ...headers } });

  it.each(['GET', 'POST'] as const)('has no-store, CORS and rate limit headers by %s', async (method) => {
    const client = await open({ query: WATCH }, { method, headers: { origin: 'https://app.example.com' } });
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': 'https://app.example.com',
      'ratelimit-limit': '1000',
    });
    expect(client.headers.vary?.toLowerCase()).toMatch(/(?=.*authorization)(?=.*accept-encoding)/);
    expect(await client.next()).toEqual(RUNNING);
  });

  it('returns the status of the error, even if only events are accepted', async () => {
    const refusalOf = async (...args: Parameters<typeof open>) => {
      const client = await open(...args);
      const { errors } = (await client.body()) as unknown as GraphqlAnswer;
      return [client.status, client.headers['www-authenticate'], ...codesOf({ errors })];
    };
    expect(await refusalOf({ query: WATCH }, {}, null)).toEqual([401, 'Bearer', 'UNAUTHENTICATED']);
    const run = '{ run(workflowId: "wf", id: "r1") { id } }';
    expect(await refusalOf({ query: run }, {}, null)).toEqual([401, 'Bearer', 'UNAUTHENTICATED']);
    const mutation = { query: 'mutation { executeWorkflow(workflowId: "wf") { message } }' };
    expect(await refusalOf(mutation, { method: 'GET' })).toEqual([400, undefined, 'BAD_REQUEST']);
    expect(upstream.count('execute')).toBe(0);
  });

  it.each([0, 2_000_000])("isn't compressed for clients that accept gzip: %i characters", async (length) => {
    const outputs = 'é"'.repeat(length / 2);
    upstream.script = ({ runId }) => ({ json: [wireRun(runId, { outputs })] });
    const query = `{ run(workflowId: "wf", id: "length-${length}") { outputs } }`;
    const { body, headers } = await bytesOf(query, { 'accept-encoding': 'gzip' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(body.equals(Buffer.from(`${COMMENT}${eventOf({ data: { run: { outputs } } })}${END}`))).toBe(true);
  });
});

describe('a subscription by a request that also accepts JSON', () => {
  const run = perTest(new LiveRun({ env: { MAX_SUBSCRIPTIONS_PER_VIEWER: '1' } }));
  const keep = cutAfterTest<StreamClient>();

  it.each([
    'runUpdated(workflowId: "wf", id: "r1") { run { status } }',
    'runsUpdated(workflowIds: ["wf"]) { runs { status } }',
  ])('returns the HTTP status of a failure at the start of %s', async (field) => {
    const query = `subscription { ${field} }`;
    const post = async (key: string | null) => {
      const headers = { accept: 'application/graphql-response+json, text/event-stream' };
      const response = await postTo(run.gateway.url, { query }, { key, headers });
      const { errors } = (await response.json()) as GraphqlAnswer;
      return [response.status, response.headers.get('www-authenticate'), ...codesOf({ errors })];
    };
    expect(await post(null)).toEqual([401, 'Bearer', 'UNAUTHENTICATED']);
    const watching = keep(await openStream(run.gateway.url, { query: WATCH }, 'key-1'));
    expect(await watching.next()).toEqual(RUNNING);
    expect(await post('key-1')).toEqual([429, null, 'RATE_LIMITED']);
  });
});

describe('an event stream whose authentication is pending', () => {
  const BOTH = 'application/json, text/event-stream';
  let asked: PromiseWithResolvers<undefined>;
  let gate: PromiseWithResolvers<undefined>;
  let operations: ObservedOperation[];
  beforeEach(() => {
    asked = Promise.withResolvers();
    gate = Promise.withResolvers();
    operations = [];
  });
  const run = perTest(
    new LiveRun(() => ({
      async authenticate({ credential }) {
        asked.resolve(undefined);
        await gate.promise;
        return { upstreamKey: credential ?? 'none', workflowIds: 'all' };
      },
      onOperation: (operation) => operations.push(operation),
    })),
  );

  async function open(path: string, accept: string) {
    const socket = connect(Number(new URL(run.gateway.url).port), '127.0.0.1');
    const target = `${path}?query=${encodeURIComponent(WATCH)}`;
    socket.write(
      `GET ${target} HTTP/1.1\r\nhost: test\r\naccept: ${accept}\r\nauthorization: ${KEY.authorization}\r\n\r\n`,
    );
    await asked.promise;
    return socket;
  }

  it.each([
    ['/graphql/stream', 'text/event-stream'],
    ['/graphql', 'text/event-stream'],
    ['/graphql', BOTH],
  ])('leaves no subscriber or poller after a disconnect: %s, %s', async (path, accept) => {
    const socket = await open(path, accept);
    socket.resetAndDestroy();
    // The gateway notices the disconnect before it reads these requests.
    for (let time = 0; time < 2; time += 1) await fetch(`${run.gateway.url}/healthz`);
    gate.resolve(undefined);
    await run.gateway.query('{ __typename }');
    const ended = () => operations.filter(({ type }) => type === 'subscription');
    await until(() => ended().length === 1);
    const metrics = await scrape(run.gateway.url);
    expect(metrics.counts('stepgate_subscribers')).toEqual({});
    expect(metrics.value('stepgate_pollers')).toBe(0);
    await run.gateway.close();
    expect(ended()).toHaveLength(1);
  });

  it('gets 503 and ends if the gateway stops', async () => {
    const socket = await open('/graphql', BOTH);
    const closed = run.gateway.close();
    gate.resolve(undefined);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 /);
    socket.destroy();
    await closed;
    expect(operations.map(({ type }) => type)).toContain('subscription');
  });
});
