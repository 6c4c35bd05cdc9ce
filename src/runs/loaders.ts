/**
 * DataLoaders of one GraphQL operation over the process-wide store: within an operation every part of a run is read
 * once, so that all its fields agree, and every run fails alone.
 */
import DataLoader from 'dataloader';
import { dependsOnNow } from '../domain/run.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import type { Run } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import { isNotFound } from '../upstream/errors.ts';
import { checkId } from '../upstream/ids.ts';
import type { MaybeRecord, StepList } from './finality.ts';
import type { Operation } from './operation.ts';
import type { Served } from './resource-cache.ts';
import type { RunParts, RunStore } from './run-store.ts';
import type { WorkflowLoaders } from './workflow-loaders.ts';

/** What will be read of a run: what its record tells, also what only its steps tell, also what the graph adds to them. */
export type RunNeeds = 'RECORD' | 'STEPS' | 'GRAPH';

export interface RunLoaders {
  /** What the run is made of, without the graph; what it rejects with is told at `load`. */
  loadParts(ref: RunRef, needs: RunNeeds): Promise<RunParts>;
  /** The run of parts that were loaded before, as of this operation's clock reading. */
  ofParts(ref: RunRef, parts: RunParts, needs: RunNeeds): Promise<Run>;
  /** Rejects with BAD_USER_INPUT for what can't be an id, NOT_FOUND, or what became of the upstream call. */
  load(ref: RunRef, needs: RunNeeds): Promise<Run>;
  /** The same, but null for NOT_FOUND. */
  loadIfThere(ref: RunRef, needs: RunNeeds): Promise<Run | null>;
  /** For a run that was just started: as long as the upstream does not show it, it has no steps and no record. */
  loadStarted(ref: RunRef, needs: RunNeeds): Promise<Run>;
}

/** For how long an answer that counts up to now may be given again. */
const CLOCK_MS = 1000;

/** `nowMs` is the operation's one clock reading. */
export function createRunLoaders(
  store: RunStore,
  workflows: WorkflowLoaders,
  operation: Operation,
  nowMs: number,
): RunLoaders {
  const records = loaderOf((ref) => store.record(ref, operation));
  const steps = loaderOf((ref) => store.steps(ref, operation));

  async function load(ref: RunRef, needs: RunNeeds): Promise<Run> {
    checkRef(ref);
    const [parts, graph] = await Promise.all([loadParts(ref, needs), graphIf(ref, needs)]);
    return derive(ref, { ...parts, graph });
  }

  async function loadParts(ref: RunRef, needs: RunNeeds): Promise<RunParts> {
    checkRef(ref);
    if (needs === 'RECORD') {
      const record = await records.load(ref);
      if (record && tellsAll(record.held.value)) return { record, steps: null, graph: null };
    }
    const [record, list] = await Promise.all([records.load(ref), loadSteps(ref)]);
    return { record, steps: list, graph: null };
  }

  const graphIf = async ({ workflowId }: RunRef, needs: RunNeeds) =>
    needs === 'GRAPH' ? workflows.graphOf(workflowId) : null;

  /** What changes with the clock alone is as of now, however long its parts can be trusted. */
  function derive(ref: RunRef, parts: RunParts): Run {
    const run = store.derive(ref, parts, nowMs);
    if (dependsOnNow(run)) operation.lifetime.limit(nowMs + CLOCK_MS);
    return run;
  }

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

  async function loadIfThere(ref: RunRef, needs: RunNeeds): Promise<Run | null> {
    try {
      return await load(ref, needs);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  return {
    load,
    loadParts,
    ofParts: async (ref, parts, needs) => derive(ref, { ...parts, graph: await graphIf(ref, needs) }),
    loadIfThere,
    async loadStarted(ref, needs) {
      const nothingYet = { held: { value: [], sentAt: nowMs, fetchedAt: nowMs, sizeBytes: 0 }, staleReason: null };
      const run = await loadIfThere(ref, needs);
      return run ?? derive(ref, { record: null, steps: nothingYet, graph: null });
    },
  };
}

function checkRef({ workflowId, runId }: RunRef): void {
  checkId('workflow id', workflowId);
  checkId('run id', runId);
}

/** True if status, start and end need no look at the steps. */
function tellsAll(record: MaybeRecord): boolean {
  if (!record?.startTime) return false;
  const status = runStatusOf(record.rawStatus);
  return status !== 'UNKNOWN' && (record.endTime !== null || !isTerminal(status));
}

function loaderOf<T>(read: (ref: RunRef) => Promise<T>): DataLoader<RunRef, T, string> {
  return new DataLoader<RunRef, T, string>(
    async (refs) => {
      const outcomes = await Promise.allSettled(refs.map(read));
      return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : toError(outcome.reason)));
    },
    { cacheKeyFn: ({ workflowId, runId }) => `${workflowId} ${runId}` },
  );
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
