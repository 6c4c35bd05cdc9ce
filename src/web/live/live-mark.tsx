/** Whether the data of a run or a list updates by itself. The banner under the masthead says why it does not. */
import { CircleCheck, CloudOff, LoaderCircle, Radio } from '../shell/icons.tsx';
import { useLiveState } from './connection.ts';
import './live-mark.css';

export interface LiveMarkProps {
  readonly isStale: boolean;
  /** A final run does not change any more. */
  readonly isFinal?: boolean;
  /** Poll interval without a live connection. */
  readonly everyMs: number;
}

const LOOKS = {
  final: { look: '', Icon: CircleCheck, words: 'Final' },
  stale: { look: 'is-lost', Icon: CloudOff, words: 'Stale' },
  live: { look: 'is-live', Icon: Radio, words: 'Live' },
  connecting: { look: '', Icon: LoaderCircle, words: 'Connecting…' },
} as const;

export function LiveMark({ isStale, isFinal = false, everyMs }: LiveMarkProps) {
  const { kind } = useLiveState();
  const state = isFinal ? 'final' : isStale || kind === 'reconnecting' ? 'stale' : kind;
  if (state === 'off') return null;
  if (state === 'unavailable') {
    return (
      <span className="live-mark" role="status">
        Refreshed every {everyMs / 1000} seconds
      </span>
    );
  }
  const { look, Icon, words } = LOOKS[state];
  return (
    <span className={`live-mark ${look}`} role="status">
      <Icon /> {words}
    </span>
  );
}
