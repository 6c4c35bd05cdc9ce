/** The figures of the charts as a table. */
import { DataTable, type Column } from '../controls/data-table.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCount } from '../format/numbers.ts';
import { Moment } from '../time/time.tsx';
import { NAMES, type TrendFiguresProps, type TrendRow } from './trend-row.ts';

export function TrendTable({ rows, counted }: Pick<TrendFiguresProps, 'rows' | 'counted'>) {
  const columns: readonly Column<TrendRow>[] = [
    { name: 'From', className: 'moment', cell: ({ startedAt }) => <Moment at={startedAt} /> },
    { name: 'To', className: 'moment', cell: ({ endedAt }) => <Moment at={endedAt} /> },
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
    { name: 'Median', isNumber: true, cell: ({ p50 }) => formatDuration(p50) },
    { name: 'p95', isNumber: true, cell: ({ p95 }) => formatDuration(p95) },
  ];
  return (
    <details className="trend-table">
      <summary>Figures as a table</summary>
      <DataTable label="Figures of the trend" columns={columns} rows={rows} keyOf={({ startedAt }) => startedAt} />
    </details>
  );
}
