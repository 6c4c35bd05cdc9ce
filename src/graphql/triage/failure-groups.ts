/** Failure groups of one or more workflows, in order. */
import type { GraphQLResolveInfo } from 'graphql';
import { runCost, type Cost } from '../../domain/cost/cost.ts';
import { compareNullsLast } from '../../domain/order.ts';
import { compareGroups, failureGroups, type FailureGroup } from '../../domain/workflow/failure-groups.ts';
import {
  affectedRuns,
  beginningOf,
  type FailureState,
  type GroupHistory,
} from '../../domain/workflow/group-history.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { Context } from '../context.ts';
import { loadForFigure, loadInTurns } from '../lists/settle.ts';
import { once } from '../once.ts';
import type { FailureGroupInHistory, FailureGroupOrder, FoundFailureGroups } from '../object-references.ts';
import { changesBefore } from './changes.ts';
import { commonInputsOf } from './common-inputs.ts';
import {
  examineCompletions,
  examineFailures,
  Examination,
  loadAll,
  newestFirst,
  startForOrder,
  type GroupsOfWorkflow,
  type RunsOfWorkflow,
} from './examination.ts';

/** Errors of failed runs that are in no group are reported next to the list. */
export async function findFailureGroups(
  found: readonly RunsOfWorkflow[],
  orderBy: FailureGroupOrder,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<FoundFailureGroups> {
  const examinations = found.map((runs) => new Examination(runs, context));
  const failed = examinations.flatMap((examination) =>
    examination.window.filter(({ status }) => status === 'FAILED').map((record) => ({ examination, record })),
  );
  await loadAll(newestFirst(failed), context);
  const examined = examinations.map((examination) => ({
    examination,
    groups: failureGroups(examination.workflowId, examination.failures),
  }));
  const notLoaded = () => examinations.reduce((sum, { errors }) => sum + errors.size, 0);
  const runsRequested = examinations.reduce((sum, { window }) => sum + window.length, 0);
  const runsExamined = runsRequested - notLoaded();
  for (const { workflowId, errors } of examinations)
    for (const error of errors.values()) context.reported.add(error, info, workflowId);

  const claims = claimsOf(examined, context);
  const nodes = await inOrder(
    examined.flatMap(({ groups, examination }) => groups.map((group) => claims(group, examination))),
    orderBy,
  );
  return {
    nodes,
    isComplete: found.every(({ isWhole }) => isWhole),
    runsRequested,
    runsExamined,
    async runsNotLoaded() {
      await Promise.all(nodes.slice(0, 1).map((group) => group.judged()));
      return notLoaded();
    },
  };
}

/** All groups of an operation share the additional runs. */
export function claimsOf(
  examined: readonly GroupsOfWorkflow[],
  context: Context,
): (group: FailureGroup, examination: Examination) => FailureGroupInHistory {
  const histories = () => new Map(examined.map(({ examination }) => [examination, examination.history()] as const));
  const failuresExamined = once(async () => {
    await examineFailures(examined, context);
    return histories();
  });
  const completionsExamined = once(async () => {
    await failuresExamined();
    await examineCompletions(examined, context);
    return histories();
  });
  return (group, examination) => {
    const historyIn = (all: ReturnType<typeof histories>): GroupHistory =>
      (all.get(examination) ?? examination.history())(group);
    const history = once(async () => historyIn(await failuresExamined()));
    const judged = once(async () => historyIn(await completionsExamined()));
    const began = async () => {
      const known = await history();
      // Other failures can't have returned, so their completed runs need not be loaded.
      return beginningOf(known.hasLongGap || examination.later.length > 0 ? await judged() : known);
    };
    return {
      ...group,
      history,
      judged,
      finishedCount: once(async () => {
        const { firstSeenAt } = await history();
        return firstSeenAt && affectedRuns(firstSeenAt, examination);
      }),
      estimatedCost: once(() => costOf(group, context)),
      suspectedChanges: once(async () => changesBefore(examination, group.nodeId, await began(), context)),
      commonInputs: once(() => commonInputsOf(group, examination, context)),
    };
  };
}

export async function affectedRate({ count, finishedCount }: FailureGroupInHistory): Promise<number | null> {
  const finished = await finishedCount();
  return finished && count / finished;
}

/** Its runs were loaded with their steps. */
async function costOf({ workflowId, runIds }: FailureGroup, context: Context): Promise<Cost | null> {
  const { prices } = context;
  if (!prices) return null;
  const load = (runId: string) => loadForFigure({ workflowId, runId }, context);
  const runs = await loadInTurns(runIds, load, context);
  return runCost(
    runs.flatMap((run) => run?.steps ?? []),
    prices,
  );
}

/** Groups with equal keys keep the order of `compareGroups`. */
async function inOrder(
  groups: readonly FailureGroupInHistory[],
  orderBy: FailureGroupOrder,
): Promise<readonly FailureGroupInHistory[]> {
  const sorted = groups.toSorted(compareGroups);
  const keys = await Promise.all(sorted.map((group) => ORDERS[orderBy](group)));
  return sorted
    .map((group, at) => ({ group, key: keys[at] ?? [] }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ group }) => group);
}

type Key = readonly (number | null)[];

/** Most urgent first. */
const URGENCY: Readonly<Record<FailureState, number>> = { NEW: 0, RETURNED: 0, ONGOING: 1, UNKNOWN: 1, RESOLVED: 2 };

/** Smallest key first. */
const ORDERS: Readonly<Record<FailureGroupOrder, (group: FailureGroupInHistory) => Promise<Key>>> = {
  async IMPACT(group) {
    const [{ state }, rate] = await Promise.all([group.judged(), affectedRate(group)]);
    return [URGENCY[state], -group.count * (rate ?? 0)];
  },
  COUNT: () => Promise.resolve([]),
  RECENT: ({ lastSeenAt }) => Promise.resolve([lastSeenAt && -lastSeenAt.epochMicros]),
  async COST(group) {
    const amount = (await group.estimatedCost())?.amount ?? null;
    return [amount === null ? null : -amount];
  },
};

const compareKeys = (a: Key, b: Key): number =>
  a.reduce<number>((order, key, at) => order || compareNullsLast(key, b[at] ?? null), 0);

/** Latest `count` runs across all workflows. The remaining runs of a workflow count as earlier ones. */
export function latestOfAll(found: readonly RunsOfWorkflow[], count: number): RunsOfWorkflow[] {
  const starts = Float64Array.from(found.flatMap(({ records }) => records.map(startForOrder))).sort();
  const oldest = starts.at(-count) ?? -Infinity;
  // If several runs share the oldest start, those of the first workflows count.
  let room = count - starts.filter((start) => start > oldest).length;
  return found.map(({ records, earlier, isWhole, ...rest }) => {
    const isLatest = (record: RunRecord): boolean => {
      const start = startForOrder(record);
      return start > oldest || (start === oldest && (room -= 1) >= 0);
    };
    const latest = new Set(records.filter(isLatest));
    const others = records.filter((record) => !latest.has(record));
    return {
      ...rest,
      records: [...latest],
      earlier: [...others, ...earlier],
      isWhole: isWhole && others.length === 0,
    };
  });
}
