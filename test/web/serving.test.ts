import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const LARGEST_FIRST_LOAD = 250_000;

describe('the gateway serves the run page', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let production: TestGateway;
  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway();
    production = await startGateway({ NODE_ENV: 'production', UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await production.close();
    await upstream.close();
  });

  const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers });
  const text = async (path: string) => (await get(path)).text();

  it.each(['/', '/workflows/support-triage', '/workflows/support-triage/runs/run-4711?tab=steps'])(
    'at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain('<div id="root">');
    },
  );

  it('under a policy that lets it load and ask nothing but the gateway’s own', async () => {
    const policy = (await get('/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(await text('/')).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=/);
  });

  it('with the sample key over the embedded upstream alone', async () => {
    expect(await text('/')).toContain('<meta name="sample-key" content="demo-key">');
    expect(await (await fetch(production.url)).text()).not.toContain('sample-key');
  });

  it('in production too, as it was built', async () => {
    const response = await fetch(`${production.url}/workflows/wf/runs/r1`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<div id="root">');
  });

  it('leaves other paths alone: what is nowhere is a 404', async () => {
    expect((await get('/nowhere')).status).toBe(404);
    expect((await get('/assets/none.js')).status).toBe(404);
    expect((await get('/assets/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await get('/healthz')).headers.get('content-type')).toMatch(/json/);
  });

  it('lets its files be kept for as long as their names stand', async () => {
    const path = /\/assets\/index-[\w-]+\.js/.exec(await text('/'))?.[0] ?? '';
    const response = await get(path, { 'accept-encoding': 'gzip' });
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const etag = response.headers.get('etag') ?? '';
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    expect((await get('/assets/theme.js')).headers.get('cache-control')).toBe('no-cache');
  });

  it('loads less than 250 kB of zipped JavaScript before a run shows', async () => {
    const paths = new Set<string>();
    const queue = [...(await text('/')).matchAll(/\/(assets\/[\w.-]+\.js)/g)].map(([, path]) => path ?? '');
    const entries = queue.length;
    let bytes = 0;
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (paths.has(path)) continue;
      paths.add(path);
      const script = await text(`/${path}`);
      bytes += gzipSync(script, { level: 9 }).length;
      const imported = [...script.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)];
      queue.push(...imported.map(([, name]) => `assets/${name ?? ''}`));
    }
    expect(entries).toBeGreaterThan(1);
    expect([...paths].filter((path) => /json-tree|workflow-graph|comparison/.test(path))).toEqual([]);
    expect(bytes).toBeLessThan(LARGEST_FIRST_LOAD);
    expect(bytes).toBeGreaterThan(100_000);
  });
});
