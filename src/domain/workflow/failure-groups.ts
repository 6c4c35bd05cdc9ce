/** Groups failed runs of a workflow by cause, regardless of the order of the runs. */
import { compareNullsLast, compareText } from '../order.ts';
import { errorInfo } from '../step/step-error.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Run, RunRecord } from '../types.ts';
import { maskedMessage } from '../run/masked-message.ts';

/** Cause of one run's failure. */
export interface Failure {
  readonly runId: string;
  readonly startedAt: Timestamp | null;
  /** Failed node, or null if no step failed. */
  readonly nodeId: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly maskedMessage: string | null;
  /** Equal for failures of one group at one node. */
  readonly cause: string;
}

export interface FailureGroup {
  readonly workflowId: string;
  readonly nodeId: string | null;
  /** Masked message, or null. */
  readonly message: string | null;
  readonly code: string | null;
  readonly cause: string;
  readonly latestMessage: string | null;
  readonly count: number;
  /** Latest known start of the runs, or null. */
  readonly lastSeenAt: Timestamp | null;
  /** Newest run first. */
  readonly runIds: readonly string[];
  /** Orders groups that are otherwise equal. Comparing long strings thousands of times would take too long. */
  readonly name: string;
}

/** `run` has the steps, or is null if the upstream has deleted them. `read` parses an error. */
export function failureOf(
  record: Pick<RunRecord, 'id' | 'startTime' | 'error' | 'errorHash'>,
  run: Run | null,
  read = errorInfo,
): Failure {
  const step = run?.remainingFailures[0];
  const { error: text, errorHash } = step?.error == null ? record : step;
  const error = read(text);
  const code = error?.code ?? null;
  const masked = error && maskedMessage(error.message);
  return {
    runId: record.id,
    startedAt: record.startTime ?? run?.startedAt ?? null,
    nodeId: step?.nodeId ?? null,
    code,
    message: error?.message ?? null,
    maskedMessage: masked,
    // Redacted errors all look the same.
    cause: errorHash ?? JSON.stringify([code, masked]),
  };
}

/** Equal for failures of one group. */
export const failureKey = ({ nodeId, cause }: Pick<Failure, 'nodeId' | 'cause'>): string =>
  JSON.stringify([nodeId, cause]);

/** Puts each failure into one group. Sorted by `compareGroups`. */
export function failureGroups(workflowId: string, failures: readonly Failure[]): FailureGroup[] {
  const groups = Map.groupBy(failures.toSorted(newestFirst), failureKey);
  return [...groups.values()].flatMap((group) => groupOf(workflowId, group)).sort(compareGroups);
}

/** Takes failures, newest first. Returns a list, because empty input makes no group. */
function groupOf(workflowId: string, failures: readonly Failure[]): FailureGroup[] {
  return failures.slice(0, 1).map((latest) => ({
    workflowId,
    nodeId: latest.nodeId,
    message: latest.maskedMessage,
    code: latest.code,
    cause: latest.cause,
    latestMessage: latest.message,
    count: failures.length,
    lastSeenAt: latest.startedAt,
    runIds: failures.map(({ runId }) => runId),
    name: JSON.stringify([workflowId, latest.nodeId, latest.code, latest.maskedMessage]),
  }));
}

const newestFirst = (a: Failure, b: Failure): number => compareByStart(a, b) || compareText(a.runId, b.runId);

/** Latest start first, unknown start last. */
const compareByStart = (a: Pick<Failure, 'startedAt'>, b: Pick<Failure, 'startedAt'>): number =>
  compareNullsLast(a.startedAt && -a.startedAt.epochMicros, b.startedAt && -b.startedAt.epochMicros);

/** Largest group first, then latest failure, then by workflow, node, code and message. */
export function compareGroups(a: FailureGroup, b: FailureGroup): number {
  return (
    b.count - a.count ||
    compareByStart({ startedAt: a.lastSeenAt }, { startedAt: b.lastSeenAt }) ||
    compareText(a.name, b.name)
  );
}
