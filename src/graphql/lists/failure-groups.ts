/** Failure groups of one or several workflows. Steps are loaded of failed runs, and of others if selected. */
import { compareGroups, failureGroups, failureOf } from '../../domain/run/failure-groups.ts';
import { createFirstSeen } from '../../domain/run/group-history.ts';
import type { RunStatus } from '../../domain/status.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { RunsInWindow } from '../../runs/history/run-history.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import type { FurtherRuns } from '../fields/list-sizes.ts';
import type { FailureGroupInHistory } from '../object-references.ts';
import { resolvedGroups } from './resolved-groups.ts';
import { settleInTurns } from './settle.ts';
import { ofWorkflow } from './several-workflows.ts';

export interface RunsOfWorkflow extends RunsInWindow {
  readonly workflowId: string;
}

export interface FoundGroups {
  readonly groups: readonly FailureGroupInHistory[];
  /** Errors of failed runs that are in no group, since their steps could not be loaded. */
  readonly errors: readonly unknown[];
}

const having = (records: readonly RunRecord[], status: RunStatus): RunRecord[] =>
  records.filter((record) => record.status === status);

export async function groupsOf(found: RunsOfWorkflow, further: FurtherRuns, context: Context): Promise<FoundGroups> {
  const { workflowId, records, earlier, later, isFromBeginning } = found;
  const load = (record: RunRecord) => context.runs().loadWithSteps({ workflowId, runId: record.id });

  async function loadFailures(failed: readonly RunRecord[]) {
    const loadFailure = async (record: RunRecord) => {
      const run = await load(record);
      return { run, failure: failureOf(record, run, context.errorInfo) };
    };
    const settled = await settleInTurns(failed, loadFailure, context);
    return {
      failures: settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
      errors: settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : [])),
    };
  }

  const { failures, errors } = await loadFailures(having(records, 'FAILED'));
  const groups = failureGroups(
    workflowId,
    failures.map(({ failure }) => failure),
  );

  const firstSeen = once(async () => {
    const before = await loadFailures(having(earlier, 'FAILED').slice(0, further.earlier));
    // An answer with missing data is not cached, since the upstream may recover.
    if (before.errors.length > 0) context.lifetime.limit(0);
    return createFirstSeen({
      records: [...records, ...earlier],
      failures: [...failures, ...before.failures].map(({ failure }) => failure),
      isWhole: isFromBeginning,
    });
  });
  const resolved = once(() =>
    resolvedGroups({
      groups,
      failures,
      completed: having([...later, ...records], 'COMPLETED'),
      maxLoads: further.since,
      load: (record) =>
        load(record).catch(() => {
          context.lifetime.limit(0);
          return null;
        }),
    }),
  );
  return {
    groups: groups.map((group) => ({
      ...group,
      firstSeen: async () => (await firstSeen())(group),
      isResolved: async () => (await resolved())(group),
    })),
    errors,
  };
}

/** Latest `count` runs of all workflows together. The other runs of a workflow count as earlier ones. */
export function latestOfAll(found: readonly RunsOfWorkflow[], count: number): RunsOfWorkflow[] {
  const startOf = ({ startTime }: RunRecord): number => startTime?.epochMicros ?? Infinity;
  const starts = Float64Array.from(found.flatMap(({ records }) => records.map(startOf))).sort();
  const oldest = starts.at(-count) ?? -Infinity;
  // Of several runs with the oldest start, those of the first workflows count.
  let room = count - starts.filter((start) => start > oldest).length;
  return found.map(({ records, earlier, isFromBeginning, ...rest }) => {
    const isLatest = (record: RunRecord): boolean => {
      const start = startOf(record);
      return start > oldest || (start === oldest && (room -= 1) >= 0);
    };
    const latest = new Set(records.filter(isLatest));
    const others = records.filter((record) => !latest.has(record));
    return { ...rest, records: [...latest], earlier: [...others, ...earlier], isFromBeginning };
  });
}

/** Groups sorted by `compareGroups`, then the errors of runs with their workflows. */
export async function groupsOfAll(
  found: readonly RunsOfWorkflow[],
  further: FurtherRuns,
  context: Context,
): Promise<readonly FailureGroupInHistory[]> {
  const ofEach = await Promise.all(
    found.map(async (runs) => {
      const { groups, errors } = await groupsOf(runs, further, context);
      const named = errors.map((error) => (error instanceof GatewayError ? ofWorkflow(error, runs.workflowId) : error));
      return { groups, errors: named };
    }),
  );
  return listOf({
    groups: ofEach.flatMap(({ groups }) => groups).sort(compareGroups),
    errors: ofEach.flatMap(({ errors }) => errors),
  });
}

/** An error in the list becomes null with that error. The generated types do not allow an Error in a list. */
export const listOf = ({ groups, errors }: FoundGroups): readonly FailureGroupInHistory[] => [
  ...groups,
  ...(errors as readonly FailureGroupInHistory[]),
];

function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
}
