/**
 * Asks something when it is wanted, but not more often than every so many milliseconds: then once more at the end of them. What fails
 * is asked again at the same pace, a few times.
 */
import { isRetryable } from '../live/retryable.ts';

export interface Pace {
  readonly want: (isUrgent?: boolean) => void;
  /** What is asked already counts no longer. */
  readonly forget: () => void;
  readonly close: () => void;
}

const MOST_TRIES = 3;

/** `onOutcome`: an answer, or what went wrong the last time that it is tried. */
export function createPace(
  ask: (isWanted: () => boolean) => Promise<Error | null>,
  everyMs: number,
  onOutcome: (error: Error | null) => void,
): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  let failures = 0;
  /** How often it was told to forget. */
  let forgotten = 0;

  async function attempt(): Promise<void> {
    const before = forgotten;
    const isWanted = () => forgotten === before;
    const error = await ask(isWanted);
    if (!isWanted()) return;
    failures = error ? failures + 1 : 0;
    if (error && isRetryable(error) && failures < MOST_TRIES) want();
    else onOutcome(error);
  }

  function run(): void {
    clearTimeout(timer);
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

  function forget(): void {
    forgotten += 1;
  }

  return {
    want,
    forget,
    close() {
      clearTimeout(timer);
      timer = undefined;
      forget();
    },
  };
}
