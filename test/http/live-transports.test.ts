import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BEAT_EVERY_MS } from '../../src/http/live/keep-alive.ts';
import {
  openSocket,
  openStream,
  subscribe,
  type LiveClient,
  type SocketClient,
  type Transport,
} from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { scrape } from '../support/observed.ts';

const RUN = `subscription Live($id: ID = "r1") { runUpdated(workflowId: "wf", id: $id) { status } }`;
const KEY = { authorization: 'Bearer key-1' };
const RUNNING = { type: 'next', payload: { data: { runUpdated: { status: 'RUNNING' } } } };

describe('the transports of events', () => {
  let run: LiveRun;
  let clients: LiveClient[] = [];

  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    run = await startLiveRun(environment);
  };
  const kept = async <T extends LiveClient>(opening: Promise<T>): Promise<T> => {
    const client = await opening;
    clients.push(client);
    return client;
  };
  const socket = (...[params, options]: [Parameters<typeof openSocket>[1], Parameters<typeof openSocket>[2]?]) =>
    kept(openSocket(run.gateway.url, params, options));
  const stream = (
    operation: Parameters<typeof openStream>[1],
    options: Parameters<typeof openStream>[3] = {},
    key: string | null = 'key-1',
  ) => kept(openStream(run.gateway.url, operation, key, options));

  beforeEach(() => start());
  afterEach(async () => {
    for (const client of clients) client.cut();
    clients = [];
    await run.close();
  });

  describe.each<Transport>(['graphql-ws', 'graphql-sse'])('%s', (transport) => {
    const ask = (query: string, options: Parameters<typeof subscribe>[3] = {}) =>
      kept(subscribe(transport, run.gateway.url, query, options));

    it('answers queries and mutations as HTTP does', async () => {
      await run.close();
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
        const frame = await client.next();
        expect(withoutIds(frame)).toEqual(withoutIds({ type: 'next', payload: expected }));
        expect(await client.next()).toEqual({ type: 'complete' });
      }
    });

    it.each([
      ['{ run(workflowId: "wf") { status } }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { runUpdated(workflowId: "wf", id: "r1") { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription {', 'GRAPHQL_PARSE_FAILED'],
      [`subscription { runUpdated(workflowId: "wf", id: "r1") { ${'id '.repeat(5000)} } }`, 'GRAPHQL_PARSE_FAILED'],
      [
        `subscription { runUpdated(workflowId: "wf", id: "r1") { ${'workflow { run(id: "r1") { '.repeat(11)} id ${'} } '.repeat(11)} } }`,
        'GRAPHQL_VALIDATION_FAILED',
      ],
      ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
      ['subscription($id: ID!) { runUpdated(workflowId: "wf", id: $id) { status } }', 'BAD_USER_INPUT'],
    ])('refuses %.60s before anything is asked of the upstream', async (query, code) => {
      const client = await ask(query);
      expect(await client.nextErrorCode()).toBe(code);
      expect(run.upstream.calls).toEqual([]);
    });

    it("tells an error of a field beside the data, with the request's id", async () => {
      const client = await ask('subscription { runUpdated(workflowId: "wf", id: "r1") { outputs(path: "[") } }');
      const frame = await client.next();
      expect(frame).toMatchObject({
        type: 'next',
        payload: {
          errors: [{ path: ['runUpdated', 'outputs'], extensions: { code: 'BAD_USER_INPUT', retryable: false } }],
        },
      });
      expect(JSON.stringify(frame)).toMatch(/"requestId":"[0-9a-f-]{36}(?:\.\d+)?"/);
    });

    it('judges an operation that came before by what is new about it', async () => {
      const query = `query A { __typename }
        subscription B($id: ID!) { runUpdated(workflowId: "wf", id: $id) { status } }`;
      const known = await ask(query, { operationName: 'B', variables: { id: 'r1' } });
      expect(await known.next()).toEqual(RUNNING);
      const again = await ask(query, { operationName: 'B', variables: { id: 'r2' } });
      expect(await again.next()).toEqual(RUNNING);
      expect(await (await ask(query, { operationName: 'B' })).nextErrorCode()).toBe('BAD_USER_INPUT');
      expect(await (await ask(query)).nextErrorCode()).toBe('OPERATION_RESOLUTION_FAILURE');
      const another = await ask(query, { operationName: 'A' });
      expect(await another.next()).toEqual({ type: 'next', payload: { data: { __typename: 'Query' } } });
    });

    it('names the field of the error that ends a subscription', async () => {
      run.reply = { status: 404 };
      const client = await ask('subscription { mine: runUpdated(workflowId: "wf", id: "r1") { status } }');
      expect(await client.next()).toMatchObject({
        type: 'error',
        errors: [
          {
            path: ['mine'],
            extensions: { code: 'NOT_FOUND', retryable: false, upstreamStatus: 404 },
          },
        ],
      });
    });

    it('bounds how much one key may watch, over all its connections, until it watches less', async () => {
      await run.close();
      await start({ MAX_SUBSCRIPTIONS_PER_VIEWER: '2' });
      const watching = [await ask(RUN), await ask(RUN, { variables: { id: 'r2' } })];
      for (const client of watching) expect(await client.next()).toEqual(RUNNING);
      const third = await ask(RUN, { variables: { id: 'r3' } });
      expect(await third.nextErrorCode()).toBe('RATE_LIMITED');
      const other = await ask(RUN, { key: 'key-2' });
      expect(await other.next()).toEqual(RUNNING);
      await run.feeds(3);
      watching[0]?.leave();
      await run.feeds(2);
      const again = await ask(RUN, { variables: { id: 'r3' } });
      expect(await again.next()).toEqual(RUNNING);
    });

    it('keeps a silent connection open, and cuts one whose client takes nothing for 30 s', async () => {
      const silent = await ask(RUN, { key: 'key-2' });
      await silent.next();
      // More than both ends of the connection take by themselves.
      run.outputs = 'x'.repeat(16_000_000);
      const hanging = await ask('subscription { runUpdated(workflowId: "wf", id: "r1") { steps { outputs } } }');
      hanging.stopReading();
      await run.feeds(2);
      let subscribers: number | undefined;
      // A busy machine still takes pieces of the event for the client when the first beats come.
      for (let beats = 0; beats < 5 || subscribers !== 1; beats += 1) {
        expect(beats).toBeLessThan(30);
        run.clock.advance(BEAT_EVERY_MS);
        await roundTrip(silent);
        subscribers = (await scrape(run.gateway.url)).counts('stepgate_subscribers')[transport];
      }
      await run.feeds(1);
      hanging.goOnReading();
      expect(await hanging.next()).toMatchObject({ type: 'closed' });
      run.status = 'completed';
      await run.poll(0);
      expect(await silent.next()).toMatchObject({ payload: { data: { runUpdated: { status: 'COMPLETED' } } } });
    });
  });

  describe('graphql-ws', () => {
    it.each<[string, Parameters<typeof openSocket>[1], Parameters<typeof openSocket>[2]?]>([
      ['connectionParams.authorization', { authorization: 'Bearer key-7' }],
      ['another spelling of it', { Authorization: 'bearer key-7' }],
      ['the header of the upgrade', {}, { headers: { authorization: 'Bearer key-7' } }],
      [
        'the connectionParams before the header',
        { authorization: 'Bearer key-7' },
        { headers: { authorization: 'Bearer key-8' } },
      ],
    ])('takes the key from %s', async (_, params, options = {}) => {
      const client = await socket(params, options);
      client.subscribe({ query: RUN });
      expect(await client.next()).toEqual(RUNNING);
      expect(new Set(run.upstream.calls.map(({ key }) => key))).toEqual(new Set(['key-7']));
    });

    it.each([{}, { authorization: 'key-1' }, { authorization: 7 }, { authorization: 'Bearer ' }])(
      'closes with 4401 where there is no key: %j',
      async (params) => {
        const client = await socket(params);
        expect(await client.next()).toEqual({ type: 'closed', code: 4401 });
        expect(run.upstream.calls).toEqual([]);
      },
    );

    it.each<[number, string, unknown]>([
      [4400, 'what is no message', 'hello'],
      [4400, 'a message that only a server sends', { type: 'connection_ack' }],
      [4429, 'a second connection_init', { type: 'connection_init', payload: KEY }],
      [1009, 'more than 1 MiB', { type: 'subscribe', id: '1', payload: { query: '#'.repeat(2 ** 20) } }],
    ])('closes with %i after %s', async (code, _, message) => {
      const client = await socket(KEY);
      client.send(message);
      expect(await client.next()).toEqual({ type: 'closed', code });
    });

    it('closes with 4401 who subscribes before it says who it is, and with 4406 who speaks another protocol', async () => {
      const early = await socket(null);
      early.subscribe({ query: RUN });
      expect(await early.next()).toEqual({ type: 'closed', code: 4401 });
      const other = await socket(null, { protocol: 'graphql-transport-ws-2' }).catch((error: unknown) => error);
      expect(String(other)).toContain('Server sent no subprotocol');
    });

    it('takes a message of up to 1 MiB', async () => {
      const client = await socket(KEY);
      client.subscribe({ query: RUN, variables: { padding: ' '.repeat(2 ** 20 - 250) } });
      expect(await client.next()).toEqual(RUNNING);
    });

    it('carries several operations on a connection, as many as MAX_SUBSCRIPTIONS_PER_CONNECTION at once', async () => {
      await run.close();
      await start({ MAX_SUBSCRIPTIONS_PER_CONNECTION: '2' });
      const client = await socket(KEY);
      client.subscribe({ query: RUN }, 'a');
      expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: RUN, variables: { id: 'r2' } }, 'b');
      expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: '{ __typename }' }, 'c');
      expect(await client.nextErrorCode()).toBe('RATE_LIMITED');
      client.send({ type: 'complete', id: 'a' });
      client.subscribe({ query: '{ __typename }' }, 'd');
      expect(await client.next()).toEqual({ type: 'next', payload: { data: { __typename: 'Query' } } });
      expect(await client.next()).toEqual({ type: 'complete' });
    });

    it('answers all pings of a client that took no answers for a while', async () => {
      const client = await socket(KEY);
      client.stopReading();
      // Many times what either end keeps by itself.
      const pings = Array.from({ length: 75 }, () => client.roundTrip({ text: 'x'.repeat(200_000) }));
      await run.gateway.query('{ __typename }');
      client.goOnReading();
      await Promise.all(pings);
      client.subscribe({ query: RUN });
      expect(await client.next()).toEqual(RUNNING);
    });

    it('sends nothing more of an operation that the client completed, and goes on with the others', async () => {
      const client = await socket(KEY);
      client.subscribe({ query: RUN }, 'a');
      await client.next();
      client.subscribe({ query: RUN, variables: { id: 'r2' } }, 'b');
      await client.next();
      await run.feeds(2);
      client.send({ type: 'complete', id: 'a' });
      await run.feeds(1);
      run.status = 'completed';
      await run.poll(0);
      expect(await client.next()).toMatchObject({ type: 'next' });
      expect(await client.next()).toEqual({ type: 'complete' });
      await client.roundTrip();
      expect(client.waiting).toBe(0);
    });

    it.each([
      ['no page', undefined, true],
      ['a page of its own', 'OWN', true],
      ['a page that CORS_ORIGINS names', 'https://app.example.com', true],
      ['any other page', 'https://evil.example.com', false],
      ['a page without an origin', 'null', false],
    ])('lets %s connect, or not', async (_, origin, isAllowed) => {
      await run.close();
      await start({ CORS_ORIGINS: 'https://app.example.com' });
      const headers: Record<string, string> = {};
      if (origin !== undefined) headers.origin = origin === 'OWN' ? run.gateway.url : origin;
      const opening = socket(KEY, { headers });
      if (isAllowed) expect((await opening).waiting).toBe(0);
      else await expect(opening).rejects.toThrow('Unexpected server response: 403');
    });

    it('is all that a connection can be upgraded to: other offers are answered in HTTP', async () => {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
        get(`${run.gateway.url}/healthz`, { headers, agent: false }, resolve).on('error', reject);
      });
      answer.resume();
      expect(answer.statusCode).toBe(200);
    });

    it('is at /graphql alone', async () => {
      const opening = kept(openSocket(`${run.gateway.url}/elsewhere`, KEY));
      await expect(opening).rejects.toThrow('Unexpected server response: 404');
    });
  });

  describe('graphql-sse', () => {
    it('takes an operation from the parameters of a GET, as EventSource sends it', async () => {
      const client = await stream({ query: RUN, variables: { id: 'r1' } }, { method: 'GET' });
      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      expect(await client.next()).toEqual(RUNNING);
    });

    it('does nothing by GET', async () => {
      const client = await stream(
        { query: 'mutation { executeWorkflow(workflowId: "wf") { message } }' },
        { method: 'GET' },
      );
      expect(await client.nextErrorCode()).toBe('BAD_REQUEST');
      expect(run.upstream.calls).toEqual([]);
    });

    it('needs a key for what the upstream is asked for', async () => {
      const client = await stream({ query: RUN }, {}, null);
      expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
      expect(await client.next()).toEqual({ type: 'complete' });
      expect(run.upstream.calls).toEqual([]);
    });

    it.each<[number, string, Parameters<typeof openStream>[1], Parameters<typeof openStream>[3]]>([
      [406, 'a client that takes no events', { query: RUN }, { headers: { accept: 'application/json' } }],
      [405, 'a reservation of a single connection', {}, { method: 'PUT' }],
      [400, 'no query', {}, {}],
      [400, 'no query by GET', '?variables=%7B%7D', { method: 'GET' }],
      [400, 'variables that are no JSON', '?query=x&variables=%7B', { method: 'GET' }],
      [400, 'variables that are no object', { query: RUN, variables: [] }, {}],
      [400, 'a body that is no JSON', '{', {}],
      [413, 'more than 1 MiB', { query: '#'.repeat(2 ** 20) }, {}],
    ])('answers %i to %s', async (status, _, operation, options) => {
      const client = await stream(operation, options);
      expect(client.status).toBe(status);
      expect(await client.body()).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
    });

    it('tells pages of CORS_ORIGINS that they may read it', async () => {
      await run.close();
      await start({ CORS_ORIGINS: 'https://app.example.com' });
      const client = await stream({ query: RUN }, { headers: { origin: 'https://app.example.com' } });
      expect(client.headers['access-control-allow-origin']).toBe('https://app.example.com');
    });
  });

  it('are named to whoever subscribes by a plain request', async () => {
    const { status, errors } = await run.gateway.query(RUN);
    expect([status, errors[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors[0]?.message).toContain('graphql-ws at /graphql, or server-sent events');
    expect(run.upstream.calls).toEqual([]);
  });
});

/** Twice: what the client answers to the first has come to the gateway before the second. */
const roundTrip = async (client: LiveClient): Promise<void> => {
  if (!('roundTrip' in client)) return;
  await (client as SocketClient).roundTrip();
  await (client as SocketClient).roundTrip();
};

/** Each request has an id of its own. */
const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/"requestId":"[0-9a-f-]{36}(?:\.\d+)?"/g, '"requestId":""'));
