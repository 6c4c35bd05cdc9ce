/** Duration that counts on between answers. */
import { formatDuration } from '../format/duration.ts';
import { useTicking } from '../hooks/timing.ts';

export interface TickingProps {
  /** Of the latest answer. */
  readonly ms: number | null;
  readonly isTicking: boolean;
}

export const Ticking = ({ ms, isTicking }: TickingProps) => formatDuration(useTicking(ms, isTicking));
