/** Tries each call of the upstream once, through the gateway's own client. */
import type { UpstreamEndpoint } from '../config/config.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import type { CountedDeviation } from '../observability/deviations.ts';
import type { Observer } from '../observability/observer.ts';
import type { CallOptions, UpstreamApi } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import { adviceOn } from './advice.ts';
import type { CheckOptions } from './options.ts';

export type CallResult = { readonly endpoint: UpstreamEndpoint } & (
  | { readonly kind: 'works'; readonly found: string; readonly deviations: readonly CountedDeviation[] }
  | { readonly kind: 'failed'; readonly message: string; readonly advice: string | null }
  /** `isMissing`: something is needed to try it. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly isMissing: boolean }
);

export interface CheckDependencies {
  /** Creates the client that reports to the observer. */
  readonly createClient: (observer: Pick<Observer, 'call'>) => UpstreamApi;
  readonly endpoints: ReadonlySet<UpstreamEndpoint>;
  readonly isService: boolean;
}

/** Workflows that are looked through for one that has runs. */
const MAX_WORKFLOWS = 5;
const HISTORY_LENGTH = 20;

export async function checkUpstream(
  { createClient, endpoints, isService }: CheckDependencies,
  { key, workflowId, runId, inputs }: CheckOptions,
): Promise<readonly CallResult[]> {
  const deviations: CountedDeviation[] = [];
  const client = createClient({
    call: () => ({
      traceparent: null,
      attempt: () => undefined,
      answered: () => undefined,
      deviated: (found) => void deviations.push(...found),
      end: () => undefined,
    }),
  });
  const call: CallOptions = {
    credential: key,
    requestId: 'stepgate-check',
    scope: null,
    signal: new AbortController().signal,
  };
  const results: CallResult[] = [];

  /** What the call found; null if it failed or is switched off. */
  async function attempt<T>(
    endpoint: UpstreamEndpoint,
    send: () => Promise<T>,
    describe: (value: T) => string,
  ): Promise<T | null> {
    if (!endpoints.has(endpoint)) {
      results.push({ endpoint, kind: 'skipped', reason: 'switched off (UPSTREAM_ENDPOINTS)', isMissing: false });
      return null;
    }
    // Those of a call that failed say nothing of this one.
    deviations.length = 0;
    try {
      const value = await send();
      results.push({ endpoint, kind: 'works', found: describe(value), deviations: [...deviations] });
      return value;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const advice = adviceOn(error, { endpoint, endpoints, isService });
      results.push({ endpoint, kind: 'failed', message: error.message, advice });
      return null;
    }
  }

  const skip = (endpoint: UpstreamEndpoint, reason: string, isMissing = true) =>
    void results.push({ endpoint, kind: 'skipped', reason, isMissing });

  try {
    const workflows = await attempt(
      'workflows',
      async () => (await client.listWorkflows(call)).value,
      ({ length }) => `${length} workflows`,
    );
    const candidates =
      workflowId === null ? (workflows ?? []).slice(0, MAX_WORKFLOWS).map(({ id }) => id) : [workflowId];
    const [first] = candidates;
    if (first === undefined) {
      const reason = 'no workflow is known: use --workflow and --run';
      for (const endpoint of ['runs', 'run', 'steps'] as const) skip(endpoint, reason, endpoint === 'steps');
      skip('execute', reason, inputs !== null);
      return results;
    }

    const history = await attempt(
      'runs',
      async () => {
        for (const id of candidates) {
          const { value } = await client.listRuns({ workflowId: id, offset: 0, limit: HISTORY_LENGTH }, call);
          const named = value.filter((record) => record.id !== '');
          if (named.length > 0) return { workflowId: id, records: named };
        }
        return { workflowId: first, records: [] };
      },
      (window) => `${window.records.length} runs of workflow ${JSON.stringify(window.workflowId)}`,
    );
    const records = history?.records ?? [];
    const finished = records.find(({ rawStatus }) => isTerminal(runStatusOf(rawStatus)));
    const ref = { workflowId: history?.workflowId ?? first, runId: runId ?? (finished ?? records[0])?.id };

    if (ref.runId === undefined) {
      for (const endpoint of ['run', 'steps'] as const) {
        skip(endpoint, 'no run is known: use --workflow and --run', endpoint === 'steps');
      }
    } else {
      const { runId: known } = ref;
      const runRef = { workflowId: ref.workflowId, runId: known };
      await attempt(
        'run',
        async () => {
          const { value } = await client.getRun(runRef, call);
          if (value) return value;
          throw new GatewayError('NOT_FOUND', `the answer has no record with the id ${JSON.stringify(known)}`);
        },
        ({ rawStatus }) => `run ${JSON.stringify(known)}, status ${JSON.stringify(rawStatus)}`,
      );
      await attempt(
        'steps',
        async () => (await client.listSteps(runRef, call)).value,
        ({ length }) => `${length} steps of run ${JSON.stringify(known)}`,
      );
    }

    if (inputs === null) skip('execute', 'it would start a run: use --execute', false);
    else {
      await attempt(
        'execute',
        () => client.execute(ref.workflowId, inputs, call),
        (started) => `started run ${JSON.stringify(started.runId)} of workflow ${JSON.stringify(ref.workflowId)}`,
      );
    }
    return results;
  } finally {
    client.close();
  }
}
