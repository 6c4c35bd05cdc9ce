/** Decides when a fetched part of a run is final. A final part never changes, and isn't fetched again. */
import { isDeepStrictEqual } from 'node:util';
import { executionsOf, latestAttempts } from '../domain/step/attempts.ts';
import { isOver, isTerminal } from '../domain/status.ts';
import { latest } from '../domain/timestamp.ts';
import type { RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import type { Activity, MaybeRecord, Snapshot, StepList } from './snapshot.ts';
import type { Clock } from '../runtime/clock.ts';

export const hasRecord = (snapshot: Snapshot<MaybeRecord>): snapshot is Snapshot<RunRecord> => snapshot.value !== null;

/** Largest assumed error of upstream times: local times without a zone, or a wrong clock. */
const MAX_SKEW_MS = 86_400_000;

/** Finality found by another gateway is accepted unless newer data contradicts it. Its proof may be missing here. */
export interface Finality {
  isFinalRecord(record: Snapshot<MaybeRecord>, steps: Snapshot<StepList> | null): boolean;
  /** `graph` is called only if the steps don't decide. */
  areFinalSteps(
    steps: Snapshot<StepList>,
    record: Snapshot<MaybeRecord> | null,
    graph: () => WorkflowGraph | null,
  ): boolean;
}

/**
 * `settleMs` is the quiet period after which a run is final although its record or steps don't say that they are
 * complete.
 */
export function createFinality(settleMs: number, wallOf: Clock['wallOf']): Finality {
  const isLongPast = (upstreamMs: number, atMs: number): boolean => upstreamMs + settleMs <= wallOf(atMs);

  const isUnchanged = ({ findings, sentAt }: Snapshot<unknown>, atMs = sentAt): boolean =>
    (findings.unchangedSince ?? sentAt) + settleMs <= atMs;

  /** Finished steps don't prove that the run is over, because the next step may not exist yet. A quiet period does. */
  function areSettled(steps: Snapshot<StepList>, atMs = steps.sentAt): boolean {
    const { lastMs } = activityOf(steps);
    if (lastMs === Infinity) return false;
    return isLongPast(lastMs + MAX_SKEW_MS, atMs) || isUnchanged(steps, atMs);
  }

  /**
   * Record and steps are fetched concurrently, so finished steps may be older than a terminal record and lack the last
   * step. Unfinished steps may still end: an engine may close them after the record.
   */
  function areClosed(steps: Snapshot<StepList>, record: Snapshot<RunRecord>): boolean {
    const { sentAt } = steps;
    const { endTime } = record.value;
    const endMs = endTime ? endTime.epochMicros / 1000 : Infinity;
    const recordAt = firstFetchedAt(record);
    if (activityOf(steps).areFinished) return sentAt > recordAt || isLongPast(endMs, sentAt);
    const hasSettled = isUnchanged(steps) && recordAt + settleMs <= sentAt;
    return hasSettled || isLongPast(endMs + MAX_SKEW_MS, sentAt);
  }

  return {
    isFinalRecord(record, steps) {
      const { value, isFinal, sentAt } = record;
      if (value && !isTerminal(value.status)) return false;
      if (value?.endTime || isFinal) return true;
      if (value) return isUnchanged(record);
      return steps !== null && (areSettled(steps) || (steps.findings.hasReachedFinish && areSettled(steps, sentAt)));
    },

    areFinalSteps(steps, record, graph) {
      const isOpen = record?.value && !isTerminal(record.value.status);
      // The other gateway may not have had a record. A record fetched later than the steps decides.
      if (steps.isFinal) return !isOpen || record.sentAt <= steps.fetchedAt;
      if (isOpen) return false;
      if (!record || !hasRecord(record)) return areSettled(steps) || hasReachedFinish(steps, graph);
      return areClosed(steps, record);
    },
  };
}

/**
 * Measures on this gateway's clock how long a response has been unchanged. Call it for each new response, with the
 * previous one.
 */
export function followRecord(before: Snapshot<MaybeRecord>, record: Snapshot<MaybeRecord>): void {
  const { findings } = record;
  if (before.value === record.value) findings.unchangedSince ??= before.findings.unchangedSince;
  else if (before.value && record.value && isSame(before.value, record.value)) {
    findings.unchangedSince ??= firstFetchedAt(before);
  }
}

export function followSteps(before: Snapshot<StepList>, steps: Snapshot<StepList>): void {
  const { findings } = steps;
  if (before.value === steps.value) findings.unchangedSince ??= before.findings.unchangedSince;
  else if (areSame(before.value, steps.value)) findings.unchangedSince ??= firstFetchedAt(before);
}

const firstFetchedAt = ({ findings, fetchedAt }: Snapshot<unknown>): number => findings.unchangedSince ?? fetchedAt;

/** Payloads are ignored: their links may be signed anew for each response. */
const isSame = (one: StepFacts | RunRecord, other: StepFacts | RunRecord): boolean =>
  one.id === other.id &&
  one.rawStatus === other.rawStatus &&
  one.startTime?.epochMicros === other.startTime?.epochMicros &&
  one.endTime?.epochMicros === other.endTime?.epochMicros;

/** Compares in any order, the usual one first. Ids may repeat. */
function areSame(before: StepList, steps: StepList): boolean {
  if (before.length !== steps.length) return false;
  const isSameAt = (step: StepFacts, index: number) => {
    const was = before[index];
    return was !== undefined && isSame(was, step);
  };
  if (steps.every(isSameAt)) return true;
  const [one, other] = [before, steps].map((list) => list.map(shownOf).sort());
  return isDeepStrictEqual(one, other);
}

const shownOf = ({ id, rawStatus, startTime, endTime }: StepFacts): string =>
  JSON.stringify([id, rawStatus, startTime?.epochMicros, endTime?.epochMicros]);

function hasReachedFinish(steps: Snapshot<StepList>, graph: () => WorkflowGraph | null): boolean {
  const { findings } = steps;
  if (findings.hasReachedFinish) return true;
  const finish = graph()?.finish ?? null;
  // The comparison is slow and a run is read often, so each finish node is compared once.
  if (finish === null || findings.comparedFinish === finish) return false;
  findings.comparedFinish = finish;
  // Reached if the finish node has completed and no step is still running.
  const atFinish = latestAttempts(executionsOf(steps.value), false).find((step) => step.nodeId === finish);
  findings.hasReachedFinish = atFinish?.status === 'COMPLETED' && activityOf(steps).areFinished;
  return findings.hasReachedFinish;
}

const activityOf = ({ value, findings }: Snapshot<StepList>): Activity => (findings.activity ??= activityIn(value));

function activityIn(steps: StepList): Activity {
  // An unreadable step may still be running.
  const areReadable = steps.every(({ problem }) => problem === undefined);
  const areFinished = areReadable && steps.every(({ status, endTime }) => isOver(status, endTime));
  // The run's status is inferred by the same rule.
  const hasEnded = areFinished || (areReadable && areLatestFinished(steps));
  const last = latest(steps.flatMap(({ startTime, endTime }) => [startTime, endTime]));
  return { areFinished, lastMs: hasEnded && last ? last.epochMicros / 1000 : Infinity };
}

const areLatestFinished = (steps: StepList): boolean =>
  latestAttempts(executionsOf(steps), false).every(({ isFinished }) => isFinished);
