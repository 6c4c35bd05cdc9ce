/** Two benches at once would share cores and build: the second one is rejected. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BENCH } from './contenders.ts';

const LOCK = `${BENCH}.running`;

/** Throws if another bench runs. A lock of an ended process does not count. */
export function beTheOnlyOne(): void {
  const other = existsSync(LOCK) ? Number(readFileSync(LOCK, 'utf8')) : 0;
  if (other > 0 && isAlive(other)) throw new Error(`another bench is running (process ${other}): wait for its end`);
  writeFileSync(LOCK, String(process.pid));
  process.on('exit', () => {
    rmSync(LOCK, { force: true });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
