/**
 * Runs test/graphql/same-answers.test.ts on more random operations: `node tools/soak/same-answers.ts [seed] [runs]`. A failure
 * prints the operation.
 */
import { spawnSync } from 'node:child_process';

const [seed = String(Date.now() % 2 ** 31), runs = '10000'] = process.argv.slice(2);
process.stdout.write(`same answers: seed ${seed}, ${runs} operations\n`);
const day = String(24 * 60 * 60_000);
const { status } = spawnSync('npm', ['test', '--', 'test/graphql/same-answers', '--testTimeout', day], {
  env: { ...process.env, SOAK_SEED: seed, SOAK_RUNS: runs },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
