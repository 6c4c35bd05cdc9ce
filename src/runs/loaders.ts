/**
 * DataLoaders of one GraphQL operation over the process-wide store: within an operation every part of a run is read
 * once, so that all its fields agree, and every run fails alone.
 */
import DataLoader from 'dataloader';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import type { Run } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import { isNotFound } from '../upstream/errors.ts';
import { checkId } from '../upstream/ids.ts';
import type { MaybeRecord, StepList } from './finality.ts';
import type { Operation } from './operation.ts';
import type { Served } from './resource-cache.ts';
import type { RunStore } from './run-store.ts';

/** What will be read of a run: only what its record tells, or also what only its steps tell. */
export type RunNeeds = 'RECORD' | 'STEPS';

export interface RunLoaders {
  /** Rejects with BAD_USER_INPUT for what can't be an id, NOT_FOUND, or what became of the upstream call. */
  load(ref: RunRef, needs: RunNeeds): Promise<Run>;
}

/** `nowMs` is the operation's one clock reading. */
export function createRunLoaders(store: RunStore, operation: Operation, nowMs: number): RunLoaders {
  const records = loaderOf((ref) => store.record(ref, operation));
  const steps = loaderOf((ref) => store.steps(ref, operation));

  return {
    async load(ref, needs) {
      checkId('workflow id', ref.workflowId);
      checkId('run id', ref.runId);
      if (!store.offersRecords) return store.derive(ref, null, await steps.load(ref), nowMs);
      if (needs === 'RECORD') {
        const record = await records.load(ref);
        if (tellsAll(record.held.value)) return store.derive(ref, record, null, nowMs);
      }
      const [record, list] = await Promise.all([records.load(ref), loadSteps(ref)]);
      return store.derive(ref, record, list, nowMs);
    },
  };

  /** A run that has only just been accepted may have a record and no steps endpoint yet: then it has no steps. */
  async function loadSteps(ref: RunRef): Promise<Served<StepList>> {
    try {
      return await steps.load(ref);
    } catch (error) {
      const record = isNotFound(error) ? await records.load(ref) : null;
      if (!record?.held.value || isTerminal(runStatusOf(record.held.value.rawStatus))) throw error;
      return { ...record, held: { ...record.held, value: [] } };
    }
  }
}

/** True if status, start and end need no look at the steps. */
function tellsAll(record: MaybeRecord): boolean {
  if (!record?.startTime) return false;
  const status = runStatusOf(record.rawStatus);
  return status !== 'UNKNOWN' && (record.endTime !== null || !isTerminal(status));
}

function loaderOf<T>(read: (ref: RunRef) => Promise<Served<T>>): DataLoader<RunRef, Served<T>, string> {
  return new DataLoader<RunRef, Served<T>, string>(
    async (refs) => {
      const outcomes = await Promise.allSettled(refs.map(read));
      return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : toError(outcome.reason)));
    },
    { cacheKeyFn: ({ workflowId, runId }) => `${workflowId} ${runId}` },
  );
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
