/** The memory of pending requests: what counts against the limit of a key, and when it is free again. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureLog } from '../harness/observed.ts';
import { keptBytes } from '../harness/collect-garbage.ts';
import { healthy, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket } from '../harness/live-client.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw, headOfPost, postOf, type RawConnection } from '../harness/raw-http.ts';
import { wireRun } from '../harness/wire.ts';

const MEGABYTE = 2 ** 20;
const TYPENAME = '{ __typename }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const runOf = (id: string, fields = 'status') => `{ run(workflowId: "wf", id: "${id}") { ${fields} } }`;
const statusOf = ({ head }: { readonly head: string }) => Number(head.slice(9, 12));

const log = captureLog('debug');
/** The upstream answers these runs and starts when the gate opens. */
let gate: PromiseWithResolvers<undefined>;
let open: RawConnection[];

beforeEach(() => {
  gate = Promise.withResolvers();
  open = [];
});
afterEach(() => {
  gate.resolve(undefined);
  for (const raw of open) raw.close();
});
const upstream = perTest(() =>
  startFaultyUpstream(async (call) => {
    if (call.key?.startsWith('made-up')) return { status: 401, json: {} };
    if (call.endpoint === 'execute' || call.runId.startsWith('late')) await gate.promise;
    if (call.endpoint === 'execute') return { json: { run_id: 'new' } };
    if (call.runId === 'large') return { json: [wireRun('large', { outputs: 'x'.repeat(5 * MEGABYTE) })] };
    return healthy(call);
  }),
);
const gateway = perTest(() => startGateway({ UPSTREAM_URL: upstream.url }, { logger: log.logger }));

async function connectOne(): Promise<RawConnection> {
  const raw = await connectRaw(gateway.url);
  open.push(raw);
  return raw;
}
const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  ask(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
    body,
  });
/** An unaccepted key shares its limit with all unknown clients. */
const accept = async (key: string) => {
  expect((await gateway.query(runOf('accepted'), { key })).errors).toEqual([]);
};

