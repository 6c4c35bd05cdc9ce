import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { postTo, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { captureLog, scrape, type CapturedLog } from '../harness/observed.ts';
import { temporaryFiles } from './temporary-files.ts';

const INTERVAL_MS = 5000;
const STATUS = 'query Status { run(workflowId: "wf", id: "r1") { status } }';
const OUTPUTS = 'query Outputs { run(workflowId: "wf", id: "r1") { id } }';
const FIRST = { a: STATUS };
const SECOND = { a: OUTPUTS, b: STATUS };
const OLD_ANSWER = { data: { run: { status: 'COMPLETED' } } };
const NEW_ANSWER = { data: { run: { id: 'r1' } } };

const { folder, write } = temporaryFiles();
const path = join(folder, 'manifest.json');
let clock: ManualClock;
let log: CapturedLog;
beforeEach(() => {
  write('manifest.json', FIRST);
  clock = createManualClock();
  log = captureLog('info');
});
const gateway = perTest(
  new TestGateway(() => ({
    clock,
    logger: log.logger,
    env: { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: path, MCP: 'manifest' },
  })),
);

/** Lets the gateway read the manifests this many times. */
async function read(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    clock.advance(INTERVAL_MS);
    // The next read, which is scheduled after this one, and the heartbeat of live connections.
    await clock.timers(2);
  }
}

const ask = async (documentId: string): Promise<unknown> => (await postTo(gateway.url, { documentId })).json();
const reloads = async () => (await scrape(gateway.url)).counts('stepgate_manifest_reloads_total');
const tools = async (): Promise<readonly string[]> => {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer key-1',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  return [...(await response.text()).matchAll(/"name":"(\w+)"/g)].map(([, name = '']) => name);
};

/** As Kubernetes mounts a ConfigMap: the file leads through `..data` to a folder that is never written again. */
function mount(version: string, content: object): void {
  mkdirSync(join(folder, version), { recursive: true });
  write(`${version}/manifest.json`, content);
  symlinkSync(version, join(folder, `${version}-link`));
  renameSync(join(folder, `${version}-link`), join(folder, '..data'));
}

it.each<[string, () => void]>([
  ['written in place', () => write('manifest.json', SECOND)],
  [
    'replaced by a rename',
    () => {
      renameSync(write('new.json', SECOND), path);
    },
  ],
])('uses a manifest that was %s, and no earlier response', async (_, replace) => {
  for (let time = 0; time < 3; time += 1) expect(await ask('a')).toEqual(OLD_ANSWER);
  expect(await tools()).toEqual(['Status']);
  replace();
  await read(2);
  expect(await ask('a')).toEqual(NEW_ANSWER);
  expect(await ask('b')).toEqual(OLD_ANSWER);
  expect(await tools()).toEqual(['Outputs', 'Status']);
  expect(await reloads()).toEqual({ ok: 1 });
  expect(log.lines).toContainEqual(expect.objectContaining({ level: 30, paths: [path] }));
});

it('uses the new target of a symbolic link', async () => {
  mount('v1', FIRST);
  const mounted = join(folder, 'mounted.json');
  symlinkSync('..data/manifest.json', mounted);
  await gateway.restart({ env: { PERSISTED_MANIFESTS: mounted } });
  mount('v2', SECOND);
  await read(2);
  expect(await ask('a')).toEqual(NEW_ANSWER);
});

it('keeps the manifest before an invalid one, which it reports once', async () => {
  write('manifest.json', { a: 'query Wrong { colour }' });
  await read(4);
  expect(await ask('a')).toEqual(OLD_ANSWER);
  expect(await reloads()).toEqual({ failed: 1 });
  const warnings = log.lines.filter(({ level, problem }) => level === 40 && problem !== undefined);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.problem).toContain(`${path}: Wrong (a): Cannot query field "colour"`);
  write('manifest.json', SECOND);
  await read(2);
  expect(await ask('a')).toEqual(NEW_ANSWER);
  expect(await reloads()).toEqual({ failed: 1, ok: 1 });
});

it('waits for the rest of a half-written manifest', async () => {
  write('manifest.json', JSON.stringify(SECOND).slice(0, 20));
  await read(1);
  write('manifest.json', SECOND);
  await read(2);
  expect(await ask('a')).toEqual(NEW_ANSWER);
  expect(await reloads()).toEqual({ ok: 1 });
});
