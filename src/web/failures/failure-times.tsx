/** When the runs of a failure group started: a mark each, over the time that was examined. */
import { momentText } from '../time/time.tsx';
import { countOf } from '../format/numbers.ts';

export interface Span {
  /** Milliseconds since 1970. Null: it is not known since when. */
  readonly fromMs: number | null;
  readonly toMs: number;
}

export interface FailureTimesProps {
  readonly runs: readonly { readonly id: string; readonly startedAt: string | null }[];
  /** Of the group: there may be more than these runs. */
  readonly count: number;
  readonly span: Span;
}

/** Where a mark is, in percent, so that the last one is still seen. */
const MOST = 98.5;

export function FailureTimes({ runs, count, span: { fromMs, toMs } }: FailureTimesProps) {
  const starts = runs.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const [first, last] = [starts.at(-1), starts[0]];
  if (first === undefined || last === undefined) return null;
  const from = fromMs ?? Date.parse(first);
  const placeOf = (at: string): number => Math.max(0, (MOST * (Date.parse(at) - from)) / Math.max(1, toMs - from));
  const counted =
    runs.length === count ? countOf(count, 'failed run') : `The latest ${runs.length} of ${count} failed runs`;
  const label = `${counted}, from ${momentText(first)} to ${momentText(last)}`;
  return (
    <div className="failure-times" role="img" aria-label={label} title={label}>
      {starts.map((at, index) => (
        <span key={`${at} ${index}`} className="mark" style={{ insetInlineStart: `${Math.min(MOST, placeOf(at))}%` }} />
      ))}
    </div>
  );
}
