/** Status as an icon and a word: color is never the only sign. */
import type { RunStatus, StepStatus } from '../__generated__/graphql.ts';
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleQuestionMark,
  CircleX,
  LoaderCircle,
  SkipForward,
} from '../shell/icons.tsx';
import { Hinted } from '../shell/hinted.tsx';

export type Status = RunStatus | StepStatus;

const STATUSES = {
  PENDING: { icon: CircleDashed, word: 'Pending' },
  RUNNING: { icon: LoaderCircle, word: 'Running' },
  WAITING: { icon: CirclePause, word: 'Waiting' },
  COMPLETED: { icon: CircleCheck, word: 'Completed' },
  FAILED: { icon: CircleX, word: 'Failed' },
  CANCELLED: { icon: Ban, word: 'Cancelled' },
  SKIPPED: { icon: SkipForward, word: 'Skipped' },
  UNKNOWN: { icon: CircleQuestionMark, word: 'Unknown' },
} as const;

export const statusWord = (status: Status): string => STATUSES[status].word;

export const statusClass = (status: Status): string => `status-${status.toLowerCase()}`;

export function StatusIcon({ status }: { readonly status: Status }) {
  const { icon: Icon } = STATUSES[status];
  return <Icon className={`${statusClass(status)}${status === 'RUNNING' ? ' spinning' : ''}`} />;
}

export interface StatusBadgeProps {
  readonly status: Status;
  readonly isInferred?: boolean;
}

export function StatusBadge({ status, isInferred = false }: StatusBadgeProps) {
  return (
    <span className={`badge ${statusClass(status)}`}>
      <StatusIcon status={status} />
      {statusWord(status)}
      {isInferred && (
        <Hinted hint="The upstream has no record of this run: its status is inferred from its steps">(inferred)</Hinted>
      )}
    </span>
  );
}
