/** Legend of the bars, for the statuses of this run. */
import type { StepStatus } from '../../__generated__/graphql.ts';
import { StatusIcon, statusClass, statusWord } from '../../status/status.tsx';
import type { TimelineStep } from './bars.ts';

const ORDER: readonly StepStatus[] = [
  'FAILED',
  'RUNNING',
  'WAITING',
  'COMPLETED',
  'CANCELLED',
  'SKIPPED',
  'PENDING',
  'UNKNOWN',
];

interface LegendProps {
  readonly bars: readonly TimelineStep[];
  readonly hasUsual: boolean;
}

export function Legend({ bars, hasUsual }: LegendProps) {
  const present = new Set(bars.map(({ status }) => status));
  return (
    <ul className="legend">
      {ORDER.filter((status) => present.has(status)).map((status) => (
        <li key={status} className={statusClass(status)}>
          <StatusIcon status={status} />
          {statusWord(status)}
        </li>
      ))}
      {bars.some(({ isCritical }) => isCritical) && (
        <li title="The chain of steps that decided how long the run took: to make it faster, make one of these faster">
          <span className="critical-mark" />
          Critical path
        </li>
      )}
      {hasUsual && (
        <li>
          <span className="usual-mark" />
          95 % of executions end before
        </li>
      )}
    </ul>
  );
}
