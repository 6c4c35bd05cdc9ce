import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createKnownHeads } from '../../src/http/known-heads.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { captureLog, type CapturedLog } from '../support/observed.ts';
import { connectRaw, countParsed, type RawAnswer, type RawConnection } from '../support/raw-http.ts';
import { createSigningKey, secondsOf, startIssuer, type Issuer } from '../support/issuer.ts';
import { wireRun, wireStep } from '../support/wire.ts';

const post = (body: string, headers: readonly string[] = []): string =>
  [
    'POST /graphql HTTP/1.1',
    'host: gateway',
    'content-type: application/json',
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

describe('requests whose head is known', () => {
  let server: Server;
  let url: string;
  let connection: RawConnection;
  let serverSide: Socket;
  let parsed: ReturnType<typeof countParsed>;
  let isReady: boolean;
  let release: () => void;

  /**
   * Answers each request by its body, but for one that comes "early". What begins with "hot" it can answer without a look at the
   * head; "slow" it answers some turns of the loop later, and "cached" when it is released.
   */
  beforeEach(async () => {
    isReady = true;
    const knownHeads = createKnownHeads();
    server = createServer((request, response) => {
      let body = '';
      const answerTo = (bytes: Buffer) => {
        const text = bytes.toString();
        if (!isReady || !(text.startsWith('hot') || request.headers['x-any'] !== undefined)) return null;
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`;
        return { head, body: text.includes('é') ? Buffer.from(text) : text };
      };
      const answer = () => {
        if (body.startsWith('hot')) knownHeads.learn(request, () => answerTo);
        response.end(body);
      };
      if (request.headers['x-early'] !== undefined) {
        response.end('early');
        return;
      }
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        if (body === 'held') release = answer;
        else if (body === 'slow') void later(5).then(answer);
        else answer();
      });
    });
    knownHeads.watch(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.once('connection', (socket: Socket) => (serverSide = socket));
    connection = await connectRaw(url, server);
    parsed = countParsed(url);
  });
  afterEach(() => {
    parsed.close();
    connection.close();
    server.close();
  });

  async function later(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  }
  const ask = async (...pieces: string[]) => (await connection.ask(...pieces)).body;
  const bodies = async (answers: number) => (await connection.read(answers)).map(({ body }) => body);
  const HOT = post('hot');

  it('are answered without being parsed, whatever they hold', async () => {
    for (let time = 0; time < 4; time += 1) expect(await ask(HOT)).toBe('hot');
    for (const length of [0, 1, 6, 7, 96, 97, 996, 997, 9_997]) {
      const body = `hot${'x'.repeat(length)}`;
      expect(await ask(post(body))).toBe(body);
    }
    expect(parsed.count()).toBe(1);
  });

  it('are parsed where anything else of the head differs', async () => {
    await ask(HOT);
    const others = [
      HOT.replace('POST', 'PUT'),
      HOT.replace('/graphql', '/graphqL'),
      HOT.replace('host: gateway', 'host: gatewaY'),
      HOT.replace('content-length: 3', 'content-length:  3'),
      HOT.replace('content-length: 3', 'content-lengtH: 3'),
      HOT.replace('application/json', 'application/jsoN'),
      HOT.replace('content-length: 3', 'x: 1\r\ncontent-length: 3'),
      HOT.replace('content-length: 3', 'content-length: 3\r\nx: 1'),
      HOT.replace('content-length: 3', 'content-length: 3\r\nx: 2'),
    ];
    for (const other of others) {
      const before = parsed.count();
      expect(await ask(other)).toBe('hot');
      expect(parsed.count()).toBe(before + 1);
    }
  });

  it('are parsed where the length is written in an odd way, and never answered before their body has come', async () => {
    const odd = post('hot', ['x-any: yes']).replace('content-length: 3', 'content-length: 3 ');
    await ask(odd);
    await connection.send(odd.slice(0, -3));
    expect(await ask('hot')).toBe('hot');
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(3);
  });

  it('are refused where the length is no number', async () => {
    await ask(HOT);
    // The character behind 9.
    expect(
      (await connection.ask(HOT.replace('content-length: 3\r\n\r\nhot', 'content-length: :\r\n\r\nhot1234567'))).head,
    ).toMatch(/^HTTP\/1.1 400 /);
  });

  it('are parsed again where no answer is ready', async () => {
    await ask(HOT);
    isReady = false;
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(2);
    isReady = true;
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(2);
  });

  it('bring an answer of any characters', async () => {
    await ask(post('hot é 見'));
    expect(await ask(post('hot é 見'))).toBe('hot é 見');
    expect(parsed.count()).toBe(1);
  });

  it('are known by one of four heads', async () => {
    const [first, ...others] = [1, 2, 3, 4].map((n) => post('hot', [`x: ${n}`]));
    const all = [first ?? '', ...others];
    for (const query of [...all, post('cold', ['x: 1']), ...all]) await ask(query);
    expect(parsed.count()).toBe(5);
    // It takes the place of the first.
    const fifth = post('hot', ['x: 5']);
    for (const query of [fifth, ...others.slice(0, 2), fifth]) await ask(query);
    expect(parsed.count()).toBe(6);
  });

  it('are nothing to another connection', async () => {
    await ask(HOT);
    const other = await connectRaw(url);
    expect((await other.ask(HOT)).body).toBe('hot');
    other.close();
    expect(parsed.count()).toBe(2);
  });

  it('are not known by a long head', async () => {
    const long = post('hot', [`x: ${'x'.repeat(4096)}`]);
    for (let time = 0; time < 2; time += 1) await ask(long);
    expect(parsed.count()).toBe(2);
  });

  it('are still known after requests that came in pieces', async () => {
    await ask(HOT);
    const long = post('x'.repeat(100_000));
    expect(await ask(long.slice(0, 200), long.slice(200, 50_000), long.slice(50_000))).toHaveLength(100_000);
    await ask(HOT);
    expect(parsed.count()).toBe(2);
  });

  it('are learned of whole requests alone', async () => {
    const head = HOT.slice(0, -3);
    await ask(head, 'hot');
    // Were the head alone taken for all of it, this would be answered before the body has come.
    await connection.send(head);
    expect(await ask('hot')).toBe('hot');
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(3);
  });

  it('are a body where they stand in the place of one', async () => {
    await ask(HOT);
    const carrier = post(HOT);
    expect(await ask(carrier.slice(0, -HOT.length), HOT)).toBe(HOT);
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(2);
    const chunked = `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${HOT.length.toString(16)}\r\n`;
    expect(await ask(chunked, HOT, '\r\n0\r\n\r\n')).toBe(HOT);
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(4);
  });

  it('are parsed where they are the rest of a head', async () => {
    await ask(HOT);
    expect(await ask('POST / HTTP/1.1\r\nhost: x\r\nrest: ', HOT)).toBe('hot');
    expect(parsed.count()).toBe(2);
  });

  it('are parsed where they are the rest of a head that began behind another request', async () => {
    await ask(HOT);
    expect(await ask(`${post('cold')}POST / HTTP/1.1\r\nhost: x\r\nrest: `)).toBe('cold');
    await later(5);
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(3);
  });

  it('are parsed where they are the rest of a head that began behind a body', async () => {
    await ask(HOT);
    const cold = post('cold');
    expect(await ask(cold.slice(0, -2), `${cold.slice(-2)}POST / HTTP/1.1\r\nhost: x\r\nrest: `)).toBe('cold');
    await later(5);
    expect(await ask(HOT)).toBe('hot');
    expect(parsed.count()).toBe(3);
  });

  it('wait for their turn behind an answer that is not there yet', async () => {
    await ask(HOT);
    await connection.send(post('held'), HOT);
    release();
    expect(await bodies(2)).toEqual(['held', 'hot']);
  });

  it('are not remembered of a request that expects to be told to go on', async () => {
    const asked = post('hot', ['expect: 100-continue']);
    for (let time = 0; time < 2; time += 1) {
      await connection.send(asked);
      expect((await connection.read(2)).map(({ head }) => head.slice(9, 12))).toEqual(['100', '200']);
    }
  });

  it('are a body where it began behind what was left of another', async () => {
    const hot = post('hot', [`filling: ${'x'.repeat(80)}`]);
    await ask(hot);
    const chunked = 'POST / HTTP/1.1\r\nhost: x\r\nx-early: yes\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await ask(chunked)).toBe('early');
    await later(5);
    // The head is as long as what is missing of the body, so that whoever mistook where it began would count right.
    const body = `${'x'.repeat(99)}${hot}`;
    const head = (filling: string) => post(body, ['x-early: yes', `filling: ${filling}`]).slice(0, -body.length);
    const filled = head('x'.repeat(hot.length - head('').length));
    expect(await ask(`5\r\nhello\r\n0\r\n\r\n${filled}${body.slice(0, 99)}`)).toBe('early');
    await later(5);
    await connection.send(hot);
    expect(await ask(post('cold'))).toBe('cold');
  });

  it('go to node while answers wait for a slow reader', async () => {
    await ask(HOT);
    serverSide.cork();
    await connection.send(HOT, HOT, HOT);
    serverSide.uncork();
    expect(await bodies(3)).toEqual(['hot', 'hot', 'hot']);
    expect(parsed.count()).toBeGreaterThan(1);
  });

  it('that had no answer ready take nobody else’s place', async () => {
    const queries = [1, 2, 3].map((n) => post('hot', [`x: ${n}`]));
    for (const query of queries) await ask(query);
    isReady = false;
    for (let time = 0; time < 4; time += 1) await ask(queries[0] ?? '');
    isReady = true;
    for (const query of queries) await ask(query);
    expect(parsed.count()).toBe(7);
  });

  it('are not answered behind the last request of a connection', async () => {
    await ask(HOT);
    const last = post('hot too', ['connection: close']);
    expect(await ask(last)).toBe('hot too');
    await expect(connection.ask(HOT)).rejects.toThrow('the connection ended');
  });

  it('are answered in order, each request once, however the bytes are cut', async () => {
    const plain = fc.oneof(
      fc.constantFrom('hot', 'hot', 'hot é', 'cold', 'slow', HOT, HOT + HOT, ''),
      fc.nat({ max: 2000 }).map((length) => `hot${'x'.repeat(length)}`),
    );
    const chunked = (body: string) =>
      `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const requests = fc.oneof(
      { weight: 6, arbitrary: plain.map((body) => ({ body, text: post(body) })) },
      fc.constantFrom('hot', 'slow', HOT).map((body) => ({ body, text: chunked(body) })),
    );
    // Few cuts, so that most requests come whole; at the start of a body, or anywhere.
    const cuts = fc.array(fc.oneof(fc.constant('body'), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 2 });
    const sent = fc.record({ request: requests, joinsNext: fc.integer({ max: 5, min: 0 }), cuts });
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 12 }), async (all) => {
        const own = await connectRaw(url, server);
        const pieces: string[] = [];
        let waiting = '';
        for (const { request, joinsNext, cuts } of all) {
          // In bytes, as characters of one byte each.
          const bytes = Buffer.from(request.text).toString('latin1');
          const places = cuts.map((cut) =>
            cut === 'body' ? bytes.indexOf('\r\n\r\n') + 4 : Math.floor(cut * bytes.length),
          );
          let start = 0;
          for (const end of places.sort((a, b) => a - b)) {
            pieces.push(waiting + bytes.slice(start, end));
            waiting = '';
            start = end;
          }
          waiting += bytes.slice(start);
          if (joinsNext > 0) {
            pieces.push(waiting);
            waiting = '';
          }
        }
        pieces.push(waiting);
        await own.send(...pieces.filter((piece) => piece !== '').map((piece) => Buffer.from(piece, 'latin1')));
        const answers = await own.read(all.length);
        own.close();
        expect(answers.map(({ body }) => body)).toEqual(all.map(({ request }) => request.body));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a polled query', () => {
  const BODY = JSON.stringify({ query: '{ run(workflowId: "wf", id: "r1") { status outputs totalElapsedTime } }' });
  const polled = (key = 'key-1', headers: readonly string[] = []) =>
    post(BODY, [`authorization: Bearer ${key}`, ...headers]);
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;
  let connection: RawConnection;
  let parsed: ReturnType<typeof countParsed>;
  let issuer: Issuer | undefined;
  let log: CapturedLog;

  const open = async (environment: Readonly<Record<string, string>> = {}) => {
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, REAUTH_INTERVAL_MS: '60000', ...environment },
      { now: clock.now, logger: log.logger },
    );
    connection = await connectRaw(gateway.url);
    parsed = countParsed(gateway.url);
  };
  beforeEach(async () => {
    clock = createManualClock();
    log = captureLog('info');
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    parsed.close();
    connection.close();
    await gateway.close();
    await upstream.close();
    await issuer?.close();
  });

  const ask = (request = polled()): Promise<RawAnswer> => connection.ask(request);
  /** Asks until the next answer would be one of bytes that came again. */
  const settle = async (request = polled()) => {
    for (let time = 0; time < 4; time += 1) await ask(request);
    const before = parsed.count();
    await ask(request);
    expect(parsed.count()).toBe(before);
  };
  const readyCount = async () =>
    Number(
      /^stepgate_operation_cache_total\{cache="ready"\} (\d+)$/m.exec(
        await (await fetch(`${gateway.url}/metrics`)).text(),
      )?.[1],
    );
  const withoutDateAndId = ({ head }: RawAnswer) =>
    head.replace(/^date: .*$/im, 'date').replace(/^x-request-id: [\w-]{36}$/im, 'id');

  it('has the very head that node writes, with an id of its own', async () => {
    await open({ RATE_LIMIT_PER_MINUTE: '600' });
    await ask();
    const first = await ask();
    await settle();
    const again = await ask();
    expect(again.body).toBe(first.body);
    const remaining = (answer: RawAnswer) => Number(/^ratelimit-remaining: (\d+)$/im.exec(answer.head)?.[1]);
    const alike = (answer: RawAnswer) => withoutDateAndId(answer).replace(/^(ratelimit-\w+): \d+$/gim, '$1');
    expect(alike(again)).toBe(alike(first));
    expect(again.head).toMatch(/^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/im);
    expect(new Set([first, again].map(({ head }) => /^x-request-id: (.*)$/im.exec(head)?.[1])).size).toBe(2);
    // Every one of them counts.
    expect(remaining(again)).toBe(600 - 8);
  });

  it('by GET is not modified, with the head that node writes', async () => {
    await open();
    const path = `/graphql?query=${encodeURIComponent('{ run(workflowId: "wf", id: "r1") { status } }')}`;
    const get = (...headers: string[]) =>
      [`GET ${path} HTTP/1.1`, 'host: x', 'authorization: Bearer key-1', 'accept: */*', ...headers, '', ''].join(
        '\r\n',
      );
    await ask(get());
    const etag = /^etag: (.*)$/im.exec((await ask(get())).head)?.[1] ?? '';
    const first = await ask(get(`if-none-match: ${etag}`));
    expect(first.head).toMatch(/^HTTP\/1.1 304 Not Modified/);
    await settle(get(`if-none-match: ${etag}`));
    expect(withoutDateAndId(await ask(get(`if-none-match: ${etag}`)))).toBe(withoutDateAndId(first));
  });

  it('is answered anew when its lifetime is over, and with the right to it', async () => {
    upstream.script = ({ endpoint, runId }) => ({
      json:
        endpoint === 'run'
          ? [wireRun(runId, { status: 'running', end_time: null, outputs: `#${upstream.calls.length}` })]
          : [wireStep({ end_time: null })],
    });
    await open();
    await settle();
    const calls = upstream.calls.length;
    const { body } = await ask();
    clock.advance(999);
    expect((await ask()).body).toBe(body);
    expect(upstream.calls).toHaveLength(calls);
    clock.advance(1);
    expect((await ask()).body).not.toBe(body);
    await settle();
    upstream.script = () => ({ status: 401 });
    clock.advance(1000);
    expect((await ask()).body).toContain('UNAUTHENTICATED');
    expect((await ask()).body).toContain('UNAUTHENTICATED');
  });

  it('is refused with all that was cached when something else is', async () => {
    await open();
    await settle();
    upstream.script = () => ({ status: 403 });
    await gateway.query('{ run(workflowId: "wf", id: "other") { id } }');
    expect((await ask()).body).toContain('FORBIDDEN');
  });

  it("is never answered with another viewer's answer, on the same connection either", async () => {
    upstream.script = ({ endpoint, runId, key }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { outputs: `of ${key ?? ''}` })] : [wireStep()],
    });
    await open();
    await settle(polled('key-1'));
    await settle(polled('key-2'));
    for (let time = 0; time < 3; time += 1) {
      for (const key of ['key-1', 'key-2', 'key-3']) expect((await ask(polled(key))).body).toContain(`"of ${key}"`);
    }
  });

  it('is never answered with the answer to another of the same length', async () => {
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { outputs: `of ${runId}` })] : [wireStep()],
    });
    await open();
    for (let time = 0; time < 4; time += 1) {
      for (const id of ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']) {
        expect((await ask(polled().replace('"r1', `"${id}`).replace('\\"r1', `\\"${id}`))).body).toContain(
          `"of ${id}"`,
        );
      }
    }
    expect(upstream.count('run')).toBe(6);
  });

  it('is refused past the rate limit, and let in again', async () => {
    await open({ RATE_LIMIT_PER_MINUTE: '6' });
    await settle();
    expect((await ask()).head).toMatch(/^HTTP\/1.1 200 /);
    const refused = await ask();
    expect(refused.head).toMatch(/^HTTP\/1.1 429 /);
    expect(refused.head).toMatch(/^retry-after: 10$/im);
    clock.advance(10_000);
    expect((await ask()).head).toMatch(/^HTTP\/1.1 200 /);
  });

  it('keeps the id that it came with', async () => {
    await open();
    const named = polled('key-1', ['x-request-id: mine']);
    for (let time = 0; time < 5; time += 1) expect((await ask(named)).head).toMatch(/^x-request-id: mine$/im);
  });

  it('is counted among the operations that were ready', async () => {
    await open();
    await settle();
    const before = await readyCount();
    await ask();
    await ask();
    expect(await readyCount()).toBe(before + 2);
  });

  it('is answered to its end, however long, before the gateway stops', async () => {
    const length = 8_000_000;
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { outputs: 'x'.repeat(length) })] : [wireStep()],
    });
    await open();
    await settle();
    const before = await readyCount();
    connection.socket.pause();
    await connection.send(polled());
    while ((await readyCount()) === before);
    const closed = gateway.close();
    await setImmediate();
    connection.socket.resume();
    const [answer] = await connection.read(1);
    expect(answer?.body.length).toBeGreaterThan(length);
    await closed;
  });

  const query =
    'query ($id: ID!, $path: String) { run(workflowId: "wf", id: $id) { outputs outputs2: outputs(path: $path) } }';
  const about = (id: string, path = 'a') =>
    post(JSON.stringify({ query, variables: { id, path } }), ['authorization: Bearer key-1']);

  it('is made of what is cached without being parsed, if its operation is known', async () => {
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { outputs: `of ${runId}` })] : [wireStep()],
    });
    await open();
    for (const id of ['r1', 'r1', 'r2', 'r2']) await ask(about(id));
    const before = parsed.count();
    const calls = upstream.calls.length;
    for (const path of ['b', 'c', 'dd']) {
      expect((await ask(about('r2', path))).body).toBe('{"data":{"run":{"outputs":"of r2","outputs2":null}}}');
    }
    expect(parsed.count()).toBe(before);
    expect(upstream.calls).toHaveLength(calls);
    // What is not cached is fetched once, on the long way, and its error told as ever.
    expect((await ask(about('r3'))).body).toContain('of r3');
    expect(log.operations.at(-1)).toMatchObject({ cache: 'fetched', upstreamCalls: 1 });
    expect(log.operations).toHaveLength(8);
    expect((await ask(about('r3', '['))).body).toContain('BAD_USER_INPUT');
    expect((await ask(about('..'))).body).toContain('BAD_USER_INPUT');
    expect(upstream.calls.map(({ runId }) => runId).filter((id) => id === 'r3').length).toBe(calls / 2);
  });

  it('that found a call under way leaves it with its client', async () => {
    await open();
    for (const id of ['r1', 'r1', 'r1']) await ask(about(id));
    const cached = Promise.withResolvers<undefined>();
    upstream.script = async ({ runId }) => {
      await cached.promise;
      return { json: [wireRun(runId)] };
    };
    const other = new AbortController();
    const started = gateway.query('{ run(workflowId: "wf", id: "r2") { outputs } }', { signal: other.signal });
    const call = await upstream.nextCall();
    const before = parsed.count();
    await connection.send(about('r2'));
    while (parsed.count() === before) await setImmediate();
    connection.close();
    other.abort();
    await expect(started).rejects.toThrow();
    await call.cut;
    cached.resolve(undefined);
    // Nothing of what was executed in vain is taken for a defect.
    expect(log.lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  it("is answered as long as the caller's token is known to be good", async () => {
    issuer = await startIssuer(clock.now);
    issuer.keys = [await createSigningKey('withdrawn')];
    await open({ ...issuer.environment, REAUTH_INTERVAL_MS: '700000' });
    const token = await issuer.token({ exp: secondsOf(clock.now()) + 3600 });
    await settle(polled(token));
    issuer.keys = [await createSigningKey('another')];
    clock.advance(699_999);
    // Another call renews the right to what is cached, but tells nothing of the token.
    await ask(polled(token).replace('r1', 'r2'));
    expect((await ask(polled(token))).head).toMatch(/^HTTP\/1.1 200 /);
    clock.advance(1);
    expect((await ask(polled(token))).body).toContain('UNAUTHENTICATED');
  });

  it('is the last on its connection when the gateway stops', async () => {
    await open();
    await settle();
    // A client that does not take its leave keeps the gateway waiting.
    const lingering = await connectRaw(gateway.url);
    const upgraded = [
      'GET /graphql HTTP/1.1',
      'host: x',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol: graphql-transport-ws',
    ];
    await lingering.ask([...upgraded, '', ''].join('\r\n'));
    const closed = gateway.close();
    expect((await ask()).head).toMatch(/^connection: close$/im);
    lingering.close();
    await closed;
  });
});
