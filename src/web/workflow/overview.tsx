/** Description of a workflow, its last change, and figures of its latest runs. */
import type { WorkflowQuery } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { Ago } from '../time/time.tsx';
import { Fact, Facts } from '../shell/facts.tsx';

export function Overview({ workflow }: { readonly workflow: NonNullable<WorkflowQuery['workflow']> }) {
  const { description, statistics, updatedAt } = workflow;
  return (
    <>
      {description != null && (
        <p className="muted workflow-description" title={description}>
          <bdi>{description}</bdi>
        </p>
      )}
      <Facts>
        <Fact name="Success rate" hint="Completed runs as a part of the finished ones">
          {formatShare(statistics?.successRate)}
        </Fact>
        <Fact name="Failed">{formatCount(statistics?.failedCount)}</Fact>
        <Fact name="Latest runs" hint="How many runs these figures are of">
          {formatCount(statistics?.runCount)}
        </Fact>
        <Fact name="Median" hint="Half of the finished runs took at most this long">
          {formatDuration(statistics?.wallClockMs?.p50)}
        </Fact>
        <Fact name="p95" hint="95 % of the finished runs took at most this long">
          {formatDuration(statistics?.wallClockMs?.p95)}
        </Fact>
        <Fact name="Slowest">{formatDuration(statistics?.wallClockMs?.max)}</Fact>
        <Fact name="Updated" hint="When the workflow itself was last changed">
          <Ago at={updatedAt} />
        </Fact>
      </Facts>
    </>
  );
}
