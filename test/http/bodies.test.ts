import { once } from 'node:events';
import { IncomingMessage, request, type ClientRequest } from 'node:http';
import { connect, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readBody } from '../../src/http/body.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket } from '../harness/live-client.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { captureLog } from '../support/observed.ts';
import { connectRaw } from '../harness/raw-http.ts';
import { wireRun } from '../harness/wire.ts';

const BODY = JSON.stringify({ query: '{ run(workflowId: "wf", id: "r1") { id } }' });

describe('bodies that do not tell their length', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Not ended. */
  function open(): { readonly outgoing: ClientRequest; readonly status: Promise<number> } {
    const outgoing = request(`${gateway.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1' },
    });
    outgoing.on('error', () => undefined);
    const status = once(outgoing, 'response').then(([response]) => {
      (response as IncomingMessage).resume();
      return (response as IncomingMessage).statusCode ?? 0;
    });
    return { outgoing, status };
  }

  it('count as they come: many small ones of one viewer are answered', async () => {
    const answer = Promise.withResolvers<undefined>();
    upstream.script = async ({ runId }) => {
      await answer.promise;
      return { json: [wireRun(runId)] };
    };
    const all = Array.from({ length: 40 }, () => {
      const { outgoing, status } = open();
      // Apart from its end: then it goes out in chunks.
      outgoing.write(BODY);
      outgoing.end(' ');
      return status;
    });
    await upstream.nextCall();
    answer.resolve(undefined);
    expect(await Promise.all(all)).toEqual(all.map(() => 200));
  });

  it('are refused when they are too long, and leave the connection to the next request', async () => {
    const raw = await connectRaw(gateway.url);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const head = `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    for (let time = 0; time < 3; time += 1) {
      expect((await raw.ask(`${head}${chunk.repeat(40)}0\r\n\r\n`)).head).toMatch(/^HTTP\/1.1 413 /);
      expect((await raw.ask('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n')).head).toMatch(/^HTTP\/1.1 200 /);
    }
    raw.close();
  });

  it('count before they are whole: too many large ones of one viewer are refused', async () => {
    const all = Array.from({ length: 20 }, open);
    for (const { outgoing } of all) outgoing.write('x'.repeat(1_000_000));
    expect(await Promise.any(all.map(({ status }) => status))).toBe(429);
    for (const { outgoing } of all) outgoing.destroy();
    const small = open();
    small.outgoing.end(BODY);
    expect(await small.status).toBe(200);
  });
});

describe('bodies and messages of keys that are made up', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    upstream.script = ({ key, runId }) => (key === 'key-1' ? { json: [wireRun(runId)] } : { status: 401 });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const LARGE = `{ run(workflowId: "wf", id: "r1") { id } } ${'#'.repeat(100_000)}`;
  const KEYS = ['made-up-1', 'made-up-2', 'made-up-3'].flatMap((key) => Array<string>(13).fill(key));

  const head = (key: string) =>
    `POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-length: 1048576\r\n\r\n`;

  it('are counted as they come: who only announces them takes no room, and a first request of a good key has it', async () => {
    const idle = await Promise.all(KEYS.map(() => connectRaw(gateway.url)));
    for (const [index, raw] of idle.entries()) await raw.send(`${head(KEYS[index] ?? '')}{`);
    expect((await gateway.query(LARGE)).status).toBe(200);
    for (const raw of idle) raw.close();
  });

  /** What has come: nearly a megabyte of each. Resolves with how many were refused. */
  const overHttp = async () => {
    const all = await Promise.all(KEYS.map(() => connectRaw(gateway.url)));
    const statuses: string[] = [];
    for (const [index, raw] of all.entries()) {
      raw.socket.on('data', (data: Buffer) => statuses.push(data.toString().slice(9, 12)));
      raw.socket.write(head(KEYS[index] ?? '') + ' '.repeat(1_000_000));
    }
    const close = () => {
      for (const raw of all) raw.close();
    };
    return { close, refused: () => statuses.filter((status) => status === '429').length };
  };
  const overWebSocket = async () => {
    const all = await Promise.all(KEYS.map((key) => openSocket(gateway.url, { authorization: `Bearer ${key}` })));
    let closed = 0;
    for (const client of all) {
      void client.next().then(() => (closed += 1));
      client.sendPart(' '.repeat(1_000_000));
    }
    const close = () => {
      for (const client of all) client.cut();
    };
    return { close, refused: () => closed };
  };

  it.each([
    ['HTTP', overHttp],
    ['WebSocket', overWebSocket],
  ])('share the half of all unknown clients, and leave the other one to keys that are known: %s', async (_, send) => {
    expect((await gateway.query(LARGE)).status).toBe(200);
    const { close, refused } = await send();
    await until(() => refused() > 20);
    expect((await gateway.query(LARGE)).status).toBe(200);
    close();
  });
});

