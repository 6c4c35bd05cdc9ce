/** Counts and failures as stacked bars. Each bar links to the runs of its bucket. */
import { useState, type KeyboardEvent } from 'react';
import { scaleLinear } from '@visx/scale';
import { Link } from 'react-router';
import { formatDuration } from '../format/duration.ts';
import { countOf, formatCount } from '../format/numbers.ts';
import { momentText } from '../time/time.tsx';
import { useUrl } from '../url/url.ts';
import { ChartFrame, HEIGHT, slotOf, type ChartProps } from './chart-frame.tsx';
import { NAMES, type Counted, type TrendFiguresProps, type TrendRow } from './trend-row.ts';

export type CountChartProps = ChartProps & Pick<TrendFiguresProps, 'counted'>;

export function CountChart({ counted, ...chart }: CountChartProps) {
  const { rows, width, onPoint } = chart;
  const url = useUrl();
  // The chart is one tab stop; arrow keys move within it.
  const [stop, setStop] = useState(rows.length - 1);
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT, 0], nice: 3 });
  const { slot, leftOf } = slotOf(rows, width);

  function onKeyDown(event: KeyboardEvent<SVGGElement>): void {
    const links = [...event.currentTarget.querySelectorAll('a')];
    const at = links.findIndex((link) => link === document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  }

  /** The last bucket includes its end, so its link has no upper bound. */
  const runsOf = ({ startedAt, endedAt }: TrendRow, index: number): string =>
    url.link({ tab: null, node: null, start: startedAt, end: index < rows.length - 1 ? endedAt : null });

  return (
    <ChartFrame
      {...chart}
      title={NAMES[counted]}
      label={`${NAMES[counted]} over time; the arrow keys lead from one part of the time to the next`}
      role="group"
      legend={
        <span className="trend-legend small">
          <span className="key inline failed">failed</span> <span className="key inline rest">others</span>
        </span>
      }
      yScale={y}
      formatY={(value) => (Number.isInteger(value) ? formatCount(value) : '')}
    >
      <g onKeyDown={onKeyDown}>
        {rows.map((row, index) => (
          <Link
            key={row.startedAt}
            to={runsOf(row, index)}
            className={row.isComplete ? 'part' : 'part is-incomplete'}
            tabIndex={index === Math.min(stop, rows.length - 1) ? 0 : -1}
            aria-label={`${momentText(row.startedAt)} to ${momentText(row.endedAt)}: ${inWords(row, counted)}`}
            onFocus={() => {
              setStop(index);
              onPoint(index);
            }}
          >
            <rect className="slot" x={leftOf(index)} y={0} width={slot} height={HEIGHT} />
            <Stack row={row} x={leftOf(index)} slot={slot} y={y} />
          </Link>
        ))}
      </g>
    </ChartFrame>
  );
}

const inWords = ({ count, failedCount, p50, p95 }: TrendRow, counted: Counted): string =>
  [
    countOf(count, counted),
    `${formatCount(failedCount)} failed`,
    ...(p50 === null ? [] : [`median ${formatDuration(p50)}`, `p95 ${formatDuration(p95)}`]),
  ].join(', ');

interface StackProps {
  readonly row: TrendRow;
  readonly x: number;
  readonly slot: number;
  readonly y: (value: number) => number;
}

/** Failures are at the bottom, where they can be compared between bars. */
function Stack({ row: { count, failedCount }, x, slot, y }: StackProps) {
  const width = Math.min(40, Math.max(2, slot * 0.7));
  const left = x + (slot - width) / 2;
  const top = y(failedCount);
  return (
    <>
      {failedCount > 0 && <rect className="bar failed" x={left} y={top} width={width} height={HEIGHT - top} />}
      {count > failedCount && <rect className="bar rest" x={left} y={y(count)} width={width} height={top - y(count)} />}
    </>
  );
}
