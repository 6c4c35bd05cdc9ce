/** The fair admission over HTTP and sockets: no owner fills what another needs, or takes its turns. */
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keptBytes } from '../harness/collect-garbage.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { type LiveClient, openSocket, subscribe } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { captureLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw, headOfPost, postOf, type RawConnection } from '../harness/raw-http.ts';
import { until } from '../harness/until.ts';
import { healthy } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const TYPENAME = '{ __typename }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const LARGE_ANSWER = 'a: outputs b: outputs c: outputs';
const TRANSPORTS = ['graphql-sse', 'graphql-ws'] as const;
const runOf = (id: string, fields = 'status') => `{ run(workflowId: "wf", id: "${id}") { ${fields} } }`;
const statusOf = ({ head }: { readonly head: string }) => Number(head.slice(9, 12));

const log = captureLog('debug');
/** The upstream answers these runs and starts when the gate opens. */
let gate: PromiseWithResolvers<undefined>;
let open: RawConnection[];
let clients: LiveClient[];

beforeEach(() => {
  gate = Promise.withResolvers();
  open = [];
  clients = [];
});
afterEach(() => {
  gate.resolve(undefined);
  for (const raw of open) raw.close();
  for (const client of clients) client.cut();
});
const gateway = perTest(
  new TestGateway({
    script: async (call) => {
      if (call.endpoint === 'execute' || call.runId.startsWith('late')) await gate.promise;
      if (call.endpoint === 'execute') return { json: { run_id: 'new' } };
      if (call.runId === 'large') return { json: [wireRun('large', { outputs: 'x'.repeat(5 * 2 ** 20) })] };
      if (call.runId === 'payload' && call.endpoint === 'steps') {
        return {
          json: [wireStep({ outputs: { items: Array.from({ length: 30_000 }, (_, at) => ({ at })), last: 'x' } })],
        };
      }
      return healthy(call);
    },
    logger: log.logger,
  }),
);
const { upstream } = gateway;

async function connectOne(): Promise<RawConnection> {
  const raw = await connectRaw(gateway.url);
  open.push(raw);
  return raw;
}
const accept = async (key: string) => {
  expect((await gateway.query(runOf('accepted'), { key })).errors).toEqual([]);
};
const statusFor = async (key: string) => (await gateway.query(TYPENAME, { key })).status;
/** Four bodies of a mebibyte whose last byte does not arrive: they weigh all that an owner may have in progress. */
const FILLING = 4;
const BODY_BYTES = 2 ** 20;
async function fill(key: string, bodies = FILLING): Promise<void> {
  for (let count = 0; count < bodies; count += 1) {
    const raw = await connectOne();
    raw.socket.write(`${headOfPost(key, `content-length: ${BODY_BYTES}`)}${' '.repeat(BODY_BYTES - 1)}`);
  }
  await until(async () => (await statusFor(key)) === 429);
}

describe('incoming request bodies', () => {
  it('are limited to 4 MiB per key, which alone gets 429', async () => {
    await accept('key-1');
    await accept('key-2');
    await fill('key-1');
    const refused = await gateway.query(TYPENAME);
    expect(refused.errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 1 } },
    ]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await statusFor('key-2')).toBe(200);
    for (const raw of open.splice(0)) raw.close();
    await until(async () => (await statusFor('key-1')) === 200);
  });

  it('keep the connection of a rejected request, and skip a short body', async () => {
    await accept('key-1');
    await fill('key-1');
    const raw = await connectOne();
    const body = JSON.stringify({ query: TYPENAME }).padEnd(60_000);
    expect(statusOf(await raw.ask(postOf(body, 'key-1')))).toBe(429);
    for (const each of open.splice(0, FILLING)) each.close();
    await until(async () => (await statusFor('key-1')) === 200);
    expect(statusOf(await raw.ask(postOf(body, 'key-1')))).toBe(200);
  });

  it('delay a rejection, one per connection', async () => {
    await gateway.restart({ logger: log.logger, slowDownMs: 3_600_000 });
    await accept('key-1');
    await accept('key-2');
    for (let count = 0; count < FILLING; count += 1) {
      const raw = await connectOne();
      raw.socket.write(`${headOfPost('key-1', `content-length: ${BODY_BYTES}`)}${' '.repeat(BODY_BYTES - 1)}`);
    }
    const seen = log.operations.length;
    const request = postOf({ query: TYPENAME }, 'key-1');
    let raw = await connectOne();
    // The second one is logged at once, since the first one waits.
    await until(async () => {
      raw = await connectOne();
      await raw.send(request, request);
      return log.operations.slice(seen).some(({ outcome }) => outcome !== 'ok');
    });
    expect(raw.socket.bytesRead).toBe(0);
    expect(await statusFor('key-2')).toBe(200);
    const logged = log.operations.length;
    raw.close();
    await until(() => log.operations.length > logged);
    // Meanwhile nothing is kept of their bodies.
    const requests: IncomingMessage[] = [];
    const remember = (message: unknown) => {
      requests.push((message as { readonly request: IncomingMessage }).request);
    };
    diagnostics.subscribe('http.server.request.start', remember);
    for (const length of [60_000, BODY_BYTES]) {
      const { socket } = await connectOne();
      socket.write(`${headOfPost('key-1', `content-length: ${length}`)}${' '.repeat(length)}`);
    }
    const received = ({ socket }: IncomingMessage) => socket.bytesRead > 30_000;
    await until(() => requests.filter(received).length === 2);
    await until(() => requests.every(({ readableLength }) => readableLength === 0));
    diagnostics.unsubscribe('http.server.request.start', remember);
    // Nothing is read of the long one, so its end would not be seen either.
    for (const { socket } of requests) socket.destroy();
  });
});

