/**
 * Why a run, or a group of runs, failed: the error as headline, where, since when and how often, what changed before, and what the failed
 * runs have in common.
 */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { CircleAlert, CircleCheck, CircleX, History } from '../shell/icons.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { Name } from '../text/name.tsx';
import { Ago, Moment } from '../time/time.tsx';
import { ChangeLine, type CHANGE } from './changes.tsx';
import { CommonInputs } from './common-inputs.tsx';

export const FAILURE_CLAIMS = graphql(`
  fragment FailureClaims on FailureGroup {
    firstSeenAt
    firstSeenIsExact
    state
    returnedAt
    ...CommonInputs
  }
`);

const STATES = {
  NEW: { word: 'New', Icon: CircleAlert, look: 'status-failed' },
  RETURNED: { word: 'Returned', Icon: CircleAlert, look: 'status-failed' },
  ONGOING: { word: 'Ongoing', Icon: History, look: 'status-cancelled' },
  RESOLVED: { word: 'Resolved', Icon: CircleCheck, look: 'status-completed' },
  // Not all of its runs could be loaded.
  UNKNOWN: { word: 'Failing', Icon: History, look: 'status-unknown' },
} as const;
const OF_ONE_RUN = { word: 'Failed', Icon: CircleX, look: 'status-failed' } as const;

export interface Cause {
  /** The whole error; `null` without a message. */
  readonly message: string | null | undefined;
  readonly code?: string | null | undefined;
  /** `null` if no step failed. */
  readonly nodeId: string | null | undefined;
  /** Item or attempt. */
  readonly mark?: string | undefined;
}

const textOf = ({ message }: Cause): string => headlineOf(message ?? '') || 'No error message';

export interface FailureLineProps {
  readonly cause: Cause;
  readonly hasMore: boolean;
}

/** The summary as one line of a list. */
export function FailureLine({ cause, hasMore }: FailureLineProps) {
  const { message, nodeId, mark } = cause;
  return (
    <>
      {nodeId != null && (
        <code className="node">
          <Name mark={mark}>{nodeId}</Name>
        </code>
      )}{' '}
      <span dir="auto" title={message ?? undefined}>
        {textOf(cause)}
      </span>
      {hasMore && <span className="muted"> and more</span>}
    </>
  );
}

export interface FailureSummaryProps {
  readonly cause: Cause;
  /** Target of the headline. */
  readonly to: string | null;
  /** Target of the node. */
  readonly nodeTo: string | null;
  /** Named before the node where several workflows are listed. */
  readonly workflow?: { readonly name: string; readonly to: string } | undefined;
  /** `null` if unknown. */
  readonly group: FragmentType<typeof FAILURE_CLAIMS> | null | undefined;
  readonly changes: readonly FragmentType<typeof CHANGE>[];
  /** Whether it stands alone: it is then a heading, with the exact time. */
  readonly isCard?: boolean;
  /** How often it happened, shown above the time of the first failure. */
  readonly often: ReactNode;
  /** Time of the latest failure. */
  readonly last?: ReactNode;
  /** Content next to the node. */
  readonly note?: ReactNode;
  /** Buttons, details, and anything specific to the list. */
  readonly children: ReactNode;
}

export function FailureSummary({ cause, to, nodeTo, workflow, group: masked, changes, ...props }: FailureSummaryProps) {
  const { nodeId, mark, code, message } = cause;
  const { isCard = false, often, last, note, children } = props;
  const group = readFragment(FAILURE_CLAIMS, masked);
  const { word, Icon, look } = group ? STATES[group.state] : OF_ONE_RUN;
  const Headline = isCard ? 'h2' : 'p';
  const sinceAt = group?.returnedAt ?? group?.firstSeenAt;
  return (
    <div className="failure-summary">
      <span className={`badge ${look}`}>
        <Icon /> {word}
      </span>
      <Headline className="headline" dir="auto">
        {to === null ? (
          textOf(cause)
        ) : (
          <Link to={to} className="clamp" title={message ?? undefined} data-row>
            {textOf(cause)}
          </Link>
        )}
      </Headline>
      <p className="where small">
        {workflow && (
          <Link to={workflow.to} className="workflow ellipsis" title={workflow.name}>
            <bdi>{workflow.name}</bdi>
          </Link>
        )}
        {nodeId == null ? (
          <span className="muted">no step failed</span>
        ) : (
          <NodeName to={nodeTo} mark={mark}>
            {nodeId}
          </NodeName>
        )}
        {code != null && (
          <code className="ellipsis" title={code}>
            {code}
          </code>
        )}
        {note}
      </p>
      <ChangeLine changes={changes} ofNode={nodeId ?? null} />
      <div className="how-often small">
        {often}
        {group && sinceAt != null && (
          <span>
            {group.returnedAt === null ? 'since' : 'back since'} <Ago at={sinceAt} hasMoment={isCard} />
            {isCard && (
              <span className="muted">
                {' '}
                (<Moment at={sinceAt} />)
              </span>
            )}
            {group.returnedAt === null && !group.firstSeenIsExact && ' or earlier'}
          </span>
        )}
        {last}
      </div>
      {group && <CommonInputs group={group} />}
      {children}
    </div>
  );
}

interface NodeNameProps {
  readonly to: string | null;
  readonly mark: string | undefined;
  readonly children: string;
}

function NodeName({ to, mark, children }: NodeNameProps) {
  const name = <Name mark={mark}>{children}</Name>;
  return to === null ? (
    <code>{name}</code>
  ) : (
    <Link to={to} className="mono">
      {name}
    </Link>
  );
}
