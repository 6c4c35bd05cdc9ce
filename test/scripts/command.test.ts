/** `bin/stepgate.cjs`, in front of a program that reports how it was started. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REPORT = `
  const { pid, execArgv, argv, env } = process;
  process.stdout.write(JSON.stringify({ pid, execArgv, words: argv.slice(2), threshold: env.MALLOC_MMAP_THRESHOLD_ }));`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-command-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'dist'));
  cpSync(join(ROOT, 'bin/stepgate.cjs'), join(folder, 'bin/stepgate.cjs'));
  writeFileSync(join(folder, 'dist/main.js'), REPORT);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function start(flags: readonly string[], words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...flags, join(folder, 'bin/stepgate.cjs'), ...words], { env });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stderr).toBe('');
  return { pid: child.pid, report: JSON.parse(stdout) as unknown };
}

/** Of the Dockerfile, which the docs recommend. */
const [, command = ''] = /^CMD (\[.*\])$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
const FLAGS = (JSON.parse(command) as string[]).filter((word) => word.startsWith('--'));

it('the command is one process, with the memory flags of the image and the words of the caller', async () => {
  const { pid, report } = await start([], ['check', '--config', 'a b']);
  expect(FLAGS).toHaveLength(5);
  expect(report).toEqual({ pid, execArgv: FLAGS, words: ['check', '--config', 'a b'], threshold: '32768' });
});

it('what the caller sets comes after, and wins', async () => {
  const { report } = await start(['--max-semi-space-size=16'], [], { MALLOC_MMAP_THRESHOLD_: '65536' });
  expect(report).toMatchObject({ execArgv: [...FLAGS, '--max-semi-space-size=16'], threshold: '65536' });
});

it('npm start has the same flags', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  expect(scripts.start.split(' ').filter((word) => word.startsWith('--'))).toEqual(FLAGS);
});