describe('operations without an accepted key', () => {
  it('are limited to 64 per network, without affecting accepted keys', async () => {
    await gateway.restart({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000' } });
    await accept('key-1');
    const pending = Array.from({ length: 100 }, (_, at) => gateway.query(runOf(`late-${at}`), { key: `new-${at}` }));
    let refused = 0;
    for (const each of pending) void each.then(({ status }) => (refused += status === 429 ? 1 : 0));
    await until(() => refused === 36);
    expect(await statusFor('new')).toBe(429);
    expect(await statusFor('key-1')).toBe(200);
    gate.resolve(undefined);
    expect((await Promise.all(pending)).filter(({ status }) => status === 200)).toHaveLength(64);
  });
});

describe('responses', () => {
  it('affect no other keys if the client of one stops reading', async () => {
    await accept('key-2');
    const readers: RawConnection[] = [];
    for (let count = 0; count < 6; count += 1) {
      const raw = await connectOne();
      readers.push(raw);
      raw.socket.pause();
      await raw.send(postOf({ query: `query Q${count} ${runOf('large', LARGE_ANSWER)}` }, 'key-1'));
    }
    const other = await gateway.query(runOf('large', LARGE_ANSWER), { key: 'key-2' });
    expect([other.status, other.errors]).toEqual([200, []]);
    // The answers that wait for room are written when others have been read.
    for (const raw of readers) raw.socket.resume();
    for (const raw of readers) expect((await raw.read(1)).map(statusOf)).toEqual([200]);
  });

  it('end silently when a client disconnects during a large one', async () => {
    await accept('key-1');
    for (let count = 0; count < 6; count += 1) {
      const raw = await connectOne();
      raw.socket.pause();
      const seen = log.operations.length;
      await raw.send(postOf({ query: `query Q${count} ${runOf('large', LARGE_ANSWER)}` }, 'key-1'));
      await until(() => log.operations.length > seen);
      raw.socket.resetAndDestroy();
    }
    const answer = await gateway.query(runOf('large', LARGE_ANSWER));
    expect([answer.status, answer.errors]).toEqual([200, []]);
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it("don't delay other keys while one reads a payload often", async () => {
    await accept('key-1');
    await accept('key-2');
    const path = (at: number) => runOf('payload', `p${at}: steps { outputs(path: "items[${at}].at") }`);
    await gateway.query(path(0));
    let answered = 0;
    const reads = Array.from({ length: 60 }, async (_, at) => {
      const { errors } = await gateway.query(path(at));
      expect(errors).toEqual([]);
      answered += 1;
    });
    await until(() => answered > 0);
    expect((await gateway.query(runOf('accepted'), { key: 'key-2' })).errors).toEqual([]);
    expect(answered).toBeLessThan(60);
    await Promise.all(reads);
  });
});

describe('mutations', () => {
  it('finish once started, and count, although the client left', async () => {
    await accept('key-1');
    for (let count = 0; count < FILLING; count += 1) {
      const raw = await connectOne();
      const started = upstream.nextCall();
      await raw.send(postOf(JSON.stringify({ query: MUTATION }).padEnd(BODY_BYTES - 1)));
      await started;
    }
    const closed = Promise.all(open.map(({ socket }) => once(socket, 'close')));
    for (const raw of open) raw.close();
    await closed;
    await until(async () => (await statusFor('key-1')) === 429);
    const seen = log.operations.length;
    gate.resolve(undefined);
    await until(async () => (await statusFor('key-1')) === 200);
    const ended = log.operations.slice(seen).filter((line) => line['graphql.operation.type'] === 'mutation');
    expect(ended).toEqual(Array(FILLING).fill(expect.objectContaining({ outcome: 'abandoned' })));
  });

  it('return ids without payload if there is no capacity', async () => {
    await accept('key-1');
    // The oldest operation of a key always has room.
    const oldest = await connectOne();
    oldest.socket.write(`${headOfPost('key-1', `content-length: ${BODY_BYTES}`)} `);
    await statusFor('key-1');
    const started = upstream.nextCall();
    const run = 'run { id workflow { run(id: "payload") { steps { outputs } } }';
    const answer = gateway.query(`mutation { executeWorkflow(workflowId: "wf") { ${run} } } }`);
    await started;
    // With room for the mutation.
    oldest.socket.write(' '.repeat(BODY_BYTES - 4098));
    await fill('key-1', FILLING - 1);
    gate.resolve(undefined);
    const { data, errors } = await answer;
    expect(data).toEqual({
      executeWorkflow: { run: { id: 'new', workflow: { run: { steps: [{ outputs: null }] } } } },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
  });

  it('all complete over one socket, even if large', async () => {
    await accept('key-1');
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
    clients.push(socket);
    for (let id = 0; id < 3; id += 1)
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: MUTATION } }).padEnd(60_000));
    await until(() => upstream.count('execute') === 3);
    gate.resolve(undefined);
    const types: string[] = [];
    while (types.length < 6) types.push((await socket.next()).type);
    expect(types.filter((type) => type === 'next')).toHaveLength(3);
  });
});

it('makes a request for events wait only with a short body', async () => {
  await accept('key-1');
  await fill('key-1');
  const requestOf = (length: number) => {
    const body = JSON.stringify({ query: WATCH }).padEnd(length);
    return `${headOfPost('key-1', 'accept: text/event-stream', `content-length: ${length}`)}${body}`;
  };
  const waiting = await connectOne();
  await waiting.send(requestOf(16_384));
  const refused = await connectOne();
  expect(statusOf(await refused.ask(requestOf(16_385)))).toBe(429);
  expect(waiting.socket.bytesRead).toBe(0);
});

describe.each(TRANSPORTS)('a subscription over %s', (transport) => {
  it('waits for capacity instead of being rejected', async () => {
    upstream.script = (call) =>
      call.endpoint === 'run' ? { json: [wireRun(call.runId, { status: 'running', end_time: null })] } : healthy(call);
    await accept('key-1');
    await fill('key-1');
    const opening = subscribe(transport, gateway.url, WATCH);
    for (let time = 0; time < 3; time += 1) expect(await statusFor('key-1')).toBe(429);
    for (const raw of open.splice(0)) raw.close();
    const client = await opening;
    clients.push(client);
    expect(await client.nextData()).toEqual({ runUpdated: { run: { status: 'RUNNING' } } });
  });

  it('may have 4 KiB of variables, and keeps only declared ones', async () => {
    const live = await new LiveRun().open();
    const query = 'subscription ($id: ID!) { runUpdated(workflowId: "wf", id: $id) { run { status } } }';
    const openOne = async () => {
      const unknown = Array.from({ length: 10_000 }, () => ({}));
      const client = await subscribe(transport, live.gateway.url, `${query} #${'x'.repeat(30_000)}`, {
        variables: { id: 'r1', unknown },
      });
      clients.push(client);
      await client.nextData();
    };
    await openOne();
    const before = keptBytes();
    while (clients.length <= 20) await openOne();
    expect(keptBytes() - before).toBeLessThan(5_000_000);
    const long = await subscribe(transport, live.gateway.url, query, { variables: { id: 'x'.repeat(5000) } });
    clients.push(long);
    expect(await long.nextErrorCode()).toBe('BAD_USER_INPUT');
    for (const client of clients.splice(0)) client.cut();
    await live.close();
  });
});

it('serves a response cached by another caller despite a full key', async () => {
  await accept('key-1');
  await accept('key-2');
  await fill('key-1');
  const body = JSON.stringify({ query: runOf('accepted') });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer key-2' };
  const { status } = await ask(`${gateway.url}/graphql`, { method: 'POST', headers, body });
  expect(status).toBe(200);
});
