/** Long work in turns of the event loop, so that other operations are answered in between. */

/** Calls `run` in its own turn of the event loop, after earlier calls. */
export type TakeTurn = (run: () => void) => void;

export function createTurns(): TakeTurn {
  const waiting: (() => void)[] = [];

  function next(): void {
    // The entry stays first until it is done, so that entries added by it schedule no turn.
    waiting[0]?.();
    waiting.shift();
    if (waiting.length > 0) setImmediate(next);
  }

  return (run) => {
    waiting.push(run);
    if (waiting.length === 1) setImmediate(next);
  };
}
