import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { wireRun } from '../harness/wire.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { outputs } }';

const decoded = ({ headers, body }: PlainAnswer): string =>
  (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();

describe('compressed responses', () => {
  /** Length of the outputs of the run, which decides how long an answer is. */
  let length: number;

  const gateway = perTest(
    new TestGateway({
      script: ({ runId }) => ({
        json: [wireRun(runId, { outputs: 'é'.repeat(length) })],
      }),
      clock: { now: createManualClock().now },
    }),
  );
  beforeEach(() => {
    length = 5000;
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
    ['gzip, deflate, br, zstd', 5000, 'gzip'],
    ['br', 5000, undefined],
    ['*', 2000, 'gzip'],
    ['*;q=0', 5000, undefined],
    ['gzip;q=0, *', 2000, undefined],
    ['gzip;q=0', 5000, undefined],
    ['gzip;q=0, br;q=0, identity', 5000, undefined],
    ['GZIP;Q=0.1', 5000, 'gzip'],
    ['gzip', 10, undefined],
    ['gzip, br, *', 10, undefined],
    ['identity;q=0', 5000, undefined],
  ])('match Accept-Encoding %j with %d characters: %s', async (encodings, size, encoding) => {
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

  it('ignore an Accept-Encoding header longer than 1 KiB', async () => {
    const encodingOf = async (length: number) => (await get('gzip'.padEnd(length, ',x'))).headers['content-encoding'];
    expect([await encodingOf(1024), await encodingOf(1025)]).toEqual(['gzip', undefined]);
  });

  it('have a weak ETag that also matches the uncompressed response', async () => {
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

  it('are compressed once if cached, and both count in the cache', async () => {
    await get(null);
    const before = gateway.cachedBytes();
    const plain = await get(null);
    const grown = gateway.cachedBytes() - before;
    const zipped = await get('gzip');
    expect(grown).toBeGreaterThan(plain.body.length + zipped.body.length);
    expect((await get('gzip')).body).toEqual(zipped.body);
    expect(gateway.cachedBytes() - before).toBe(grown);
  });

  it('include errors, Sandbox and metrics', async () => {
    const invalid = await post('gzip', JSON.stringify({ query: `{ ${'nothing '.repeat(50)} }` }));
    expect(JSON.parse(decoded(invalid))).toMatchObject({ errors: expect.any(Array) });
    const sandbox = await ask(`${gateway.url}/graphql`, {
      headers: { accept: 'text/html', 'accept-encoding': 'gzip' },
    });
    expect(decoded(sandbox)).toContain('EmbeddedSandbox');
    const figures = await ask(`${gateway.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(decoded(figures)).toContain('# HELP');
    for (const answer of [invalid, sandbox, figures]) expect(answer.headers['content-encoding']).toBe('gzip');
  });
});
