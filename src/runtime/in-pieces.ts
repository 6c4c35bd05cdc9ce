/** Does long work in pieces, so that other requests are served in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A piece ends with the first yield after this time. */
const PIECE_MS = 5;

/**
 * Resolves to the generator's result. `takeTurn` takes an operation's turns, because its owner's pieces would otherwise
 * add up.
 */
export async function inPieces<T>(
  work: Generator<void, T, void>,
  takeTurn: () => Promise<unknown> | null = nextTurn,
): Promise<T> {
  let startedAt = performance.now();
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    if (performance.now() - startedAt < PIECE_MS) continue;
    await takeTurn();
    startedAt = performance.now();
  }
}
