/** Failure groups in the gateway's order; more than fit the screen are folded. */
import type { ReactNode } from 'react';
import { FailureGroup, keyOf, type FailureGroupProps, type MaskedGroup } from './failure-group.tsx';

const SHOWN = 12;

export interface FailureListProps extends Pick<FailureGroupProps, 'span' | 'namesWorkflow'> {
  readonly groups: readonly MaskedGroup[];
  /** Rows after the shown groups. */
  readonly children?: ReactNode;
}

export function FailureList({ groups, children, ...props }: FailureListProps) {
  const rows = (some: readonly MaskedGroup[]) =>
    some.map((group) => <FailureGroup key={keyOf(group)} group={group} {...props} />);
  return (
    <>
      <ol className="panel failure-list" aria-label="Failures">
        {rows(groups.slice(0, SHOWN))}
        {children}
      </ol>
      {groups.length > SHOWN && (
        <details className="more-failures">
          <summary>{groups.length - SHOWN} more failures</summary>
          <ol className="panel failure-list" aria-label="More failures">
            {rows(groups.slice(SHOWN))}
          </ol>
        </details>
      )}
    </>
  );
}
