/** Status as an icon and a word: colour is never the only sign. */
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
import './status.css';

export type Status = RunStatus | StepStatus;

const LOOKS = {
  PENDING: { icon: CircleDashed, word: 'Pending' },
  RUNNING: { icon: LoaderCircle, word: 'Running' },
  WAITING: { icon: CirclePause, word: 'Waiting' },
  COMPLETED: { icon: CircleCheck, word: 'Completed' },
  FAILED: { icon: CircleX, word: 'Failed' },
  CANCELLED: { icon: Ban, word: 'Cancelled' },
  SKIPPED: { icon: SkipForward, word: 'Skipped' },
  UNKNOWN: { icon: CircleQuestionMark, word: 'Unknown' },
} as const;

export const statusWord = (status: Status): string => LOOKS[status].word;

export const statusClass = (status: Status): string => `status-${status.toLowerCase()}`;

export function StatusIcon({ status }: { readonly status: Status }) {
  const { icon: Icon } = LOOKS[status];
  return <Icon className={`${statusClass(status)}${status === 'RUNNING' ? ' spinning' : ''}`} />;
}

export function StatusBadge({
  status,
  isInferred = false,
}: {
  readonly status: Status;
  readonly isInferred?: boolean;
}) {
  return (
    <span
      className={`badge ${statusClass(status)}`}
      title={isInferred ? 'The upstream has no record of this run: its status is inferred from its steps' : undefined}
    >
      <StatusIcon status={status} />
      {statusWord(status)}
      {isInferred && <span className="inferred"> (inferred)</span>}
    </span>
  );
}
