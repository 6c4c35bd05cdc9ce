/** Legend of the bars, for the statuses of this run. */
import type { StepStatus } from '../../__generated__/graphql.ts';
import { Hinted } from '../../shell/hinted.tsx';
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
  const present = new Set(bars.flatMap(({ status, waitingMs }) => (waitingMs > 0 ? [status, 'WAITING'] : status)));
  return (
    <ul className="legend toolbar small">
      {ORDER.filter((status) => present.has(status)).map((status) => (
        <li key={status} className={`inline ${statusClass(status)}`}>
          <StatusIcon status={status} />
          {statusWord(status)}
        </li>
      ))}
      {bars.some(({ isCritical }) => isCritical) && (
        <li className="inline">
          <span className="critical-mark" />
          <Hinted hint="The chain of steps that decided how long the run took: to make it faster, make one of these faster">
            Critical path
          </Hinted>
        </li>
      )}
      {hasUsual && (
        <li className="inline">
          <span className="usual-mark" />
          95% of executions end before
        </li>
      )}
    </ul>
  );
}
