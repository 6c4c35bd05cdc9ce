/** How long a contender's event loop stood still, asked over the channel to its process. */
import { fileURLToPath } from 'node:url';
import type { StartedContender } from './contenders.ts';

const LOOP_STALL = fileURLToPath(new URL('.build/peers/peers/loop-stall.js', import.meta.url));

/** What a contender must be started with. */
export const WATCHED = { nodeArguments: ['--import', LOOP_STALL], hasChannel: true } as const;

/** The longest stall since the last reset, in milliseconds. */
export function stallOf({ process: { child } }: StartedContender, message: 'reset' | 'read'): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, 10_000, new Error('the contender does not tell how long its loop stood still'));
    child.once('message', (told: { maxStallMs: number }) => {
      clearTimeout(timer);
      resolve(told.maxStallMs);
    });
    child.send(message);
  });
}
