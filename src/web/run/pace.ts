/** Does something when it is wanted, but not more often than every so many milliseconds: then once more at the end of them. */

export interface Pace {
  readonly want: (isUrgent?: boolean) => void;
  readonly close: () => void;
}

export function createPace(task: () => void, everyMs: number): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;

  function run(): void {
    clearTimeout(timer);
    isWanted = false;
    task();
    timer = setTimeout(() => {
      timer = undefined;
      if (isWanted) run();
    }, everyMs);
  }

  return {
    want(isUrgent = false) {
      if (timer === undefined || isUrgent) run();
      else isWanted = true;
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
