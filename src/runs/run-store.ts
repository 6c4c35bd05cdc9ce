/** Records and steps of runs, process-wide, and the runs that are derived from them. */
import { createRun } from '../domain/run/run.ts';
import { timestampOf } from '../domain/timestamp.ts';
import type { Freshness, Run, RunRecord, WorkflowGraph } from '../domain/types.ts';
import { cachedBytes, type RunRef, type UpstreamApi } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import { refKey } from '../upstream/ids.ts';
import { createFinality, hasRecord, type MaybeRecord, type StepList } from './finality.ts';
import type { ReadContext } from './read-context.ts';
import type { Resource, ResourceCache, Served } from './resource-cache.ts';
import type { Cached } from './cache-partitions.ts';
import type { Clock } from './timer.ts';
import type { Viewer } from './viewer.ts';
import type { WorkflowStore } from './workflow-store.ts';

export interface RunStore {
  /** Null where the upstream offers no records, and no cached list has one of this run. */
  record(ref: RunRef, operation: ReadContext): Promise<Served<MaybeRecord> | null>;
  steps(ref: RunRef, operation: ReadContext): Promise<Served<StepList>>;
  /** The fast path of these two, without a promise; undefined where a call or waiting is needed. */
  cachedRecord(ref: RunRef, operation: ReadContext): Served<MaybeRecord> | null | undefined;
  cachedSteps(ref: RunRef, operation: ReadContext): Served<StepList> | undefined;
  /** Caches a record that came inside a list. Returns it, or the cached one where that is newer or final. */
  offerRecord(ref: RunRef, record: RunRecord, list: ListedIn, viewer: Viewer): Served<RunRecord>;
  /** To be called for parts that the cache may not hold: see Finality. */
  follow(before: RunParts, parts: RunParts): Promise<void>;
  /** The run as of `nowMs`, from its loaded parts: derived once for one reading of the clock, and once for all where that changes nothing. */
  derive(ref: RunRef, parts: RunParts, nowMs: number): Run;
}

/** The list that a record came in. */
export interface ListedIn extends Served<readonly RunRecord[]> {
  readonly resource: Resource<readonly RunRecord[]>;
}

/** The loaded parts of a run; null where one was not requested, or could not be fetched. A graph not requested is undefined. */
export interface RunParts {
  readonly record: Served<MaybeRecord> | null;
  readonly steps: Served<StepList> | null;
  /** Why the steps could not be fetched; null if they were, or were not requested. */
  readonly stepsError: GatewayError | null;
  readonly graph: WorkflowGraph | null | undefined;
}

export interface RunStoreOptions extends Pick<Clock, 'wallOf'> {
  readonly upstream: UpstreamApi;
  readonly cache: ResourceCache;
  readonly workflowStore: WorkflowStore;
  readonly offersRecords: boolean;
  readonly liveTtlMs: number;
  readonly settleMs: number;
}

const recordKey = (ref: RunRef): string => `record ${refKey(ref)}`;

/** Like every 404, that of a record is believed for at most a second. */
const MAX_MISS_MS = 1000;

interface DerivedRun {
  readonly run: Run;
  /** The operation's clock reading; null where the run is the same at any time. */
  readonly asOfMs: number | null;
  readonly record: Cached<MaybeRecord> | undefined;
  readonly graph: WorkflowGraph | null | undefined;
}

