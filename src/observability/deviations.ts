/**
 * Deviations of upstream responses from the contract: counted by field, and logged once a minute per field, never with
 * a value.
 */
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** `read`: read despite the deviation. `lost`: unreadable, so null or omitted. */
export type DeviationOutcome = 'read' | 'lost';

export interface Deviation {
  /** Path in the contract, such as `steps[].start_time`. Never from a response, so the number of fields is bounded. */
  readonly field: string;
  readonly outcome: DeviationOutcome;
  readonly expected: string;
  /** A JSON type, or the problem of a value of the right type. */
  readonly got: string;
}

export interface CountedDeviation extends Deviation {
  readonly count: number;
}

const LOG_INTERVAL_MS = 60_000;

/** `now` is monotonic, in milliseconds. */
export function createDeviationReports(
  metrics: Pick<Metrics, 'upstreamDeviation'>,
  logger: Pick<Logger, 'warn'>,
  now: () => number,
) {
  const loggedAt = new Map<string, number>();

  return (deviations: Iterable<CountedDeviation>, requestId: string | undefined): void => {
    for (const { field, outcome, expected, got, count } of deviations) {
      metrics.upstreamDeviation(field, outcome, count);
      const last = loggedAt.get(field);
      if (last !== undefined && now() < last + LOG_INTERVAL_MS) continue;
      loggedAt.set(field, now());
      logger.warn({ field, outcome, expected, got, count, requestId }, 'the upstream deviates from its contract');
    }
  };
}