describe('the memory of the pending requests and answers of one key', () => {
  const large = { variables: { unused: 'x'.repeat(20_000) } };
  /** Each mutation is pending until the gate opens. */
  async function startMutations(count: number, variables: object): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const raw = await connectOne();
      const started = upstream.nextCall();
      await raw.send(postOf(JSON.stringify({ query: MUTATION, variables })));
      await started;
    }
  }
  beforeEach(() => accept('key-1'));

  it('is bounded while bodies arrive: large ones of that key get 429, small ones and other keys are answered', async () => {
    await accept('key-2');
    const all = await Promise.all(Array.from({ length: 20 }, connectOne));
    const first = Promise.any(all.map((raw) => raw.read(1)));
    for (const raw of all)
      raw.socket.write(`${headOfPost('key-1', 'transfer-encoding: chunked')}f4240\r\n${' '.repeat(1_000_000)}`);
    const [answer = { head: '', body: '' }] = await first;
    expect(statusOf(answer)).toBe(429);
    expect(answer.body).toMatch(/"RATE_LIMITED".*"retryAfterSeconds":1/);
    expect((await gateway.query(TYPENAME)).status).toBe(200);
    expect((await gateway.query(TYPENAME, { ...large, key: 'key-2' })).status).toBe(200);
    for (const raw of all) raw.close();
    await until(async () => (await gateway.query(TYPENAME, large)).status === 200);
  });

  it('is not reserved at the maximum size for small bodies of unknown length: 40 of them are answered', async () => {
    const raws = await Promise.all(Array.from({ length: 40 }, connectOne));
    const body = JSON.stringify({ query: runOf('late') });
    const answers = raws.map((raw) =>
      raw.ask(
        `${headOfPost('key-1', 'transfer-encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n`,
        '0\r\n\r\n',
      ),
    );
    await until(() => upstream.calls.some(({ runId }) => runId === 'late'));
    gate.resolve(undefined);
    expect((await Promise.all(answers)).map(statusOf)).toEqual(answers.map(() => 200));
  });

  it('is freed when a request is answered', async () => {
    const variables = { unused: 'x'.repeat(MEGABYTE - 100) };
    for (let time = 0; time < 30; time += 1) expect((await gateway.query(TYPENAME, { variables })).status).toBe(200);
  });

  it('stays reserved while a mutation runs whose client has disconnected', async () => {
    const variables = { unused: 'x'.repeat(MEGABYTE - 1000) };
    await startMutations(12, variables);
    const closed = Promise.all(open.map(({ socket }) => once(socket, 'close')));
    for (const raw of open) raw.close();
    await closed;
    await gateway.query(TYPENAME);
    const seen = log.operations.length;
    expect((await gateway.query(TYPENAME, { variables })).status).toBe(429);
    gate.resolve(undefined);
    await until(() => log.operations.length >= seen + 13);
    expect(log.operations.slice(-12)).toEqual(
      Array(12).fill(expect.objectContaining({ 'graphql.operation.type': 'mutation', outcome: 'abandoned' })),
    );
    expect((await gateway.query(TYPENAME, large)).status).toBe(200);
  });

  it('causes no deadlock: the largest possible number of large mutations is answered', async () => {
    const query = `mutation { ${'a'.repeat(20_000)}: executeWorkflow(workflowId: "wf") { message } }`;
    const raws = await Promise.all(Array.from({ length: 12 }, connectOne));
    for (const raw of raws) await raw.send(postOf(JSON.stringify({ query }).padEnd(MEGABYTE)));
    await until(() => upstream.count('execute') === raws.length);
    gate.resolve(undefined);
    for (const answers of await Promise.all(raws.map((raw) => raw.read(1)))) {
      expect(JSON.parse(answers[0]?.body ?? '')).not.toHaveProperty('errors');
    }
  });

  it('causes no deadlock over a WebSocket', async () => {
    const query = `mutation { ${'a'.repeat(20_000)}: executeWorkflow(workflowId: "wf") { message } }`;
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
    // A message counts twice.
    for (let id = 0; id < 7; id += 1)
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query } }).padEnd(900_000));
    await until(() => upstream.count('execute') === 7);
    gate.resolve(undefined);
    const types: string[] = [];
    while (types.length < 14) types.push((await socket.next()).type);
    expect(types.filter((type) => type === 'next')).toHaveLength(7);
    socket.cut();
  });

  it.each([
    ['objects', `[${'{},'.repeat(330_000)}0]`, 2],
    ['lists', `[${'[],'.repeat(330_000)}0]`, 2],
    ['fields', `{${'"":0,'.repeat(200_000)}"a":0}`, 2],
    ['numbers', `[${'1,'.repeat(500_000)}0]`, 2],
    ['brackets in a text', JSON.stringify('{[,:\\"{[,:'.repeat(80_000)), Infinity],
  ])('includes the size of parsed JSON: %s', async (_, json, fills) => {
    const body = `{"query":${JSON.stringify(MUTATION)},"variables":{"unused":${json}}}`;
    for (let count = 1; count <= 3; count += 1) {
      const raw = await connectOne();
      const started = upstream.nextCall();
      await raw.send(postOf(body));
      await started;
      const isFull = (await gateway.query(TYPENAME, large)).status === 429;
      expect({ count, isFull }).toEqual({ count, isFull: count >= fills });
      if (isFull) break;
    }
  });

  it('includes an answer until its client has read it, and leaves other keys their half', async () => {
    const query = runOf('large', 'a: outputs b: outputs c: outputs');
    const body = JSON.stringify({ query });
    for (let time = 0; time < 2; time += 1) expect((await post(body)).status).toBe(200);
    const raw = await connectOne();
    raw.socket.pause();
    await raw.send(postOf(body));
    await until(() => log.operations.at(-1)?.cache === 'response');
    expect((await post(body)).status).toBe(429);
    expect((await post(body, { authorization: 'Bearer key-2' })).status).toBe(200);
    raw.socket.resume();
    await raw.read(1);
    await until(async () => (await post(body)).status === 200);
  });

  it('is freed when a client disconnects while its large answer is written, without an error in the log', async () => {
    const query = runOf('large', 'a: outputs b: outputs c: outputs');
    await post(JSON.stringify({ query }));
    const seen = log.operations.length;
    const raw = await connectOne();
    await raw.send(postOf(JSON.stringify({ query: query.replace('a:', 'other:') })));
    await until(() => log.operations.length > seen);
    raw.socket.resetAndDestroy();
    await until(async () => (await post(JSON.stringify({ query }))).status === 200);
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe('the memory of the pending requests of keys that were never accepted', () => {
  const LARGE = `${runOf('r1')} ${'#'.repeat(100_000)}`;
  const KEYS = ['made-up-1', 'made-up-2', 'made-up-3'].flatMap((key) => Array<string>(13).fill(key));

  it('includes received bytes, not announced ones, so a first request of a good key is accepted', async () => {
    for (const key of KEYS) await (await connectOne()).send(`${headOfPost(key, 'content-length: 1048576')}{`);
    expect((await gateway.query(LARGE)).status).toBe(200);
  });

  /** Sends almost a megabyte for each key. Resolves with the number of refusals so far. */
  const overHttp = async () => {
    let refused = 0;
    for (const key of KEYS) {
      const raw = await connectOne();
      void raw.read(1).then(
        ([answer]) => (refused += answer?.head.includes(' 429 ') ? 1 : 0),
        () => undefined,
      );
      raw.socket.write(`${headOfPost(key, 'content-length: 1048576')}${' '.repeat(1_000_000)}`);
    }
    return () => refused;
  };

  it('is at most half of the limit: the other half is for accepted keys', async () => {
    await accept('key-1');
    const refused = await overHttp();
    await until(() => refused() > 20);
    expect((await gateway.query(LARGE)).status).toBe(200);
  });
});

describe('a body whose client disconnects during its authentication', () => {
  it.each(['x', 'x'.repeat(1_000_000)])('releases its memory (%#)', async (part) => {
    const seen: PromiseWithResolvers<undefined>[] = [];
    const own = await startGateway(
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
    for (let count = 1; count <= 30; count += 1) {
      const raw = await connectRaw(own.url);
      raw.socket.write(`${headOfPost(`leaves-${count}`, 'content-length: 1000000')}${part}`);
      await until(() => seen.length === count);
      raw.socket.resetAndDestroy();
    }
    // These use new connections, which the gateway reads after the ones that were closed before.
    for (let time = 0; time < 2; time += 1) await own.query(TYPENAME);
    for (const { resolve } of seen) resolve(undefined);
    await until(async () => (await own.query(`${TYPENAME} ${'#'.repeat(20_000)}`)).status === 200);
    await own.close();
  });
});

it('a stream releases the body of its request', async () => {
  const live = await startLiveRun();
  const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }';
  const body = JSON.stringify({ query }).padEnd(500_000);
  const text = `${headOfPost('key-1', 'accept: text/event-stream', `content-length: ${body.length}`)}${body}`;
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
