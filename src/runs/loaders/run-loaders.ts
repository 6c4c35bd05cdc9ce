/** Runs of one GraphQL operation, derived from the parts in the process-wide run store. */
import { isTerminal, hasOwnTimes } from '../../domain/status.ts';
import type { Run, RunRecord } from '../../domain/types.ts';
import type { RunRef } from '../../upstream/client.ts';
import { GatewayError, isAccessDenied, isNotFound } from '../../upstream/errors.ts';
import { checkRef } from '../../upstream/ids.ts';
import { partOf, type MaybeRecord, type Snapshot, type StepList } from '../snapshot.ts';
import type { ReadContext } from '../read-context.ts';
import { createPartLoader } from './part-loader.ts';
import { noSteps, type RunParts, type RunStore } from '../run-store.ts';
import type { WorkflowLoaders } from './workflow-loaders.ts';

/** Data that a field reads: the record; also start and end, perhaps from the steps; also the steps; also the graph. */
export const DATA_REQUIREMENTS = ['RECORD', 'TIMES', 'STEPS', 'GRAPH'] as const;
export type DataRequirement = (typeof DATA_REQUIREMENTS)[number];

/** Whether the steps of every run are read, whatever its record contains. */
export const readsSteps = (requirement: DataRequirement): boolean => requirement === 'STEPS' || requirement === 'GRAPH';

export interface RunLoaders {
  /** Stores a record from a list. This operation reads no other record of that run. */
  readonly primeRecord: (ref: RunRef, record: Snapshot<RunRecord>) => void;
  /** Loads the parts of a run, without the graph. Rejects like `load`. If only the record loads, steps are null. */
  loadParts(ref: RunRef, requirement: DataRequirement): Promise<RunParts>;
  /** Derives the run from parts loaded before, as of this operation's time. */
  ofParts(ref: RunRef, parts: RunParts, requirement: DataRequirement): Promise<Run>;
  /** Derives the run of a listed record, or null if its steps are NOT_FOUND because of a narrowed scope. */
  ofRecord(ref: RunRef, record: Snapshot<RunRecord>, requirement: DataRequirement): Promise<Run | null>;
  /**
   * Synchronous if everything is cached. Throws BAD_USER_INPUT for an invalid id. Rejects with NOT_FOUND, or with the
   * error of the upstream call. If only the steps fail, fields that read them throw.
   */
  load(ref: RunRef, requirement: DataRequirement): Run | Promise<Run>;
  /** Rejects if the steps can't be loaded. Null if they are NOT_FOUND. */
  loadWithSteps(ref: RunRef): Promise<Run | null>;
  /**
   * Loads a newly started run. Until it appears upstream, steps and record are null. If it can't be loaded, only its
   * ids can be read.
   */
  loadStarted(ref: RunRef, requirement: DataRequirement): Promise<Run>;
  /** Loads a run after changing it. If it can't be loaded, only its ids can be read. */
  loadChanged(ref: RunRef, requirement: DataRequirement): Promise<Run>;
}

/** Cache lifetime of a response that depends on the clock. */
const CLOCK_MS = 1000;

