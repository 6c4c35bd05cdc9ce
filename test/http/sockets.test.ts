/**
 * Only of WebSockets: the protocol graphql-transport-ws, its bounds, and the handshake.
 *
 * @jest-environment-options {"fakeTimers":"server"}
 */
import { json } from 'node:stream/consumers';
import { request, type IncomingMessage } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type GraphqlError, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { openSocket, type SocketClient, type SocketOptions } from '../harness/live-client.ts';
import { captureLog } from '../harness/observed.ts';
import { until } from '../harness/until.ts';
import type { Call, Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const MAX_OPERATIONS = 20;
const MAX_MESSAGE_BYTES = 65_536;
const KEY = { authorization: 'Bearer key-1' };
const TYPE = '{ __typename }';
const ANSWER = { type: 'next', payload: { data: { __typename: 'Query' } } };
const COMPLETE = { type: 'complete' };
const RUNNING = { type: 'next', payload: { data: { runUpdated: { run: { status: 'RUNNING' } } } } };
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { __typename } }';
const watch = (id: string) => `subscription { runUpdated(workflowId: "wf", id: "${id}") { run { status } } }`;
const read = (id: string) => `{ run(workflowId: "wf", id: "${id}") { id status } }`;
const subscribeText = (query: string) => JSON.stringify({ id: '1', type: 'subscribe', payload: { query } });

const running: Script = ({ endpoint, runId }) => {
  if (endpoint === 'execute') return { json: { run_id: 'new' } };
  return { json: endpoint === 'run' ? [wireRun(runId, { status: 'running', end_time: null })] : [wireStep()] };
};

