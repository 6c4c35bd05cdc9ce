/** How the upstream is reached: headers, private certificate authorities and HTTP/2, each with a real server. */
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer as createPlainServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Authority, HAS_OPENSSL } from '../harness/certificates.ts';
import { type GraphqlError, postTo, startGateway, type TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { type GatewayProcess, startProcess } from '../harness/process.ts';
import { healthy, type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status steps { id } } }';
const ANSWER = { run: { status: 'COMPLETED', steps: [{ id: 'r1-step' }] } };

/** Closed after each test, last first. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function upstreamOf(...args: Parameters<typeof startUpstream>): Promise<ScriptedUpstream> {
  const upstream = await startUpstream(...args);
  opened.push(() => upstream.close());
  return upstream;
}

async function gatewayOf(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  const gateway = await startGateway(...args);
  opened.push(() => gateway.close());
  return gateway;
}

/** Node reads NODE_EXTRA_CA_CERTS only when a process starts. */
function processOf(environment: Readonly<Record<string, string>>): GatewayProcess {
  const gateway = startProcess({ LOG_LEVEL: 'info', ...environment });
  opened.push(async () => {
    gateway.child.kill('SIGTERM');
    await gateway.exited;
  });
  return gateway;
}

async function ask(gateway: GatewayProcess): Promise<{ data: unknown; errors?: readonly GraphqlError[] }> {
  const response = await postTo(await gateway.url(), { query: RUN });
  return (await response.json()) as { data: unknown; errors?: readonly GraphqlError[] };
}

describe('the headers of upstream calls', () => {
  it('include those of UPSTREAM_AUTH_HEADER and UPSTREAM_HEADERS', async () => {
    const upstream = await upstreamOf();
    const gateway = await gatewayOf({
      upstream,
      env: { UPSTREAM_AUTH_HEADER: 'X-Api-Key: v1 {key}', UPSTREAM_HEADERS: 'x-tenant: acme; user-agent: acme-bff' },
    });
    // `$&` in a key is not a replacement pattern.
    expect((await gateway.query(RUN, { key: "key-$&$'" })).data).toEqual(ANSWER);
    expect(upstream.calls).toHaveLength(2);
    for (const { headers } of upstream.calls) {
      expect(headers).toMatchObject({ 'x-api-key': "v1 key-$&$'", 'x-tenant': 'acme', 'user-agent': 'acme-bff' });
      expect(headers.authorization).toBeUndefined();
      expect(headers['x-request-id']).toMatch(/^[\w-]{36}$/);
    }
  });
});

(HAS_OPENSSL || process.env.CI ? describe : describe.skip)(
  'an upstream with a certificate of a private authority',
  () => {
    const authority = perBlock(new Authority());

    it('trusts a private authority in NODE_EXTRA_CA_CERTS', async () => {
      const upstream = await upstreamOf(healthy, authority.issue('IP:127.0.0.1'));
      const gateway = processOf({ UPSTREAM_URL: upstream.url, NODE_EXTRA_CA_CERTS: authority.file });
      expect(await ask(gateway)).toEqual({ data: ANSWER });
    });

    const refused = async (gateway: GatewayProcess | TestGateway) => {
      const { errors = [] } = 'child' in gateway ? await ask(gateway) : await gateway.query(RUN);
      expect(errors[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: false });
      return errors[0]?.message;
    };

    it('names a private authority that is not trusted, without opening a breaker', async () => {
      const upstream = await upstreamOf(healthy, authority.issue('IP:127.0.0.1'));
      const gateway = await gatewayOf({ upstream });
      for (let key = 0; key < 60; key += 1) {
        const { errors } = await gateway.query(RUN, { key: `key-${key}` });
        for (const { message, extensions } of errors) {
          expect(message).toContain('certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)');
          expect(message).toContain('set NODE_EXTRA_CA_CERTS to the file');
          expect(extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: false });
        }
      }
      expect(upstream.calls).toEqual([]);
    });

    it('rejects an upstream whose certificate has another name', async () => {
      const upstream = await upstreamOf(healthy, authority.issue('DNS:other.example'));
      const gateway = processOf({ UPSTREAM_URL: upstream.url, NODE_EXTRA_CA_CERTS: authority.file });
      expect(await refused(gateway)).toContain(
        'certificate is not valid for UPSTREAM_URL at this time (ERR_TLS_CERT_ALTNAME_INVALID)',
      );
    });

    const listen = async (server: Http2SecureServer | ReturnType<typeof createPlainServer>) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      opened.push(() => server.close());
      return (server.address() as AddressInfo).port;
    };

    it('names an upstream that speaks only HTTP/2 in the error', async () => {
      const certificate = authority.issue('IP:127.0.0.1');
      const secure = await listen(createSecureServer({ ...certificate }, (_, response) => response.end('[]')));
      const https = processOf({ UPSTREAM_URL: `https://127.0.0.1:${secure}`, NODE_EXTRA_CA_CERTS: authority.file });
      expect(await refused(https)).toContain('must support HTTP/1.1, got HTTP/2 only');
    });

    it('names an upstream that does not speak TLS in the error', async () => {
      const port = await listen(createPlainServer((_, response) => response.end('[]')));
      const gateway = await gatewayOf({ upstream: { url: `https://127.0.0.1:${port}` } });
      expect(await refused(gateway)).toContain('does not use TLS on this port. Check the scheme (https)');
    });
  },
);
