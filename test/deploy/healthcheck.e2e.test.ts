import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/sample/server.ts';
import { readProjectFile, service } from './compose.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The exit code, and the output to standard error. */
async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, words, { cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

const WELL = { code: 0, said: '' };

describe('the HEALTHCHECK of the image', () => {
  const [, json = ''] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(readProjectFile('Dockerfile')) ?? [];
  const [node, ...words] = JSON.parse(json) as string[];
  let gateway: TestGateway | undefined;
  let upstream: ScriptedUpstream | undefined;

  afterEach(async () => {
    await gateway?.close();
    await upstream?.close();
    [gateway, upstream] = [undefined, undefined];
  });

  it.each([
    ['all addresses', '0.0.0.0', {}],
    ['one address', '127.0.0.2', {}],
    ['all addresses of IPv6', '::', {}],
    ['a path in front', '127.0.0.1', { BASE_PATH: '/stepgate' }],
    ['a separate port', '127.0.0.1', { OPS_PORT: '0' }],
  ])('passes for a gateway that listens at %s', async (_where, HOST, more) => {
    upstream = await startUpstream();
    gateway = await startGateway({ upstream, env: { HOST, ...more } });
    expect(node).toBe('node');
    const own = gateway.opsUrl === null ? {} : { OPS_PORT: new URL(gateway.opsUrl).port };
    expect(await run(words, { HOST, PORT: new URL(gateway.url).port, ...more, ...own })).toEqual(WELL);
  });

  it('ignores proxies, even with NODE_USE_ENV_PROXY', async () => {
    upstream = await startUpstream(() => ({ status: 403 }));
    gateway = await startGateway({ upstream });
    const proxy = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: upstream.url };
    expect(await run(words, { PORT: new URL(gateway.url).port, ...proxy })).toEqual(WELL);
  });

  it('names the problem if no gateway, or another program, listens', async () => {
    upstream = await startUpstream(() => ({ status: 500 }));
    const { port } = new URL(upstream.url);
    const answered = await run(words, { PORT: port });
    expect(answered).toMatchObject({ code: 1, said: expect.stringMatching(/\/healthz: HTTP \d{3}\n$/) });
    await upstream.close();
    upstream = undefined;
    expect(await run(words, { PORT: port })).toEqual({
      code: 1,
      said: `http://127.0.0.1:${port}/healthz: ECONNREFUSED\n`,
    });
  });
});

describe('the health check of the upstream in docker-compose.yml', () => {
  const [kind, node, ...words] = service('upstream').healthcheck?.test ?? [];
  let upstream: EmbeddedUpstream | undefined;
  afterEach(() => upstream?.close());

  it('passes for an embedded upstream, and fails if nothing listens', async () => {
    upstream = await createEmbeddedUpstream({ port: 0 });
    const { port } = new URL(upstream.url);
    const asked = words.map((word) => word.replace('127.0.0.1:4001', `127.0.0.1:${port}`));
    expect([kind, node]).toEqual(['CMD', 'node']);
    expect(asked).not.toEqual(words);
    expect(await run(asked)).toEqual(WELL);
    await upstream.close();
    upstream = undefined;
    expect(await run(asked)).toMatchObject({ code: 1 });
  });
});
