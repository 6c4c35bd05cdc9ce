/** Runs of one GraphQL operation, derived from the parts in the process-wide run store. */
import { isTerminal, runStatusOf } from '../../domain/status.ts';
import type { Run } from '../../domain/types.ts';
import type { RunRef } from '../../upstream/client.ts';
import { isNotFound } from '../../upstream/errors.ts';
import { checkId } from '../../upstream/ids.ts';
import type { MaybeRecord, StepList } from '../finality.ts';
import type { Operation } from '../operation.ts';
import { createPartLoader } from './part-loader.ts';
import type { Served } from '../resource-cache.ts';
import type { RunParts, RunStore } from '../run-store.ts';
import type { WorkflowLoaders } from './workflow-loaders.ts';

/** What is read of a run: what its record tells, also what only its steps tell, also what the workflow's graph adds. */
export const DATA_REQUIREMENTS = ['RECORD', 'STEPS', 'GRAPH'] as const;
export type DataRequirement = (typeof DATA_REQUIREMENTS)[number];

export interface RunLoaders {
  /** The parts of a run, without the graph. Rejects like `load`. */
  loadParts(ref: RunRef, requirement: DataRequirement): Promise<RunParts>;
  /** The run of parts that were loaded before, as of this operation's time. */
  ofParts(ref: RunRef, parts: RunParts, requirement: DataRequirement): Promise<Run>;
  /**
   * Without a promise where everything needed is cached (fast path). Throws BAD_USER_INPUT for an invalid id; rejects with
   * NOT_FOUND, or with the error of the upstream call.
   */
  load(ref: RunRef, requirement: DataRequirement): Run | Promise<Run>;
  /** The same, but null for NOT_FOUND. */
  loadIfThere(ref: RunRef, requirement: DataRequirement): Promise<Run | null>;
  /** For a run that was just started: until the upstream shows it, it has no steps and no record. */
  loadStarted(ref: RunRef, requirement: DataRequirement): Promise<Run>;
}

/** How long an answer that depends on the clock may be cached. */
const CLOCK_MS = 1000;

/** `nowMs` is the operation's one reading of the clock. */
export function createRunLoaders(
  store: RunStore,
  workflows: WorkflowLoaders,
  operation: Operation,
  nowMs: number,
): RunLoaders {
  const records = createPartLoader({
    cached: (ref) => store.cachedRecord(ref, operation),
    fetch: (ref) => store.record(ref, operation),
  });
  const steps = createPartLoader({
    cached: (ref) => store.cachedSteps(ref, operation),
    fetch: (ref) => store.steps(ref, operation),
  });

  function load(ref: RunRef, requirement: DataRequirement): Run | Promise<Run> {
    checkRef(ref);
    const parts = requirement === 'GRAPH' ? null : cachedParts(ref, requirement);
    return parts ? derive(ref, parts) : fetchAndDerive(ref, requirement);
  }

  function cachedParts(ref: RunRef, requirement: DataRequirement): RunParts | null {
    const record = records.cached(ref);
    if (record === undefined) return null;
    if (requirement === 'RECORD' && isComplete(record)) return { record, steps: null, graph: undefined };
    const list = steps.cached(ref);
    return list === undefined ? null : { record, steps: list, graph: undefined };
  }

  async function fetchAndDerive(ref: RunRef, requirement: DataRequirement): Promise<Run> {
    const [parts, graph] = await Promise.all([loadParts(ref, requirement), graphIf(ref, requirement)]);
    return derive(ref, { ...parts, graph });
  }

  async function loadParts(ref: RunRef, requirement: DataRequirement): Promise<RunParts> {
    checkRef(ref);
    if (requirement === 'RECORD') {
      const record = await records.load(ref);
      if (isComplete(record)) return { record, steps: null, graph: undefined };
    }
    const [record, list] = await Promise.all([records.load(ref), loadSteps(ref)]);
    return { record, steps: list, graph: undefined };
  }

  const graphIf = async ({ workflowId }: RunRef, requirement: DataRequirement) =>
    requirement === 'GRAPH' ? workflows.graphOf(workflowId) : undefined;

  /** Running durations change with the clock alone: then the answer lives a second, however fresh its parts are. */
  function derive(ref: RunRef, parts: RunParts): Run {
    const run = store.derive(ref, parts, nowMs);
    if (run.dependsOnNow) operation.lifetime.limit(nowMs + CLOCK_MS);
    return run;
  }

  /** A run that was just accepted may have a record before its steps can be listed: then it has no steps. */
  async function loadSteps(ref: RunRef): Promise<Served<StepList>> {
    try {
      return await steps.load(ref);
    } catch (error) {
      const record = isNotFound(error) ? await records.load(ref) : null;
      if (!record?.cached.value || isTerminal(runStatusOf(record.cached.value.rawStatus))) throw error;
      return { ...record, cached: { ...record.cached, value: [] } };
    }
  }

  async function loadIfThere(ref: RunRef, requirement: DataRequirement): Promise<Run | null> {
    try {
      return await load(ref, requirement);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  return {
    load,
    loadParts,
    ofParts: async (ref, parts, requirement) => derive(ref, { ...parts, graph: await graphIf(ref, requirement) }),
    loadIfThere,
    async loadStarted(ref, requirement) {
      const nothingYet = { cached: { value: [], sentAt: nowMs, fetchedAt: nowMs, sizeBytes: 0 }, staleReason: null };
      const run = await loadIfThere(ref, requirement);
      return run ?? derive(ref, { record: null, steps: nothingYet, graph: await graphIf(ref, requirement) });
    },
  };
}

function checkRef({ workflowId, runId }: RunRef): void {
  checkId('workflow id', workflowId);
  checkId('run id', runId);
}

/** True if status, start and end can be read from the record alone. */
function isComplete(served: Served<MaybeRecord> | null): boolean {
  const record = served?.cached.value;
  if (!record?.startTime) return false;
  const status = runStatusOf(record.rawStatus);
  return status !== 'UNKNOWN' && (record.endTime !== null || !isTerminal(status));
}
