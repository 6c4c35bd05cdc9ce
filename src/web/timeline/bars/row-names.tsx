/** Node names on the left of their lanes. Only visible names are rendered. */
import type { StepStatus } from '../../__generated__/graphql.ts';
import { StatusIcon } from '../../status/status.tsx';
import { Name } from '../../text/name.tsx';
import { LANE_PX, type Window } from './bars.ts';
import type { Row } from './layout.ts';

export interface RowNamesProps {
  readonly rows: readonly Row[];
  /** Latest execution of each node; its status is the node's status. */
  readonly latest: ReadonlyMap<string, { readonly status: StepStatus }>;
  readonly window: Window;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Hidden from assistive technology, because each bar already has the node's name. */
export function RowNames({ rows, latest, window, widthPx, heightPx }: RowNamesProps) {
  const isSeen = ({ lane, laneCount }: Row) => lane + laneCount > window.firstLane && lane <= window.lastLane;
  return (
    <div className="row-names" aria-hidden="true" style={{ width: widthPx, height: heightPx }}>
      {rows.filter(isSeen).map((row) => (
        <div key={row.nodeId} className="row-name" style={{ top: row.lane * LANE_PX, height: row.laneCount * LANE_PX }}>
          <StatusIcon status={latest.get(row.nodeId)?.status ?? 'UNKNOWN'} />
          <Name mark={countsText(row)}>{row.nodeId}</Name>
        </div>
      ))}
    </div>
  );
}

function countsText({ count, completedCount, failedCount }: Row): string | undefined {
  if (count === 1) return undefined;
  return failedCount === 0 ? `×${count}` : `${completedCount} ✓ ${failedCount} ✗`;
}
