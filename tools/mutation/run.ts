/**
 * Mutation testing: how many small changes of the code does any test notice?
 *
 *   npm run mutate -- src/domain src/runs/writes --count 60 --tests http/starts,fleet/writes
 *
 * Takes `--count` mutants of the files at random, the same ones for the same `--seed`. Each is written into a copy of the project, and
 * Jest runs there until a test fails: first the files of `--tests` and those that share a name with the mutated file, then every test
 * that reaches it (not with `--only`). Prints the mutants that no test noticed, and those that made the tests time out.
 */
import { spawn } from 'node:child_process';
import { cp, glob, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { ignorer } from './ignored.ts';
import { shuffled } from './shuffled.ts';

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly replacement: string;
  /** The whole file with the mutant in it. */
  readonly text: string;
}

/** `timed out`: a mutant made the tests wait for ever, which is noticed too. */
type TestResult = 'passed' | 'failed' | 'timed out';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'tools', 'docs', 'deploy', 'examples', 'bin'];
/** A mutant may make the tests wait for ever. */
const TEST_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 300_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string', default: '' },
    only: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

const NAMED = values.tests.split(',').filter(Boolean);

async function filesOf(path: string): Promise<string[]> {
  if (path.endsWith('.ts')) return [path];
  return Array.fromAsync(glob(`${path}/**/*.ts`, { cwd: ROOT, exclude: ['src/graphql/generated/**'] }));
}

const silent = () => undefined;
const logger = {
  ...{ trace: silent, debug: silent, info: silent, warn: silent, error: console.error, fatal: console.error },
  ...{ isTraceEnabled: () => false, isDebugEnabled: () => false, isInfoEnabled: () => false },
  ...{ isWarnEnabled: () => false, isErrorEnabled: () => true, isFatalEnabled: () => true },
};

async function mutantsOf(file: string): Promise<Mutant[]> {
  const content = await readFile(join(ROOT, file), 'utf8');
  const options = { plugins: null, excludedMutations: [], ignorers: [ignorer] };
  const { mutants } = await new Instrumenter(logger).instrument([{ name: file, mutate: true, content }], options);
  const lines = content.split('\n');
  const offsetOf = ({ line, column }: { readonly line: number; readonly column: number }): number =>
    lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0) + column;
  return mutants
    .filter(({ status }) => status === undefined)
    .map(({ location, replacement }) => ({
      file,
      line: location.start.line + 1,
      before: lines[location.start.line]?.trim() ?? '',
      replacement,
      text: content.slice(0, offsetOf(location.start)) + replacement + content.slice(offsetOf(location.end)),
    }));
}

async function copyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-mutant-'));
  const files = await Array.fromAsync(
    glob(['*.{json,js,ts,yml,graphql,md}', 'Dockerfile', '.env.example'], { cwd: ROOT }),
  );
  for (const name of [...COPIED, ...files]) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function runTests(folder: string, words: readonly string[]): Promise<TestResult> {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const options = [
    '--bail',
    '--silent',
    '--forceExit',
    '--passWithNoTests',
    '-w',
    '2',
    '--testTimeout',
    `${TEST_TIMEOUT_MS}`,
  ];
  const child = spawn(process.execPath, [...jest, ...options, ...words], {
    cwd: folder,
    env: { ...process.env, MUTANT: '1' },
    stdio: 'ignore',
    detached: true,
  });
  const { promise, resolve } = Promise.withResolvers<TestResult>();
  const timer = setTimeout(() => {
    resolve('timed out');
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, RUN_TIMEOUT_MS);
  child.once('exit', (code) => {
    clearTimeout(timer);
    resolve(code === 0 ? 'passed' : 'failed');
  });
  return promise;
}

async function tryMutant(folder: string, { file, text }: Mutant): Promise<TestResult> {
  const path = join(folder, file);
  const original = await readFile(path, 'utf8');
  const named = [...NAMED, `/${basename(file, '.ts')}\\.`];
  try {
    await writeFile(path, text);
    const first = await runTests(folder, ['--testPathPatterns', ...named]);
    return first === 'passed' && !values.only ? await runTests(folder, ['--findRelatedTests', file]) : first;
  } finally {
    await writeFile(path, original);
  }
}

const files = (await Promise.all(positionals.map(filesOf))).flat().sort();
const all = (await Promise.all(files.map(mutantsOf))).flat();
const sample = shuffled(all, Number(values.seed)).slice(0, Number(values.count));
console.log(`${sample.length} of ${all.length} mutants of ${files.length} files, seed ${values.seed}`);

const counts: Record<TestResult, number> = { failed: 0, 'timed out': 0, passed: 0 };
const waiting = sample.values();
async function work(): Promise<void> {
  const folder = await copyProject();
  if ((await runTests(folder, ['--testPathPatterns', ...(NAMED.length > 0 ? NAMED : ['domain/int'])])) !== 'passed')
    throw new Error(`the tests fail without a mutant, in ${folder}`);
  for (const mutant of waiting) {
    const result = await tryMutant(folder, mutant);
    counts[result] += 1;
    if (result === 'failed') continue;
    console.log(`${mutant.file}:${mutant.line}, tests ${result}`);
    console.log(`  - ${mutant.before}\n  + ${mutant.replacement.replaceAll('\n', ' ')}`);
  }
  await rm(folder, { recursive: true });
}
await Promise.all(Array.from({ length: Number(values.workers) }, work));
const noticed = counts.failed + counts['timed out'];
const share = `${((100 * noticed) / sample.length).toFixed(1)} %`;
console.log(`${noticed} of ${sample.length} noticed, ${counts['timed out']} of them by a time-out: ${share}`);
