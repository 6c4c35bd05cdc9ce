/** Table of a run's steps, with a filter for failed steps. Only visible rows are rendered. */
import { useRef } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useFragment } from '@apollo/client/react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { useAnswer } from '../live/answer.ts';
import { Empty } from '../shell/notices.tsx';
import { StatusBadge } from '../status/status.tsx';
import { attemptMark, Name } from '../text/name.tsx';
import { useUrlQuery } from '../url/query.ts';
import type { ListedStep } from './steps.ts';
import './steps-table.css';

const STEP_TOKENS = graphql(`
  fragment StepTokens on Step {
    workflowId
    runId
    id
    tokenUsage {
      totalTokens
    }
  }
`);

/** Separate query: with all other fields, ten thousand steps would exceed the object limit of an operation. */
const TOKENS_OF_STEPS = graphql(`
  query TokensOfSteps($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      steps {
        ...StepTokens
      }
    }
  }
`);

const ROW_PX = 34;
const COLUMNS = ['Node', 'Status', 'Starts at', 'Duration', 'Wait', 'Share of run', 'Tokens'];

export interface StepsTableProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly steps: readonly ListedStep[];
  /** False if the steps could not be loaded. The top of the page shows why. */
  readonly areKnown: boolean;
}

export function StepsTable({ workflowId, runId, steps, areKnown }: StepsTableProps) {
  const url = useUrlQuery();
  useAnswer(TOKENS_OF_STEPS, {
    variables: { workflowId, id: runId },
    read: (data) => data.run,
    version: String(steps.filter(({ status }) => status === 'COMPLETED' || status === 'FAILED').length),
  });
  const failedOnly = url.read('status') === 'FAILED';
  const shown = failedOnly ? steps.filter(({ status }) => status === 'FAILED') : steps;
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });

  return (
    <>
      <label className="toolbar failed-switch">
        <input
          type="checkbox"
          checked={failedOnly}
          onChange={({ target }) => {
            url.change({ status: target.checked ? 'FAILED' : null }, { replace: true });
          }}
        />
        Failed steps only
      </label>
      {areKnown && shown.length === 0 && <Empty title={failedOnly ? 'No step failed' : 'No steps'} />}
      {shown.length > 0 && (
        <div ref={scroll} className="panel steps-scroll" tabIndex={0} role="region" aria-label="Steps">
          <div className="steps-table" role="table" aria-label="Steps" aria-rowcount={shown.length + 1}>
            <div role="rowgroup" className="head">
              <div role="row" aria-rowindex={1}>
                {COLUMNS.map((name, index) => (
                  <span key={name} role="columnheader" className={index > 1 ? 'number' : undefined}>
                    {name}
                  </span>
                ))}
              </div>
            </div>
            <div role="rowgroup" className="body" style={{ height: rows.getTotalSize() }}>
              {rows.getVirtualItems().map(({ index, start, key }) => {
                const step = shown[index];
                return step && <Row key={key} step={step} index={index} top={start} />;
              })}
            </div>
          </div>
        </div>
      )}
    </>
  );
}

interface RowProps {
  readonly step: ListedStep;
  readonly index: number;
  readonly top: number;
}

function Row({ step, index, top }: RowProps) {
  const url = useUrlQuery();
  const isOpen = url.read('step') === step.id;
  const { workflowId, runId, id } = step;
  const tokens = useFragment({ fragment: STEP_TOKENS, from: { __typename: 'Step', workflowId, runId, id } });
  return (
    <div role="row" aria-rowindex={index + 2} aria-current={isOpen ? 'true' : undefined} style={{ top }}>
      <span role="cell">
        <Link to={url.with({ step: step.id, path: null, side: null })} preventScrollReset className="mono" data-row>
          <Name mark={attemptMark(step.attempt, step.attemptCount)}>{step.nodeId}</Name>
        </Link>
      </span>
      <span role="cell">
        <StatusBadge status={step.status} />
      </span>
      <span role="cell" className="number">
        {formatDuration(step.offsetMs)}
      </span>
      <span role="cell" className="number">
        {formatDuration(step.durationMs)}
      </span>
      <span role="cell" className="number">
        {formatDuration(step.gapBeforeMs)}
      </span>
      <span role="cell" className="number">
        {formatShare(step.shareOfRun)}
      </span>
      <span role="cell" className="number">
        {formatCount(tokens.complete ? tokens.data.tokenUsage?.totalTokens : null)}
      </span>
    </div>
  );
}
