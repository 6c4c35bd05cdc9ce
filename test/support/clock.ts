/** A clock that stands still until it is told to move. */
export interface ManualClock {
  readonly now: () => number;
  advance(ms: number): void;
}

export function createManualClock(startMs = Date.parse('2026-11-24T12:00:00Z')): ManualClock {
  let time = startMs;
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}
