import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MIN_COUNTED_BYTES } from '../../src/http/connection/client-bytes.ts';
import { GRAPHQL_TYPE } from '../../src/http/graphql/media-types.ts';
import type { Additions, Overrides } from '../../src/gateway.ts';
import { createManualClock } from '../harness/clock.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { captureLog } from '../support/observed.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { connectRaw, type RawConnection } from '../harness/raw-http.ts';
import { wireRun } from '../harness/wire.ts';

const MEGABYTE = 2 ** 20;
const run = (id: string, fields = 'status') => `{ run(workflowId: "wf", id: "${id}") { ${fields} } }`;
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const KEY = { authorization: 'Bearer key-1' };
const BOTH = { accept: 'application/json, text/event-stream' };

describe('a request for an operation', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  const clock = createManualClock();
  let isDown = false;
  const log = captureLog('debug');
  /** Of the next call of the upstream. */
  const ends: Promise<undefined>[] = [];

  beforeAll(async () => {
    upstream = await startFaultyUpstream(async (call) => {
      await ends.pop();
      if (isDown) return { status: 404 };
      if (call.endpoint === 'execute') return { json: { run_id: 'new' } };
      if (call.runId === 'large') return { json: [wireRun('large', { outputs: 'x'.repeat(5 * MEGABYTE) })] };
      return healthy(call);
    });
    const environment = {
      UPSTREAM_URL: upstream.url,
      RATE_LIMIT_PER_MINUTE: '1000000',
      RATE_LIMIT_ANONYMOUS_PER_MINUTE: '30',
    };
    gateway = await startGateway(environment, { now: clock.now, logger: log.logger });
  });
  const open: RawConnection[] = [];
  const connect = async () => {
    const raw = await connectRaw(gateway.url);
    open.push(raw);
    return raw;
  };
  afterEach(() => {
    for (const raw of open.splice(0)) raw.close();
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const post = (query: string, headers: Readonly<Record<string, string>> = {}, path = '/graphql') =>
    ask(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...KEY, ...headers },
      body: JSON.stringify({ query }),
    });
  const get = (query: string, headers: Readonly<Record<string, string>> = {}, path = '/graphql') =>
    ask(`${gateway.url}${path}?query=${encodeURIComponent(query)}`, { headers: { ...KEY, ...headers } });
  const jsonOf = ({ body }: PlainAnswer) => JSON.parse(body.toString()) as unknown;
  const typesOf = (answers: readonly PlainAnswer[]) =>
    answers.map(({ headers }) => headers['content-type']?.split(';')[0]);

  it('is answered in the form that its client prefers, and at the path of streams with events', async () => {
    const answers = [
      await get(run('r1'), { accept: 'text/html' }),
      await post(run('r1'), { accept: 'text/html, application/json;q=0.9' }),
      await post(run('r1'), BOTH),
      await post(run('r1'), BOTH),
      await post(run('r1'), BOTH),
      await post(run('r1'), BOTH, '/graphql/stream'),
      await get(run('r1'), { accept: '*/*' }, '/graphql/stream'),
      await post('subscription { runUpdated(workflowId: "wf", id: "r1") { status } }', BOTH),
    ];
    expect(typesOf(answers)).toEqual([
      'text/html',
      ...Array<string>(4).fill('application/json'),
      ...Array<string>(3).fill('text/event-stream'),
    ]);
    expect(log.operations.slice(-4)).toMatchObject([
      { cache: 'ready', transport: 'http' },
      { operationType: 'query', transport: 'graphql-sse' },
      { operationType: 'query', transport: 'graphql-sse' },
      { operationType: 'subscription', transport: 'graphql-sse' },
    ]);
  });

  it('by GET is answered without its body, and may not change anything', async () => {
    const refused = await get(MUTATION);
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    expect(upstream.count('execute')).toBe(0);
    const accepted = await post(MUTATION);
    expect(jsonOf(accepted)).toHaveProperty('data');
    expect([accepted.headers.allow, accepted.headers['cache-control']]).toEqual([undefined, 'no-store']);
    expect(upstream.count('execute')).toBe(1);

    const raw = await connect();
    const search = encodeURIComponent('{ __typename }');
    const { head, body } = await raw.ask(
      `GET /graphql?query=${search} HTTP/1.1\r\nhost: x\r\n${BEARER}content-length: 2000000\r\n\r\n`,
    );
    expect(head).not.toMatch(/^allow:/im);
    expect(body).toBe('{"data":{"__typename":"Query"}}');
  });

  it('is told the validator of its answer by GET alone, and opens no stream by HEAD', async () => {
    const [posted, got] = [await post(run('r1')), await get(run('r1'))];
    expect([posted.headers.etag, got.headers.etag]).toEqual([undefined, expect.stringMatching(/^"[\w-]+"$/)]);
    expect((await ask(`${gateway.url}/graphql/stream`, { method: 'HEAD', headers: KEY })).status).toBe(405);
  });

  it('without a key is told of the rate of its address when that is exceeded', async () => {
    clock.advance(60_000);
    const told: unknown[] = [];
    for (let time = 0; time < 31; time += 1) {
      const { status, headers } = await post('{ __typename }', { authorization: '' });
      told.push([status, headers['ratelimit-limit']]);
    }
    expect(told).toEqual([...Array<unknown>(30).fill([200, undefined]), [429, '30']]);
    clock.advance(60_000);
  });

  it('is told the rate of its key in whatever form it is answered', async () => {
    const watch = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }';
    const answers = [
      await post(run('r1')),
      await post(run('r1'), BOTH, '/graphql/stream'),
      await post(watch, BOTH),
      await post(watch, { accept: 'text/event-stream' }),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'ratelimit-limit': '1000000',
        'ratelimit-remaining': expect.any(String) as unknown,
        'ratelimit-reset': expect.any(String) as unknown,
      });
    }
    expect(answers[1]?.headers['x-accel-buffering']).toBe('no');
  });

  it('is logged once with its viewer, also where it is refused or ready', async () => {
    const seen = log.operations.length;
    for (let time = 0; time < 3; time += 1) await post(run('logged'));
    const { body, headers } = await ask(`${gateway.url}/graphql`, {
      method: 'PUT',
      headers: { ...KEY, accept: GRAPHQL_TYPE },
    });
    expect(headers).toMatchObject({
      'content-type': GRAPHQL_TYPE,
      'ratelimit-limit': '1000000',
      allow: 'GET, HEAD, POST',
    });
    const requestId = headers['x-request-id'];
    expect(JSON.parse(body.toString())).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST', requestId } }] });
    await ask(`${gateway.url}/graphql`, { method: 'PUT' });
    await post('{ __typename }', { authorization: '' });
    const lines = log.operations.slice(seen);
    expect(lines).toHaveLength(6);
    const viewer = lines[0]?.viewer;
    expect(viewer).toEqual(expect.any(String));
    expect(lines.map((line) => line.viewer)).toEqual([viewer, viewer, viewer, viewer, null, null]);
    expect(lines[3]).toMatchObject({ requestId, transport: 'http' });
  });

  it('is executed again where the answer to the one before could not be kept', async () => {
    for (let time = 0; time < 3; time += 1) await post(run('r2'));
    clock.advance(600_000);
    isDown = true;
    for (let time = 0; time < 2; time += 1) expect(jsonOf(await post(run('r2')))).toHaveProperty('errors');
    isDown = false;
  });

  it('is abandoned where its client leaves, though it goes on', async () => {
    const raw = await connect();
    const started = upstream.nextCall();
    const end = Promise.withResolvers<undefined>();
    ends.push(end.promise);
    await raw.send(requestOf(MUTATION));
    await started;
    raw.close();
    await once(raw.socket, 'close');
    await gateway.query('{ __typename }');
    const seen = log.operations.length;
    end.resolve(undefined);
    while (log.operations.length === seen) await setImmediate();
    expect(log.operations.at(-1)).toMatchObject({ operationType: 'mutation', outcome: 'abandoned' });
  });

  it('is no defect where its client leaves while a large answer is written', async () => {
    expect((await post(run('large'))).status).toBe(200);
    const raw = await connect();
    const seen = log.operations.length;
    const search = encodeURIComponent(run('large', 'a: outputs b: outputs c: outputs'));
    await raw.send(`GET /graphql?query=${search} HTTP/1.1\r\nhost: x\r\n${BEARER}\r\n`);
    while (log.operations.length === seen) await setImmediate();
    raw.socket.resetAndDestroy();
    for (let time = 0; time < 2; time += 1) await gateway.query('{ __typename }');
    expect(log.operations.slice(seen).map(({ errorCodes }) => errorCodes)).toEqual(Array(3).fill(undefined));
  });

  /** Sends one, which is under way until `end`. */
  async function startMutation(variables: object, end: Promise<undefined>): Promise<RawConnection> {
    const raw = await connect();
    const started = upstream.nextCall();
    ends.push(end);
    await raw.send(requestOf(MUTATION, variables));
    await started;
    return raw;
  }

  it('holds its bytes no longer than it takes', async () => {
    const body = `{ __typename } #`;
    const variables = { unused: 'x'.repeat(MEGABYTE - 100) };
    for (let time = 0; time < 20; time += 1) {
      expect((await gateway.query(body, { variables })).status).toBe(200);
    }
  });

  it('holds its bytes for as long as its work goes on, though its client has left', async () => {
    const variables = { unused: 'x'.repeat(MEGABYTE - 1000) };
    const end = Promise.withResolvers<undefined>();
    const raws: RawConnection[] = [];
    for (let index = 0; index < 12; index += 1) raws.push(await startMutation(variables, end.promise));
    const closed = Promise.all(raws.map(({ socket }) => once(socket, 'close')));
    for (const raw of raws) raw.close();
    await closed;
    await gateway.query('{ __typename }');
    const seen = log.operations.length;
    expect((await gateway.query('{ __typename }', { variables })).status).toBe(429);
    end.resolve(undefined);
    while (log.operations.length < seen + 13) await setImmediate();
    expect((await gateway.query('{ __typename }', { variables })).status).toBe(200);
  });

  it('holds what a large body takes when it is parsed', async () => {
    const end = Promise.withResolvers<undefined>();
    const unused = Array<object>(300_000).fill({});
    for (let time = 0; time < 2; time += 1) await startMutation({ unused }, end.promise);
    /** Its length does not count. */
    const statusOf = async (text: string, length: number) => {
      const body = `{"query":"{ __typename }","variables":{"unused":${text}}}`.padEnd(length);
      const head = `POST /graphql HTTP/1.1\r\nhost: x\r\n${BEARER}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
      const raw = await connect();
      const answer = await raw.ask(`${head}${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
      return answer.head.slice(9, 12);
    };
    const objects = JSON.stringify(unused.slice(0, 5000));
    expect([
      await statusOf(objects, MIN_COUNTED_BYTES - 1),
      await statusOf(objects, MIN_COUNTED_BYTES),
      await statusOf('""', MIN_COUNTED_BYTES),
    ]).toEqual(['200', '429', '200']);
    end.resolve(undefined);
  });

  it('holds the bytes of a ready answer until its client has taken them', async () => {
    const query = run('large', 'a: outputs b: outputs c: outputs');
    for (let time = 0; time < 2; time += 1) expect((await post(query)).status).toBe(200);
    const raw = await connect();
    raw.socket.pause();
    const seen = log.operations.length;
    await raw.send(requestOf(query));
    while (log.operations.length === seen) await setImmediate();
    expect(log.operations.at(-1)).toMatchObject({ cache: 'ready' });
    expect((await post(query)).status).toBe(429);
    expect(jsonOf(await post(query, { authorization: 'Bearer key-2' }))).toMatchObject({
      data: { run: { c: expect.any(String) } },
    });
  });
});

describe('a stream', () => {
  it('goes on for as long as its caller may see it', async () => {
    let isGood = true;
    const hook: Additions & Overrides = {
      authenticate: () => (isGood ? { upstreamKey: 'key', workflowIds: 'all' } : null),
    };
    const live = await startLiveRun({ REAUTH_INTERVAL_MS: '1000' }, hook);
    const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { steps { id } } }';
    const stream = await openStream(live.gateway.url, { query }, 'key-1');
    for (const steps of [1, 2, 3]) {
      live.steps = steps;
      if (steps > 1) live.clock.advance(5000);
      expect(await stream.nextData()).toMatchObject({ runUpdated: { steps: { length: steps } } });
    }
    isGood = false;
    live.clock.advance(5000);
    expect(await stream.nextErrorCode()).toBe('UNAUTHENTICATED');
    stream.cut();
    await live.close();
  });
});

const BEARER = 'authorization: Bearer key-1\r\n';

function requestOf(query: string, variables?: object): string {
  const body = JSON.stringify({ query, variables });
  return `POST /graphql HTTP/1.1\r\nhost: x\r\n${BEARER}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
