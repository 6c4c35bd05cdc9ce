/** Process-wide store of run records and steps, and of the runs derived from them. */
import { createRun } from '../domain/run/run.ts';
import { timestampOf } from '../domain/timestamp.ts';
import type { Freshness, Run, RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import { cachedBytes, type RunRef, type UpstreamApi } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import { RunSubject, type ListEntry, type RunEntry } from './entry.ts';
import { createFinality, followRecord, followSteps, hasRecord } from './finality.ts';
import type { ReadContext } from './read-context.ts';
import type { ReadThrough } from './read-through.ts';
import { asStale, Snapshot, type DerivedRun, type MaybeRecord, type StepList } from './snapshot.ts';
import { endOf, type Source } from './source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ViewerCache } from './viewer-cache.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { WorkflowStore } from './workflow-store.ts';
import type { Changes } from './writes/changes.ts';

/** Reads of one part of a run. */
export interface PartReads<T> {
  /** Returns the cached part, or undefined if a call or a wait is needed. */
  look(ref: RunRef, operation: ReadContext): T | undefined;
  load(ref: RunRef, operation: ReadContext): Promise<T>;
}

export interface RunStore {
  /** Records, or null if the upstream offers no records and no cached list contains the run. */
  readonly records: PartReads<Snapshot<MaybeRecord> | null>;
  readonly steps: PartReads<Snapshot<StepList>>;
  /** Steps that this gateway has cached, however old, or an empty list. Makes no call. */
  peekSteps(ref: RunRef, viewer: Viewer): StepList;
  /** Caches a record from a list. Returns it, or the cached record if that is newer or final. */
  offerRecord(ref: RunRef, record: RunRecord, list: ListedIn, viewer: Viewer): Snapshot<RunRecord>;
  /** Updates how long parts have been unchanged, for parts that may not be cached. */
  follow(before: RunParts, parts: RunParts): void;
  /** Whether these parts will never change. */
  areFinal(parts: RunParts, nowMs: number): boolean;
  /** Derives the run as of `nowMs`. The result is reused for the same time, or always if it doesn't depend on time. */
  derive(ref: RunRef, parts: RunParts, nowMs: number): Run;
}

/** The list that contained a record: its cache entry and its snapshot. */
export interface ListedIn {
  readonly entry: ListEntry<readonly RunRecord[]>;
  readonly list: Snapshot<readonly RunRecord[]>;
}

/** Loaded parts of a run, null if not requested or not available. `graph` is undefined if not requested. */
export interface RunParts {
  readonly record: Snapshot<MaybeRecord> | null;
  readonly steps: Snapshot<StepList> | null;
  /** Error of the steps call, or null if it succeeded or wasn't made. */
  readonly stepsError: GatewayError | null;
  readonly graph: WorkflowGraph | null | undefined;
}

export interface RunStoreOptions extends Pick<Clock, 'wallOf' | 'now'> {
  readonly upstream: UpstreamApi;
  readonly viewers: ViewerCache;
  readonly reads: ReadThrough;
  readonly workflowStore: WorkflowStore;
  readonly changes: Pick<Changes, 'runFrom'>;
  readonly offersRecords: boolean;
  readonly liveTtlMs: number;
  readonly settleMs: number;
}

type RunSource<T> = Source<RunEntry, T>;

/** Longest time for which a missing record is cached, like any 404. */
const MAX_MISS_MS = 1000;

export function createRunStore(options: RunStoreOptions): RunStore {
  const { upstream, viewers, reads, workflowStore, changes, offersRecords, liveTtlMs, settleMs, wallOf, now } = options;
  const finality = createFinality(settleMs, wallOf);

  const entryOf = (ref: RunRef, { id }: Viewer): RunEntry => viewers.entryOf(viewers.rightOf(id), new RunSubject(ref));

  const validFrom = ({ right, ref }: RunEntry): number => changes.runFrom(right.viewerId, ref);

  const records: RunSource<MaybeRecord> = {
    endpoint: 'run',
    partOf: ({ record }) => record,
    fetch: ({ ref }, call) => upstream.getRun(ref, call),
    validFrom,
    follow: followRecord,
    valueIfMissing: null,
    lifetimeMs(record, { steps }) {
      if (finality.isFinalRecord(record, steps.snapshot)) return Infinity;
      return record.value ? liveTtlMs : Math.min(liveTtlMs, MAX_MISS_MS);
    },
  };

  const steps: RunSource<StepList> = {
    endpoint: 'steps',
    partOf: ({ steps }) => steps,
    fetch: ({ ref }, call) => upstream.listSteps(ref, call),
    validFrom,
    follow: followSteps,
    // Record and steps are usually loaded together, and steps are final only with a terminal record.
    related: 'run',
    lifetimeMs(snapshot, entry) {
      // Without a record endpoint, an old record is ignored, because it isn't fetched again.
      const record = offersRecords || isFresh(entry) ? entry.record.snapshot : null;
      // Without its record, a paused run looks settled.
      if (offersRecords && !record && !snapshot.isFinal) return liveTtlMs;
      const graph = () => workflowStore.peekGraph(entry.ref.workflowId, entry.right);
      return finality.areFinalSteps(snapshot, record, graph) ? Infinity : liveTtlMs;
    },
  };

  /** Whether the cached record is fresh, even if no call can fetch it. */
  const isFresh = (entry: RunEntry): boolean =>
    entry.record.snapshot !== null && now() < endOf(records, entry, entry.record.snapshot);

  /**
   * Without a record endpoint: the record that a list contained, while it is fresh. The steps call proves the right.
   */
  const listedRecords: RunStore['records'] = {
    look(ref, operation) {
      const entry = entryOf(ref, operation.viewer);
      const isCached = entry.record.snapshot !== null && isFresh(entry);
      return isCached && !viewers.mayServe(entry.right) ? undefined : listedRecord(entry, operation, null);
    },
    async load(ref, operation) {
      const found = listedRecords.look(ref, operation);
      if (found !== undefined) return found;
      const { staleReason } = await reads.get({ source: steps, subject: new RunSubject(ref) }, operation);
      return listedRecord(entryOf(ref, operation.viewer), operation, staleReason);
    },
  };

  function listedRecord(entry: RunEntry, { lifetime }: ReadContext, staleReason: string | null) {
    const { snapshot } = entry.record;
    if (!snapshot || !isFresh(entry)) return null;
    lifetime.limit(endOf(records, entry, snapshot));
    return asStale(snapshot, staleReason);
  }

  function areFinal({ record, steps, stepsError, graph }: RunParts, nowMs: number): boolean {
    // If the steps couldn't be fetched, only the record decides whether the run is over.
    const listed = steps ?? (stepsError && noSteps(nowMs));
    return (
      (!record || finality.isFinalRecord(record, steps)) &&
      (!listed || finality.areFinalSteps(listed, record, () => graph ?? null))
    );
  }

  const readsOf = <T>(source: RunSource<T>): PartReads<Snapshot<T>> => ({
    look: (ref, operation) => reads.look({ source, subject: new RunSubject(ref) }, operation),
    load: (ref, operation) => reads.get({ source, subject: new RunSubject(ref) }, operation),
  });
  const recordReads = offersRecords ? readsOf(records) : listedRecords;
  const stepReads = readsOf(steps);

  return {
    records: recordReads,
    steps: {
      ...stepReads,
      async load(ref, operation) {
        const entry = entryOf(ref, operation.viewer);
        // The record may be evicted before the steps, and decides whether they need another call. Its own readers get
        // its error.
        if (offersRecords && !entry.record.snapshot && entry.steps.snapshot) {
          await recordReads.load(ref, operation).catch(() => undefined);
        }
        return stepReads.load(ref, operation);
      },
    },

    offerRecord(ref, value, { entry: listEntry, list }, viewer) {
      const entry = entryOf(ref, viewer);
      const current = entry.record.snapshot;
      const known = current && hasRecord(current) ? current : null;
      if (known && finality.isFinalRecord(known, null)) return known;
      const { sentAt, fetchedAt, isFinal, staleReason } = list;
      // Both times count: `fetchedAt` decides how long the response may be cached.
      if (known && known.sentAt >= sentAt && known.fetchedAt >= fetchedAt) return asStale(known, staleReason);
      const sizeBytes = cachedBytes(value.payload.body.length, value);
      const record = new Snapshot({ value, sizeBytes, sentAt, fetchedAt, isFinal });
      if (known) followRecord(known, record);
      const isListCached = listEntry.list.snapshot?.sentAt === sentAt;
      if (isListCached && !(current && current.sentAt >= sentAt)) viewers.put(entry, entry.record, record);
      return asStale(record, staleReason);
    },

    follow(before, { record, steps }) {
      if (before.record && record) followRecord(before.record, record);
      if (before.steps && steps) followSteps(before.steps, steps);
    },
    areFinal,

    peekSteps: (ref, viewer) => entryOf(ref, viewer).steps.snapshot?.value ?? [],
    derive(ref, parts, nowMs) {
      const { record, steps, stepsError, graph } = parts;
      const staleReason = record?.staleReason ?? steps?.staleReason ?? null;
      // A run without its steps isn't cached, because the next read may have them.
      const findings = stepsError || staleReason !== null ? null : (steps ?? record)?.findings;
      const kept = findings?.derived && isOf(findings.derived, parts, nowMs) ? findings.derived.run : null;
      if (kept?.freshness.isFinal) return kept;
      const isFinal = areFinal(parts, nowMs);
      // The graph may have been loaded since, and make the run final.
      if (kept && !isFinal) return kept;
      const oldestMs = Math.min(record?.fetchedAt ?? nowMs, steps?.fetchedAt ?? nowMs);
      const freshness: Freshness = {
        fetchedAt: timestampOf(wallOf(oldestMs)),
        isFinal,
        isStale: staleReason !== null,
        staleReason,
      };
      const facts = { record: record?.value ?? null, steps: steps?.value ?? null, stepsError, graph };
      const run = createRun({ workflowId: ref.workflowId, id: ref.runId, ...facts, freshness }, wallOf(nowMs));
      if (findings) findings.derived = { record, graph, run, asOfMs: run.dependsOnNow ? nowMs : null };
      // A derived step contains its facts, so a final run's steps are kept once, which saves a sixth of the memory.
      if (findings && isFinal && steps) for (const step of run.steps) (steps.value as StepFacts[])[step.index] = step;
      return run;
    },
  };
}

/** Whether the derived run is valid for these parts. If no graph was requested, no field depends on it. */
const isOf = (derived: DerivedRun, { record, graph }: RunParts, nowMs: number): boolean =>
  derived.record === record &&
  (graph === undefined || derived.graph === graph) &&
  (derived.asOfMs === null || derived.asOfMs === nowMs);

/** Steps of a run that has none yet. */
export const noSteps = (nowMs: number): Snapshot<StepList> =>
  new Snapshot({ value: [], sentAt: nowMs, fetchedAt: nowMs, sizeBytes: 0 });
