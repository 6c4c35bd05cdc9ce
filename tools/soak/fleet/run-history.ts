/** The states of a run by time, from the upstream's own record after its end. */

export interface RunHistory {
  /**
   * How old an answer was when it was requested, in milliseconds: 0 if it was true until it arrived, null if it was
   * never true.
   */
  ageOf(answer: RunAnswer): number | null;
  /** The final state. */
  readonly last: string;
}

export interface RunAnswer {
  readonly askedAtMs: number;
  readonly cameAtMs: number;
  /** As `stateText` writes it. */
  readonly state: string;
}

export interface StepState {
  readonly id: string;
  readonly status: string;
}

export interface HistoricStep extends StepState {
  readonly startMs: number;
  readonly endMs: number;
}

/** In upper case as in GraphQL, sorted. */
export const stateText = (steps: readonly StepState[]): string =>
  steps
    .map(({ id, status }) => `${id} ${status.toUpperCase()}`)
    .sort()
    .join('\n');

export function createRunHistory(steps: readonly HistoricStep[]): RunHistory {
  const times = [...new Set(steps.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort((one, other) => one - other);
  const stateAt = (ms: number): string =>
    stateText(
      steps
        .filter(({ startMs }) => startMs <= ms)
        .map(({ id, status, endMs }) => ({ id, status: endMs <= ms ? status : 'RUNNING' })),
    );
  // Each state with its end.
  const states = [-Infinity, ...times].map((fromMs, index) => ({
    fromMs,
    untilMs: times[index] ?? Infinity,
    state: stateAt(fromMs),
  }));

  return {
    ageOf({ askedAtMs, cameAtMs, state }) {
      const found = states.findLast((each) => each.state === state && each.fromMs <= cameAtMs + CLOCK_MS);
      return found ? Math.max(0, askedAtMs - found.untilMs) : null;
    },
    last: stateAt(Infinity),
  };
}

/** Timestamps are read in whole milliseconds. */
const CLOCK_MS = 2;
