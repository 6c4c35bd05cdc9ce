/** What runs cost in all, by model and by time: of all workflows, or of a chosen one. */
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { CHANGE, ChangeLine } from '../failures/changes.tsx';
import { formatCount } from '../format/numbers.ts';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure, Skeleton } from '../shell/notices.tsx';
import { useMinute } from '../time/now.ts';
import { partName, TIME_ZONE, type Span } from './span.ts';
import {
  byPrice,
  failedPriceOf,
  modelName,
  priceOf,
  priceText,
  USAGE,
  type SpendingPart,
  type Usage,
} from './usage.ts';
import { LeftOut, modelClass, UsageTable } from './usage-table.tsx';

const SPENDING = graphql(`
  query Spending(
    $workflowIds: [ID!]
    $startedAfter: DateTime!
    $startedBefore: DateTime!
    $interval: TrendInterval!
    $timeZone: String!
  ) {
    total: usage(workflowIds: $workflowIds, startedAfter: $startedAfter, startedBefore: $startedBefore) {
      isComplete
      runCount
      failedCount
      usage(loadSteps: true) {
        ...Usage
      }
      before {
        isComplete
        usage(loadSteps: true) {
          ...Usage
        }
      }
    }
    parts: usage(
      workflowIds: $workflowIds
      startedAfter: $startedAfter
      startedBefore: $startedBefore
      interval: $interval
      timeZone: $timeZone
    ) {
      startedAt
      endedAt
      isComplete
      runCount
      usage(loadSteps: true) {
        ...Usage
      }
    }
  }
`);

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

export interface SpendingProps {
  /** Null: all. Undefined: not known yet. */
  readonly workflowIds: readonly string[] | null | undefined;
  /** Chosen. */
  readonly workflowId: string | null;
  readonly span: Span;
  readonly window: { readonly startedAfter: string; readonly startedBefore: string };
}

/** Expected, so that what comes below the tables does not jump far. */
const MOST_MODELS = 8;

export function Spending({ workflowIds, workflowId, span, window }: SpendingProps) {
  const nowMs = useMinute();
  const { value, error, refetch } = useGatewayQuery(SPENDING, {
    variables:
      workflowIds === undefined ? null : { workflowIds, interval: span.interval, timeZone: TIME_ZONE, ...window },
    read: (data) => (data.total && data.parts ? data : null),
    ...REFRESHED,
  });
  const changes = useModelChanges(workflowId);
  if (!value) {
    return error ? (
      <Failure error={error} what="cost" onRetry={refetch} />
    ) : (
      <Skeleton what="the cost" rows={span.parts + MOST_MODELS} />
    );
  }
  const total = value.total?.[0];
  const usage = readFragment(USAGE, total?.usage);
  const before = total?.before?.isComplete === true ? readFragment(USAGE, total.before.usage) : null;
  const byModel = usage?.byModel.toSorted(byPrice) ?? [];
  const models = byModel.map(modelName);
  const parts = value.parts?.filter(({ runCount }) => runCount > 0).toReversed() ?? [];
  const changesOf = ({ startedAt, endedAt }: SpendingPart) => {
    const some = changes.filter(
      ({ at }) => Date.parse(at) >= Date.parse(startedAt) && Date.parse(at) < Date.parse(endedAt),
    );
    return some.map((change) => (
      <ChangeLine key={change.at + (change.nodeId ?? '')} changes={[change.masked]} ofNode={null} />
    ));
  };
  return (
    <>
      {error && <Failure error={error} what="cost" isPartial onRetry={refetch} />}
      <Facts>
        <Fact name="Price" hint={`Of runs that started in these ${span.words}, up to now`}>
          <Estimate usage={usage} />
        </Fact>
        <Fact name={`${span.words} before`} hint="– if not all of its runs could be read">
          <Estimate usage={before} />
        </Fact>
        <Fact name="Price of failed runs">{priceText(failedPriceOf(usage))}</Fact>
        <Fact name="Failed runs">
          {formatCount(total?.failedCount)} <span className="fact-part">of {formatCount(total?.runCount)}</span>
        </Fact>
        <Fact name="Tokens">{formatCount(usage?.counts.totalTokens)}</Fact>
      </Facts>
      {parts.length === 0 && <p className="muted">No runs in this time.</p>}
      {byModel.length > 0 && (
        <UsageTable
          of="Model"
          order="PRICE"
          models={models}
          rows={byModel.map((ofModel, index) => ({
            key: modelName(ofModel),
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
      {parts.length > 0 && (
        <UsageTable
          of={span.part}
          order="TIME"
          models={models}
          rows={parts.map((part) => ({
            key: part.startedAt,
            name: partName(span, part.startedAt),
            runCount: part.runCount,
            isComplete: part.isComplete,
            isOver: Date.parse(part.endedAt) <= nowMs,
            usage: readFragment(USAGE, part.usage),
            ...(changes.length > 0 && { changes: changesOf(part) }),
          }))}
        />
      )}
    </>
  );
}

/** A price, and what it leaves out. */
const Estimate = ({ usage }: { readonly usage: Usage | null | undefined }) => (
  <>
    {priceText(priceOf(usage))}{' '}
    <LeftOut stepsUnpriced={usage?.estimatedCost?.stepsUnpriced} runsNotReporting={usage?.runsNotReporting} />
  </>
);

/** Of a chosen workflow: those of all would load the steps of many runs. */
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
