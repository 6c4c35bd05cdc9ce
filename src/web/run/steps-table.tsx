/** Table of a run's steps, with a search and a filter for failed steps. Only visible rows are rendered. */
import { useMemo, useRef, type ReactNode } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useFragment } from '@apollo/client/react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { StepPriceFragment } from '../__generated__/graphql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { SearchField } from '../controls/search-field.tsx';
import { SortButton } from '../controls/sort-button.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCost, formatCount, formatShare, NOT_REPORTED } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Empty } from '../shell/notices.tsx';
import { StatusBadge } from '../status/status.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { markOf } from '../text/mark.ts';
import { Name } from '../text/name.tsx';
import { useUrl } from '../url/url.ts';
import { figuresEveryMs } from './freshness.tsx';
import type { ListedStep } from './steps.ts';

const STEP_FIGURES = graphql(`
  fragment StepFigures on Step {
    workflowId
    runId
    id
    error
    tokenUsage {
      counts {
        totalTokens
      }
    }
  }
`);

const STEP_PRICE = graphql(`
  fragment StepPrice on Step {
    workflowId
    runId
    id
    estimatedCost {
      amount
      currency
    }
  }
`);

/** Separate query: with all other fields, ten thousand steps would exceed the object limit of an operation. */
const FIGURES_OF_STEPS = graphql(`
  query FiguresOfSteps($workflowId: ID!, $id: ID!, $orderBy: StepOrder, $hasPrices: Boolean!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      estimatedCost @include(if: $hasPrices) {
        currency
      }
      ordered: steps(orderBy: $orderBy) {
        id
        ...StepFigures
        ...StepPrice @include(if: $hasPrices)
      }
    }
  }
`);

/** With their prices, more steps would exceed the object limit of an operation. */
const MOST_PRICED = 5000;

const ROW_PX = 34;

interface StepRow {
  readonly step: ListedStep;
  readonly error: string | null | undefined;
  readonly tokens: number | null | undefined;
  readonly cost: StepPriceFragment['estimatedCost'] | undefined;
}

interface StepColumn {
  readonly name: string;
  /** Whether the table can be sorted by it. */
  readonly field?: 'DURATION' | 'TOKENS' | 'COST';
  readonly className?: string;
  readonly cell: (row: StepRow) => ReactNode;
}

const COLUMNS: readonly StepColumn[] = [
  { name: 'Node', className: 'ellipsis', cell: ({ step }) => <StepLink step={step} /> },
  { name: 'Status', className: 'ellipsis', cell: ({ step }) => <StatusBadge status={step.status} /> },
  { name: 'Starts at', cell: ({ step }) => formatDuration(step.offsetMs) },
  { name: 'Duration', field: 'DURATION', cell: ({ step }) => formatDuration(step.durationMs) },
  { name: 'Idle before', cell: ({ step }) => formatDuration(step.gapBeforeMs) },
  { name: 'Share of run', cell: ({ step }) => formatShare(step.shareOfRun) },
  { name: 'Tokens', field: 'TOKENS', cell: ({ tokens }) => formatCount(tokens) },
];

const ERROR: StepColumn = {
  ...{ name: 'Error', className: 'error ellipsis' },
  cell: ({ error }) => <span title={error ?? undefined}>{headlineOf(error ?? '')}</span>,
};

const PRICE: StepColumn = {
  ...{ name: 'Cost', field: 'COST' },
  cell: ({ cost }) => (cost ? formatCost(cost.amount, cost.currency) : NOT_REPORTED),
};

export interface StepsTableProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly steps: readonly ListedStep[];
  /** Whether the steps could be loaded. The top of the page shows why not. */
  readonly areKnown: boolean;
  readonly isFinal: boolean;
}

