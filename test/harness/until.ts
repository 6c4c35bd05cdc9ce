/** Waiting for a condition that no event announces. */
import { setTimeout as pause } from 'node:timers/promises';

/** A check may be a whole operation, so long waits check less often. */
const MAX_PAUSE_MS = 25;

/** Longer than any test's timeout: a failed test must not keep its worker from ending. */
const MAX_WAIT_MS = 120_000;

/** Resolves when the condition is true. Other work can run between two checks. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + MAX_WAIT_MS;
  for (let ms = 2; !(await isTrue()); ms = Math.min(1.5 * ms, MAX_PAUSE_MS)) {
    if (Date.now() > endMs) throw new Error(`After ${String(MAX_WAIT_MS)} ms still not true: ${String(isTrue)}`);
    await pause(ms);
  }
}

/** Resolves after this time by the machine's clock, which Valkey also uses. */
export const passed = (ms: number): Promise<void> => {
  const endMs = Date.now() + ms;
  return until(() => Date.now() > endMs);
};
