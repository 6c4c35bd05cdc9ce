/** Median and p95 durations as lines, with a dot for each bucket that has a value. */
import { scaleLinear } from '@visx/scale';
import { ChartFrame, HEIGHT, slotOf, type ChartProps } from './chart-frame.tsx';
import type { TrendRow } from './trend-row.ts';

const LINES = ['p95', 'p50'] as const;

/** The axis uses the largest unit that fits at least twice into the longest duration. */
const UNITS = [
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
  { name: 'ms', ms: 1 },
] as const;

export function DurationChart(chart: ChartProps) {
  const { rows, width } = chart;
  const longest = Math.max(1, ...rows.map(({ p50, p95 }) => Math.max(p50 ?? 0, p95 ?? 0)));
  const unit = UNITS.find(({ ms }) => longest >= 2 * ms) ?? UNITS[3];
  const y = scaleLinear({ domain: [0, longest / unit.ms], range: [HEIGHT, 0], nice: 3 });
  const { slot, leftOf } = slotOf(rows, width);
  const xOf = (row: TrendRow): number => leftOf(rows.indexOf(row)) + slot / 2;
  const yOf = (value: number | null): number => y((value ?? 0) / unit.ms);

  return (
    <ChartFrame
      {...chart}
      title="Duration"
      label="Median and p95 durations over time; the table below has the values"
      role="img"
      legend={
        <span className="trend-legend small">
          <span className="key inline line p50">median</span> <span className="key inline line p95">p95</span>
        </span>
      }
      yScale={y}
      formatY={(value) => `${value} ${unit.name}`}
    >
      {LINES.map((line) => {
        const known = rows.filter((row) => row[line] !== null);
        return (
          <g key={line} className={`line ${line}`}>
            <polyline points={known.map((row) => `${xOf(row)},${yOf(row[line])}`).join(' ')} />
            {known.map((row) => (
              <circle key={row.startedAt} cx={xOf(row)} cy={yOf(row[line])} r={3} />
            ))}
          </g>
        );
      })}
    </ChartFrame>
  );
}