export default function StepsTable({ workflowId, runId, steps, areKnown, isFinal }: StepsTableProps) {
  const url = useUrl();
  const { sort: field } = url.params;
  const { value: figures } = useGatewayQuery(FIGURES_OF_STEPS, {
    variables: {
      workflowId,
      id: runId,
      orderBy: field ? { field, direction: 'DESC' } : null,
      hasPrices: steps.length <= MOST_PRICED,
    },
    read: (data) => data.run,
    keepsPrevious: true,
    pollInterval: isFinal ? 0 : figuresEveryMs(steps.length),
    version: String(isFinal),
  });
  const failedOnly = url.params.status.includes('FAILED');
  const wanted = url.params.find?.toLowerCase() ?? '';
  const ordered = useMemo(() => (field ? inOrder(steps, figures?.ordered ?? []) : steps), [field, steps, figures]);
  const shown = useMemo(() => {
    const known = (figures?.ordered ?? []).flatMap((step) => (step ? [readFragment(STEP_FIGURES, step)] : []));
    const errors = new Map(known.map(({ id, error }) => [id, error]));
    const hasText = ({ id, nodeId, itemKey }: ListedStep) =>
      [nodeId, itemKey, errors.get(id)].some((text) => text?.toLowerCase().includes(wanted));
    return ordered.filter((step) => (!failedOnly || step.status === 'FAILED') && (wanted === '' || hasText(step)));
  }, [ordered, figures, failedOnly, wanted]);
  const hasErrors = steps.some(({ status }) => status === 'FAILED');
  const columns = [
    ...COLUMNS.slice(0, 2),
    ...(hasErrors ? [ERROR] : []),
    ...COLUMNS.slice(2),
    ...(figures?.estimatedCost ? [PRICE] : []),
  ];
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });

  return (
    <>
      <div className="toolbar steps-bar">
        <label className="inline">
          <input
            type="checkbox"
            checked={failedOnly}
            onChange={({ target }) => url.go({ status: target.checked ? ['FAILED'] : null })}
          />
          Failed steps only
        </label>
        <SearchField
          label="Search steps"
          placeholder="Node, item or error"
          value={url.params.find ?? ''}
          onChange={(find) => url.type({ find })}
        />
      </div>
      {areKnown && shown.length === 0 && (
        <Empty title={wanted !== '' ? 'No such step' : failedOnly ? 'No step failed' : 'No steps'} />
      )}
      {shown.length > 0 && (
        <div ref={scroll} className="panel steps-scroll focus-inside" tabIndex={0} role="region" aria-label="Steps">
          <div
            className={`steps-table${hasErrors ? ' with-errors' : ''}`}
            role="table"
            aria-label="Steps"
            aria-rowcount={shown.length + 1}
          >
            <div role="rowgroup" className="head small">
              <div role="row" aria-rowindex={1}>
                {columns.map((column) => (
                  <span
                    key={column.name}
                    role="columnheader"
                    className={column.className ?? 'number ellipsis'}
                    aria-sort={column.field && column.field === field ? 'descending' : undefined}
                  >
                    {column.field ? <SortByField name={column.name} field={column.field} /> : column.name}
                  </span>
                ))}
              </div>
            </div>
            <div role="rowgroup" className="body" style={{ height: rows.getTotalSize() }}>
              {rows.getVirtualItems().map(({ index, start, key }) => {
                const step = shown[index];
                return step && <Row key={key} step={step} index={index} top={start} columns={columns} />;
              })}
            </div>
          </div>
        </div>
      )}
    </>
  );
}

/** In the gateway's order. Steps that it hasn't sorted yet come last. */
function inOrder(
  steps: readonly ListedStep[],
  order: readonly ({ readonly id: string } | null)[],
): readonly ListedStep[] {
  const places = new Map(order.map((step, index) => [step?.id, index]));
  const placeOf = ({ id }: ListedStep) => places.get(id) ?? order.length;
  return [...steps].sort((a, b) => placeOf(a) - placeOf(b));
}

interface RowProps {
  readonly step: ListedStep;
  readonly index: number;
  readonly top: number;
  readonly columns: readonly StepColumn[];
}

function Row({ step, index, top, columns }: RowProps) {
  const isOpen = useUrl().params.step === step.id;
  const { workflowId, runId, id } = step;
  const from = { __typename: 'Step', workflowId, runId, id } as const;
  const figures = useFragment({ fragment: STEP_FIGURES, from });
  const price = useFragment({ fragment: STEP_PRICE, from });
  const { error, tokenUsage } = figures.data;
  const tokens = tokenUsage?.counts?.totalTokens;
  const cost = price.complete ? price.data.estimatedCost : null;
  return (
    <div role="row" aria-rowindex={index + 2} aria-current={isOpen ? 'true' : undefined} style={{ top }}>
      {columns.map(({ name, className = 'number ellipsis', cell }) => (
        <span key={name} role="cell" className={className}>
          {cell({ step, error, tokens, cost })}
        </span>
      ))}
    </div>
  );
}

function StepLink({ step }: { readonly step: ListedStep }) {
  return (
    <Link to={useUrl().link({ step: step.id })} className="mono focus-inside" data-row>
      <Name mark={markOf(step)}>{step.nodeId}</Name>
    </Link>
  );
}

function SortByField({ name, field }: Required<Pick<StepColumn, 'name' | 'field'>>) {
  const url = useUrl();
  const isSorted = url.params.sort === field;
  return (
    <SortButton
      name={name}
      direction={isSorted ? 'descending' : undefined}
      title={isSorted ? 'Sort by start' : 'Highest first'}
      onClick={() => url.go({ sort: isSorted ? null : field })}
    />
  );
}
