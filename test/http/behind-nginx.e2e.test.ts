import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { type Nginx, NGINX, startNginx } from '../harness/nginx.ts';
import { captureLog } from '../harness/observed.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { connectMcp, MCP_LINES } from '../peers/mcp-client.ts';

const QUERY = `{ run(workflowId: "wf", id: "r1") { outputs } }`;

/** Each key has its own data. */
const ofKey: Script = ({ endpoint, runId, key = '' }) => ({
  json: endpoint === 'run' ? [wireRun(runId, { outputs: `run of ${key}` })] : [wireStep()],
});
const dataOf = (key: string) => ({ data: { run: { outputs: `run of ${key}` } } });

// In CI a missing nginx is a failure.
const withNginx = NGINX === null && process.env.CI === undefined ? describe.skip : describe;

withNginx(`nginx in front${NGINX === null ? ' (skipped: there is no nginx on this machine)' : ''}`, () => {
  const log = captureLog('info');
  const gateway = perTest(new TestGateway({ script: ofKey, logger: log.logger }));
  const { upstream } = gateway;
  let nginx: Nginx;
  beforeEach(async () => {
    nginx = await startNginx(gateway.url);
  });
  afterEach(() => nginx.close());

  /** Restarts both with these settings. Returns nginx's URL. */
  async function start(environment: Readonly<Record<string, string>>): Promise<string> {
    await Promise.all([nginx.close(), gateway.restart({ env: environment })]);
    nginx = await startNginx(gateway.url);
    return nginx.url;
  }

  const get = (url: string, key: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true', ...headers },
    });

  it('serves a cached GET only to the bearer it was cached for', async () => {
    const { url } = nginx;
    const first = await get(url, 'key-a');
    const second = await get(url, 'key-a');
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT']);
    // The gateway was not asked, and each request has its own id.
    const [id, ...others] = [first, second].map(({ headers }) => headers.get('x-request-id'));
    expect(id).toMatch(/^[\da-f]{32}$/);
    expect(others).not.toEqual([id]);
    expect(log.operations.filter(({ requestId }) => others.includes(String(requestId)))).toEqual([]);
    expect(log.operations.at(-1)?.requestId).toBe(id);
    expect(await second.json()).toEqual(dataOf('key-a'));
    const other = await get(url, 'key-b');
    expect(other.headers.get('x-cache')).toBe('MISS');
    expect(await other.json()).toEqual(dataOf('key-b'));
  });

  it('caches one response below BASE_PATH for all encodings', async () => {
    const url = await start({ BASE_PATH: '/bff' });
    const caches: unknown[] = [];
    for (const encoding of ['gzip', 'br']) {
      const { headers } = await get(`${url}/bff`, 'key-a', { 'accept-encoding': encoding });
      caches.push(headers.get('x-cache'));
    }
    expect(caches).toEqual(['MISS', 'HIT']);
  });

  it.each(MCP_LINES)("passes tool calls on with the caller's key, even below BASE_PATH: %s", async (line) => {
    const url = await start({ BASE_PATH: '/bff' });
    const given = { workflowId: 'wf', runId: 'r1', ofRun: true };
    for (const [key, at] of [
      ['key-a', url],
      ['key-b', `${url}/bff`],
    ] as const) {
      const client = await connectMcp(line, at, key);
      const { content } = await client.call('read_payload', given);
      await client.close();
      expect(content).toMatchObject({ data: { run: { outputs: `run of ${key}` } } });
    }
  });

  it('caches one response per origin, whatever encodings its clients accept', async () => {
    const url = await start({ CORS_ORIGINS: 'https://a.example.com,https://b.example.com' });
    for (const origin of ['https://a.example.com', 'https://b.example.com']) {
      const seen: unknown[] = [];
      for (const encoding of ['gzip', 'identity', 'br']) {
        const { headers } = await get(url, 'key-a', { origin, 'accept-encoding': encoding });
        seen.push([headers.get('x-cache'), headers.get('access-control-allow-origin')]);
      }
      expect(seen).toEqual([
        ['MISS', origin],
        ['HIT', origin],
        ['HIT', origin],
      ]);
    }
  });

  it('caches no errors', async () => {
    const { url } = nginx;
    upstream.script = () => ({ status: 403 });
    for (const turn of [1, 2]) {
      const answer = await get(url, 'key-a');
      expect({ turn, cache: answer.headers.get('x-cache') }).toEqual({ turn, cache: 'MISS' });
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    }
  });
});
