/** Changes to a workflow: to what its steps ask of a model, and to its graph. */
import { Fragment } from 'react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { ChangeFragment } from '../__generated__/graphql.ts';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { Ago } from '../time/time.tsx';
import { comparisonLink } from '../url/links.ts';

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

const KINDS = { MODEL: 'Model', PROMPT: 'Prompt', PARAMETERS: 'Parameters', GRAPH: 'Workflow' } as const;

/** Where the comparison opens. */
const SIDES = { MODEL: 'inputs', PROMPT: 'prompt', PARAMETERS: 'inputs', GRAPH: null } as const;

export const sideOf = ({ kind }: ChangeFragment): string | null => SIDES[kind];

/** `Model, prompt`. */
export const kindsOf = (changes: readonly ChangeFragment[]): string => {
  const text = changes.map(({ kind }) => KINDS[kind].toLowerCase()).join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Link to the comparison of the runs before and after the change, at the changed part. */
const changeLink = ({ kind, nodeId, run, previousRun }: ChangeFragment): string | null =>
  run && previousRun ? comparisonLink(run, previousRun, { node: nodeId, diff: SIDES[kind] }) : null;

interface ChangeLineProps {
  readonly changes: readonly FragmentType<typeof CHANGE>[];
  /** The node whose name is omitted. */
  readonly ofNode: string | null;
}

/** What changed before, in one line. */
export function ChangeLine({ changes: masked, ofNode }: ChangeLineProps) {
  const changes = readFragment(CHANGE, masked);
  const [first] = changes;
  if (!first) return null;
  const to = changeLink(first);
  const text = (
    <>
      changed <Ago at={first.at} />:{' '}
      {changes.map(({ kind, nodeId, before, after }, index) => (
        <Fragment key={`${kind} ${nodeId ?? ''}`}>
          {index > 0 && ', '}
          {KINDS[kind].toLowerCase()}
          {nodeId !== null && nodeId !== ofNode && ` of ${nodeId}`}
          {kind === 'MODEL' && ` ${before ?? 'none'} → ${after ?? 'none'}`}
        </Fragment>
      ))}
    </>
  );
  return (
    <span className="change-line">
      {to === null ? (
        text
      ) : (
        <Link to={to} className="ellipsis">
          {text}
        </Link>
      )}
    </span>
  );
}

export function ChangeOf({ change: masked }: { readonly change: FragmentType<typeof CHANGE> }) {
  const change = readFragment(CHANGE, masked);
  const { at, kind, nodeId, before, after } = change;
  const to = changeLink(change);
  return (
    <>
      <p className="change-title">
        <strong>
          {KINDS[kind]}{' '}
          {nodeId != null && (
            <>
              of <bdi className="mono">{nodeId}</bdi>{' '}
            </>
          )}
          changed <Ago at={at} />
        </strong>{' '}
        {to !== null && <Link to={to}>See the change</Link>}
      </p>
      <p className="change-text stack small" dir="auto">
        {before != null && (
          <del className="ellipsis" title={before}>
            {before}
          </del>
        )}
        {after != null && (
          <ins className="ellipsis" title={after}>
            {after}
          </ins>
        )}
      </p>
    </>
  );
}
