import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createExchange } from '../../src/http/exchange.ts';
import { createPageSource, type PageSource } from '../../src/http/page/page-source.ts';
import { createPageHandlers, type PageHandlers } from '../../src/http/page/page-handler.ts';
import { createResponseWriter } from '../../src/http/response-writer.ts';
import { createLogger } from '../../src/observability/logger.ts';

const SCRIPT = 'console.log("the page");'.repeat(1000);
const ICON = '<svg/>';
/** More than a connection takes that nobody reads. */
const LARGE = ' '.repeat(20_000_000);
const FOR_EVER = 'public, max-age=31536000, immutable';
const TWO_ASSETS = '<head><link href="./assets/a.css"><script src="./assets/b.js"></script></head>';

describe('the run page', () => {
  let root: string;
  let server: Server;
  let url: string;
  let source: PageSource;
  let handlers: PageHandlers;

  const sourceIn = (folder: string) => createPageSource(createLogger('silent'), join(folder, 'dist', 'page'));
  const write = async (name: string, content: string | Buffer) => {
    await writeFile(join(root, 'dist', 'page', name), content);
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(root, 'dist', 'page', 'assets'), { recursive: true });
    await write('index.html', `<!doctype html>${TWO_ASSETS}`);
    await write('graphiql.html', `<title>GraphiQL</title>${TWO_ASSETS}`);
    await write('assets/app-abcd_123.js', SCRIPT);
    await write('assets/app-abcd_123.js.gz', gzipSync(SCRIPT));
    await write('assets/app-abcd_123.js.br', brotliCompressSync(SCRIPT));
    await write('assets/app-abcd_123.other.js', SCRIPT);
    await write('assets/favicon.svg', ICON);
    await write('assets/gone.js', SCRIPT);
    await write('assets/notes.txt', 'hidden');
    await write('assets/.hidden.js', 'hidden');
    await mkdir(join(root, 'dist', 'page', 'assets', 'folder.js'));
    await write('assets/large.js', LARGE);
    server = createServer((request, response) => {
      const exchange = createExchange(request, response);
      const { page, assets } = handlers;
      const answered = async () => (exchange.path.startsWith('/assets/') ? assets(exchange) : page(exchange));
      answered().catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    source = sourceIn(root);
    create();
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise<unknown>((resolve) => server.close(resolve));
    await rm(root, { recursive: true });
  });

  function create({ sampleKey = null, basePath = '' }: { sampleKey?: string | null; basePath?: string } = {}) {
    const compression = createCompression();
    const writer = createResponseWriter({
      origins: ['https://app.example.com'],
      compression,
      hsts: () => [],
      isListening: () => true,
    });
    handlers = createPageHandlers({ pageSource: source, writer, sampleKey, basePath });
  }
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}${path}`, { headers: { 'accept-encoding': 'identity', ...headers } });

  it('is served with its files’ paths from the root, to be asked for anew each time', async () => {
    const response = await get('/runs/wf/r1');
    expect(await response.text()).toBe(
      '<!doctype html><head><link href="/assets/a.css"><script src="/assets/b.js"></script></head>',
    );
    expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([
      200,
      {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'referrer-policy': 'same-origin',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      },
    ]);
  });

  it('knows the base path and the key of the sample', async () => {
    create({ basePath: '/gateway', sampleKey: 'demo' });
    expect(await (await get('/')).text()).toBe(
      '<!doctype html><head><link href="/gateway/assets/a.css"><script src="/gateway/assets/b.js"></script>' +
        '<meta name="base-path" content="/gateway"><meta name="sample-key" content="demo"></head>',
    );
  });

  it('has files that are kept for good where their names tell their content', async () => {
    const response = await get('/assets/app-abcd_123.js');
    expect(await response.text()).toBe(SCRIPT);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': expect.stringContaining('text/javascript'),
      'cache-control': FOR_EVER,
      vary: 'accept-encoding, origin',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const other = await get('/assets/favicon.svg', { 'accept-encoding': 'br, gzip' });
    const seen = ['cache-control', 'content-type', 'content-encoding'].map((name) => other.headers.get(name));
    expect([other.status, await other.text(), ...seen]).toEqual([200, ICON, 'no-cache', 'image/svg+xml', null]);
    expect((await get('/assets/app-abcd_123.other.js')).headers.get('cache-control')).toBe('no-cache');
  });

  it('has files that need not be sent again', async () => {
    for (const accepted of ['identity', 'br, gzip']) {
      const etag = (await get('/assets/app-abcd_123.js', { 'accept-encoding': accepted })).headers.get('etag') ?? '';
      expect(etag).toMatch(accepted === 'identity' ? /^"/ : /^W\/"/);
      const again = await get('/assets/app-abcd_123.js', { 'accept-encoding': accepted, 'if-none-match': etag });
      expect([again.status, again.headers.get('cache-control')]).toEqual([304, FOR_EVER]);
    }
  });

  it.each(['bytes=5-2', 'bytes=0-0', 'bytes=-500', 'bytes=99999999-'])('has whole files alone: %s', async (range) => {
    const response = await get('/assets/app-abcd_123.js', { range });
    expect([response.status, await response.text()]).toEqual([200, SCRIPT]);
  });

  it('fails for one that can not be read, goes on, and has what was read once though the file is gone', async () => {
    expect((await get('/assets/folder.js')).status).toBe(500);
    const [read, unread] = ['/assets/app-abcd_123.js', '/assets/gone.js'];
    await get(read);
    await rm(join(root, 'dist', 'page', unread));
    expect((await get(unread)).status).toBe(404);
    await rm(join(root, 'dist', 'page', read));
    expect(await (await get(read)).text()).toBe(SCRIPT);
    await write('assets/app-abcd_123.js', SCRIPT);
  });

  it('holds no file open for a client that does not read, or has left', async () => {
    const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    socket.write('GET /assets/large.js HTTP/1.1\r\nhost: a\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    const open = await readdir('/proc/self/fd').catch(() => []);
    const paths = await Promise.all(open.map((name) => readlink(join('/proc/self/fd', name)).catch(() => '')));
    expect(paths.filter((path) => path.startsWith(root))).toEqual([]);
    socket.destroy();
  });

  it.each([
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=0', null],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
  ])('has files in the encoding that the client takes: %s', async (accepted, encoding) => {
    const response = await get('/assets/app-abcd_123.js', { 'accept-encoding': accepted });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(await response.text()).toBe(SCRIPT);
  });

  it.each(['notes.txt', '.hidden.js', 'app-abcd_123.js.gz', '..%2findex.html', '../index.html', 'folder.js/a.js', ''])(
    'has no %j',
    async (name) => {
      const { status } = await new Promise<{ status: number | undefined }>((resolve) => {
        const path = `/assets/${name}`;
        request(`${url}/`, { path }, (response) => {
          response.resume();
          resolve({ status: response.statusCode });
        }).end();
      });
      expect(status).toBe(404);
    },
  );

  it('has no other files, which is told as any error is', async () => {
    const response = await get('/assets/none-abcd_123.js', { origin: 'https://app.example.com' });
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'The run page has no such file.', extensions: { code: 'NOT_FOUND' } }],
    });
    expect([response.status, Object.fromEntries(response.headers)]).toMatchObject([
      404,
      { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' },
    ]);
    expect(response.headers.get('etag')).toBeNull();
  });

  it('has GraphiQL’s page beside it, whose dialogs may add a style', async () => {
    const [one, another] = [await handlers.graphiql(), await handlers.graphiql()];
    const nonce = /<meta name="style-nonce" content="([^"]+)"><\/head>/.exec(String(one?.body))?.[1] ?? '';
    expect(String(one?.body)).toMatch(/^<title>GraphiQL<\/title><head><link href="\/assets\/a.css">/);
    expect(one?.contentSecurityPolicy).toContain(`style-src 'self' 'nonce-${nonce}';`);
    expect(one?.contentSecurityPolicy).toContain("script-src 'self';");
    expect(String(another?.body)).not.toContain(nonce);
  });

  it('has no GraphiQL where none was built', async () => {
    const folder = await mkdtemp(join(root, 'without-'));
    await mkdir(join(folder, 'dist', 'page'), { recursive: true });
    await writeFile(join(folder, 'dist', 'page', 'index.html'), TWO_ASSETS);
    source = sourceIn(folder);
    create();
    expect(await handlers.graphiql()).toBeNull();
    expect((await get('/')).status).toBe(200);
  });

  it.each<[string, () => PageSource]>([['it is not built', () => sourceIn(join(root, 'none'))]])(
    'says where GraphQL is while %s',
    async (_, make) => {
      source = make();
      create();
      const response = await get('/');
      expect([response.status, response.headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8']);
      expect(await response.text()).toContain('GraphQL is at /graphql');
      expect((await get('/assets/app-abcd_123.js')).status).toBe(404);
      expect(await handlers.graphiql()).toBeNull();
    },
  );
});
