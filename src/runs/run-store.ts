/** Records and steps of runs, process-wide: what the upstream is asked for, and the runs that follow from it. */
import { createRun, dependsOnNow } from '../domain/run.ts';
import { timestampOf } from '../domain/timestamp.ts';
import type { Freshness, Run } from '../domain/types.ts';
import type { Answer, RunRef, UpstreamApi } from '../upstream/client.ts';
import { isNotFound } from '../upstream/errors.ts';
import { createFinality, type MaybeRecord, type StepList } from './finality.ts';
import type { Operation } from './operation.ts';
import type { Resource, ResourceCache, Served } from './resource-cache.ts';
import type { Held } from './shelves.ts';
import type { Viewer } from './viewer.ts';

export interface RunStore {
  /** False where the upstream offers steps alone. */
  readonly offersRecords: boolean;
  record(ref: RunRef, operation: Operation): Promise<Served<MaybeRecord>>;
  steps(ref: RunRef, operation: Operation): Promise<Served<StepList>>;
  /** The run as of `nowMs`, from what was loaded of it; derived once for as long as a final run is held. */
  derive(ref: RunRef, record: Served<MaybeRecord> | null, steps: Served<StepList> | null, nowMs: number): Run;
}

export interface RunStoreOptions {
  readonly upstream: UpstreamApi;
  readonly cache: ResourceCache;
  readonly offersRecords: boolean;
  readonly liveTtlMs: number;
  readonly settleMs: number;
}

/** Like every 404, that of a record is believed for a second at most. */
const MAX_MISS_MS = 1000;

export function createRunStore({ upstream, cache, offersRecords, liveTtlMs, settleMs }: RunStoreOptions): RunStore {
  const finality = createFinality(settleMs);
  const finalRuns = new WeakMap<Held<unknown>, { readonly record: Held<MaybeRecord> | undefined; readonly run: Run }>();

  const recordOf = (ref: RunRef, viewer: Viewer): Resource<MaybeRecord> => ({
    key: `record ${ref.workflowId} ${ref.runId}`,
    fetch: (call) => nullIfMissing(upstream.getRun(ref, call)),
    lifetimeMs(held) {
      if (finality.ofRecord(held, cache.peek(viewer, stepsOf(ref, viewer)))) return Infinity;
      return held.value ? liveTtlMs : Math.min(liveTtlMs, MAX_MISS_MS);
    },
  });

  const stepsOf = (ref: RunRef, viewer: Viewer): Resource<StepList> => ({
    key: `steps ${ref.workflowId} ${ref.runId}`,
    fetch: (call) => upstream.listSteps(ref, call),
    lifetimeMs(held) {
      const record = offersRecords ? cache.peek(viewer, recordOf(ref, viewer)) : undefined;
      return finality.ofSteps(held, record) ? Infinity : liveTtlMs;
    },
  });

  return {
    offersRecords,
    record: (ref, operation) => cache.get(recordOf(ref, operation.viewer), operation),
    steps: (ref, operation) => cache.get(stepsOf(ref, operation.viewer), operation),

    derive(ref, record, steps, nowMs) {
      const parts = [record, steps].filter((part) => part !== null);
      const key = (steps ?? record)?.held;
      const known = key && finalRuns.get(key);
      const staleReason = parts.find((part) => part.staleReason !== null)?.staleReason ?? null;
      if (known && known.record === record?.held && staleReason === null) return known.run;

      const freshness: Freshness = {
        fetchedAt: timestampOf(Math.min(...parts.map((part) => part.held.fetchedAt))),
        isFinal:
          (!record || finality.ofRecord(record.held, steps?.held)) &&
          (!steps || finality.ofSteps(steps.held, record?.held)),
        isStale: staleReason !== null,
        staleReason,
      };
      const facts = { workflowId: ref.workflowId, id: ref.runId, graph: null, freshness };
      const run = createRun({ ...facts, record: record?.held.value ?? null, steps: steps?.held.value ?? null }, nowMs);
      if (key && freshness.isFinal && !freshness.isStale && !dependsOnNow(run)) {
        finalRuns.set(key, { record: record?.held, run });
      }
      return run;
    },
  };
}

async function nullIfMissing<T>(answer: Promise<Answer<T | null>>): Promise<Answer<T | null>> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return { value: null, sizeBytes: 0 };
    throw error;
  }
}
