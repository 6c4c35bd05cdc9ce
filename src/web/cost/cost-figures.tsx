/** Total cost of runs and its breakdown by time, workflow and model, for all workflows or a chosen one. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import type { Column } from '../controls/data-table.tsx';
import { CHANGE, ChangeLine } from '../failures/changes.tsx';
import { formatChange, formatCount } from '../format/numbers.ts';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { errorsThat } from '../live/errors.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { useMinute } from '../time/now.ts';
import { useUrl } from '../url/url.ts';
import { CostChart } from './cost-chart.tsx';
import { missingOf, useCost, type CostFigures as Figures, type CostOfTime } from './cost-query.ts';
import { partName, type Span } from './span.ts';
import { byCost, costOf, modelName, type Counted } from './usage.ts';
import { Amount, FailedCost, LeftOut, modelClass, RUN_COLUMNS, UsageTable, type RunsRow } from './usage-table.tsx';

export interface CostFiguresProps {
  /** `null` for all, `undefined` until known. */
  readonly workflowIds: readonly string[] | null | undefined;
  readonly nameOf: (workflowId: string) => string;
  /** The chosen workflow. */
  readonly workflowId: string | null;
  readonly span: Span;
}

/** Expected number of rows, so that the content below doesn't jump far. */
const ROWS = 12;

export function CostFigures({ workflowIds, nameOf, workflowId, span }: CostFiguresProps) {
  const nowMs = useMinute();
  const { figures, isCounting, error, refetch } = useCost(workflowIds, span);
  const changes = useModelChanges(workflowId);
  const unreadable = unreadableOf(error);
  const problem = errorsThat(error, ({ extensions }) => extensions?.workflowId === undefined);
  if (!figures) {
    return error ? <Failure error={error} what="cost" onRetry={refetch} /> : <Skeleton what="the cost" rows={ROWS} />;
  }
  const { total, earlier, parts, earlierParts } = figures;
  const usage = total?.usage;
  const byModel = usage?.byModel.toSorted(byCost) ?? [];
  const models = byModel.map(modelName);
  const currency = costOf(usage)?.currency ?? costOf(earlier?.usage)?.currency;
  const changesOf = ({ startedAt, endedAt }: Pick<CostOfTime, 'startedAt' | 'endedAt'>) =>
    changes.filter(({ at }) => Date.parse(at) >= Date.parse(startedAt) && Date.parse(at) < Date.parse(endedAt));
  const isMissing = missingOf(total) + missingOf(earlier) > 0;
  return (
    <section className="stack" aria-label="Cost by time, workflow and model" aria-busy={isMissing}>
      {problem && <Failure error={problem} what="cost" isPartial onRetry={refetch} />}
      {unreadable.size > 0 && (
        <p className="bad">
          Without {[...unreadable].map(nameOf).join(', ')}: {unreadable.size === 1 ? 'its' : 'their'} runs could not be
          read.
        </p>
      )}
      {isMissing && (
        <p role="status">
          <Counting figures={figures} isCounting={isCounting} span={span} />
        </p>
      )}
      {total && total.runCount + (earlier?.runCount ?? 0) > 0 ? (
        <Facts>
          <Fact name="Cost" hint={`Of runs that started in these ${span.words}, up to now`}>
            <Amount usage={usage} /> <strong className="fact-part">{!isMissing && changeText(total, earlier)}</strong>
            <LeftOut stepsUnpriced={costOf(usage)?.stepsUnpriced} runsNotReporting={usage?.runsNotReporting} />
          </Fact>
          <Fact name={`${span.words} before`} hint="Up to the same moment: half a day is not compared with a whole one">
            {earlier && earlier.runCount > 0 ? (
              <Amount usage={earlier.usage} />
            ) : (
              <span className="muted">no runs</span>
            )}
            {earlier?.isComplete === false && ' or more'}
          </Fact>
          <Fact name="Cost of failed runs">
            <FailedCost usage={usage ?? null} failedCount={total.failedCount} />
          </Fact>
          <Fact name="Failed runs">
            {formatCount(total.failedCount)} <span className="fact-part">of {formatCount(total.runCount)}</span>
          </Fact>
          <Fact name="Tokens">{usage ? formatCount(usage.counts.totalTokens) : 'not reported'}</Fact>
        </Facts>
      ) : (
        unreadable.size === 0 && <NoRuns span={span} />
      )}
      {usage?.estimatedCost === null && (
        <p className="muted">TOKEN_PRICES is not set on this gateway, so only tokens are known.</p>
      )}
      {currency !== undefined && (
        <CostChart {...{ span, parts, earlierParts, models, currency }} changedAt={changes.map(({ at }) => at)} />
      )}
      <div className="cost-tables">
        <div className="stack">
          {workflowId === null && figures.workflows.length > 0 && <WorkflowTable {...{ figures, models, span }} />}
          {byModel.length > 0 && (
            <UsageTable
              of="Model"
              models={models}
              rows={byModel.map((ofModel, index) => ({
                key: modelName(ofModel),
                label: modelName(ofModel),
                name: (
                  <>
                    <span className={`swatch ${modelClass(index)}`} aria-hidden="true" />
                    {modelName(ofModel)}
                  </>
                ),
                usage: { ...ofModel, byModel: [ofModel] },
              }))}
            />
          )}
        </div>
        {total && total.runCount > 0 && (
          <UsageTable
            of={span.part}
            models={models}
            columns={changes.length === 0 ? RUN_COLUMNS : [...RUN_COLUMNS, CHANGES]}
            rows={parts
              .filter(({ runCount }) => runCount > 0)
              .toReversed()
              .map((part) => ({
                ...part,
                key: part.startedAt,
                label: part.startedAt,
                name: partName(span, part.startedAt),
                isOver: Date.parse(part.endedAt) <= nowMs,
                usage: part.usage ?? null,
                changes: changesOf(part).map((change) => (
                  <ChangeLine key={change.at + (change.nodeId ?? '')} changes={[change.masked]} ofNode={null} />
                )),
              }))}
          />
        )}
      </div>
    </section>
  );
}

