/** Installs the peers into `bench/` if they are missing or differ from the lock file. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BENCH } from './contenders.ts';
import { runToEnd } from './processes.ts';

const STAMP = `${BENCH}node_modules/.installed-lock`;
const TIMEOUT_MS = 300_000;

export async function installPeers(say: (text: string) => void): Promise<void> {
  const lock = createHash('sha256')
    .update(readFileSync(`${BENCH}package-lock.json`))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  say('installing the peers into bench/node_modules (once; the gateway itself needs none of them)');
  // npm is a script of node: this node must come first, or npm chooses packages for another.
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
  const command = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runToEnd(command, { core: 1, cwd: BENCH, env: { PATH: path } }, TIMEOUT_MS);
  writeFileSync(STAMP, lock);
}
