/** Runs the long comparisons one after another, or one by name: `npm run soak -- [name] [seed] [runs] [path]`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const NAMES: readonly string[] = ['derived-values', 'same-answers', 'failing-calls', 'live-fleet'];

const [name, ...parameters] = process.argv.slice(2);
if (name !== undefined && !NAMES.includes(name)) {
  throw new Error(`The name must be one of ${NAMES.join(', ')}, got ${name}`);
}
for (const each of name === undefined ? NAMES : [name]) {
  const script = join(import.meta.dirname, `${each}.ts`);
  const { status } = spawnSync(process.execPath, [script, ...parameters], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
