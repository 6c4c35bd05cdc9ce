/** Where a client of MCP gets its token: RFC 9728, as the official client reads it. */
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { protectedResourceHandler } from 'stepgate';
import { TestGateway } from '../harness/gateway.ts';
import { Issuer, ISSUER } from '../harness/issuer.ts';
import { perTest } from '../harness/lasting.ts';
import { listen, stop } from '../harness/local-server.ts';
import { discover } from '../peers/mcp-client.ts';

const RESOURCE = 'https://stepgate.example.com/base/mcp';
const METADATA = {
  resource: RESOURCE,
  authorization_servers: [ISSUER],
  bearer_methods_supported: ['header'],
  resource_name: 'Stepgate',
};

describe('a client without a token', () => {
  const issuer = perTest(new Issuer(Date.now));
  const PUBLIC = { BASE_PATH: '/base', PUBLIC_URL: 'https://stepgate.example.com/base' };
  const gateway = perTest(new TestGateway(() => ({ env: { ...issuer.env, ...PUBLIC } })));

  it('finds the issuer through the 401', async () => {
    expect(await discover(RESOURCE, gateway.url)).toEqual({
      metadataUrl: 'https://stepgate.example.com/.well-known/oauth-protected-resource/base/mcp',
      metadata: METADATA,
    });
  });

  it('finds the issuer at the well-known path of the host', async () => {
    const answer = await fetch(`${gateway.url}/.well-known/oauth-protected-resource`);
    expect([answer.status, await answer.json()]).toEqual([200, METADATA]);
  });

  it.each([
    ['PUBLIC_URL is not set', { PUBLIC_URL: '' }],
    ['AUTH_ISSUER is not an https URL', { ...PUBLIC, AUTH_ISSUER: 'our-login' }],
  ])('finds nothing if %s', async (_, env) => {
    await gateway.restart({ env: { ...issuer.env, ...env } });
    const refused = await fetch(`${gateway.url}/mcp`, { method: 'POST' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await fetch(`${gateway.url}/.well-known/oauth-protected-resource`)).status).toBe(404);
  });

  it("gets the metadata from an embedder's own server", async () => {
    const handler = protectedResourceHandler({ resource: RESOURCE, issuer: ISSUER });
    const server = createServer(handler);
    const url = `http://127.0.0.1:${await listen(server)}`;
    expect(await discover(RESOURCE, url)).toEqual({ metadataUrl: null, metadata: METADATA });
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    await stop(server);
  });
});
