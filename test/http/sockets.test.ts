import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Caller } from '../../src/auth/caller.ts';
import { lasting, NOBODY, rejected } from '../../src/auth/caller.ts';
import type { OperationPipeline } from '../../src/graphql/operations/operation-pipeline.ts';
import type { OperationRequest } from '../../src/graphql/operations/operation.ts';
import type { Allowance } from '../../src/graphql/operations/rate-limit.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import {
  ANONYMOUS,
  createClientBytes,
  MIN_COUNTED_BYTES,
  type ClientBytes,
} from '../../src/http/connection/client-bytes.ts';
import { BEAT_EVERY_MS, createKeepAlive } from '../../src/http/live/keep-alive.ts';
import { endAll, type LiveTransport } from '../../src/http/live/live-transport.ts';
import { createSocketProtocol } from '../../src/http/live/socket-protocol.ts';
import { createUnacceptedSockets } from '../../src/http/live/unaccepted-sockets.ts';
import { serveSockets } from '../../src/http/live/sockets.ts';
import type { OperationStart } from '../../src/observability/operation-record.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { startFaultyUpstream, type Call, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import type { GraphqlError } from '../harness/gateway.ts';
import { openSocket, type SocketClient, type SocketOptions } from '../harness/live-client.ts';
import { captureLog } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';
import { createPipeline } from '../support/pipeline.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const MAX_OPERATIONS = 2;
const MAX_MESSAGE_BYTES = 1_000_000;
const MAX_HELD_BYTES = 1_000_000;
const TRY_AGAIN_LATER = 1013;

const RUN = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }';
const RUNNING = { type: 'next', payload: { data: { runUpdated: { status: 'RUNNING' } } } };
const TYPE = '{ __typename }';
const LARGE = '{ __schema { types { name description fields { name description } } } }';
const ANSWER = { type: 'next', payload: { data: { __typename: 'Query' } } };
const COMPLETE = { type: 'complete' };
const KEY = { authorization: 'Bearer key-1' };

const REFUSED: Allowance = { limit: 1, remaining: 0, resetSeconds: 1, isAllowed: false, retryAfterSeconds: 1 };

