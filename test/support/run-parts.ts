/** The cache and the stores of runs over an upstream that a test scripts, on its clock. */
import { createRunStore, type RunStore } from '../../src/runs/run-store.ts';
import { createWorkflowStore, type WorkflowStore } from '../../src/runs/workflow-store.ts';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { createHoldingCache, type HoldingCache, type HoldingCacheOptions } from './cache.ts';
import type { ManualClock } from '../harness/clock.ts';

const notScripted = (): never => {
  throw new Error('no test here makes this call');
};

/** Throws at any other call. */
export const scriptedApi = (calls: Partial<UpstreamApi>): UpstreamApi => ({
  getRun: notScripted,
  listSteps: notScripted,
  listWorkflows: notScripted,
  listRuns: notScripted,
  execute: notScripted,
  close: notScripted,
  ...calls,
});

export interface RunPartsOptions extends Partial<HoldingCacheOptions> {
  readonly offersRecords?: boolean;
}

export interface RunPartsOf {
  readonly cache: HoldingCache;
  readonly workflowStore: WorkflowStore;
  readonly store: RunStore;
}

export function createRunParts(
  upstream: UpstreamApi,
  clock: Pick<ManualClock, 'now' | 'wallOf'>,
  { offersRecords = true, ...given }: RunPartsOptions = {},
): RunPartsOf {
  const options = {
    liveTtlMs: 1000,
    maxBytes: 1_000_000,
    staleIfErrorMs: 300_000,
    reauthIntervalMs: 300_000,
    ...given,
  };
  const cache = createHoldingCache({ now: clock.now, ...options });
  const workflowStore = createWorkflowStore(upstream, cache, options.liveTtlMs);
  const { liveTtlMs } = options;
  const store = createRunStore({
    upstream,
    cache,
    workflowStore,
    offersRecords,
    liveTtlMs,
    settleMs: 30_000,
    wallOf: clock.wallOf,
  });
  return { cache, workflowStore, store };
}
