/** The run page with its files, Sandbox and GraphiQL. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SAMPLE, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { connectRaw } from '../harness/raw-http.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

const upstream = perBlock(new ScriptedUpstream());
const development = perBlock(new TestGateway({ upstream: SAMPLE }));
const production = perBlock(
  new TestGateway(() => ({ upstream, env: { NODE_ENV: 'production', CORS_ORIGINS: 'https://app.example.com' } })),
);
const below = perBlock(new TestGateway({ upstream: SAMPLE, env: { BASE_PATH: '/gateway' } }));

function decoded({ headers, body }: PlainAnswer): string {
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return body.toString();
  return (encoding === 'br' ? brotliDecompressSync(body) : gunzipSync(body)).toString();
}
const textAt = async (url: string) => (await ask(url)).body.toString();
const filesIn = (html: string) => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);

describe('the run page', () => {
  it.each(['/', '/cost', '/workflows/wf/runs/r1?a=b'])(
    'is revalidated each time, with a Content-Security-Policy: %s',
    async (path) => {
      for (const gateway of [development, production]) {
        const { status, headers, body } = await ask(`${gateway.url}${path}`);
        expect({ status, headers }).toMatchObject({
          status: 200,
          headers: {
            'content-type': 'text/html; charset=utf-8',
            'cache-control': 'no-cache',
            'referrer-policy': 'same-origin',
            'x-content-type-options': 'nosniff',
            vary: gateway === production ? 'accept-encoding, origin' : expect.stringMatching(/^accept-encoding/),
            'content-security-policy':
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          },
        });
        expect(body.toString()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=/);
        const files = filesIn(body.toString());
        expect(files.length).toBeGreaterThan(5);
        // A relative path would be wrong at a link into the page.
        for (const file of files) expect(file).toMatch(/^\/assets\//);
      }
    },
  );

  it.each(['/nowhere', '/assets/none', '/a/b', '/gateway/'])('is served as 404 only to browsers: %s', async (path) => {
    for (const [accept, isPage] of [
      ['*/*', false],
      ['text/html,*/*;q=0.8', true],
    ] as const) {
      const { status, body } = await ask(`${development.url}${path}`, { headers: { accept } });
      expect([status, body.toString().includes('<div id="root">')]).toEqual([404, isPage]);
    }
  });

  it('contains a sample key only over the sample API', async () => {
    const tagsOf = async ({ url }: TestGateway) =>
      [...(await textAt(url)).matchAll(/<meta name="(sample-key|base-path)" content="([^"]*)">/g)].map(
        ([, ...tag]) => tag,
      );
    expect(await tagsOf(development)).toEqual([['sample-key', 'demo-key']]);
    expect(await tagsOf(production)).toEqual([]);
    expect(await tagsOf(below)).toEqual([
      ['base-path', '/gateway'],
      ['sample-key', 'demo-key'],
    ]);
    for (const file of filesIn(await textAt(`${below.url}/gateway/workflows/wf`))) {
      expect(file).toMatch(/^\/gateway\/assets\//);
      expect((await ask(`${below.url}${file}`)).status).toBe(200);
    }
  });
});