/** `nowMs` is the operation's only clock reading. */
export function createRunLoaders(
  store: RunStore,
  workflows: WorkflowLoaders,
  operation: ReadContext,
  nowMs: number,
): RunLoaders {
  const records = createPartLoader(store.records, operation);
  const steps = createPartLoader(store.steps, operation);

  /** Synchronous if everything is cached. */
  function load(given: RunRef, requirement: DataRequirement): Run | Promise<Run> {
    const ref = checkRef(given);
    if (requirement === 'GRAPH') return withGraph(ref, requirement);
    const parts = partsFor(ref, requirement);
    return parts instanceof Promise ? parts.then((loaded) => derive(ref, loaded)) : derive(ref, parts);
  }

  async function withGraph(ref: RunRef, requirement: DataRequirement): Promise<Run> {
    const graph = graphIf(ref, requirement);
    // It may reject before it is awaited.
    graph.catch(() => undefined);
    const parts = await partsFor(ref, requirement);
    return derive(ref, { ...parts, graph: await graph });
  }

  function partsFor(ref: RunRef, requirement: DataRequirement): RunParts | Promise<RunParts> {
    const record = records.load(ref);
    if (!readsSteps(requirement)) {
      if (record instanceof Promise) {
        return record.then((loaded) => (isEnough(loaded, requirement) ? partsOf(loaded, null) : both(ref, loaded)));
      }
      if (isEnough(record, requirement)) return partsOf(record, null);
    }
    return both(ref, record);
  }

  /** Makes both calls concurrently. */
  function both(ref: RunRef, record: Loading<Snapshot<MaybeRecord> | null>): RunParts | Promise<RunParts> {
    const list = steps.load(ref);
    if (record instanceof Promise || list instanceof Promise) return settledParts(record, list);
    return partsOf(record, list);
  }

  /** The record's error comes first, so the order of the responses doesn't matter. */
  async function settledParts(
    record: Loading<Snapshot<MaybeRecord> | null>,
    list: Loading<Snapshot<StepList>>,
  ): Promise<RunParts> {
    const [ofRecord, ofSteps] = await Promise.allSettled([record, list]);
    const stepsError: unknown = ofSteps.status === 'rejected' ? ofSteps.reason : null;
    if (ofRecord.status === 'rejected') {
      const recordError: unknown = ofRecord.reason;
      // A rejected key comes before any outage, because it ends subscriptions.
      throw isAccessDenied(stepsError) ? stepsError : recordError;
    }
    if (ofSteps.status === 'rejected') return withoutSteps(ofRecord.value, stepsError);
    return partsOf(ofRecord.value, ofSteps.value);
  }

  /** Returns the record without steps, unless the error means that this viewer must not see the run. */
  function withoutSteps(record: Snapshot<MaybeRecord> | null, error: unknown): RunParts {
    const value = record?.value;
    if (!record || !value || !(error instanceof GatewayError) || isAccessDenied(error)) throw error;
    if (isNotFound(error)) {
      // A newly accepted run may have a record before its steps can be listed. Its steps are then empty.
      if (!isTerminal(value.status)) {
        return partsOf(record, partOf(record, []));
      }
      // Steps of another organization are NOT_FOUND for a narrowed scope.
      if (operation.viewer.scope?.organizationId != null) throw error;
    }
    operation.lifetime.limit(0);
    return { ...partsOf(record, null), stepsError: error };
  }

  const graphIf = async ({ workflowId }: RunRef, requirement: DataRequirement) =>
    requirement === 'GRAPH' ? workflows.graphOf(workflowId) : undefined;

  /** Durations of running steps change with the clock, so the response is cached for one second at most. */
  function derive(ref: RunRef, parts: RunParts): Run {
    const run = store.derive(ref, parts, nowMs);
    if (run.dependsOnNow) operation.lifetime.limit(nowMs + CLOCK_MS);
    return run;
  }

  /** The run of a successful write that couldn't be loaded afterwards: its other fields throw the error. */
  function onlyIds(ref: RunRef, error: unknown): Run {
    if (!(error instanceof GatewayError) || isAccessDenied(error)) throw error;
    return derive(ref, { ...partsOf(null, null), stepsError: error });
  }

  return {
    primeRecord: records.prime,
    load,
    loadParts: async (ref, requirement) => partsFor(checkRef(ref), requirement),
    async ofRecord(ref, record, requirement) {
      try {
        const parts = isEnough(record, requirement) ? partsOf(record, null) : await both(ref, record);
        return derive(ref, { ...parts, graph: await graphIf(ref, requirement) });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    ofParts: async (ref, parts, requirement) => derive(ref, { ...parts, graph: await graphIf(ref, requirement) }),
    async loadWithSteps(ref) {
      try {
        const parts = await partsFor(checkRef(ref), 'STEPS');
        if (parts.stepsError) throw parts.stepsError;
        return derive(ref, parts);
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async loadStarted(ref, requirement) {
      try {
        return await load(ref, requirement);
      } catch (error) {
        if (!isNotFound(error)) return onlyIds(ref, error);
        return derive(ref, { ...partsOf(null, noSteps(nowMs)), graph: await graphIf(ref, requirement) });
      }
    },
    async loadChanged(ref, requirement) {
      try {
        return await load(ref, requirement);
      } catch (error) {
        return onlyIds(ref, error);
      }
    },
  };
}

type Loading<T> = T | Promise<T>;

const partsOf = (record: Snapshot<MaybeRecord> | null, steps: Snapshot<StepList> | null): RunParts => ({
  record,
  steps,
  stepsError: null,
  graph: undefined,
});

/** Whether the steps need not be loaded. Without a record, they are always needed. */
function isEnough(loaded: Snapshot<MaybeRecord> | null, requirement: DataRequirement): boolean {
  const record = loaded?.value;
  if (!record || readsSteps(requirement)) return false;
  return requirement === 'RECORD' || hasOwnTimes(record);
}
