/**
 * How connections end when a gateway stops, and how many connections are allowed.
 *
 * @jest-environment-options {"fakeTimers":"server"}
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as aTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { limitConnections } from '../../src/http/server.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket } from '../harness/live-client.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw, postOf, type RawConnection } from '../harness/raw-http.ts';
import { until } from '../harness/until.ts';
import { healthy } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

const requestOf = (id: string, fields = 'id') =>
  postOf({ query: `{ run(workflowId: "wf", id: "${id}") { ${fields} } }` });
const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
const WATCH = encodeURIComponent('subscription { runUpdated(workflowId: "wf", id: "r1") { run { id } } }');
const LARGE = 'a: outputs b: outputs c: outputs';

let gate: PromiseWithResolvers<undefined>;
let open: RawConnection[];

beforeEach(() => {
  gate = Promise.withResolvers();
  open = [];
});
afterEach(() => {
  jest.useRealTimers();
  gate.resolve(undefined);
  for (const raw of open) raw.close();
});
const gateway = perTest(
  new TestGateway({
    script: async (call) => {
      if (call.runId === 'late') await gate.promise;
      if (call.runId === 'large') return { json: [wireRun('large', { outputs: 'x'.repeat(5_000_000) })] };
      return healthy(call);
    },
  }),
);
const { upstream } = gateway;

async function connectOne(): Promise<RawConnection> {
  const raw = await connectRaw(gateway.url);
  open.push(raw);
  return raw;
}
/** A connection whose request is pending until the gate opens. */
async function connectBusy(): Promise<RawConnection> {
  const raw = await connectOne();
  const started = upstream.nextCall();
  await raw.send(requestOf('late'));
  await started;
  return raw;
}
const closedOf = ({ socket }: RawConnection) => (socket.closed ? Promise.resolve([]) : once(socket, 'close'));

/** Begins to close. The test advances the gateway's timers. */
async function beginToClose() {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  const before = jest.getTimerCount();
  const state = { isClosed: false };
  const closed = gateway.close().then(() => {
    state.isClosed = true;
  });
  while (jest.getTimerCount() < before + 2 && !state.isClosed) await aTurn();
  return { closed, isClosed: () => state.isClosed };
}

describe('a gateway that stops', () => {
  it('serves requests on connections waiting to be accepted', async () => {
    const { hostname, port } = new URL(gateway.url);
    const answers = Array.from({ length: 20 }, async () => {
      const socket = connect(Number(port), hostname);
      socket.write(HEALTH);
      const [data] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return data.toString().slice(9, 12);
    });
    // The gateway accepts them from its next turn on.
    await aTurn();
    await gateway.close();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['200']));
  });

  it('drains open connections, and accepts no new ones', async () => {
    const all = [await connectOne(), await connectOne()];
    for (const raw of all) expect((await raw.ask(HEALTH)).head).not.toMatch(/^connection: close/im);
    const closed = gateway.close(1500);
    const refused = (error: unknown) => (error as { readonly code: string }).code === 'ECONNREFUSED';
    await until(() => ask(`${gateway.url}/healthz`).then(() => false, refused));
    const [first, second] = all;
    expect(await first?.ask('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n')).toMatchObject({
      head: expect.stringMatching(/^HTTP\/1.1 503 [^]*connection: close/i),
      body: '{"status":"stopping"}',
    });
    expect((await second?.ask(requestOf('r1')))?.head).toMatch(/^HTTP\/1.1 200 [^]*connection: close/i);
    await Promise.all(all.map(closedOf));
    await closed;
  });

  it('closes idle connections at once, but finishes pending responses', async () => {
    const [unused, idle, busy] = [await connectOne(), await connectOne(), await connectBusy()];
    await idle.ask(HEALTH);
    const { closed } = await beginToClose();
    await Promise.all([unused, idle].map(closedOf));
    expect(busy.socket.closed).toBe(false);
    gate.resolve(undefined);
    expect(await busy.read(1)).toMatchObject([
      { head: expect.stringMatching(/connection: close/i), body: '{"data":{"run":{"id":"late"}}}' },
    ]);
    await closed;
  });

  it('finishes sending unread responses', async () => {
    const raw = await connectOne();
    const size = (await raw.ask(requestOf('large', LARGE))).body.length;
    raw.socket.pause();
    await raw.send(requestOf('large', LARGE));
    await gateway.query('{ __typename }');
    const { closed } = await beginToClose();
    jest.advanceTimersByTime(1000);
    await aTurn();
    raw.socket.resume();
    expect((await raw.read(1)).map(({ body }) => body.length)).toEqual([size]);
    jest.advanceTimersByTime(1000);
    await closed;
  });

  it('closes a connection after the rest of a rejected body', async () => {
    const raw = await connectOne();
    const answer = await raw.ask('PUT /other HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab');
    expect(answer.head).toMatch(/^HTTP\/1.1 404 /);
    const { closed, isClosed } = await beginToClose();
    jest.advanceTimersByTime(1000);
    await aTurn();
    expect([raw.socket.closed, isClosed()]).toEqual([false, false]);
    await raw.send('cd');
    await gatewayTurns();
    jest.advanceTimersByTime(1000);
    await closed;
  });

  it('waits at most 10 s for a response', async () => {
    const busy = await connectBusy();
    const { closed, isClosed } = await beginToClose();
    jest.advanceTimersByTime(9_999);
    await gatewayTurns();
    expect([busy.socket.closed, isClosed()]).toEqual([false, false]);
    jest.advanceTimersByTime(1);
    await closedOf(busy);
    await closed;
  });
});

