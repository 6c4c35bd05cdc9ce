/** Whether the data of a run or a list updates by itself. The banner under the masthead says why it does not. */
import { CircleCheck, CloudOff, LoaderCircle, Radio } from '../shell/icons.tsx';
import { useLiveState } from './connection.ts';

export interface LiveMarkProps {
  readonly isStale: boolean;
  /** A final run does not change any more. */
  readonly isFinal?: boolean;
  /** Poll interval without a live connection. */
  readonly everyMs: number;
}

const MARKS = {
  final: { className: 'muted', Icon: CircleCheck, words: 'Final' },
  stale: { className: 'amber', Icon: CloudOff, words: 'Stale' },
  live: { className: 'muted', Icon: Radio, words: 'Live' },
  connecting: { className: 'muted', Icon: LoaderCircle, words: 'Connecting…' },
} as const;

export function LiveMark({ isStale, isFinal = false, everyMs }: LiveMarkProps) {
  const { kind } = useLiveState();
  const state = isFinal ? 'final' : isStale || kind === 'reconnecting' ? 'stale' : kind;
  if (state === 'off') return null;
  if (state === 'unavailable') {
    return (
      <span className="muted small" role="status">
        Refreshed every {everyMs / 1000} seconds
      </span>
    );
  }
  const { className, Icon, words } = MARKS[state];
  return (
    <span className={`inline small ${className}`} role="status">
      <Icon className={state === 'live' ? 'status-completed' : ''} /> {words}
    </span>
  );
}