describe('a body that breaks off', () => {
  it('is a mistake of its client, and no defect in the log', async () => {
    const log = captureLog('info');
    const gateway = await startGateway({}, { logger: log.logger });
    const raw = await connectRaw(gateway.url);
    await raw.send(
      'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    // The gateway has read it before it reads what comes later.
    await gateway.query('{ __typename }');
    raw.close();
    await until(() => log.operations.length === 2);
    await gateway.close();
    expect(log.operations).toContainEqual(expect.objectContaining({ errorCodes: ['BAD_REQUEST'] }));
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe('a body whose client leaves while it is authenticated', () => {
  it.each(['x', 'x'.repeat(1_000_000)])('counts no longer: others are answered', async (come) => {
    const seen: PromiseWithResolvers<undefined>[] = [];
    const gateway = await startGateway(
      {},
      {
        authenticate: async (credential: string) => {
          if (credential.startsWith('leaves')) {
            const left = Promise.withResolvers<undefined>();
            seen.push(left);
            await left.promise;
          }
          return { upstreamKey: 'demo-key', workflowIds: 'all' as const };
        },
      },
    );
    const head = `POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer leaves-COUNT\r\ncontent-length: 1000000\r\n\r\n`;
    for (let count = 1; count <= 30; count += 1) {
      const raw = await connectRaw(gateway.url);
      raw.socket.write(head.replace('COUNT', String(count)) + come);
      await until(() => seen.length === count);
      raw.socket.resetAndDestroy();
    }
    // Over sockets of their own, which are read after those that were closed before.
    for (let time = 0; time < 2; time += 1) await gateway.query('{ __typename }');
    for (const { resolve } of seen) resolve(undefined);
    // Of a body that has come, the gateway hears only while it reads it that its client has left.
    await until(async () => (await gateway.query(`{ __typename } ${'#'.repeat(20_000)}`)).status === 200);
    await gateway.close();
  });
});

describe('a body in pieces', () => {
  function read() {
    const request = new IncomingMessage(new Socket());
    return { request, body: readBody(request, { hold: () => () => undefined }) };
  }

  it('is read as a whole, wherever it was cut', async () => {
    const bytes = Buffer.from('é"🐎'.repeat(5000));
    for (const length of [1, 7, 4096, 40_000, bytes.length]) {
      const { request, body } = read();
      for (let at = 0; at < bytes.length; at += length) request.push(bytes.subarray(at, at + length));
      request.push(null);
      expect(await body).toBe(bytes.toString());
    }
    const { request, body } = read();
    request.push(null);
    expect(await body).toBe('');
  });

  it('takes its bytes, and nothing for each of its pieces', async () => {
    const { request, body } = read();
    const pieces: WeakRef<Buffer>[] = [];
    for (let at = 0; at < 100; at += 1) {
      const piece = Buffer.from('x');
      pieces.push(new WeakRef(piece));
      request.push(piece);
      await setImmediate();
    }
    collectGarbage();
    // The first one is what most bodies are.
    expect(pieces.filter((piece) => piece.deref()).length).toBeLessThan(5);
    request.push(null);
    expect(await body).toBe('x'.repeat(100));
  });

  it('is kept by its reader alone, though its request lasts', async () => {
    const requests: IncomingMessage[] = [];
    const before = keptBytes();
    for (let count = 0; count < 50; count += 1) {
      const { request, body } = read();
      for (let pieces = 0; pieces <= count % 2; pieces += 1) request.push(Buffer.alloc(100_000, 'x'));
      request.push(null);
      await body;
      requests.push(request);
    }
    await setImmediate();
    expect(keptBytes() - before).toBeLessThan(1_000_000);
    expect(requests).toHaveLength(50);
  });
});

it('streams keep nothing of the body that asked for them', async () => {
  const live = await startLiveRun();
  const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }';
  const body = JSON.stringify({ query }).padEnd(500_000);
  const head = [
    'POST /graphql HTTP/1.1',
    'host: x',
    'authorization: Bearer key-1',
    'content-type: application/json',
    'accept: text/event-stream',
    `content-length: ${body.length}`,
  ];
  const text = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  const openOne = async () => {
    const socket = connect(Number(new URL(live.gateway.url).port), '127.0.0.1');
    socket.write(text);
    await once(socket, 'data');
    return socket;
  };
  const streams = [await openOne()];
  const before = keptBytes();
  while (streams.length <= 20) streams.push(await openOne());
  expect(keptBytes() - before).toBeLessThan(5_000_000);
  for (const stream of streams) stream.destroy();
  await live.close();
});

/** By what lives. */
function keptBytes(): number {
  // The memory of buffers is freed on another thread, which a second collection waits for.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
