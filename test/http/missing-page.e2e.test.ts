/** Runs a copy of the source without the built page, in its own process. */
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ask } from '../harness/plain-http.ts';
import { type GatewayProcess, startProcess } from '../harness/process.ts';
import { until } from '../harness/until.ts';
import { type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';

let folder: string;
let upstream: ScriptedUpstream;
let gateway: GatewayProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-without-page-'));
  for (const name of ['src', 'package.json', 'schema.graphql'])
    await cp(resolve(name), join(folder, name), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  upstream = await startUpstream();
  gateway = startProcess(
    { NODE_ENV: 'production', UPSTREAM_URL: upstream.url, SANDBOX: 'on' },
    [],
    [process.execPath, join(folder, 'src', 'main.ts')],
  );
});
afterAll(async () => {
  gateway.end();
  await gateway.exited;
  await upstream.close();
  await rm(folder, { recursive: true });
});

it('serves everything but the page if it is not built', async () => {
  const url = await gateway.url();
  const page = await ask(`${url}/workflows/wf`);
  expect(page).toMatchObject({ status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  expect(page.body.toString()).toContain('GraphQL is at /graphql');
  await until(() => gateway.output().includes('the web UI is not built'));
  expect((await ask(`${url}/assets/theme.js`)).status).toBe(404);
  expect((await ask(`${url}/graphiql`)).status).toBe(503);
  const explorer = await ask(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect([explorer.status, explorer.body.toString().includes('EmbeddedSandbox')]).toEqual([200, true]);
  const headers = { authorization: 'Bearer key-1' };
  expect((await ask(`${url}/graphql?query={__typename}`, { headers })).body.toString()).toContain('"Query"');
});
