/** Changes of a workflow: of what its steps ask of a model, and of its graph. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { Ago } from '../time/time.tsx';
import { comparisonLink } from '../url/links.ts';
import './failures.css';

export const CHANGE = graphql(`
  fragment Change on ChangePoint {
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
`);

export type MaskedChange = FragmentType<typeof CHANGE>;

const KINDS = { MODEL: 'Model', PROMPT: 'Prompt', PARAMETERS: 'Parameters', GRAPH: 'Workflow' } as const;

export interface ChangeOfProps {
  readonly change: MaskedChange;
  /** Follows the change in the same sentence. */
  readonly children?: ReactNode;
}

export function ChangeOf({ change, children }: ChangeOfProps) {
  const { at, kind, nodeId, before, after, run, previousRun } = readFragment(CHANGE, change);
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
        {children} {run && previousRun && <Link to={comparisonLink(run, previousRun, nodeId)}>See the change</Link>}
      </p>
      <p className="change-text" dir="auto">
        {before != null && <del title={before}>{before}</del>}
        {after != null && <ins title={after}>{after}</ins>}
      </p>
    </>
  );
}
