/** Long work in pieces, so that others are answered in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A piece ends with the first yield after so long. */
const PIECE_MS = 5;

/** What the generator returns. */
export async function inPieces<T>(work: Generator<void, T, void>): Promise<T> {
  let startedAt = performance.now();
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    if (performance.now() - startedAt < PIECE_MS) continue;
    await nextTurn();
    startedAt = performance.now();
  }
}
