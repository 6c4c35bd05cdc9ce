/** Runs of one GraphQL operation, put together from the parts that it reads of the process-wide store. */
import { dependsOnNow } from '../domain/run.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import type { Run } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import { isNotFound } from '../upstream/errors.ts';
import { checkId } from '../upstream/ids.ts';
import type { MaybeRecord, StepList } from './finality.ts';
import type { Operation } from './operation.ts';
import { createPartLoader } from './part-loader.ts';
import type { Served } from './resource-cache.ts';
import type { RunParts, RunStore } from './run-store.ts';
import type { WorkflowLoaders } from './workflow-loaders.ts';

/** What will be read of a run: what its record tells, also what only its steps tell, also what the graph adds to them. */
export type RunNeeds = 'RECORD' | 'STEPS' | 'GRAPH';

export interface RunLoaders {
  /**
   * Without a promise where all that is needed is held. Throws BAD_USER_INPUT for what can't be an id, and rejects with
   * NOT_FOUND or what became of the upstream call.
   */
  load(ref: RunRef, needs: RunNeeds): Run | Promise<Run>;
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
  const records = createPartLoader({
    held: (ref) => store.heldRecord(ref, operation),
    fetch: (ref) => store.record(ref, operation),
  });
  const steps = createPartLoader({
    held: (ref) => store.heldSteps(ref, operation),
    fetch: (ref) => store.steps(ref, operation),
  });

  function load(ref: RunRef, needs: RunNeeds): Run | Promise<Run> {
    checkId('workflow id', ref.workflowId);
    checkId('run id', ref.runId);
    return (needs === 'GRAPH' ? null : fromWhatIsHeld(ref, needs)) ?? fetchAndDerive(ref, needs);
  }

  function fromWhatIsHeld(ref: RunRef, needs: RunNeeds): Run | null {
    const record = records.held(ref);
    if (record === undefined) return null;
    if (needs === 'RECORD' && tellsAll(record)) return derive(ref, { record, steps: null, graph: null });
    const list = steps.held(ref);
    return list === undefined ? null : derive(ref, { record, steps: list, graph: null });
  }

  async function fetchAndDerive(ref: RunRef, needs: RunNeeds): Promise<Run> {
    if (needs === 'RECORD') {
      const record = await records.load(ref);
      if (tellsAll(record)) return derive(ref, { record, steps: null, graph: null });
    }
    const graph = needs === 'GRAPH' ? workflows.graphOf(ref.workflowId) : null;
    const [record, list, itsGraph] = await Promise.all([records.load(ref), loadSteps(ref), graph]);
    return derive(ref, { record, steps: list, graph: itsGraph });
  }

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
    loadIfThere,
    async loadStarted(ref, needs) {
      const nothingYet = { held: { value: [], sentAt: nowMs, fetchedAt: nowMs, sizeBytes: 0 }, staleReason: null };
      const run = await loadIfThere(ref, needs);
      return run ?? derive(ref, { record: null, steps: nothingYet, graph: null });
    },
  };
}

/** True if status, start and end need no look at the steps. */
function tellsAll(served: Served<MaybeRecord> | null): boolean {
  const record = served?.held.value;
  if (!record?.startTime) return false;
  const status = runStatusOf(record.rawStatus);
  return status !== 'UNKNOWN' && (record.endTime !== null || !isTerminal(status));
}
