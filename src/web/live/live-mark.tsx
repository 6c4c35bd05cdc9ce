/** Whether the data of a run or a list updates automatically. The banner under the masthead says why it doesn't. */
import { CircleCheck, CloudOff, LoaderCircle, Radio } from '../shell/icons.tsx';
import { useLiveState } from './connection.ts';
import { useOutage } from './outages.ts';

export interface LiveMarkProps {
  /** A final run doesn't change anymore. */
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

export function LiveMark({ isFinal = false, everyMs }: LiveMarkProps) {
  const { kind } = useLiveState();
  const outage = useOutage();
  const state = isFinal ? 'final' : outage?.since != null || kind === 'reconnecting' ? 'stale' : kind;
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
