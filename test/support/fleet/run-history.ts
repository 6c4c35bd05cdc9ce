/** What a run has been at each moment, by the upstream's own account after its end: what answers are compared with. */

export interface RunHistory {
  /**
   * By how many milliseconds an answer was out of date when it was asked for; 0 if it was true at any time until it came. Null: it
   * never was.
   */
  ageOf(answer: RunAnswer): number | null;
  /** What it has ended as. */
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

/** In upper case, as GraphQL has it, and in no order of the upstream's. */
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
  // Each state with when it ended.
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
