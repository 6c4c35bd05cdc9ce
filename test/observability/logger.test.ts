import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, flushed } from '../../src/observability/logger.ts';

interface Line {
  readonly level: number;
  readonly n?: number;
  readonly lines?: number;
}
const parse = (log: string) =>
  log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs statements in a process of its own, where `logger` writes to standard output. */
function runScript(statements: string) {
  const url = new URL('../../src/observability/logger.ts', import.meta.url).href;
  const script = `import { createLogger, flushed } from '${url}'; const logger = createLogger('info'); ${statements}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, stderr: text(child.stderr) };
}

describe('the logger', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepgate-log-'));
    file = join(folder, 'log');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has written every line when it is flushed, also those that came during a write', async () => {
    const logger = createLogger('info', file);
    for (let round = 0; round < 20; round += 1) {
      logger.info({ n: 3 * round }, 'line');
      await new Promise((resolve) => setImmediate(resolve));
      logger.info({ n: 3 * round + 1 }, 'x'.repeat(round * 2000));
      logger.info({ n: 3 * round + 2 }, 'line');
      await flushed(logger);
      const written = parse(readFileSync(file, 'utf8'));
      expect(written.map(({ n }) => n)).toEqual(Array.from({ length: 3 * round + 3 }, (_, n) => n));
    }
  });

  it('leaves authorization headers out', async () => {
    const logger = createLogger('info', file);
    const headers = { authorization: 'Bearer secret', accept: '*/*' };
    logger.info({ ...headers, request: headers, response: { headers } }, 'line');
    await flushed(logger);
    const log = readFileSync(file, 'utf8');
    expect(log).not.toContain('secret');
    expect(log.match(/\*\/\*/g)).toHaveLength(3);
  });

  it('leaves out every header that carries a key', async () => {
    const logger = createLogger('info', file, ['x-api-key', 'x-tenant.key']);
    const headers = {
      'x-api-key': 'secret',
      'x-tenant.key': 'secret',
      cookie: 'secret',
      'proxy-authorization': 'secret',
    };
    logger.info({ ...headers, headers, request: headers, response: { headers } }, 'line');
    await flushed(logger);
    const log = readFileSync(file, 'utf8');
    expect(log).toContain('"msg":"line"');
    expect(log).not.toContain('secret');
  });

  it('loses no line when the process exits right after it', async () => {
    const { child, exited, stderr } = runScript(
      `for (let n = 0; n < 5000; n += 1) logger.info({ n }, 'line'); process.exit(0);`,
    );
    const lines = parse(await text(child.stdout));
    expect(lines.map(({ n = NaN }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
    expect({ code: await exited, stderr: await stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('lets the process go on when nobody reads its output any more, and warns once', async () => {
    const { child, exited, stderr } = runScript(`
      for await (const _ of process.stdin);
      for (let n = 0; n < 3; n += 1) { logger.info('line'); await flushed(logger); }
      logger.fatal('line');`);
    child.stdout.destroy();
    child.stdin.end();
    expect(await exited).toBe(0);
    expect((await stderr).match(/The log can't be written: EPIPE/g)).toHaveLength(1);
  });

  it('ends after a fatal line that is the first to fail', async () => {
    const { child, exited } = runScript(
      `for await (const _ of process.stdin); logger.info('a'); logger.fatal('b'); await flushed(logger);`,
    );
    child.stdout.destroy();
    child.stdin.end();
    expect(await exited).toBe(0);
  });

  it('drops lines above 16 MB that are not read, and says how many', async () => {
    const { child, exited } = runScript(`
      const long = 'x'.repeat(100_000);
      for (let n = 0; n < 300; n += 1) logger.info({ n }, long);
      process.stderr.write('.');
      await flushed(logger);`);
    await once(child.stderr, 'data');
    const log = parse(await text(child.stdout));
    const [warning, ...others] = log.filter(({ level }) => level === 40);
    const written = log.filter(({ level }) => level === 30).length;
    expect(others).toEqual([]);
    expect(written).toBeGreaterThan(160);
    expect(written).toBeLessThan(200);
    expect(written + (warning?.lines ?? 0)).toBe(300);
    expect(await exited).toBe(0);
  });
});
