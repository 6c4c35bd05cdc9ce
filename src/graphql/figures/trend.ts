/** Trend of the runs of one or more workflows: equal time buckets, or whole calendar units. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Calendar } from '../../domain/workflow/calendar.ts';
import { equalParts, trendOf, type CutTime, type TrendBucket } from '../../domain/workflow/trend.ts';
import { usageTrends, type RunOfUsage, type UsageTrend } from '../../domain/workflow/usage-trend.ts';
import { timestampOfMicros } from '../../domain/timestamp.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import { checkBuckets, checkLast, MAX_LIST_SIZE, timeWindow } from '../arguments.ts';
import type { Context } from '../context.ts';
import type { TrendBucketOfWorkflow, UsageBucketOfWorkflows } from '../object-references.ts';
import { once } from '../once.ts';
import { readable } from '../lists/several-workflows.ts';
import { loadStepUsages } from './step-usages.ts';

type TrendArgs = Parameters<typeof timeWindow>[0] & {
  readonly last: number;
  readonly buckets: number;
  readonly interval?: Calendar['interval'] | null | undefined;
  readonly timeZone: string;
};

export async function trendIn(workflowId: string, args: TrendArgs, context: Context): Promise<TrendBucketOfWorkflow[]> {
  const { history, prices, nowMs, stepUsages } = context;
  const window = timeWindow(args);
  const count = checkLast(args.last);
  const cut = await cutBy(args);
  const { records, isWhole } = await history.within({ workflowId, count, window });
  // Runs may still start in a unit that isn't over.
  const now = args.interval ? nowMs * 1000 : Infinity;
  const trend = trendOf(records, cut, { ...window, isWhole, now });
  if (trend.length > MAX_LIST_SIZE) throw tooManyBuckets();

  async function runsAt(at: number, loadSteps: boolean): Promise<readonly RunOfUsage[]> {
    const load = () => loadStepUsages(workflowId, records, context);
    const found = loadSteps ? await stepUsages(records, load) : null;
    return (trend[at]?.records ?? []).map((record) => ({ record, steps: found ? (found.get(record) ?? null) : [] }));
  }
  // Computed once for all buckets, so the work of several buckets doesn't add up in one turn.
  const findUsages = async (loadSteps: boolean): Promise<readonly (UsageTrend | null)[]> =>
    inPieces(usageTrends(await Promise.all(trend.map((_, at) => runsAt(at, loadSteps))), prices));
  const usages = { ofRecords: once(() => findUsages(false)), withSteps: once(() => findUsages(true)) };
  return trend.map((bucket, at) => ({
    ...bucket,
    workflowId,
    runsOfUsage: (loadSteps) => runsAt(at, loadSteps),
    usage: async (loadSteps) => (await (loadSteps ? usages.withSteps() : usages.ofRecords()))[at] ?? null,
    before: async () => (await trendIn(workflowId, timeBefore(bucket, args.last), context))[0] ?? null,
  }));
}

/** Trends of several workflows as one, with equal times. */
export async function usageIn(
  workflowIds: readonly string[],
  args: TrendArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<UsageBucketOfWorkflows[]> {
  const trends = await readable(workflowIds, context.reported, info, (id) => trendIn(id, args, context));
  const [first = []] = trends;
  return first.map(({ startedAt, endedAt }, at) => {
    const buckets = trends.flatMap((trend) => trend[at] ?? []);
    const sum = (name: 'runCount' | 'failedCount') => buckets.reduce((total, bucket) => total + bucket[name], 0);
    return {
      ...{ startedAt, endedAt, runCount: sum('runCount'), failedCount: sum('failedCount') },
      isComplete: buckets.every(({ isComplete }) => isComplete),
      byWorkflow: buckets.filter(({ runCount }) => runCount > 0),
      async usage(loadSteps) {
        const runs = await Promise.all(buckets.map((bucket) => bucket.runsOfUsage(loadSteps)));
        const [usage] = await inPieces(usageTrends([runs.flat()], context.prices));
        return usage ?? null;
      },
      async before(ofBefore) {
        const earlier = timeBefore({ startedAt, endedAt }, args.last);
        return (await usageIn(workflowIds, earlier, context, ofBefore))[0] ?? null;
      },
    };
  });
}

/** The preceding bucket of the same length. */
function timeBefore({ startedAt, endedAt }: Pick<TrendBucket, 'startedAt' | 'endedAt'>, last: number): TrendArgs {
  const startedAfter = timestampOfMicros(2 * startedAt.epochMicros - endedAt.epochMicros);
  return { startedAfter, startedBefore: startedAt, last, buckets: 1, timeZone: 'UTC' };
}

async function cutBy({ interval, timeZone, buckets }: TrendArgs): Promise<CutTime> {
  if (!interval) return equalParts(checkBuckets(buckets));
  // Loading the calendar takes 30 ms, so it isn't done at startup.
  const { calendarParts, isTimeZone } = await import('../../domain/workflow/calendar.ts');
  if (!isTimeZone(timeZone)) {
    const got = JSON.stringify(timeZone.slice(0, 100));
    throw new GatewayError(
      'BAD_USER_INPUT',
      `timeZone must be an IANA time zone such as "America/New_York", got ${got}.`,
    );
  }
  // One more than allowed reveals that there are too many.
  return calendarParts({ interval, timeZone }, MAX_LIST_SIZE + 1);
}

const tooManyBuckets = (): GatewayError =>
  new GatewayError(
    'BAD_USER_INPUT',
    `interval must produce at most ${MAX_LIST_SIZE} buckets, got more. Choose a longer interval or a shorter window.`,
  );