describe('a socket', () => {
  const log = captureLog('debug');
  const clients: SocketClient[] = [];
  /** The turns of the event loop in which operations ended. */
  const turns: number[] = [];
  let turn = 0;

  const gateway = perBlock(
    new TestGateway(() => ({
      script: running,
      env: {
        MAX_SUBSCRIPTIONS_PER_CONNECTION: String(MAX_OPERATIONS),
        CORS_ORIGINS: 'https://app.example.com',
        BASE_PATH: '/base',
        PERSISTED_OPERATIONS: 'allow',
        // No poll is due during a test.
        LIVE_TTL_MS: '3600000',
      },
      logger: log.logger,
      onOperation: () => turns.push(turn),
    })),
  );
  const { upstream } = gateway;
  beforeAll(async () => {
    // An unaccepted key makes few calls at a time.
    for (const key of ['key-1', 'key-2']) await gateway.query(read('first'), { key });
  });
  beforeEach(() => {
    upstream.script = running;
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.cut();
  });

  async function open(
    params: Readonly<Record<string, unknown>> | null = KEY,
    options: SocketOptions = {},
  ): Promise<SocketClient> {
    const client = await openSocket(gateway.url, params, options);
    clients.push(client);
    return client;
  }
  const callOf = (runId: string) => upstream.calls.find((call) => call.runId === runId);

  describe('the key of a socket', () => {
    const OF_HEADER = { headers: { authorization: 'Bearer key-7' } };
    const OTHER_HEADER = { headers: { authorization: 'Bearer key-8' } };
    it.each<[string, Parameters<typeof openSocket>[1], SocketOptions?]>([
      ['connectionParams.authorization', { authorization: 'Bearer key-7' }],
      ['another spelling of it', { token: 'Bearer key-6', Authorization: 'bearer key-7' }],
      ['the header of the upgrade', {}, OF_HEADER],
      ['that header where the other is not a text', { authorization: 7 }, OF_HEADER],
      ['connectionParams before the header', { authorization: 'Bearer key-7' }, OTHER_HEADER],
    ])('comes from %s', async (source, params, options = {}) => {
      const client = await open(params, options);
      const id = source.replaceAll(/\W/g, '-');
      client.subscribe({ query: read(id) });
      expect(await client.nextData()).toEqual({ run: { id, status: 'RUNNING' } });
      expect(callOf(id)?.key).toBe('key-7');
    });

    it.each([{}, { authorization: 'key-1' }, { authorization: 7 }, { authorization: 'Bearer ' }])(
      'must be in connectionParams, or 4401 closes the socket: %j',
      async (params) => {
        expect(await (await open(params)).next()).toEqual({ type: 'closed', code: 4401 });
      },
    );

    it('must arrive within 10 s, or 4408 closes the socket', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance', 'Date'] });
      try {
        const client = await open(null);
        jest.advanceTimersByTime(9_999);
        await client.roundTrip();
        jest.advanceTimersByTime(1);
        expect(await client.next()).toEqual({ type: 'closed', code: 4408 });
      } finally {
        jest.useRealTimers();
      }
    });
  });

  describe('the close of a socket', () => {
    const notUtf8 = Buffer.from(subscribeText(`${TYPE} #\xff`), 'latin1');
    it.each<[number, string, unknown]>([
      [4400, 'a text that is not a message', 'hello'],
      [4400, 'a text of JSON that is not an object', '"ping"'],
      [4400, 'a message that only servers send', { type: 'connection_ack', payload: KEY }],
      [4400, 'an operation without a text and a name', { id: '1', type: 'subscribe', payload: {} }],
      [1007, 'a text that is not UTF-8', notUtf8],
      [1009, 'a message of more than 64 KiB', ' '.repeat(MAX_MESSAGE_BYTES + 1)],
    ])('has code %i after %s', async (code, _, message) => {
      const client = await open();
      if (Buffer.isBuffer(message)) client.sendBytes(message, false);
      else client.send(message);
      expect(await client.next()).toEqual({ type: 'closed', code });
      expect(log.text).not.toContain('key-1');
      expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    });

    it('has code 4409 on a repeated id, and nothing more runs', async () => {
      const client = await open();
      // The reason contains the id, and a close frame has at most 123 bytes.
      const id = '🐎'.repeat(100);
      client.subscribe({ query: watch('r1') }, id);
      expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: watch('r1') }, id);
      client.subscribe({ query: MUTATION }, 'b');
      expect(await client.next()).toEqual({ type: 'closed', code: 4409 });
      await gateway.query(read('after the close'));
      expect(upstream.count('execute')).toBe(0);
    });
  });

  describe('messages', () => {
    it('may have 64 KiB, and may be binary if UTF-8', async () => {
      const client = await open();
      client.send(subscribeText(TYPE).padEnd(MAX_MESSAGE_BYTES));
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
      client.sendBytes(Buffer.from(subscribeText(`${TYPE} # é`)), true);
      expect(await client.next()).toEqual(ANSWER);
    });

    it('run at most MAX_SUBSCRIPTIONS_PER_CONNECTION operations at once', async () => {
      const client = await open();
      for (let id = 0; id < MAX_OPERATIONS; id += 1) client.subscribe({ query: watch('r1') }, `${id}`);
      for (let id = 0; id < MAX_OPERATIONS; id += 1) expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: TYPE }, 'more');
      expect(await client.nextErrorCode()).toBe('RATE_LIMITED');
      expect(log.lines.filter(({ msg }) => msg === 'operation').at(-1)).toMatchObject({
        transport: 'graphql-ws',
        errorCodes: ['RATE_LIMITED'],
      });
      client.send({ type: 'complete', id: '0' });
      client.subscribe({ query: TYPE }, 'more');
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
    });

    it('have numbered request ids, which are sent upstream', async () => {
      const named = await open(KEY, { headers: { 'x-request-id': 'mine' } });
      const other = await open();
      expect([named.requestId, other.requestId]).toEqual(['mine', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      for (const [client, id] of [
        [named, 'a'],
        [named, 'b'],
        [other, 'c'],
      ] as const) {
        client.subscribe({ query: read(`request-${id}`) }, id);
        expect([(await client.next()).type, await client.next()]).toEqual(['next', COMPLETE]);
      }
      const ids = ['a', 'b', 'c'].map((id) => callOf(`request-${id}`)?.headers['x-request-id']);
      expect(ids).toEqual(['mine.1', 'mine.2', `${String(other.requestId)}.1`]);
    });
  });

  describe('an operation that its client completes', () => {
    it('aborts its upstream calls, and no others', async () => {
      const calls = new Map<string, Call>();
      const due = Promise.withResolvers<undefined>();
      upstream.script = async (call) => {
        calls.set(call.runId, call);
        await Promise.race([call.cut, due.promise]);
        return running(call);
      };
      const client = await open();
      for (const id of ['gone', 'kept']) client.subscribe({ query: read(id) }, id);
      await until(() => calls.size === 2);
      client.send({ type: 'complete', id: 'unknown' });
      client.send({ type: 'complete', id: 'gone' });
      await calls.get('gone')?.cut;
      due.resolve(undefined);
      expect(await client.nextData()).toEqual({ run: { id: 'kept', status: 'RUNNING' } });
    });

    it('sends nothing more, and the others continue', async () => {
      const client = await open();
      for (const id of ['a', 'b']) {
        client.subscribe({ query: watch(`completed-${id}`) }, id);
        expect(await client.next()).toEqual(RUNNING);
      }
      client.send({ type: 'complete', id: 'a' });
      upstream.script = () => ({ status: 404 });
      for (const id of ['a', 'b']) await gateway.query(read(`completed-${id}`));
      client.subscribe({ query: TYPE }, 'c');
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
      expect(client.waiting).toBe(0);
    });

    it('frees its id for reuse', async () => {
      const client = await open();
      client.subscribe({ query: watch('again') });
      expect(await client.next()).toEqual(RUNNING);
      client.send({ type: 'complete', id: '1' });
      client.subscribe({ query: TYPE });
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
    });

    it('closes the socket with 4409 if its id is reused while pending', async () => {
      const release = upstream.holdCalls();
      const client = await open();
      const called = upstream.nextCall();
      client.subscribe({ query: MUTATION });
      await called;
      client.send({ type: 'complete', id: '1' });
      client.subscribe({ query: TYPE });
      expect(await client.next()).toEqual({ type: 'closed', code: 4409 });
      release();
    });
  });

  it('executes many messages in several iterations of the event loop', async () => {
    const client = await open();
    turns.length = 0;
    let next = setImmediate(function count() {
      turn += 1;
      next = setImmediate(count);
    });
    for (let id = 0; id < 100; id += 1) client.subscribe({ query: TYPE }, `${id}`);
    await until(() => turns.length === 100);
    clearImmediate(next);
    expect(new Set(turns).size).toBeGreaterThan(5);
  });

  describe('the handshake', () => {
    const answerTo = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const good = {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': Buffer.alloc(16).toString('base64'),
          'x-request-id': 'mine',
        };
        request(`${gateway.url}${path}`, { method, headers: { ...good, ...headers }, agent: false })
          .once('response', resolve)
          .once('upgrade', (response, socket) => {
            socket.destroy();
            resolve(response);
          })
          .once('error', reject)
          .end();
      });

    it.each<[number, string, string, Record<string, string>?, string?]>([
      [101, 'at /graphql', '/graphql?a=b'],
      [101, 'below BASE_PATH', '/base/graphql'],
      [404, 'nowhere else', '/elsewhere/graphql'],
      [101, 'to a page of its own', '/graphql', { origin: 'OWN' }],
      [101, 'to a page of CORS_ORIGINS', '/graphql', { origin: 'https://app.example.com' }],
      [403, 'to no other page', '/graphql', { origin: 'https://evil.example.com' }],
      [403, 'to no page without an origin', '/graphql', { origin: 'null' }],
      [400, 'for no other version', '/graphql', { 'sec-websocket-version': '7' }],
      [400, 'for no malformed key', '/graphql', { 'sec-websocket-key': 'none' }],
      [400, 'for no malformed protocol', '/graphql', { 'sec-websocket-protocol': 'a,,b' }],
      [405, 'for no other method', '/graphql', {}, 'POST'],
    ])('has status %i %s', async (status, _, path, headers = {}, method) => {
      const origin = headers.origin === 'OWN' ? { origin: gateway.url } : {};
      const response = await answerTo(path, { ...headers, ...origin }, method);
      expect(response.statusCode).toBe(status);
      if (status === 101) {
        expect(response.headers['x-request-id']).toBe('mine');
        return;
      }
      const code = { 403: 'FORBIDDEN', 404: 'NOT_FOUND' }[status];
      // A malformed handshake gets the answer of `ws`.
      if (code === undefined) return;
      const { errors } = (await json(response)) as { readonly errors: readonly GraphqlError[] };
      expect(errors).toMatchObject([{ extensions: { code, requestId: 'mine' } }]);
    });

    it('accepts neither compression nor other protocols', async () => {
      const response = await answerTo('/graphql', { 'sec-websocket-extensions': 'permessage-deflate' });
      expect(response.headers).not.toHaveProperty('sec-websocket-extensions');
      await expect(open(null, { protocol: 'graphql-transport-ws-2' })).rejects.toThrow('no subprotocol');
    });
  });
});