/** Sockets of one server over a whole pipeline, and everything else of a gateway as the test says. */
describe('sockets', () => {
  let server: Server;
  let url: string;
  let upstream: FaultyUpstream;
  let pipeline: Awaited<ReturnType<typeof createPipeline>>;
  let sockets: LiveTransport;
  let clock: ManualClock;
  let log: ReturnType<typeof captureLog>;
  let authenticate: (authorization: string | undefined, request: IncomingMessage) => Caller | Promise<Caller>;
  let allowance: (caller: Caller) => Allowance | null;
  let clientBytes: ClientBytes;
  let isReady: boolean;
  /** Connections that are kept alive, and how often they were heard of. */
  let kept: number;
  let heard: number;
  /** What the pipeline was asked to run. */
  let requests: OperationRequest[];
  /** What was refused before the pipeline. */
  let refused: OperationStart[];
  const clients: SocketClient[] = [];

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    pipeline = await createPipeline({ environment: { UPSTREAM_URL: upstream.url } });
    server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { status: 'running', end_time: null })] : [wireStep()],
    });
    clock = createManualClock();
    log = captureLog('debug');
    authenticate = (authorization) => {
      const key = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
      return key === undefined ? NOBODY : lasting(viewerOf(key));
    };
    allowance = () => null;
    clientBytes = createClientBytes(MAX_HELD_BYTES, () => true);
    isReady = true;
    [requests, refused] = [[], []];
    [kept, heard] = [0, 0];
    const keepAlive = createKeepAlive(clock.after);
    const operations: OperationPipeline = {
      ...pipeline.operations,
      run(request) {
        requests.push(request);
        return pipeline.operations.run(request);
      },
      refuse(start, error) {
        refused.push(start);
        return pipeline.operations.refuse(start, error);
      },
    };
    server.removeAllListeners('upgrade');
    sockets = serveSockets(server, {
      protocol: createSocketProtocol({ operations, schema: createSchema(null), maxOperations: MAX_OPERATIONS }),
      authenticate: (request, authorization) => authenticate(authorization ?? request.headers.authorization, request),
      rateLimits: { take: (caller) => allowance(caller) },
      unacceptedCallers: { of: () => null },
      clientBytes: { of: (owner) => clientBytes.of(owner) },
      unaccepted: createUnacceptedSockets(),
      isAccepted: () => true,
      networkOf: () => '127.0.0.1',
      takeBasePath: (request) => {
        request.url = request.url?.replace(/^\/base/, '') ?? '';
      },
      origins: ['https://app.example.com'],
      maxMessageBytes: MAX_MESSAGE_BYTES,
      keepAlive: {
        ...keepAlive,
        add(connection) {
          const one = keepAlive.add(connection);
          kept += 1;
          return {
            heard() {
              heard += 1;
              one.heard();
            },
            remove() {
              kept -= 1;
              one.remove();
            },
          };
        },
      },
      isReady: () => isReady,
      logger: log.logger,
    });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.cut();
    await sockets.closed();
  });
  afterAll(async () => {
    await pipeline.close();
    await upstream.close();
    await new Promise<unknown>((resolve) => server.close(resolve));
  });

  async function open(
    params: Readonly<Record<string, unknown>> | null = KEY,
    options: SocketOptions = {},
  ): Promise<SocketClient> {
    const client = await openSocket(url, params, options);
    clients.push(client);
    return client;
  }

  it('answer queries, and tell events until the client completes', async () => {
    const client = await open();
    client.subscribe({ query: TYPE }, 'a');
    expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
    client.subscribe({ query: RUN }, 'b');
    expect(await client.next()).toEqual(RUNNING);
    client.send({ type: 'complete', id: 'b' });
    client.subscribe({ query: TYPE }, 'c');
    expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
  });

  it('abandon the calls of a query that its client completes, and no others', async () => {
    const calls = new Map<string, Call>();
    upstream.script = async (call) => {
      calls.set(call.runId, call);
      await call.cut;
      return { status: 503 };
    };
    const client = await open();
    for (const id of ['a', 'b'])
      client.subscribe({ query: `{ run(workflowId: "wf", id: "${id}") { id status } }` }, id);
    await until(() => calls.size === 2);
    client.send({ type: 'complete', id: 'a' });
    await calls.get('a')?.cut;
    await until(() => requests[0]?.client.isGone() === true);
    expect(requests[1]?.client.isGone()).toBe(false);
    client.cut();
    await calls.get('b')?.cut;
  });

  it('answer a query by the id of one that its client has just completed', async () => {
    const { script } = upstream;
    upstream.script = async (call) => {
      if (call.runId === 'a') await call.cut;
      return script(call);
    };
    const client = await open();
    const called = upstream.nextCall();
    client.subscribe({ query: '{ run(workflowId: "wf", id: "a") { id } }' }, '1');
    await called;
    client.send({ type: 'complete', id: '1' });
    client.subscribe({ query: '{ run(workflowId: "wf", id: "b") { id } }' }, '1');
    expect([await client.next(), await client.next()]).toMatchObject([
      { type: 'next', payload: { data: { run: { id: 'b' } } } },
      COMPLETE,
    ]);
    client.cut();
  });

  it('send nothing of an operation that its client completes while it waits for one of the same id', async () => {
    const { script } = upstream;
    const first = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      await first.promise;
      return script(call);
    };
    const client = await open();
    const called = upstream.nextCall();
    client.subscribe({ query: 'mutation { executeWorkflow(workflowId: "wf") { __typename } }' }, '1');
    await called;
    client.send({ type: 'complete', id: '1' });
    client.subscribe({ query: TYPE }, '1');
    client.send({ type: 'complete', id: '1' });
    await client.roundTrip();
    first.resolve(undefined);
    await until(() => requests.length === 2);
    client.subscribe({ query: '{ last: __typename }' }, '2');
    expect(await client.next()).toEqual({ type: 'next', payload: { data: { last: 'Query' } } });
  });

  it('forget operations that are over', async () => {
    const client = await open();
    for (let id = 0; id < 10; id += 1) {
      client.subscribe({ query: TYPE }, `query ${id}`);
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
      client.subscribe({ query: RUN }, `subscription ${id}`);
      expect(await client.next()).toEqual(RUNNING);
      client.send({ type: 'complete', id: `subscription ${id}` });
      await client.roundTrip();
    }
    const clientsOfOperations = requests.map((request) => new WeakRef(request.client.isGone));
    requests = [];
    await client.roundTrip();
    collectGarbage();
    expect(clientsOfOperations.filter((each) => each.deref()).length).toBeLessThan(3);
    // The socket is idle by then.
    sockets.end();
    expect(await client.next()).toEqual({ type: 'closed', code: 1001 });
  });

  it('run each operation as the caller that its key is by then, by its own request id', async () => {
    const headers = { 'x-request-id': 'mine', traceparent: 'trace' };
    const client = await open(
      { token: 'Bearer key-6', Authorization: 'Bearer key-7' },
      { headers: { ...headers, authorization: 'Bearer key-8' } },
    );
    for (const id of ['a', 'b']) {
      client.subscribe({ query: TYPE }, id);
      await client.next();
      await client.next();
    }
    expect(requests.map(({ requestId }) => requestId)).toEqual(['mine.1', 'mine.2']);
    const [request] = requests;
    expect(request).toMatchObject({ transport: 'graphql-ws', traceparent: 'trace', params: { query: TYPE } });
    expect(request?.caller.viewer?.credential).toBe('key-7');
    expect((await request?.authenticate())?.viewer?.credential).toBe('key-7');
    expect(request?.http?.request.headers.traceparent).toBe('trace');
    expect([...(request?.allowed ?? [])].sort()).toEqual(['mutation', 'query', 'subscription']);
    expect(request?.client.isGone()).toBe(false);
    // One that the gateway gives, where none came.
    const other = await open();
    other.subscribe({ query: TYPE });
    await other.next();
    expect(requests.at(-1)?.requestId).toBe(`${other.requestId}.1`);
    authenticate = () => lasting(viewerOf('key-9'));
    client.subscribe({ query: TYPE }, 'c');
    await client.next();
    expect(requests.at(-1)?.caller.viewer?.credential).toBe('key-9');
  });

  it('take the key of the upgrade where connectionParams have none', async () => {
    for (const params of [{}, { authorization: 7 }]) {
      const client = await open(params, { headers: { authorization: 'Bearer key-8' } });
      client.subscribe({ query: TYPE });
      expect(await client.next()).toEqual(ANSWER);
      expect(requests.at(-1)?.caller.viewer?.credential).toBe('key-8');
    }
  });

  it('take one message a turn, however many come at once: others are answered in between', async () => {
    const client = await open();
    let turn = 0;
    let next = setImmediate(function count() {
      turn += 1;
      next = setImmediate(count);
    });
    const turns: number[] = [];
    const before = authenticate;
    authenticate = (...given) => {
      turns.push(turn);
      return before(...given);
    };
    for (let id = 0; id < 100; id += 1) client.subscribe({ query: TYPE }, `${id}`);
    await client.roundTrip();
    clearImmediate(next);
    expect([turns.length, new Set(turns).size]).toEqual([100, 100]);
  });

  it('parse a message once', async () => {
    const client = await open();
    const parsed = jest.spyOn(JSON, 'parse');
    client.subscribe({ documentId: 'unknown', variables: { complete: 'x'.repeat(10_000) } });
    await client.next();
    const texts = parsed.mock.calls.map(([text]) => text);
    parsed.mockReset();
    parsed.mockRestore();
    expect(texts.filter((text) => text.length > 10_000)).toHaveLength(1);
  });

  it('take no notice of a completed operation that they do not know', async () => {
    const client = await open();
    client.send({ type: 'complete', id: 'unknown' });
    await client.roundTrip();
  });

  it('answer each ping once', async () => {
    const client = await open();
    for (const text of ['a', '', 'c']) client.ping(text);
    await until(() => client.pongs.length === 3);
    await client.roundTrip();
    expect(client.pongs).toEqual(['a', '', 'c']);
  });

  it('run what a client asked for that has left meanwhile with a signal that says so', async () => {
    const client = await open();
    const admitted = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    const before = authenticate;
    authenticate = async (...given) => {
      asked.resolve(undefined);
      await admitted.promise;
      return before(...given);
    };
    client.subscribe({ query: TYPE });
    await asked.promise;
    client.cut();
    await until(() => kept === 0);
    admitted.resolve(undefined);
    await until(() => requests.length === 1);
    expect(requests[0]?.client.signal().aborted).toBe(true);
  });

  it('tell the client that it has gone', async () => {
    const client = await open();
    client.subscribe({ query: RUN });
    await client.next();
    const signal = requests[0]?.client.signal();
    expect(signal?.aborted).toBe(false);
    client.leave();
    await until(() => signal?.aborted === true);
    const other = await open();
    other.subscribe({ query: RUN });
    await other.next();
    other.cut();
    await until(() => requests[1]?.client.signal().aborted === true);
  });

  describe('are closed', () => {
    const reasonOf = async (client: SocketClient) => {
      const frame = await client.next();
      return frame.type === 'closed' ? frame.code : frame;
    };

    it('with 4401 for nobody, and for who is refused', async () => {
      expect(await reasonOf(await open({}))).toBe(4401);
      authenticate = () => rejected(new GatewayError('UNAUTHENTICATED', 'it is no key'));
      expect(await reasonOf(await open())).toBe(4401);
      expect(requests).toEqual([]);
    });

    it('for the cause that it is, also where its reason is longer than a frame takes', async () => {
      authenticate = () => rejected(new GatewayError('UNAUTHENTICATED', 'é'.repeat(500)));
      expect(await reasonOf(await open())).toBe(4401);
      authenticate = () => lasting(viewerOf('key-1'));
      const client = await open();
      const id = '🐎'.repeat(100);
      client.subscribe({ query: RUN }, id);
      expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: RUN }, id);
      expect(await reasonOf(client)).toBe(4409);
    });

    it('with 1013 where the key can not be judged now, and for who tries too many', async () => {
      authenticate = () => rejected(new GatewayError('IDENTITY_UNAVAILABLE', 'no answer'));
      expect(await reasonOf(await open())).toBe(TRY_AGAIN_LATER);
      authenticate = () => NOBODY;
      allowance = () => REFUSED;
      expect(await reasonOf(await open())).toBe(TRY_AGAIN_LATER);
      allowance = () => ({ ...REFUSED, isAllowed: true });
      expect(await reasonOf(await open())).toBe(4401);
    });

    it('with 4401 for who subscribes before it says who it is', async () => {
      const client = await open(null);
      client.subscribe({ query: TYPE });
      expect(await reasonOf(client)).toBe(4401);
    });

    it('with 4400 for what is no message, which is logged without it', async () => {
      const [client, other] = [await open(), await open()];
      client.send('hello');
      expect(await reasonOf(client)).toBe(4400);
      other.send({ type: 'connection_ack', payload: KEY });
      expect(await reasonOf(other)).toBe(4400);
      expect(log.lines.map(({ msg }) => msg)).toEqual(['a socket sent what only servers send']);
      expect(log.text).not.toContain('key-1');
    });

    it('with 1007 for what is not UTF-8, also as a binary message', async () => {
      const bytes = Buffer.from(
        JSON.stringify({ id: '1', type: 'subscribe', payload: { query: `${TYPE} #\xff` } }),
        'latin1',
      );
      for (const binary of [true, false]) {
        const client = await open();
        client.sendBytes(bytes, binary);
        expect(await reasonOf(client)).toBe(1007);
      }
      expect(requests).toEqual([]);
      const client = await open();
      client.sendBytes(Buffer.from(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: TYPE } })), true);
      expect(await client.next()).toEqual(ANSWER);
    });

    it('with 4400 for a ping whose payload is too deep to be written again, which is no defect', async () => {
      const client = await open();
      client.send(`{"type":"ping","payload":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`);
      expect(await reasonOf(client)).toBe(4400);
      expect(log.lines).toEqual([]);
    });

    it.each([
      ['when it connects', 0],
      ['in an operation', 1],
      ['between events', 2],
    ])('with 4500 for a defect, which is logged as over HTTP: %s', async (_, callsBefore) => {
      let calls = 0;
      authenticate = () => {
        calls += 1;
        const caller = { ...lasting(viewerOf('key-1')), verifiedUntilMs: 0 };
        return calls <= callsBefore ? caller : Promise.reject(new Error('a hook is broken'));
      };
      const client = await open();
      if (callsBefore > 0) client.subscribe({ query: RUN });
      expect(await reasonOf(client)).toBe(4500);
      const { requestId } = client;
      expect(log.lines).toMatchObject([{ level: 50, requestId, err: { message: 'a hook is broken' } }]);
    });

    it('with 1009 for what is too long', async () => {
      const client = await open();
      client.send(' '.repeat(MAX_MESSAGE_BYTES + 1));
      expect(await reasonOf(client)).toBe(1009);
      expect(log.lines.map(({ msg }) => msg)).toEqual(['a socket failed']);
    });

    it('with 1008 for one message in very many parts', async () => {
      const client = await open();
      for (let parts = 0; parts < 300; parts += 1) client.sendPart(' ');
      expect(await reasonOf(client)).toBe(1008);
    });

    it('with 1013 where too much is held for clients that are not known yet', async () => {
      const release = clientBytes.of(ANONYMOUS).hold(MAX_HELD_BYTES / 2);
      const [known, unknown] = [await open(), await open(null)];
      unknown.send({ type: 'ping', payload: { text: 'x'.repeat(8500) } });
      expect(await reasonOf(unknown)).toBe(TRY_AGAIN_LATER);
      known.subscribe({ query: `#${'x'.repeat(8500)}\n${TYPE}` });
      expect([await known.next(), await known.next()]).toEqual([ANSWER, COMPLETE]);
      release();
      const next = await open(null);
      // What was held for a message is free when it has been read.
      for (let pings = 0; pings < 4; pings += 1) await next.roundTrip({ text: 'x'.repeat(250_000) });
    });

    it('where too much is held of messages that are not whole, and not the others', async () => {
      let steps = 0;
      const bytes = clientBytes;
      clientBytes = {
        of: (owner) => ({
          ...bytes.of(owner),
          hold(size) {
            if (size === 65_536) steps += 1;
            return bytes.of(owner).hold(size);
          },
        }),
      };
      const [first, known] = [await open(null), await open()];
      first.sendPart('x'.repeat(450_000));
      await until(() => steps === 7);
      const second = await open(null);
      second.sendPart('x'.repeat(250_000));
      // The reason may be lost with what was not read.
      expect([TRY_AGAIN_LATER, 1006]).toContain(await reasonOf(second));
      known.subscribe({ query: `#${'x'.repeat(100_000)}\n${TYPE}` });
      expect([await known.next(), await known.next()]).toEqual([ANSWER, COMPLETE]);
      first.cut();
      await until(() => kept === 1);
      // A message is free when it is whole, and pings are none.
      const third = await open(null);
      for (let pings = 0; pings < 12; pings += 1) await third.roundTrip({ text: 'x'.repeat(100_000) });
    });

    it('with 1013 where their own viewer holds too much, and never because of another', async () => {
      const other = { authorization: 'Bearer key-2' };
      const [greedy, same, another] = [await open(), await open(), await open(other)];
      another.subscribe({ query: RUN });
      expect(await another.next()).toEqual(RUNNING);
      greedy.subscribe({ query: RUN, variables: { junk: 'x'.repeat(250_000) } });
      expect(await greedy.next()).toEqual(RUNNING);
      const large = { query: `#${'x'.repeat(8500)}\n${TYPE}` };
      another.subscribe(large, '2');
      expect([await another.next(), await another.next()]).toEqual([ANSWER, COMPLETE]);
      same.subscribe(large);
      expect(await reasonOf(same)).toBe(TRY_AGAIN_LATER);
      greedy.send({ type: 'complete', id: '1' });
      const hasRoom = () => {
        clientBytes.of(viewerOf('key-1').id).hold(MIN_COUNTED_BYTES)();
        return true;
      };
      await until(() => Promise.try(hasRoom).catch(() => false));
      const next = await open();
      next.subscribe(large);
      expect(await next.next()).toEqual(ANSWER);
    });

    it('with 1001 when the gateway stops, or cut', async () => {
      const [one, other] = [await open(), await open()];
      sockets.end();
      expect([await reasonOf(one), await reasonOf(other)]).toEqual([1001, 1001]);
      const third = await open();
      sockets.cut();
      expect(await reasonOf(third)).toBe(1006);
    });

    it('with 1001 when their queries and mutations are answered, and not before', async () => {
      const [asked, due] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      upstream.script = async ({ runId }) => {
        if (runId === 'r1') return { json: [wireRun(runId, { status: 'running', end_time: null })] };
        asked.resolve(undefined);
        await due.promise;
        return { json: { run_id: 'new' } };
      };
      const [busy, watching] = [await open(), await open()];
      for (const client of [busy, watching]) {
        client.subscribe({ query: RUN }, 'a');
        expect(await client.next()).toEqual(RUNNING);
      }
      busy.subscribe({ query: 'mutation { executeWorkflow(workflowId: "wf") { __typename } }' }, 'b');
      await asked.promise;
      await endAll([sockets]);
      expect(await reasonOf(watching)).toBe(1001);
      sockets.cut();
      // Nothing new is begun meanwhile, of which nobody would learn.
      busy.subscribe({ query: TYPE }, 'c');
      busy.ping('read');
      await until(() => busy.pongs.length === 1);
      due.resolve(undefined);
      const started = { data: { executeWorkflow: { __typename: 'ExecuteWorkflowPayload' } } };
      expect([await busy.next(), await busy.next()]).toEqual([{ type: 'next', payload: started }, COMPLETE]);
      expect(await reasonOf(busy)).toBe(1001);
      expect(requests).toHaveLength(3);
    });

    it('when they are cut, though an answer is due that could not be sent any more', async () => {
      const due = Promise.withResolvers<undefined>();
      upstream.script = async () => {
        await due.promise;
        return { status: 503 };
      };
      const client = await open();
      const called = upstream.nextCall();
      client.subscribe({ query: 'mutation { executeWorkflow(workflowId: "wf") { __typename } }' });
      await called;
      client.stopReading();
      client.send({ type: 'connection_ack' });
      await until(() => log.lines.length === 1);
      sockets.cut();
      await until(() => kept === 0);
      due.resolve(undefined);
    });

    it('and do nothing of what comes then', async () => {
      const client = await open();
      client.subscribe({ query: RUN }, 'a');
      expect(await client.next()).toEqual(RUNNING);
      client.subscribe({ query: RUN }, 'a');
      client.subscribe({ query: TYPE }, 'b');
      expect(await reasonOf(client)).toBe(4409);
      expect(requests).toHaveLength(1);
    });

    it('and forgotten', async () => {
      const clients = [await open(), await open()];
      expect(kept).toBe(2);
      clients[0]?.leave();
      clients[1]?.cut();
      await until(() => kept === 0);
    });

    it('not while they answer pings, or read', async () => {
      const [silent, deaf] = [await open(), await open(KEY, { autoPong: false })];
      for (let beats = 1; beats <= 4; beats += 1) {
        await deaf.roundTrip();
        const before = heard;
        clock.advance(BEAT_EVERY_MS);
        await until(() => silent.pings() === beats && deaf.pings() === beats && heard > before);
      }
      await Promise.all([silent.roundTrip(), deaf.roundTrip()]);
    });

    it('by the third beat that they do not answer', async () => {
      const [silent, hanging] = [await open(), await open()];
      hanging.stopReading();
      for (let beats = 0; beats < 3; beats += 1) {
        clock.advance(BEAT_EVERY_MS);
        await silent.roundTrip();
        await silent.roundTrip();
      }
      hanging.goOnReading();
      expect(await reasonOf(hanging)).toBe(1006);
      await silent.roundTrip();
    });
  });

  describe('are not opened', () => {
    const good = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'x-request-id': 'mine',
    };
    const answerTo = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
      new Promise<IncomingMessage>((resolve, reject) => {
        request(`${url}${path}`, { method, headers: { ...good, ...headers } })
          .once('response', resolve)
          .once('upgrade', (response, socket) => {
            socket.destroy();
            resolve(response);
          })
          .once('error', reject)
          .end();
      });
    /** The status and the code. */
    const refusalOf = async (path: string, headers?: Readonly<Record<string, string>>) => {
      const response = await answerTo(path, headers);
      const { errors } = (await json(response)) as { readonly errors: readonly GraphqlError[] };
      return [response.statusCode, errors[0]?.extensions.code];
    };
    const SWITCHING = { statusCode: 101 };

    it('while the gateway stops', async () => {
      isReady = false;
      expect(await refusalOf('/graphql')).toEqual([503, 'BAD_REQUEST']);
    });

    it('elsewhere', async () => {
      expect(await refusalOf('/elsewhere/graphql')).toEqual([404, 'NOT_FOUND']);
      expect(await answerTo('/base/graphql')).toMatchObject(SWITCHING);
      const opened = await answerTo('/graphql?a=b', { 'sec-websocket-extensions': 'permessage-deflate' });
      expect(opened).toMatchObject({ ...SWITCHING, headers: { 'x-request-id': 'mine' } });
      expect(opened.headers['sec-websocket-extensions']).toBeUndefined();
    });

    it('by requests that are none of WebSockets, which are told so as by any other request', async () => {
      for (const [method, status, changed] of [
        ['GET', 400, { 'sec-websocket-version': '7' }],
        ['GET', 400, { 'sec-websocket-key': 'none' }],
        ['GET', 400, { 'sec-websocket-protocol': 'a,,b' }],
        ['POST', 405, {}],
      ] as const) {
        const response = await answerTo('/graphql', changed, method);
        expect([response.statusCode, response.headers['content-type']]).toEqual([
          status,
          'application/json; charset=utf-8',
        ]);
        expect(response.headers[method === 'GET' ? 'sec-websocket-version' : 'allow']).toBeDefined();
        expect(await json(response)).toMatchObject({
          errors: [
            {
              message: expect.stringMatching(/^.* Sec-WebSocket-.*\.$|^Invalid HTTP method\.$/),
              extensions: { code: 'BAD_REQUEST', requestId: 'mine' },
            },
          ],
        });
      }
    });

    it('by pages of other origins', async () => {
      const evil = { origin: 'https://evil.example.com' };
      expect(await refusalOf('/graphql', evil)).toEqual([403, 'FORBIDDEN']);
      expect(await answerTo('/graphql', { origin: 'https://app.example.com' })).toMatchObject(SWITCHING);
    });
  });

  describe('refuse an operation', () => {
    it('that is one too many, and take the next when one has ended', async () => {
      const client = await open();
      for (const id of ['a', 'b']) {
        client.subscribe({ query: RUN }, id);
        expect(await client.next()).toEqual(RUNNING);
      }
      client.subscribe({ query: TYPE }, 'c');
      expect(await client.next()).toMatchObject({
        type: 'error',
        errors: [
          {
            message: 'One connection may carry 2 operations at once, and this one does already.',
            extensions: { code: 'RATE_LIMITED' },
          },
        ],
      });
      const requestId = expect.stringMatching(/.\.3$/);
      expect(refused).toMatchObject([{ transport: 'graphql-ws', requestId, viewerId: viewerOf('key-1').id }]);
      client.send({ type: 'complete', id: 'a' });
      client.subscribe({ query: TYPE }, 'd');
      expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
    });

    it('beyond the rate, as whoever it is of', async () => {
      const client = await open();
      const seen: unknown[] = [];
      allowance = ({ viewer }) => {
        seen.push(viewer?.credential);
        return REFUSED;
      };
      client.subscribe({ query: TYPE });
      expect(await client.nextErrorCode()).toBe('RATE_LIMITED');
      allowance = () => ({ ...REFUSED, isAllowed: true });
      client.subscribe({ query: TYPE });
      expect(await client.next()).toEqual(ANSWER);
      expect(seen).toEqual(['key-1']);
    });

    it('of who is nobody by then', async () => {
      const client = await open();
      authenticate = () => NOBODY;
      allowance = () => REFUSED;
      client.subscribe({ query: TYPE });
      expect(await client.nextErrorCode()).toBe('RATE_LIMITED');
      expect(refused).toMatchObject([{ viewerId: null }]);
      allowance = () => null;
      client.subscribe({ query: '{ run(workflowId: "wf", id: "r1") { id } }' });
      const errors = [{ extensions: { code: 'UNAUTHENTICATED' } }];
      expect(await client.next()).toMatchObject({ type: 'next', payload: { errors } });
    });

    it('that is none, with what is wrong, and one that ends with its errors', async () => {
      const client = await open();
      client.subscribe({ query: '{ nothing }' }, 'a');
      expect(await client.nextErrorCode()).toBe('GRAPHQL_VALIDATION_FAILED');
      upstream.script = () => ({ status: 404 });
      client.subscribe({ query: RUN.replace('r1', 'gone') }, 'b');
      expect(await client.nextErrorCode()).toBe('NOT_FOUND');
    });
  });

  it('write large answers in pieces, and each before its end', async () => {
    const outputs = 'é"'.repeat(1_000_000);
    upstream.script = () => ({ json: [wireRun('large', { outputs })] });
    const client = await open();
    const ask = async (id: string) => {
      client.subscribe({ query: '{ run(workflowId: "wf", id: "large") { outputs } }' }, id);
      return [await client.next(), await client.next()];
    };
    const expected = [{ type: 'next', payload: { data: { run: { outputs } } } }, COMPLETE];
    expect(await ask('a')).toEqual(expected);
    // Now the run is known, and so nothing is written but the answer.
    const written = jest.spyOn(JSON, 'stringify');
    const answer = await ask('b');
    const lengths = written.mock.results.map(({ value }) => String(value).length);
    written.mockRestore();
    expect(answer).toEqual(expected);
    expect(Math.max(...lengths)).toBeLessThan(2 ** 18);
  });

  it('hear of a client that takes a large answer with each part of it, and write nothing in between', async () => {
    const outputs = 'x'.repeat(8_000_000);
    upstream.script = () => ({ json: [wireRun('slow', { outputs })] });
    clientBytes = createClientBytes(100 * MAX_HELD_BYTES, () => true);
    const client = await open();
    client.stopReading();
    const before = heard;
    client.subscribe({ query: '{ run(workflowId: "wf", id: "slow") { outputs } }' }, 'large');
    await until(() => heard > before);
    client.subscribe({ query: TYPE }, 'short');
    client.goOnReading();
    const frames = [];
    while (frames.length < 4) frames.push(await client.next());
    expect(frames).toEqual(
      expect.arrayContaining([{ type: 'next', payload: { data: { run: { outputs } } } }, COMPLETE, ANSWER, COMPLETE]),
    );
    expect(heard - before).toBeGreaterThan(50);
  });

  /** From now on. */
  function countHeld() {
    let held = 0;
    const bytes = createClientBytes(MAX_HELD_BYTES, () => true);
    const [owners, ownersOfAnswers] = [new Set<string>(), new Set<string>()];
    const sizes: number[] = [];
    clientBytes = {
      of: (owner) => {
        owners.add(owner);
        const of = bytes.of(owner);
        const counted = (size: number, free: () => void) => {
          held += size;
          sizes.push(size);
          if (size >= MIN_COUNTED_BYTES) ownersOfAnswers.add(owner);
          let isFree = false;
          return () => {
            if (!isFree) held -= size;
            isFree = true;
            free();
          };
        };
        return {
          hold: (size) => counted(size, of.hold(size)),
          holdWhenFree: async (size) => counted(size, await of.holdWhenFree(size)),
        };
      },
    };
    return { held: () => held, sizes, owners, ownersOfAnswers };
  }

  it('count what a client has not taken, and free it when its operation is over', async () => {
    const { held, owners, ownersOfAnswers } = countHeld();
    const client = await open();
    client.subscribe({ query: LARGE });
    expect((await client.next()).type).toBe('next');
    expect(await client.next()).toEqual(COMPLETE);
    await client.roundTrip();
    await until(() => held() === 0);
    expect(owners).toEqual(new Set(['', viewerOf('key-1').id]));
    expect(ownersOfAnswers).toEqual(new Set([viewerOf('key-1').id]));
  });

  it('count nothing of an answer that a plugin keeps back', async () => {
    const requestDidStart = () => Promise.resolve({ willSendResponse: () => Promise.reject(new Error('broken')) });
    const others = pipeline;
    pipeline = await createPipeline({ plugins: [{ requestDidStart }] });
    const { held, ownersOfAnswers } = countHeld();
    const client = await open();
    client.subscribe({ query: LARGE });
    expect(await client.nextErrorCode()).toBe('INTERNAL_SERVER_ERROR');
    await pipeline.close();
    pipeline = others;
    expect(ownersOfAnswers.size).toBe(1);
    await until(() => held() === 0);
  });

  it('keep nothing of what a client says when it connects but its key', async () => {
    const parsed = jest.spyOn(JSON, 'parse');
    const clients = [await open({ ...KEY, junk: [{}] }), await open({ ...KEY, junk: [{}] })];
    const params = parsed.mock.results
      .map(({ value }) => value as { readonly type?: string; readonly payload?: object })
      .filter(({ type }) => type === 'connection_init')
      .map(({ payload }) => new WeakRef(payload ?? {}));
    parsed.mockReset();
    parsed.mockRestore();
    await Promise.all(clients.map((client) => client.roundTrip()));
    await new Promise(setImmediate);
    collectGarbage();
    expect(params.map((each) => each.deref())).toEqual([undefined, undefined]);
    clients[0]?.subscribe({ query: TYPE });
    expect(await clients[0]?.next()).toEqual(ANSWER);
  });

  it('count a large message as what it takes when it is parsed, and a small one as its text', async () => {
    const { sizes } = countHeld();
    const client = await open();
    const list = JSON.stringify({ type: 'pong', payload: { list: Array<number>(5000).fill(0) } });
    client.send(list.padEnd(MIN_COUNTED_BYTES - 1));
    await client.roundTrip();
    expect(sizes).toContain(2 * (MIN_COUNTED_BYTES - 1));
    client.send(list.padEnd(MIN_COUNTED_BYTES));
    await client.roundTrip();
    expect(Math.max(...sizes)).toBeGreaterThan(2 * MIN_COUNTED_BYTES + 5000 * 10);
  });

  it('read no more pings of a client that does not take its pongs', async () => {
    const client = await open();
    client.stopReading();
    const paused = jest.spyOn(WebSocket.prototype, 'pause');
    const ping = 'x'.repeat(125);
    for (let pings = 0; pings < 200_000; pings += 1) client.ping(ping);
    await until(() => paused.mock.calls.length > 0);
    paused.mockRestore();
  });

  it('read nothing more of a client that does not take its answers, until it does', async () => {
    clientBytes = createClientBytes(10 * MAX_HELD_BYTES, () => true);
    const client = await open();
    client.stopReading();
    const pongs = Array.from({ length: 75 }, () => client.roundTrip({ text: 'x'.repeat(200_000) }));
    client.subscribe({ query: TYPE });
    await new Promise<unknown>((resolve) => server.getConnections(resolve));
    expect(requests).toEqual([]);
    client.goOnReading();
    await Promise.all(pongs);
    expect(await client.next()).toEqual(ANSWER);
  });
});
