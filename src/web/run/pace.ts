/**
 * Asks something when it is wanted, but not more often than every so many milliseconds: then once more at the end of them. What fails
 * is asked again at the same pace, a few times.
 */
import { isRetryable } from '../live/retryable.ts';

export interface Pace {
  readonly want: (isUrgent?: boolean) => void;
  readonly close: () => void;
}

const MOST_TRIES = 3;

/** `onOutcome`: an answer, or what went wrong the last time that it is tried. */
export function createPace(
  ask: () => Promise<Error | null>,
  everyMs: number,
  onOutcome: (error: Error | null) => void,
): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  let isClosed = false;
  let failures = 0;

  async function attempt(): Promise<void> {
    const error = await ask();
    if (isClosed) return;
    failures = error ? failures + 1 : 0;
    if (error && isRetryable(error) && failures < MOST_TRIES) want();
    else onOutcome(error);
  }

  function run(): void {
    clearTimeout(timer);
    isClosed = false;
    isWanted = false;
    void attempt();
    timer = setTimeout(() => {
      timer = undefined;
      if (isWanted) run();
    }, everyMs);
  }

  function want(isUrgent = false): void {
    if (timer === undefined || isUrgent) run();
    else isWanted = true;
  }

  return {
    want,
    close() {
      clearTimeout(timer);
      isClosed = true;
    },
  };
}
