/** Frame of the charts over time: time axis, value axis, grid and the bucket under the pointer. */
import './trends.css';
import type { PointerEvent, ReactNode } from 'react';
import { AxisBottom, AxisLeft } from '@visx/axis';
import { GridRows } from '@visx/grid';
import { scaleTime } from '@visx/scale';
import type { TrendRow } from './trend-row.ts';

export type ChartRow = Pick<TrendRow, 'startedAt' | 'endedAt'>;

export interface ChartProps<Row extends ChartRow = TrendRow> {
  readonly rows: readonly Row[];
  readonly width: number;
  /** Times at which the workflow changed, drawn as lines. */
  readonly changedAt: readonly string[];
  /** Times at which it became slower, faster, dearer or cheaper, drawn as lines. */
  readonly shiftedAt: readonly string[];
  readonly pointedAt: number | null;
  /** `null` for no bucket. */
  readonly onPoint: (index: number | null) => void;
}

export interface ChartFrameProps extends ChartProps<ChartRow> {
  readonly title: string;
  readonly legend: ReactNode;
  readonly label: string;
  readonly role: 'group' | 'img';
  readonly yScale: Parameters<typeof AxisLeft>[0]['scale'] & Parameters<typeof GridRows>[0]['scale'];
  readonly formatY: (value: number) => string;
  readonly children: ReactNode;
}

export const HEIGHT = 130;
const MARGIN = { top: 8, right: 20, bottom: 22, left: 56 };
/** Minimum distance between two time labels. */
const LABEL_PX = 110;

export const plotWidth = (width: number): number => Math.max(40, width - MARGIN.left - MARGIN.right);

/** Left edge and width of each bucket; all buckets have the same width. */
export const slotOf = (rows: readonly ChartRow[], width: number) => {
  const slot = plotWidth(width) / rows.length;
  return { slot, leftOf: (index: number) => index * slot };
};

export function ChartFrame({ rows, width, changedAt, shiftedAt, pointedAt, onPoint, ...props }: ChartFrameProps) {
  const { title, legend, label, role, yScale, formatY, children } = props;
  const { slot, leftOf } = slotOf(rows, width);
  const inner = plotWidth(width);
  const domain = [new Date(rows[0]?.startedAt ?? 0), new Date(rows.at(-1)?.endedAt ?? 0)] as const;
  const time = scaleTime({ domain: [...domain], range: [0, inner] });
  const marksOf = (moments: readonly string[]) =>
    [...new Set(moments)].map((at) => new Date(at)).filter((at) => at >= domain[0] && at <= domain[1]);
  const marks = [
    { look: 'changed', moments: marksOf(changedAt) },
    { look: 'shifted', moments: marksOf(shiftedAt) },
  ].filter(({ moments }) => moments.length > 0);

  function point(event: PointerEvent<SVGSVGElement>): void {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - MARGIN.left;
    const index = Math.floor(x / slot);
    onPoint(rows[index] ? index : null);
  }

  return (
    <figure className="trend-chart">
      <figcaption>
        {title} {legend}
        {marks.length > 0 && (
          <span className="trend-legend small">
            {marks.map(({ look }) => (
              <span key={look} className={`key inline ${look}`}>
                {look}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <svg
        width={width}
        height={HEIGHT + MARGIN.top + MARGIN.bottom}
        role={role}
        aria-label={label}
        onPointerMove={point}
        onPointerLeave={() => onPoint(null)}
      >
        <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
          <g aria-hidden="true">
            {pointedAt !== null && (
              <rect className="pointed" x={leftOf(pointedAt)} y={0} width={slot} height={HEIGHT} />
            )}
            <GridRows className="grid" scale={yScale} width={inner} numTicks={3} stroke="" />
            <AxisLeft
              scale={yScale}
              numTicks={3}
              hideAxisLine
              hideTicks
              tickFormat={(value) => formatY(Number(value))}
              tickClassName="trend-tick"
            />
            <AxisBottom
              scale={time}
              top={HEIGHT}
              numTicks={Math.max(2, Math.min(rows.length, Math.floor(inner / LABEL_PX)))}
              tickLength={4}
              tickFormat={(value) => tickText(new Date(Number(value)), domain[0])}
              tickClassName="trend-tick"
              axisLineClassName="axis"
            />
          </g>
          {children}
          <g aria-hidden="true">
            {marks.flatMap(({ look, moments }) =>
              moments.map((at) => (
                <line key={`${look} ${at.getTime()}`} className={look} x1={time(at)} x2={time(at)} y1={0} y2={HEIGHT} />
              )),
            )}
          </g>
        </g>
      </svg>
    </figure>
  );
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_OF_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** The day at midnight, otherwise the time of day: no date appears twice. `from` is the start of the axis. */
function tickText(at: Date, from: Date): string {
  if (at.getTime() !== new Date(at).setHours(0, 0, 0, 0)) return TIME.format(at);
  return (at.getFullYear() === from.getFullYear() ? DAY : DAY_OF_YEAR).format(at);
}
