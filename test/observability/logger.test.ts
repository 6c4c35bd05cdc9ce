/**
 * Tests the module: the end of a process, unread output and the size of the buffer cannot be caused through a
 * gateway.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { createLogger, flushed } from '../../src/observability/logger.ts';

interface Line {
  readonly level: number;
  readonly n?: number;
  readonly lines?: number;
}
const parse = (log: string) => (log.match(/.+/g) ?? []).map((line) => JSON.parse(line) as Line);

let folder: string;
let file: string;
let child: ChildProcess | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-log-'));
  file = join(folder, 'log');
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Runs statements in a separate process, where `logger` writes to standard output. */
function runScript(statements: string) {
  const [config, log] = ['config/config.ts', 'observability/logger.ts'].map(
    (path) => new URL(`../../src/${path}`, import.meta.url).href,
  );
  const script = `import { readConfig } from '${config}'; import { createLogger, flushed } from '${log}';
    const logger = createLogger(readConfig({})); ${statements}`;
  const own = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child = own;
  return { child: own, exited: once(own, 'exit').then(([code]) => code as number | null) };
}

it('writes every line on flush, including those logged meanwhile', async () => {
  const logger = createLogger(readConfig({}), file);
  for (let round = 0; round < 10; round += 1) {
    logger.info({ n: 3 * round }, 'line');
    await new Promise((resolve) => setImmediate(resolve));
    logger.info({ n: 3 * round + 1 }, 'x'.repeat(round * 4000));
    logger.info({ n: 3 * round + 2 }, 'line');
    await flushed(logger);
    const written = parse(readFileSync(file, 'utf8'));
    expect(written.map(({ n }) => n)).toEqual(Array.from({ length: 3 * round + 3 }, (_, n) => n));
  }
});

it('omits every header that may contain a key', async () => {
  const logger = createLogger(
    readConfig({ UPSTREAM_AUTH_HEADER: 'x-api-key: {key}', UPSTREAM_HEADERS: 'x-tenant.key: acme' }),
    file,
  );
  const names = ['authorization', 'x-api-key', 'x-tenant.key', 'cookie', 'proxy-authorization'];
  const headers = { ...Object.fromEntries(names.map((name) => [name, 'secret'])), accept: '*/*' };
  logger.info({ ...headers, headers, request: headers, response: { headers } }, 'line');
  await flushed(logger);
  const log = readFileSync(file, 'utf8');
  expect(log).not.toContain('secret');
  expect(log.match(/\*\/\*/g)).toHaveLength(4);
});

it('writes Elastic Common Schema names with LOG_FORMAT=ecs, without keys', async () => {
  const logger = createLogger(
    readConfig({ LOG_LEVEL: 'debug', LOG_FORMAT: 'ecs', UPSTREAM_AUTH_HEADER: 'x-api-key: {key}' }),
    file,
  );
  const secret = { 'x-api-key': 'secret' };
  const more = { ...secret, headers: secret, request: { ...secret, headers: secret } };
  logger
    .child({}, { redact: [] })
    .debug({ requestId: 'r-1', 'client.address': '::1', trace_id: 'a', span_id: 'b', outcome: 'ok' }, 'operation');
  logger.error({ err: new TypeError('no', { cause: new Error('why') }), url: 'http://host', ...more }, 'failed');
  logger.info('plain');
  await flushed(logger);
  const log = readFileSync(file, 'utf8');
  expect(log).not.toContain('secret');
  expect(log.indexOf('{"log.level":"debug","@timestamp":"')).toBe(0);
  const common = {
    '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
    'ecs.version': expect.stringMatching(/^8\./),
    'service.name': 'stepgate',
    'service.version': expect.any(String),
    'process.pid': process.pid,
    'host.hostname': expect.any(String),
  };
  const error = {
    type: 'TypeError',
    message: 'no: why',
    stack_trace: expect.stringContaining('caused by: Error: why'),
  };
  const request = { headers: {} };
  expect(parse(log)).toEqual([
    {
      ...common,
      'log.level': 'debug',
      message: 'operation',
      'http.request.id': 'r-1',
      'client.address': '::1',
      'trace.id': 'a',
      'span.id': 'b',
      stepgate: { outcome: 'ok' },
    },
    {
      ...common,
      'log.level': 'error',
      message: 'failed',
      error,
      stepgate: { url: 'http://host', headers: {}, request },
    },
    { ...common, 'log.level': 'info', message: 'plain', stepgate: {} },
  ]);
});

it('loses no line when the process exits right after it', async () => {
  const script = runScript(`for (let n = 0; n < 5000; n += 1) logger.info({ n }, 'line'); process.exit(0);`);
  const lines = parse(await text(script.child.stdout));
  expect(lines.map(({ n = NaN }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
  expect(await script.exited).toBe(0);
});

it.each([
  ['lines', `for (let n = 0; n < 3; n += 1) { logger.info('line'); await flushed(logger); } logger.fatal('line');`],
  ['a fatal line that is the first to fail', `logger.info('a'); logger.fatal('b'); await flushed(logger);`],
])('exits normally after %s that no one reads, with one warning', async (_, statements) => {
  const script = runScript(`for await (const _ of process.stdin); ${statements}`);
  const warnings = text(script.child.stderr);
  script.child.stdout.destroy();
  script.child.stdin.end();
  expect(await script.exited).toBe(0);
  expect((await warnings).match(/Can't write the log:  EPIPE/g)).toHaveLength(1);
});

it('drops unread lines above 16 MB, and counts them in a warning', async () => {
  const script = runScript(`
    for (let n = 0; n < 300; n += 1) logger.info({ n }, 'x'.repeat(100_000));
    process.stderr.write('.');
    await flushed(logger);`);
  await once(script.child.stderr, 'data');
  const log = parse(await text(script.child.stdout));
  const [warning, ...others] = log.filter(({ level }) => level === 40);
  const written = log.filter(({ level }) => level === 30).length;
  expect(others).toEqual([]);
  expect(written).toBeGreaterThan(160);
  expect(written).toBeLessThan(200);
  expect(written + (warning?.lines ?? 0)).toBe(300);
  expect(await script.exited).toBe(0);
});
