/** Exponential backoff before a reconnect, with jitter. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** `attempt` starts at 0. `chance` (0 to 1) is the jitter: pages must not all reconnect at the same moment. */
export const pauseBefore = (attempt: number, chance = Math.random()): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + chance / 2);
