/**
 * Anyone can invent a key. Requests without a key or with an unaccepted one count against their address, leave
 * nothing cached, and get few calls and sockets.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { keptBytes } from '../harness/collect-garbage.ts';
import { postTo, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket, openStream, type SocketClient } from '../harness/live-client.ts';
import { scrape } from '../harness/observed.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { healthy, type Reply } from '../harness/upstream.ts';

const runs = (count: number) =>
  `{ ${Array.from({ length: count }, (_, index) => `r${index}: run(workflowId: "wf", id: "r${index}") { status steps { id } }`).join()} }`;
const REFUSED: Reply = { status: 401, json: {} };
const RATE = 12;
const clock = createManualClock();
const gateway = perTest(
  new TestGateway({
    script: (call) => (call.key?.startsWith('made-up') ? REFUSED : healthy(call)),
    env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: String(RATE), TRUST_PROXY: '1' },
    clock,
  }),
);
const { upstream } = gateway;

describe('a key that the upstream has not accepted', () => {
  let sockets: SocketClient[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.cut();
    sockets = [];
  });

  const askFrom = (address: string, query: string, key: string | null) =>
    postTo(gateway.url, { query }, { key, headers: { 'x-forwarded-for': address } });
  const statusFrom = async (address: string, key: string | null, query = '{ __typename }') => {
    const response = await askFrom(address, query, key);
    await response.text();
    return response.status;
  };

  it('counts against its address until it is accepted', async () => {
    expect(await statusFrom('192.0.2.1', 'good', runs(1))).toBe(200);
    const statuses = [];
    while (statuses.length < RATE) statuses.push(await statusFrom('192.0.2.1', `made-up-${statuses.length}`, runs(1)));
    expect(statuses).toEqual([...Array<number>(RATE - 1).fill(401), 429]);
    expect(await statusFrom('192.0.2.1', null)).toBe(429);
    expect(await statusFrom('192.0.2.1', 'good')).toBe(200);
    expect(await statusFrom('192.0.2.2', 'made-up-60')).toBe(200);
  });

  it('counts IPv6 addresses by /56, and IPv4-mapped ones as IPv4', async () => {
    for (let index = 0; index < RATE; index += 1)
      await statusFrom(`2001:db8:0:1${index.toString(16).padStart(2, '0')}::1`, null);
    expect(await statusFrom('2001:db8:0:1ff:ffff::1', null)).toBe(429);
    expect(await statusFrom('2001:db8:0:200::1', null)).toBe(200);
    for (let index = 0; index < RATE; index += 1) await statusFrom('192.0.2.7', null);
    expect(await statusFrom('::ffff:192.0.2.7', null)).toBe(429);
  });

  it('counts callers with an invalid forwarded address together', async () => {
    const texts = ['spoofed', '999.1.1.1', 'x'.repeat(8000), `0x${'0'.repeat(4000)}7f`, `fe80::1%${'a'.repeat(4000)}`];
    for (let index = 0; index < RATE; index += 1) await statusFrom(texts[index % texts.length] ?? '', null);
    for (const text of [...texts, 'another text']) expect(await statusFrom(text, null)).toBe(429);
    expect(await statusFrom('192.0.2.8:4711', null)).toBe(200);
  });

  it('counts for its address without a port appended by a proxy', async () => {
    for (let index = 0; index < RATE; index += 1) await statusFrom(`192.0.2.9:${4000 + index}`, null);
    expect(await statusFrom('192.0.2.9', null)).toBe(429);
    for (let index = 0; index < RATE; index += 1) await statusFrom(`[2001:db8:0:9::1]:${4000 + index}`, null);
    expect(await statusFrom('2001:db8:0:9::1', null)).toBe(429);
  });

  it('makes no further upstream call after a 401', async () => {
    const response = await askFrom('192.0.2.1', runs(40), 'made-up');
    const { data, errors } = (await response.json()) as { data: object; errors: { extensions: { code: string } }[] };
    expect(Object.values(data)).toEqual(Array(40).fill(null));
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['UNAUTHENTICATED']));
    // A quarter of UPSTREAM_CONCURRENCY was under way.
    expect(upstream.calls.length).toBeLessThanOrEqual(16);
  });

  it('makes sixteen calls at once first, the others after a success', async () => {
    const replies: (() => void)[] = [];
    upstream.script = async (call) => {
      await new Promise<void>((resolve) => replies.push(resolve));
      return healthy(call);
    };
    const ids = Array.from({ length: 100 }, (_, index) => `"${index}"`).join();
    const answer = askFrom(
      '192.0.2.1',
      `{ workflow(id: "wf") { runsById(ids: [${ids}]) { status steps { id } } } }`,
      'good',
    );
    while (upstream.calls.length < 16) await upstream.nextCall();
    const queued = async () => (await scrape(gateway.url)).value('stepgate_upstream_calls_queued');
    expect([await queued(), upstream.calls.length]).toEqual([184, 16]);
    replies[0]?.();
    while (upstream.calls.length < 65) await upstream.nextCall();
    upstream.script = healthy;
    for (const reply of replies) reply();
    expect(await (await answer).json()).not.toHaveProperty('errors');
    expect(upstream.calls).toHaveLength(200);
  });

  it('leaves upstream slots to accepted ones, however many wait', async () => {
    await statusFrom('192.0.2.1', 'good', runs(1));
    upstream.script = healthy;
    const release = upstream.holdCalls(({ key }) => key !== 'good');
    const waiting = Array.from({ length: 50 }, (_, index) => statusFrom('192.0.2.1', `made-up-${index}`, runs(20)));
    await upstream.nextCall();
    expect(await (await askFrom('192.0.2.1', runs(40), 'good')).json()).not.toHaveProperty('errors');
    const unaccepted = upstream.calls.filter(({ key }) => key !== 'good').length;
    expect(unaccepted).toBeLessThanOrEqual(16);
    release();
    await Promise.all(waiting);
  });

  it.each(TRANSPORTS)('delays no other network, even with many keys: %s', async (transport) => {
    await gateway.restart({ env: { UPSTREAM_CONCURRENCY: '8' } });
    const replies: (() => void)[] = [];
    upstream.script = async (call) => {
      if (call.key === 'good') return healthy(call);
      await new Promise<void>((resolve) => replies.push(resolve));
      return REFUSED;
    };
    const queued = async (count: number) => {
      while ((await scrape(gateway.url)).value('stepgate_upstream_calls_queued') !== count) await nextTurn();
    };
    const refused = Array.from({ length: 10 }, (_, key) => statusFrom('192.0.2.1', `made-up-${key}`, runs(1)));
    await queued(18);
    const answer = send(transport, gateway.url, { query: runs(1) }, 'good');
    await queued(20);
    const next = upstream.nextCall();
    replies[0]?.();
    expect((await next).key).toBe('good');
    expect(await answer).not.toHaveProperty('errors');
    upstream.script = () => REFUSED;
    for (const reply of replies) reply();
    await Promise.all(refused);
  });

  it('is accepted after starting a run', async () => {
    upstream.script = () => ({ json: { run_id: 'r1', message: 'started' } });
    await statusFrom('192.0.2.1', 'good', 'mutation { executeWorkflow(workflowId: "wf") { message } }');
    for (let time = 0; time < RATE; time += 1) await statusFrom('192.0.2.1', null);
    expect(await statusFrom('192.0.2.1', null)).toBe(429);
    expect(await statusFrom('192.0.2.1', 'good')).toBe(200);
  });
});

describe('a caller without a key', () => {
  const RUN = '{ run(workflowId: "wf", id: "r1") { id status } }';
  beforeEach(async () => {
    await gateway.restart({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '6', TRUST_PROXY: '' } });
    // This request counts too: its key was not accepted before.
    await gateway.query(RUN);
    clock.advance(60_000);
  });

  const ask = (body: object = { query: '{ __typename }' }, headers: Readonly<Record<string, string>> = {}) =>
    postTo(gateway.url, body, { key: null, headers });
  const statusFor = async (forwarded: string) => (await ask(undefined, { 'x-forwarded-for': forwarded })).status;
  const LIMITED = { extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 10 } };

  it('is limited by its address, with rate headers', async () => {
    for (let time = 0; time < 6; time += 1) {
      const answer = await ask();
      expect([answer.status, answer.headers.get('ratelimit-limit')]).toEqual([200, null]);
    }
    const refused = await ask();
    expect([refused.status, await refused.json()]).toMatchObject([429, { errors: [LIMITED] }]);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'ratelimit-limit': '6',
      'ratelimit-remaining': '0',
      'retry-after': '10',
    });
    expect((await gateway.query('{ __typename }')).status).toBe(200);
    clock.advance(10_000);
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
  });

  it('counts over all transports, unlike accepted sockets', async () => {
    for (const query of ['{ nonsense', '{ __typename }', RUN]) {
      await ask({ query });
      await (await openStream(gateway.url, { query }, null)).next();
    }
    const stream = await openStream(gateway.url, { query: '{ __typename }' }, null);
    expect([stream.status, await stream.body()]).toMatchObject([429, { errors: [LIMITED] }]);
    expect((await ask()).status).toBe(429);
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
    socket.subscribe({ query: '{ __typename }' });
    expect(await socket.nextData()).toEqual({ __typename: 'Query' });
    socket.cut();
  });

  it('counts if its socket is rejected for its key', async () => {
    const closeCodes: number[] = [];
    for (let time = 0; time < 7; time += 1) {
      const frame = await (await openSocket(gateway.url, { authorization: 'Bearer not a key' })).next();
      if (frame.type === 'closed') closeCodes.push(frame.code);
    }
    expect(closeCodes).toEqual([4401, 4401, 4401, 4401, 4401, 4401, 1013]);
    expect((await ask()).status).toBe(429);
  });

  it("can't forge its address, unless a trusted proxy reports it", async () => {
    for (let time = 0; time < 6; time += 1) await statusFor(`10.0.0.${time}`);
    expect(await statusFor('10.0.0.9')).toBe(429);
    await gateway.restart({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '6' } });
    for (let time = 0; time < 6; time += 1) await statusFor('10.0.0.1');
    // The proxy adds the last address. The addresses before it came from the client.
    expect(await statusFor('10.0.0.77, 10.0.0.1')).toBe(429);
    expect(await statusFor('10.0.0.1, 10.0.0.2')).toBe(200);
  });

  it.each([
    ['without a key', () => null],
    ['with made-up keys', (time: number) => `made-up-${time}`],
  ])('leaves nothing in memory after operations %s', async (_, keyOf) => {
    upstream.script = () => REFUSED;
    await gateway.restart({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '10000' } });
    const askTimes = async (times: number, text: string) => {
      for (let time = 0; time < times; time += 1)
        await gateway.query(`{ __typename } #${time} ${text.repeat(100_000)}`, { key: keyOf(time) });
    };
    await askTimes(10, 'x');
    const before = keptBytes();
    await askTimes(40, 'y');
    expect(keptBytes() - before).toBeLessThan(2_000_000);
  });
});
