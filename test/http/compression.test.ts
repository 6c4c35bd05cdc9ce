import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { wireRun } from '../harness/wire.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { outputs } }';

function decoded({ headers, body }: PlainAnswer): string {
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return body.toString();
  return (encoding === 'br' ? brotliDecompressSync(body) : gunzipSync(body)).toString();
}

describe('compressed answers', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  /** Of the outputs of the run: they decide how long an answer is. */
  let length: number;

  beforeEach(async () => {
    length = 5000;
    upstream = await startFaultyUpstream(({ runId }) => ({
      json: [wireRun(runId, { outputs: 'é'.repeat(length) })],
    }));
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: createManualClock().now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const headersOf = (encodings: string | null, more: Readonly<Record<string, string>>) => ({
    authorization: 'Bearer key-1',
    ...(encodings !== null && { 'accept-encoding': encodings }),
    ...more,
  });
  const get = (encodings: string | null, more: Readonly<Record<string, string>> = {}) =>
    ask(`${gateway.url}/graphql?query=${encodeURIComponent(QUERY)}`, { headers: headersOf(encodings, more) });
  const post = (encodings: string | null, body = JSON.stringify({ query: QUERY })) =>
    ask(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: headersOf(encodings, { 'content-type': 'application/json' }),
      body,
    });

  it.each([
    [null, 5000, undefined],
    ['', 5000, undefined],
    ['identity', 5000, undefined],
    ['deflate, zstd', 5000, undefined],
    ['gzip', 5000, 'gzip'],
    ['gzip, deflate, br, zstd', 5000, 'br'],
    ['gzip, deflate, br, zstd', 2000, 'gzip'],
    ['br', 2000, 'br'],
    ['*', 2000, 'gzip'],
    ['*;q=0', 5000, undefined],
    ['gzip;q=0, *', 2000, 'br'],
    ['gzip;q=0', 5000, undefined],
    ['gzip;q=0, br;q=0, identity', 5000, undefined],
    ['GZIP;Q=0.1', 5000, 'gzip'],
    ['gzip', 10, undefined],
    ['gzip, br, *', 10, undefined],
    ['gzip, identity;q=0', 10, 'gzip'],
    ['identity;q=0', 5000, undefined],
  ])('%j with %d characters: %s', async (encodings, size, encoding) => {
    length = size;
    const expected = JSON.stringify({ data: { run: { outputs: 'é'.repeat(size) } } });
    // From the upstream, from the run store, and from the response cache.
    for (const ask of [post, get, post, get, post, get]) {
      const answer = await ask(encodings);
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.headers.vary).toContain('accept-encoding');
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      expect(decoded(answer)).toBe(expected);
    }
  });

  it('have a weak validator of the same digest, and each client gets its 304', async () => {
    const [plain, zipped] = [await get(null), await get('gzip')];
    expect(plain.headers.etag).toMatch(/^"[\w-]{27}"$/);
    expect(zipped.headers.etag).toBe(`W/${plain.headers.etag ?? ''}`);
    for (const encodings of [null, 'gzip', 'br']) {
      for (const { headers } of [plain, zipped]) {
        const again = await get(encodings, { 'if-none-match': headers.etag ?? '' });
        expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
        expect(again.headers['content-encoding']).toBeUndefined();
        expect(again.headers.etag).toBe((await get(encodings)).headers.etag);
      }
    }
  });

  it('are compressed once while they are cached, and their bytes are counted', async () => {
    for (let time = 0; time < 3; time += 1) await get(null);
    const before = gateway.cachedBytes();
    const answers = await Promise.all(Array.from({ length: 5 }, () => get('br')));
    const [first] = answers;
    for (const { body } of answers) expect(body).toEqual(first?.body);
    const grown = gateway.cachedBytes() - before;
    // One form, with its overhead.
    expect(grown).toBe((first?.body.length ?? 0) + 300);
    await get('br');
    expect(gateway.cachedBytes() - before).toBe(grown);
    await get('gzip');
    expect(gateway.cachedBytes() - before).toBeGreaterThan(grown);
  });

  it('are errors, Sandbox, the page and figures, too', async () => {
    const invalid = await post('gzip', JSON.stringify({ query: `{ ${'nothing '.repeat(50)} }` }));
    expect(JSON.parse(decoded(invalid))).toMatchObject({ errors: expect.any(Array) });
    const sandbox = await ask(`${gateway.url}/graphql`, {
      headers: { accept: 'text/html', 'accept-encoding': 'gzip' },
    });
    expect(decoded(sandbox)).toContain('EmbeddedSandbox');
    const figures = await ask(`${gateway.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(decoded(figures)).toContain('# HELP');
    for (const answer of [invalid, sandbox, figures]) expect(answer.headers['content-encoding']).toMatch(/gzip|br/);
  });
});

describe('compressed events', () => {
  let run: LiveRun;
  const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } steps { outputs } } }`;

  beforeEach(async () => {
    run = await startLiveRun();
  });
  afterEach(() => run.close());

  async function watch(path: string, encodings: string) {
    const outgoing = request(`${run.gateway.url}${path}`, {
      method: 'POST',
      agent: false,
      headers: {
        accept: 'text/event-stream',
        'accept-encoding': encodings,
        'content-type': 'application/json',
        authorization: 'Bearer key-1',
      },
    });
    outgoing.end(JSON.stringify({ query: WATCH }));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const texts = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
    // Cut by the test, when it has seen enough.
    for (const each of [response, texts]) each.on('error', () => undefined);
    let text = '';
    texts.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    return {
      headers: response.headers,
      /** Resolves when the text has come. */
      async until(expected: string): Promise<string> {
        while (!text.includes(expected)) await once(texts, 'data');
        return text;
      },
      /** Rejects if the length or the check at the end is wrong. */
      ended: () => (texts.readableEnded ? Promise.resolve([]) : once(texts, 'end')),
      close: () => outgoing.destroy(),
    };
  }

  // Short ones are stored, others compressed, the longest on another thread.
  it.each([
    ['/graphql', 10],
    ['/graphql/stream', 3000],
    ['/graphql', 100_000],
  ])('come at once, before the next one is made: %s, outputs of %d characters', async (path, size) => {
    run.outputs = 'é'.repeat(size);
    const stream = await watch(path, 'gzip, br');
    expect(stream.headers).toMatchObject({ 'content-encoding': 'gzip', 'x-accel-buffering': 'no' });
    expect(await stream.until('"total":1')).not.toContain('"total":2');
    run.steps = 2;
    await run.feeds(1);
    await run.poll();
    await stream.until('"total":2');
    run.status = 'completed';
    await run.poll(0);
    const all = await stream.until('event: complete');
    await stream.ended();
    expect(all.match(/^event: next$/gm)).toHaveLength(3);
    expect(all.match(/é+/g)?.every((outputs) => outputs.length === size)).toBe(true);
  });

  it('are the same bytes to all who watch the same, and plain to those who take no gzip', async () => {
    run.outputs = 'x'.repeat(3000);
    const streams = await Promise.all(['gzip', 'gzip', 'gzip;q=0', 'br'].map((each) => watch('/graphql', each)));
    const texts = await Promise.all(streams.map((stream) => stream.until('"total":1')));
    expect(new Set(texts).size).toBe(1);
    expect(streams.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip', undefined, undefined]);
    for (const { close } of streams) close();
  });
});