describe('the files of the page', () => {
  let script: string;
  let style: string;
  beforeAll(async () => {
    const files = filesIn(await textAt(development.url));
    const fileOf = (name: RegExp) => `${development.url}${files.find((file) => name.test(file)) ?? ''}`;
    [script, style] = [fileOf(/\/index-[\w-]{8}\.js$/), fileOf(/\/index-[\w-]{8}\.css$/)];
  });

  it.each([
    ['a script', () => script, 'application/javascript; charset=utf-8', FOR_EVER],
    ['a style', () => style, 'text/css; charset=utf-8', FOR_EVER],
    [
      'a script without a digest in its name',
      () => `${development.url}/assets/theme.js`,
      'application/javascript; charset=utf-8',
      'no-cache',
    ],
    ['an icon', () => `${development.url}/assets/icon.svg`, 'image/svg+xml', 'no-cache'],
  ])('are cached forever with a digest in their name: %s', async (_, urlOf, type, cacheControl) => {
    const answer = await ask(urlOf());
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': type,
        'cache-control': cacheControl,
        'content-length': String(answer.body.length),
        etag: expect.stringMatching(/^W\/"[\w-]+"$/),
        'x-content-type-options': 'nosniff',
        vary: expect.stringMatching(/^accept-encoding/),
      },
    });
    const head = await ask(urlOf(), { method: 'HEAD' });
    const own = { date: '', 'x-request-id': '' };
    expect([{ ...head.headers, ...own }, head.body.length]).toEqual([{ ...answer.headers, ...own }, 0]);
  });

  it.each<[string | null, string | undefined]>([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['identity', undefined],
    [null, undefined],
  ])('have the best accepted encoding, or a 304: %j', async (accepted, encoding) => {
    const plain = await ask(script);
    const headers = accepted === null ? {} : { 'accept-encoding': accepted };
    const answer = await ask(script, { headers });
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(decoded(answer) === plain.body.toString()).toBe(true);
    const { etag = '' } = answer.headers;
    expect(etag === plain.headers.etag).toBe(encoding === undefined);
    const again = await ask(script, { headers: { ...headers, 'if-none-match': etag } });
    expect(again).toMatchObject({ status: 304, headers: { etag, 'cache-control': FOR_EVER } });
    expect(again.body).toHaveLength(0);
  });

  it.each(['bytes=5-2', 'bytes=0-0', 'bytes=-500', 'bytes=99999999-'])(
    'are sent complete for any range: %s',
    async (range) => {
      const [{ body }, { status, body: part }] = [await ask(style), await ask(style, { headers: { range } })];
      expect([status, part.equals(body)]).toEqual([200, true]);
    },
  );

  const OUTSIDE = `none-abcd_123.js index.html theme.js.br icon.svg.gz .hidden.js theme.js/a.js ../index.html
    ..%2findex.html ../../../package.json %2e%2e/page.sources.txt a/../theme.js theme.js%00`;
  it.each(['', ...OUTSIDE.split(/\s+/)])('are all that is served: %j gets 404', async (name) => {
    const raw = await connectRaw(development.url);
    const { head, body } = await raw.ask(`GET /assets/${name} HTTP/1.1\r\nhost: a\r\n\r\n`);
    raw.close();
    expect(head).toMatch(/^HTTP\/1.1 404 [^]*cache-control: no-store/i);
    expect(head).not.toMatch(/^etag:/im);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const open = ({ url }: TestGateway, path: string) => ask(`${url}${path}`, { headers: BROWSER });

it.each(['', '?explorer=graphiql'])('shows browsers Sandbox at /graphql%s, with a link to GraphiQL', async (search) => {
  for (let time = 0; time < 2; time += 1) {
    const { status, headers, body } = await open(development, `/graphql${search}`);
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'referrer-policy': 'same-origin',
      },
    });
    expect(headers['set-cookie']).toBeUndefined();
    // All policies apply. The header names no source of scripts, styles or frames, so the page's own policy decides.
    const policy = headers['content-security-policy'];
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/(default|script|style|frame|connect|img)-src/);
    const page = body.toString();
    const own = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    expect(own).toMatch(/script-src [^;]*https:\/\/embeddable-sandbox\.cdn\.apollographql\.com/);
    expect(own).toMatch(/frame-src [^;]*https:\/\/sandbox\.embed\.apollographql\.com/);
    expect(page).toContain('EmbeddedSandbox');
    expect(page).toContain('run-4711');
    expect(page).toContain('Bearer demo-key');
    expect(page).toContain('href="/graphiql"');
    // The script and the link have the nonce that the page's policy allows.
    for (const pattern of [/<script nonce="([\w-]+)">\{const leave/, /<style nonce="([\w-]+)">\.graphiql-link/]) {
      const [, nonce = 'none'] = pattern.exec(page) ?? [];
      expect(own).toContain(`'nonce-${nonce}'`);
    }
  }
  expect((await open(below, '/graphql')).body.toString()).toContain('href="/gateway/graphiql"');
});

it('shows browsers GraphiQL at /graphiql, loaded from the gateway only', async () => {
  const { status, headers, body } = await open(development, '/graphiql');
  expect(status).toBe(200);
  const policy = headers['content-security-policy'];
  expect(policy).toContain("script-src 'self';");
  // Its editor adds style elements.
  expect(String(policy).replace("style-src 'self' 'unsafe-inline'", '')).not.toMatch(/unsafe|\*|https?:/);
  expect(body.toString()).toMatch(/src="\/assets\/graphiql-[\w-]+\.js"/);
  expect((await open(below, '/gateway/graphiql')).body.toString()).toMatch(/src="\/gateway\/assets\/graphiql-/);
  // Explorers are off in production.
  expect((await open(production, '/graphiql')).status).toBe(404);
});