export function createRunStore(options: RunStoreOptions): RunStore {
  const { upstream, cache, workflowStore, offersRecords, liveTtlMs, settleMs, wallOf } = options;
  const finality = createFinality(settleMs, wallOf);
  /** By a part of each. One operation may ask for a run that is under way many times. */
  const derivedRuns = new WeakMap<Cached<unknown>, DerivedRun>();

  const recordOf = (ref: RunRef, viewer: Viewer): Resource<MaybeRecord> => ({
    key: recordKey(ref),
    endpoint: 'run',
    workflowId: ref.workflowId,
    async fetch(call) {
      const answer = await upstream.getRun(ref, call);
      const before = cache.peek(viewer, recordOf(ref, viewer));
      if (before) finality.followRecord(before, answer.value);
      return answer;
    },
    valueIfMissing: null,
    lifetimeMs(cached) {
      if (finality.ofRecord(cached, cache.peek(viewer, stepsOf(ref, viewer)))) return Infinity;
      return cached.value ? liveTtlMs : Math.min(liveTtlMs, MAX_MISS_MS);
    },
  });

  const stepsOf = (ref: RunRef, viewer: Viewer): Resource<StepList> => ({
    key: `steps ${refKey(ref)}`,
    endpoint: 'steps',
    workflowId: ref.workflowId,
    async fetch(call) {
      const answer = await upstream.listSteps(ref, call);
      const before = cache.peek(viewer, stepsOf(ref, viewer));
      if (before) await finality.followSteps(before, answer.value);
      return answer;
    },
    // Both are mostly loaded together, and steps are final only beside a terminal record.
    related: recordKey(ref),
    lifetimeMs(cached) {
      const resource = recordOf(ref, viewer);
      // One that is not fetched again says nothing any more when it is old.
      const record = offersRecords ? cache.peek(viewer, resource) : cache.peekFresh(viewer, resource)?.cached;
      // Steps that look settled are those of a run that pauses, if its record says so.
      if (offersRecords && !record && !cached.isFinal) return liveTtlMs;
      const graph = () => workflowStore.peekGraph(ref.workflowId, viewer);
      return finality.ofSteps(cached, record, graph) ? Infinity : liveTtlMs;
    },
  });

  /** The record that came inside a list, for as long as it is fresh. Undefined where the right to it must be proven first. */
  function listedRecord(ref: RunRef, { viewer, lifetime }: ReadContext, staleReason?: string | null) {
    const found = cache.peekFresh(viewer, recordOf(ref, viewer));
    if (!found) return null;
    if (staleReason === undefined && !cache.hasProvenRight(viewer)) return undefined;
    lifetime.limit(found.untilMs);
    return { cached: found.cached, staleReason: staleReason ?? null };
  }

  /** No call asks for the record alone: that for the steps proves the right. */
  async function provenListedRecord(ref: RunRef, operation: ReadContext): Promise<Served<MaybeRecord> | null> {
    const found = listedRecord(ref, operation);
    if (found !== undefined) return found;
    const { staleReason } = await cache.get(stepsOf(ref, operation.viewer), operation);
    return listedRecord(ref, operation, staleReason) ?? null;
  }

  return {
    record: async (ref, operation) =>
      offersRecords ? cache.get(recordOf(ref, operation.viewer), operation) : provenListedRecord(ref, operation),
    cachedRecord: (ref, operation) =>
      offersRecords
        ? (cache.getCached(recordOf(ref, operation.viewer), operation) ?? undefined)
        : listedRecord(ref, operation),

    async steps(ref, operation) {
      const { viewer } = operation;
      // The record may have been evicted before them, and says whether they need another call. Who reads it has its error.
      const record = recordOf(ref, viewer);
      if (offersRecords && !cache.peek(viewer, record) && cache.peek(viewer, stepsOf(ref, viewer))) {
        await cache.get(record, operation).catch(() => undefined);
      }
      return cache.get(stepsOf(ref, viewer), operation);
    },
    cachedSteps: (ref, operation) => cache.getCached(stepsOf(ref, operation.viewer), operation) ?? undefined,

    offerRecord(ref, record, { resource, cached, staleReason }, viewer) {
      const current = cache.peek(viewer, recordOf(ref, viewer));
      const known = current && hasRecord(current) ? current : null;
      if (known && finality.ofRecord(known, undefined)) return { cached: known, staleReason: null };
      if (known) finality.followRecord(known, record);
      const part = { ...cached, value: record, sizeBytes: cachedBytes(record.payload.heldBytes, record) };
      cache.offer(viewer, recordOf(ref, viewer), part, resource);
      // Both times: the answer may live as long as the list.
      const isNewer = known && known.sentAt >= part.sentAt && known.fetchedAt >= part.fetchedAt;
      return { cached: isNewer ? known : part, staleReason };
    },

    async follow(before, { record, steps }) {
      if (before.record && record) finality.followRecord(before.record.cached, record.cached.value);
      if (before.steps && steps) await finality.followSteps(before.steps.cached, steps.cached.value);
    },
    derive(ref, { record, steps, stepsError, graph }, nowMs) {
      const parts = [record, steps].filter((part) => part !== null);
      const staleReason = parts.find((part) => part.staleReason !== null)?.staleReason ?? null;
      // A run without its steps is not kept: they may be there the next time.
      const key = stepsError ? undefined : (steps ?? record)?.cached;
      const derived = key && derivedRuns.get(key);
      // Where no graph was loaded, nothing that depends on it is read.
      const isOfParts = derived?.record === record?.cached && (graph === undefined || derived?.graph === graph);
      const isOfNow = derived?.asOfMs === null || derived?.asOfMs === nowMs;
      const isKept = derived && isOfParts && isOfNow && staleReason === null;
      if (isKept && derived.run.freshness.isFinal) return derived.run;

      // Steps that could not be had leave it to the record whether the run is over.
      const listed = steps?.cached ?? (stepsError && { value: [], sentAt: nowMs, fetchedAt: nowMs, sizeBytes: 0 });
      const isFinal =
        (!record || finality.ofRecord(record.cached, steps?.cached)) &&
        (!listed || finality.ofSteps(listed, record?.cached, () => graph ?? null));
      // The graph may have become known, which says that it is over.
      if (isKept && !isFinal) return derived.run;
      const oldestMs = parts.length > 0 ? Math.min(...parts.map((part) => part.cached.fetchedAt)) : nowMs;
      const freshness: Freshness = {
        fetchedAt: timestampOf(wallOf(oldestMs)),
        isFinal,
        isStale: staleReason !== null,
        staleReason,
      };
      const facts = { record: record?.cached.value ?? null, steps: steps?.cached.value ?? null, stepsError, graph };
      const run = createRun({ workflowId: ref.workflowId, id: ref.runId, ...facts, freshness }, wallOf(nowMs));
      if (key && staleReason === null) {
        derivedRuns.set(key, { record: record?.cached, graph, run, asOfMs: run.dependsOnNow ? nowMs : null });
      }
      return run;
    },
  };
}
