/** Resolved failures: the node has completed in a run that started after the last failure. */
import type { Failure, FailureGroup } from '../../domain/run/failure-groups.ts';
import { compareNullsLast, compareText } from '../../domain/order.ts';
import type { Run, RunRecord } from '../../domain/types.ts';

export interface ResolvedGroupsRequest {
  readonly groups: readonly FailureGroup[];
  /** Failed runs. Other nodes may have completed in them. */
  readonly failures: readonly { readonly run: Run | null; readonly failure: Failure }[];
  readonly completed: readonly RunRecord[];
  /** Maximum number of completed runs to load, newest first, while a group is undecided. */
  readonly maxLoads: number;
  /** Returns null if the steps cannot be loaded. */
  readonly load: (record: RunRecord) => Promise<Run | null>;
}

export async function resolvedGroups(request: ResolvedGroupsRequest): Promise<(group: FailureGroup) => boolean> {
  const { groups, failures, completed, maxLoads, load } = request;
  /** Latest start of a run in which the node completed. The key null means a run without a failed node. */
  const completedFrom = new Map<string | null, number>();
  const note = (nodeId: string | null, start: number) =>
    completedFrom.set(nodeId, Math.max(start, completedFrom.get(nodeId) ?? start));
  const noteNodes = (run: Run | null, start: number) => {
    for (const { nodeId, status } of run?.latestAttempts ?? []) if (status === 'COMPLETED') note(nodeId, start);
  };
  const isBefore = ({ lastSeenAt }: FailureGroup, start: number | undefined): boolean =>
    lastSeenAt !== null && start !== undefined && start > lastSeenAt.epochMicros;
  const isResolved = (group: FailureGroup): boolean => isBefore(group, completedFrom.get(group.nodeId));

  for (const { run, failure } of failures) if (failure.startedAt) noteNodes(run, failure.startedAt.epochMicros);
  let loads = 0;
  for (const record of completed.toSorted(newestFirst)) {
    if (!record.startTime) break;
    const start = record.startTime.epochMicros;
    note(null, start);
    if (loads === maxLoads || !groups.some((group) => isBefore(group, start) && !isResolved(group))) break;
    loads += 1;
    noteNodes(await load(record), start);
  }
  return isResolved;
}

const newestFirst = (a: RunRecord, b: RunRecord): number =>
  compareNullsLast(a.startTime && -a.startTime.epochMicros, b.startTime && -b.startTime.epochMicros) ||
  compareText(a.id, b.id);
