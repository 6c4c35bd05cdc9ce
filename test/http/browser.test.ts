import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const SANDBOX_ORIGIN = 'https://studio.apollographql.com';
const INTROSPECTION = '{ __schema { queryType { name } } }';

describe('a browser', () => {
  let upstream: FaultyUpstream;
  let development: TestGateway;
  let production: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    development = await startGateway();
    production = await startGateway({
      NODE_ENV: 'production',
      UPSTREAM_URL: upstream.url,
      CORS_ORIGINS: 'https://app.example.com',
    });
  });
  afterAll(async () => {
    await Promise.all([development.close(), production.close()]);
    await upstream.close();
  });

  const visit = (gateway: TestGateway) =>
    fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });

  const preflight = async (gateway: TestGateway, origin: string) => {
    const { headers } = await fetch(`${gateway.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    return headers.get('access-control-allow-origin');
  };

  it('gets Apollo Sandbox at /graphql, with a policy that lets it load and the sample query filled in', async () => {
    const response = await visit(development);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    // Every policy must allow it: the header names no source of scripts, styles or frames, so the page's own decides.
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/(default|script|style|frame|connect|img)-src/);
    const page = await response.text();
    const own = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    expect(own).toMatch(/script-src [^;]*https:\/\/embeddable-sandbox\.cdn\.apollographql\.com/);
    expect(own).toMatch(/frame-src [^;]*https:\/\/sandbox\.embed\.apollographql\.com/);
    expect(page).toContain('EmbeddedSandbox');
    expect(page).toContain('run-4711');
    expect(page).toContain('Bearer demo-key');
  });

  it('gets GraphiQL where it chose that, under a policy that lets it load the gateway’s own alone', async () => {
    const open = (gateway: TestGateway, search = '', cookie = '') =>
      fetch(`${gateway.url}/graphql${search}`, { headers: { accept: 'text/html', cookie } });
    const chosen = await open(development, '?explorer=graphiql');
    const cookie = chosen.headers.get('set-cookie') ?? '';
    expect(cookie).toBe('stepgate-explorer=graphiql; Path=/graphql; Max-Age=31536000; SameSite=Lax; HttpOnly');
    const nonces = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      const response = await open(development, '', `other=1; ${cookie.split(';')[0] ?? ''}`);
      const policy = response.headers.get('content-security-policy') ?? '';
      const page = await response.text();
      const nonce = /name="style-nonce" content="([\w-]{36})"/.exec(page)?.[1] ?? '';
      expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(page).toMatch(/src="\/assets\/graphiql-[\w-]+\.js"/);
      expect(response.headers.get('set-cookie')).toBeNull();
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
    const sandbox = await open(development, '?explorer=sandbox', cookie);
    expect(sandbox.headers.get('set-cookie')).toMatch(/^stepgate-explorer=sandbox;/);
    expect(await sandbox.text()).toContain('EmbeddedSandbox');
    // Where neither is offered, a choice opens nothing.
    for (const search of ['', '?explorer=graphiql']) {
      expect((await open(production, search, cookie)).headers.get('content-type')).not.toMatch(/html/);
    }
  });

  it('gets the run page with a key over the sample API alone', async () => {
    const keyOf = async (gateway: TestGateway) =>
      /<meta name="sample-key" content="([^"]*)">/.exec(await (await fetch(gateway.url)).text())?.[1];
    expect([await keyOf(development), await keyOf(production)]).toEqual(['demo-key', undefined]);
  });

  it('on the origin of Sandbox may ask, and introspect, outside production', async () => {
    expect(await preflight(development, SANDBOX_ORIGIN)).toBe(SANDBOX_ORIGIN);
    expect(await preflight(development, 'https://evil.example')).toBeNull();
    const { data } = await development.query(INTROSPECTION, { key: null });
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  it('in production gets no Sandbox and no schema, and only the configured origins may ask', async () => {
    expect((await visit(production)).headers.get('content-type')).not.toMatch(/html/);
    const { data, errors } = await production.query(INTROSPECTION);
    expect(data).toBeNull();
    expect(errors[0]?.message).toMatch(/introspection is switched off.*INTROSPECTION=on/i);
    const hint = await production.query('{ run(workflowId: "wf", id: "r1") { statu } }');
    expect(JSON.stringify(hint.errors)).not.toContain('status');
    expect(await preflight(production, SANDBOX_ORIGIN)).toBeNull();
    expect(await preflight(production, 'https://app.example.com')).toBe('https://app.example.com');
  });
});
