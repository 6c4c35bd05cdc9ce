/** Two benches at a time would take each other's cores and their build: the second one is refused. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BENCH } from './contenders.ts';

const LOCK = `${BENCH}.running`;

/** Throws where another one runs. A lock whose process has gone, however it ended, counts for nothing. */
export function beTheOnlyOne(): void {
  const other = existsSync(LOCK) ? Number(readFileSync(LOCK, 'utf8')) : 0;
  if (other > 0 && isAlive(other)) throw new Error(`a bench is running already (process ${other}); wait for its end`);
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