it.each([
  ['is not ready', '/readyz', '', '{"status":"stopping"}'],
  ['opens no stream', `/graphql/stream?query=${WATCH}`, 'accept: text/event-stream\r\n', 'The gateway is stopping.'],
])('%s', async (_, path, headers, message) => {
  const raw = await connectOne();
  await raw.ask(HEALTH);
  await raw.send(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-1\r\n`);
  // The gateway has read the beginning of that request when it answers this query.
  await gateway.query('{ __typename }');
  const closed = gateway.close();
  const { head, body } = await raw.ask(`${headers}\r\n`);
  expect(head).toMatch(/^HTTP\/1.1 503 [^]*connection: close/i);
  expect(body).toContain(message);
  await closed;
});

/** Enough turns to read the sent data and to close sockets. */
async function gatewayTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await aTurn();
}

it('releases a connection after it is closed', async () => {
  const sockets: WeakRef<Socket>[] = [];
  const port = Number(new URL(gateway.url).port);
  const note = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    if (socket.localPort === port) sockets.push(new WeakRef(socket));
  };
  subscribe('net.server.socket', note);
  for (let time = 0; time < 20; time += 1) {
    const raw = await connectRaw(gateway.url);
    if (time % 2 === 0) await raw.ask(time % 4 === 0 ? HEALTH : requestOf('r1'));
    raw.close();
  }
  await gateway.query('{ __typename }');
  unsubscribe('net.server.socket', note);
  await until(() => {
    collectGarbage();
    // The last few may still be referenced.
    return sockets.filter((socket) => socket.deref()).length < 5;
  });
  expect(sockets.length).toBeGreaterThan(20);
});

it('closes each connection beyond MAX_CONNECTIONS', async () => {
  const own = await startGateway({ upstream, env: { MAX_CONNECTIONS: '3' } });
  const openOne = () => openSocket(own.url, { authorization: 'Bearer key-1' });
  const sockets = [await openOne(), await openOne(), await openOne()];
  await expect(openOne()).rejects.toThrow();
  sockets.pop()?.cut();
  await until(() =>
    openOne().then(
      (socket) => sockets.push(socket) > 0,
      () => false,
    ),
  );
  for (const socket of sockets) socket.cut();
  await own.close();
});

it('limits connections of a network until its callers are accepted', async () => {
  const server = createServer();
  const accepted = new WeakSet<object>();
  let network: string | null = 'one';
  limitConnections(server, {
    isAccepted: (socket) => accepted.has(socket),
    networkOf: () => network,
    maxOfNetwork: 2,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  const isOpen = async () => {
    const arrived = once(server, 'connection');
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    const [[socket]] = (await Promise.all([arrived, once(client, 'connect')])) as [[Socket], unknown];
    return { socket, isRefused: socket.destroyed };
  };
  const first = await isOpen();
  expect([first.isRefused, (await isOpen()).isRefused, (await isOpen()).isRefused]).toEqual([false, false, true]);
  network = 'another';
  expect((await isOpen()).isRefused).toBe(false);
  network = null;
  for (let count = 0; count < 5; count += 1) expect((await isOpen()).isRefused).toBe(false);
  network = 'one';
  accepted.add(first.socket);
  expect((await isOpen()).isRefused).toBe(false);
  expect((await isOpen()).isRefused).toBe(true);
  for (const client of clients) client.destroy();
  server.close();
  await once(server, 'close');
});
