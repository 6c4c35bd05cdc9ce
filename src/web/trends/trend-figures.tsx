/** Values of a trend: two charts over the same period, and a table. */
import { useState } from 'react';
import { DataTable, type Column } from '../controls/data-table.tsx';
import { formatDuration } from '../format/duration.ts';
import { useElementWidth } from '../hooks/element-width.ts';
import { countOf, formatCount } from '../format/numbers.ts';
import { Moment } from '../time/time.tsx';
import { Empty } from '../shell/notices.tsx';
import { CountChart } from './count-chart.tsx';
import { DurationChart } from './duration-chart.tsx';
import { NAMES, type TrendFiguresProps, type TrendRow } from './trend-row.ts';

export function TrendFigures({ rows, counted, last, changedAt, shiftedAt }: TrendFiguresProps) {
  const [ref, width] = useElementWidth();
  const [pointedAt, setPointedAt] = useState<number | null>(null);
  if (!rows.some(({ count }) => count > 0)) return <Empty title={`No ${counted}s in this time`} />;
  const chart = { rows, changedAt, shiftedAt, pointedAt, onPoint: setPointedAt };
  const pointed = pointedAt === null ? undefined : rows[pointedAt];
  return (
    <>
      <div className="panel trend-charts" ref={ref}>
        <p className="trend-reading small" aria-hidden="true">
          {pointed ? (
            <>
              <Moment at={pointed.startedAt} /> – <Moment at={pointed.endedAt} /> ·{' '}
              <strong>{countOf(pointed.count, counted)}</strong> · <strong>{formatCount(pointed.failedCount)}</strong>{' '}
              failed · median <strong>{formatDuration(pointed.p50, 'none')}</strong> · p95{' '}
              <strong>{formatDuration(pointed.p95, 'none')}</strong>
            </>
          ) : (
            <span className="muted">Point at a time to see its values.</span>
          )}
        </p>
        {width !== null && (
          <>
            <CountChart {...chart} counted={counted} width={width} />
            <DurationChart {...chart} width={width} />
          </>
        )}
      </div>
      {rows.some(({ isComplete }) => !isComplete) && (
        <p className="muted">
          Not all runs of this period were examined, only the latest {formatCount(last)}: the older part is incomplete.
        </p>
      )}
      <TrendTable rows={rows} counted={counted} />
    </>
  );
}

/** The values of the charts as a table. */
function TrendTable({ rows, counted }: Pick<TrendFiguresProps, 'rows' | 'counted'>) {
  const columns: readonly Column<TrendRow>[] = [
    { name: 'From', cell: ({ startedAt }) => <Moment at={startedAt} /> },
    { name: 'To', cell: ({ endedAt }) => <Moment at={endedAt} /> },
    {
      name: NAMES[counted],
      isNumber: true,
      cell: ({ count, isComplete }) => `${formatCount(count)}${isComplete ? '' : ' or more'}`,
    },
    {
      name: 'Failed',
      isNumber: true,
      className: ({ failedCount }) => (failedCount > 0 ? 'bad' : ''),
      cell: ({ failedCount }) => formatCount(failedCount),
    },
    { name: 'Median', isNumber: true, cell: ({ p50 }) => formatDuration(p50, 'none') },
    { name: 'p95', isNumber: true, cell: ({ p95 }) => formatDuration(p95, 'none') },
  ];
  return (
    <details className="trend-table">
      <summary>Show as a table</summary>
      <DataTable label="Values of the trend" columns={columns} rows={rows} keyOf={({ startedAt }) => startedAt} />
    </details>
  );
}
