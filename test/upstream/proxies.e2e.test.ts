/** The upstream through a real HTTP proxy. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { optionsFromEnv } from '../../src/config/config.ts';
import { Authority, HAS_OPENSSL } from '../harness/certificates.ts';
import { type Environment, postTo, SAMPLE, startGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { startProcess } from '../harness/process.ts';
import { healthy, type ScriptedUpstream, startUpstream, type Tls } from '../harness/upstream.ts';
import { Tinyproxy, TINYPROXY } from './tinyproxy.ts';

const RUN = '{ run(workflowId: "wf", id: "a/b") { status } }';
const ANSWER = { run: { status: 'COMPLETED' } };

const isComplete = TINYPROXY !== null && HAS_OPENSSL;

(isComplete || process.env.CI ? describe : describe.skip)('a proxy (tinyproxy)', () => {
  const proxy = perBlock(new Tinyproxy());
  const authority = perBlock(new Authority());
  const opened: { close(): Promise<unknown> }[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function upstreamOf(tls?: Tls): Promise<ScriptedUpstream> {
    const upstream = await startUpstream(healthy, tls);
    opened.push(upstream);
    return upstream;
  }

  async function ask(upstream: { readonly url: string }, env: Environment) {
    const gateway = await startGateway({ upstream, env });
    opened.push(gateway);
    return gateway.query(RUN);
  }

  const askedFor = async (url: string) =>
    (await proxy.requests()).filter((request) => request.includes(new URL(url).host));

  it.each(['HTTP_PROXY', 'http_proxy'])('uses the proxy for an http upstream if %s names it', async (name) => {
    const upstream = await upstreamOf();
    const { httpProxy = '' } = optionsFromEnv({ [name]: `http://${proxy.address}` });
    expect(await ask(upstream, { HTTP_PROXY: httpProxy })).toMatchObject({ data: ANSWER, errors: [] });
    expect(await askedFor(upstream.url)).toEqual([`GET ${upstream.url}/workflows/wf/runs/a%2Fb`]);
    expect(upstream.calls[0]).toMatchObject({ endpoint: 'run', runId: 'a/b', key: 'key-1' });
  });

  it('uses the proxy through CONNECT for https, hiding path and key', async () => {
    const upstream = await upstreamOf(authority.issue('IP:127.0.0.1'));
    const gateway = startProcess({
      UPSTREAM_URL: upstream.url,
      HTTPS_PROXY: proxy.address,
      NODE_EXTRA_CA_CERTS: authority.file,
    });
    opened.push({
      close: async () => {
        gateway.child.kill('SIGTERM');
        await gateway.exited;
      },
    });
    const response = await postTo(await gateway.url(), { query: RUN });
    expect(await response.json()).toEqual({ data: ANSWER });
    expect(await askedFor(upstream.url)).toEqual([`CONNECT ${new URL(upstream.url).host}`]);
    expect(upstream.calls[0]).toMatchObject({ endpoint: 'run', key: 'key-1' });
  });

  it('does not use the proxy for NO_PROXY or the embedded upstream', async () => {
    const upstream = await upstreamOf();
    const through = { HTTP_PROXY: proxy.address, NO_PROXY: 'internal.example,127.0.0.1' };
    expect((await ask(upstream, through)).data).toEqual(ANSWER);
    expect(await askedFor(upstream.url)).toEqual([]);
    const before = (await proxy.requests()).length;
    const gateway = await startGateway({ upstream: SAMPLE, env: { HTTP_PROXY: proxy.address } });
    opened.push(gateway);
    const embedded = await gateway.query('{ workflows { nodes { id } } }', { key: 'demo-key' });
    expect(embedded.errors).toEqual([]);
    expect(await proxy.requests()).toHaveLength(before);
  });

  it('takes proxy credentials from the URL, with an error without them', async () => {
    const closed = await new Tinyproxy('user secret').open();
    opened.push(closed);
    const upstream = await upstreamOf();
    const withKey = { HTTP_PROXY: `http://user:secret@${closed.address}` };
    expect((await ask(upstream, withKey)).data).toEqual(ANSWER);
    expect(upstream.calls[0]?.headers['proxy-authorization']).toBeUndefined();
    const { errors } = await ask(upstream, { HTTP_PROXY: closed.address });
    expect(errors[0]).toMatchObject({
      message: 'The proxy requires credentials (HTTP 407). Add them to the URL in HTTP_PROXY.',
      extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: false, upstreamStatus: 407 },
    });
    expect(upstream.calls).toHaveLength(1);
  });

  it('names a proxy that opens no tunnel in the error', async () => {
    const closed = await new Tinyproxy('user secret').open();
    opened.push(closed);
    const { errors } = await ask({ url: 'https://upstream.example' }, { HTTPS_PROXY: closed.address });
    expect(errors[0]?.message).toContain('The proxy did not connect to the upstream. Check HTTPS_PROXY');
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  it('names an unreachable proxy in the error', async () => {
    const { errors } = await ask({ url: 'http://upstream.example' }, { HTTP_PROXY: '127.0.0.1:1' });
    expect(errors[0]?.message).toBe('The upstream or its proxy could not be reached (ECONNREFUSED).');
  });
});
