/**
 * Runs the long comparisons one after another, or one by name: `npm run soak -- [name] [seed] [runs] [path]`. A failure prints what
 * failed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SCRIPTS: readonly string[] = ['derived-values', 'failing-calls', 'live-fleet', 'triage'];
/** Tests that read SOAK_SEED and SOAK_RUNS. */
const TESTS = new Map([
  ['same-answers', 'test/graphql/same-answers'],
  ['crossings', 'test/auth/crossings'],
  ['redaction', 'test/redaction/answers'],
  ['redaction-in-a-fleet', 'test/fleet/redaction'],
]);
const NAMES = [...SCRIPTS, ...TESTS.keys()];

const [name, ...parameters] = process.argv.slice(2);
if (name !== undefined && !NAMES.includes(name)) {
  throw new Error(`The name must be one of ${NAMES.join(', ')}, got ${name}`);
}
for (const each of name === undefined ? NAMES : [name]) {
  const test = TESTS.get(each);
  const status = test === undefined ? runScript(each) : runTest(each, test);
  if (status !== 0) process.exitCode = 1;
}

function runScript(each: string): number | null {
  const script = join(import.meta.dirname, `${each}.ts`);
  return spawnSync(process.execPath, [script, ...parameters], { stdio: 'inherit' }).status;
}

function runTest(each: string, test: string): number | null {
  const [seed = String(Date.now() % 2 ** 31), runs = '10000'] = parameters;
  process.stdout.write(`${each}: seed ${seed}, ${runs} runs\n`);
  const day = String(24 * 60 * 60_000);
  const env = { ...process.env, SOAK_SEED: seed, SOAK_RUNS: runs };
  return spawnSync('npm', ['test', '--', test, '--testTimeout', day], { env, stdio: 'inherit' }).status;
}
