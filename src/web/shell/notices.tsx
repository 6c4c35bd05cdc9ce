/** Notices in place of content: loading, empty, failed or outdated. */
import type { ReactNode } from 'react';
import { isNotFound, messageOf, outageOf } from '../live/errors.ts';
import { CloudOff, LoaderCircle, TriangleAlert } from './icons.tsx';

export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="notice loading muted" role="status">
      <LoaderCircle className="spinning" /> Loading {what}…
    </p>
  );
}

export interface SkeletonProps {
  readonly what: string;
  readonly rows: number;
  /** Height in rows. */
  readonly of?: 'table' | 'runs' | 'failures' | 'cards';
}

/** Takes the height of a list or table, so that the content below doesn't jump. */
export function Skeleton({ what, rows, of = 'table' }: SkeletonProps) {
  return (
    <div className={`panel skeleton of-${of}`} role="status">
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} aria-hidden="true" />
      ))}
    </div>
  );
}

export interface EmptyProps {
  readonly title: string;
  /** Whether the page shows only the notice. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
}

export function Empty({ title, isPage = false, children }: EmptyProps) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div className="notice empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** Shown in place of everything for a key without rights. */
export const MayNotList = () => (
  <Empty isPage title="This key may not list workflows">
    <p>Open a run by its link, or sign in with a key that may read workflows.</p>
  </Empty>
);

export interface FailureProps {
  readonly error: Error;
  readonly what: string;
  /** Whether the other parts are shown. */
  readonly isPartial?: boolean;
  readonly onRetry?: () => void;
}

export function Failure({ error, what, isPartial = false, onRetry }: FailureProps) {
  // The outage banner says why.
  if (outageOf(error) !== null) {
    return isPartial ? null : (
      <p className="toolbar muted">
        {titleOf(error, what, isPartial)} {onRetry && <TryAgain onClick={onRetry} />}
      </p>
    );
  }
  return (
    <Problem
      title={<strong>{titleOf(error, what, isPartial)}</strong>}
      action={onRetry && <TryAgain onClick={onRetry} />}
    >
      {messageOf(error)}
    </Problem>
  );
}

export interface ProblemProps {
  readonly title: ReactNode;
  readonly action: ReactNode;
  readonly children: ReactNode;
}

/** What doesn't work, why, and what the reader can do. */
export const Problem = ({ title, action, children }: ProblemProps) => (
  <div className="notice status-failed" role="alert">
    <TriangleAlert />
    <div>
      {title}
      <p>{children}</p>
    </div>
    {action}
  </div>
);

export const TryAgain = ({ onClick }: { readonly onClick: () => void }) => (
  <button type="button" onClick={onClick}>
    Try again
  </button>
);

function titleOf(error: Error, what: string, isPartial: boolean): string {
  if (isPartial) return `Not all of the ${what} could be loaded.`;
  return isNotFound(error)
    ? `${what[0]?.toUpperCase()}${what.slice(1)} not found, or not for this key.`
    : `The ${what} could not be loaded.`;
}

export function Warning({ children }: { readonly children: ReactNode }) {
  return (
    <div className="notice status-cancelled" role="status">
      <CloudOff />
      <div>{children}</div>
    </div>
  );
}