interface CountingProps {
  readonly figures: Figures;
  /** Whether more runs are still being counted. */
  readonly isCounting: boolean;
  readonly span: Span;
}

/** The one sentence about runs whose cost is still missing. */
function Counting({ figures: { total, earlier }, isCounting, span }: CountingProps) {
  const isOfTotal = missingOf(total) > 0;
  const { runCount = 0 } = (isOfTotal ? total : earlier) ?? {};
  const missing = missingOf(isOfTotal ? total : earlier);
  const runs = `${formatCount(runCount)} runs${isOfTotal ? '' : ` of the ${span.words} before`}`;
  if (isCounting) return `Counting ${formatCount(runCount - missing)} of ${runs}`;
  return `${formatCount(missing)} of ${runs} could not be read, so their cost is missing.`;
}

/** Difference from the previous period. Empty unless both are completely known. */
function changeText(total: CostOfTime, earlier: CostOfTime | undefined): string {
  const before = costOf(earlier?.usage)?.amount ?? 0;
  const now = costOf(total.usage)?.amount;
  if (now == null || before === 0 || !total.isComplete || earlier?.isComplete !== true) return '';
  return formatChange(now / before - 1);
}

const NoRuns = ({ span }: { readonly span: Span }) => (
  <Empty title={`No runs in these ${span.words}`}>
    <p>{span.name === '30d' ? 'Start a run on the page of its workflow.' : 'Choose a longer period above.'}</p>
  </Empty>
);

interface WorkflowRow extends RunsRow {
  readonly earlier: Counted | undefined;
  readonly isEarlierComplete: boolean;
}

const earlierColumn = ({ words }: Span): Column<WorkflowRow> => ({
  name: `${words} before`,
  isNumber: true,
  sortBy: ({ earlier }) => costOf(earlier)?.amount ?? null,
  cell: ({ earlier, isEarlierComplete }) => (
    <>
      {earlier === undefined ? <span className="muted">no runs</span> : <Amount usage={earlier} />}
      {!isEarlierComplete && ' or more'}
    </>
  ),
});

interface WorkflowTableProps {
  readonly figures: Figures;
  readonly models: readonly string[];
  readonly span: Span;
}

function WorkflowTable({ figures, models, span }: WorkflowTableProps) {
  const url = useUrl();
  const rows = figures.workflows.map(({ name, ...workflow }) => {
    const earlier = figures.earlierWorkflows.find(({ id }) => id === workflow.id);
    return {
      ...workflow,
      key: workflow.id,
      label: name ?? workflow.id,
      name: (
        <Link to={url.link({ workflow: workflow.id })} data-row>
          <bdi>{name ?? workflow.id}</bdi>
        </Link>
      ),
      usage: workflow.usage ?? null,
      earlier: earlier && (earlier.usage ?? null),
      isEarlierComplete: earlier?.isComplete ?? true,
    };
  });
  const [failed, ...others] = RUN_COLUMNS;
  return (
    <UsageTable
      of="Workflow"
      models={models}
      columns={[...(failed ? [failed] : []), earlierColumn(span), ...others]}
      rows={rows.toSorted((one, other) => byCost(one.usage, other.usage))}
    />
  );
}

interface PartRow extends RunsRow {
  readonly changes: readonly ReactNode[];
}

const CHANGES: Column<PartRow> = { name: 'Model changes', cell: ({ changes }) => changes };

/** Workflows missing from all totals. */
function unreadableOf(error: Error | undefined): ReadonlySet<string> {
  const errors = CombinedGraphQLErrors.is(error) ? error.errors : [];
  return new Set(errors.map(({ extensions }) => extensions?.workflowId).filter((id) => typeof id === 'string'));
}

const MODEL_CHANGES = graphql(`
  query ModelChanges($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      changePoints(last: 100) {
        nodes {
          ...Change
        }
      }
    }
  }
`);

/** Nodes of a chosen workflow: the nodes of all would load the steps of many runs. */
function useModelChanges(workflowId: string | null) {
  const { value } = useGatewayQuery(MODEL_CHANGES, {
    variables: workflowId === null ? null : { workflowId },
    read: (data) => data.workflow?.changePoints?.nodes,
    ...REFRESHED,
  });
  return (value ?? []).flatMap((masked) => {
    const { at, kind, nodeId } = readFragment(CHANGE, masked);
    return kind === 'MODEL' ? [{ masked, at, nodeId }] : [];
  });
}
