/** The calls that a check tries in sequence, with their results. */
import type { Config, UpstreamEndpoint } from '../config/config.ts';
import { createStatusOf } from '../domain/status.ts';
import type { CountedDeviation } from '../observability/deviations.ts';
import type { Observer } from '../observability/observer.ts';
import { GatewayError } from '../upstream/errors.ts';
import { adviceOn } from './advice.ts';

export type CallResult = { readonly endpoint: UpstreamEndpoint } & (
  | {
      readonly kind: 'works';
      readonly found: string;
      readonly deviations: readonly CountedDeviation[];
      readonly unknownStatuses: readonly string[];
      /** Sentences about what the response contains and what follows from it. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string; readonly advice: string | null }
  /** `isMissing`: a workflow or run to try the call with is missing. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly isMissing: boolean }
);

/** Report on a value. */
export interface Description {
  readonly found: string;
  /** The statuses in the response. */
  readonly statuses?: readonly (string | null)[];
  readonly notes?: readonly string[];
}

export type Attempts = ReturnType<typeof createAttempts>;

/** Longer lists and names don't help. */
const SHOWN_WORDS = 5;
const SHOWN_WORD_LENGTH = 50;

export function createAttempts(config: Config) {
  const endpoints = config.upstreamEndpoints;
  const statusOf = createStatusOf(config.statusWords);
  const deviations: CountedDeviation[] = [];
  const results: CallResult[] = [];

  const observer: Pick<Observer, 'call'> = {
    call: () => ({
      traceHeaders: {},
      attempt: () => undefined,
      answered: () => undefined,
      deviated(found) {
        for (const each of found) addTo(deviations, each);
      },
      end: () => undefined,
    }),
  };

  return {
    results,
    offers: (endpoint: UpstreamEndpoint): boolean => endpoints.has(endpoint),
    /** Must be passed to the client, to collect deviations. */
    observer,

    /** Returns the result of the call, or null if the call failed or is disabled. */
    async attempt<T>(
      endpoint: UpstreamEndpoint,
      send: () => Promise<T>,
      describe: (value: T) => Description,
    ): Promise<T | null> {
      if (!endpoints.has(endpoint)) {
        results.push({ endpoint, kind: 'skipped', reason: 'disabled (UPSTREAM_ENDPOINTS)', isMissing: false });
        return null;
      }
      // A failed call may have recorded deviations.
      deviations.length = 0;
      try {
        const value = await send();
        const { found, statuses = [], notes = [] } = describe(value);
        const unknown = statuses.filter((word) => word && statusOf(word) === 'UNKNOWN');
        const unknownStatuses = [...new Set(unknown)].slice(0, SHOWN_WORDS).map(shortened);
        results.push({ endpoint, kind: 'works', found, deviations: [...deviations], unknownStatuses, notes });
        return value;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const advice = adviceOn(error, endpoint, config);
        const { fields = [] } = error.details;
        const reasons = fields.map(({ path, message }) => ` ${path || 'answer'}: ${message}.`).join('');
        results.push({ endpoint, kind: 'failed', message: `${error.message}${reasons}`, advice });
        return null;
      }
    },

    skip(endpoint: UpstreamEndpoint, reason: string, isMissing: boolean): void {
      results.push({ endpoint, kind: 'skipped', reason, isMissing });
    },
  };
}

const shortened = (word: string | null): string => JSON.stringify(word?.slice(0, SHOWN_WORD_LENGTH));

/** Adds up the counts of an attempt's calls. */
function addTo(deviations: CountedDeviation[], { count, ...deviation }: CountedDeviation): void {
  const { field, outcome } = deviation;
  const at = deviations.findIndex((each) => each.field === field && each.outcome === outcome);
  if (at < 0) deviations.push({ ...deviation, count });
  else deviations[at] = { ...deviation, count: count + (deviations[at]?.count ?? 0) };
}
