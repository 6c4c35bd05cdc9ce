/** How long to wait before connecting again. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** `attempt`: from 0. `chance`, 0 to 1, keeps the pages of many readers from coming back in the same moment. */
export const pauseBefore = (attempt: number, chance = Math.random()): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + chance / 2);
