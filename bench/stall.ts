/** The longest stall of a contender's event loop, read over the channel to its process. */
import { fileURLToPath } from 'node:url';
import type { StartedContender } from './contenders.ts';

const LOOP_STALL = fileURLToPath(new URL('.build/peers/peers/loop-stall.js', import.meta.url));

/** Options that a contender must be started with. */
export const WATCHED = { nodeArguments: ['--import', LOOP_STALL], hasChannel: true } as const;

/** The longest stall since the last reset, in milliseconds. */
export function stallOf({ process: { child } }: StartedContender, message: 'reset' | 'read'): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, 10_000, new Error('the contender did not report the stalls of its event loop'));
    child.once('message', (report: { maxStallMs: number }) => {
      clearTimeout(timer);
      resolve(report.maxStallMs);
    });
    child.send(message);
  });
}
