/** Changes of a workflow: of what its steps ask of a model, and of its graph. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { ChangesFragment } from '../__generated__/graphql.ts';
import { Ago } from '../time/time.tsx';
import { comparisonLink } from '../url/links.ts';
import './failures.css';

export const CHANGES = graphql(`
  fragment Changes on Workflow {
    id
    updatedAt
    changePoints(last: 50) {
      at
      kind
      nodeId
      before
      after
      run {
        id
        workflowId
      }
      previousRun {
        id
        workflowId
      }
    }
    changeCoverage(last: 50) {
      runCount
      examinedCount
    }
  }
`);

export type Change = NonNullable<NonNullable<ChangesFragment['changePoints']>[number]>;

const KINDS = { MODEL: 'Model', PROMPT: 'Prompt', PARAMETERS: 'Parameters', GRAPH: 'Workflow' } as const;

export function coverageText(coverage: ChangesFragment['changeCoverage'] | undefined): string {
  return coverage ? `looked at ${coverage.examinedCount} of ${coverage.runCount} runs` : '';
}

export interface ChangeOfProps {
  readonly change: Change;
  /** Follows the change in the same sentence. */
  readonly children?: ReactNode;
}

export function ChangeOf({ change, children }: ChangeOfProps) {
  const { at, kind, nodeId, before, after, run, previousRun } = change;
  return (
    <>
      <p className="change-line">
        <strong>
          {KINDS[kind]}{' '}
          {nodeId != null && (
            <>
              of <bdi className="mono">{nodeId}</bdi>{' '}
            </>
          )}
          changed <Ago at={at} />
        </strong>
        {children} {run && previousRun && <Link to={comparisonLink(run, previousRun)}>See the change</Link>}
      </p>
      <p className="change-text" dir="auto">
        {before != null && <del title={before}>{before}</del>}
        {after != null && <ins title={after}>{after}</ins>}
      </p>
    </>
  );
}
