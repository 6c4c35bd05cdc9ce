/** The figures of the charts as a table. */
import { formatDuration } from '../format/duration.ts';
import { formatCount } from '../format/numbers.ts';
import { Moment } from '../format/time.tsx';
import { NAMES, type TrendFiguresProps } from './trend-row.ts';

export function TrendTable({ rows, counted }: Pick<TrendFiguresProps, 'rows' | 'counted'>) {
  return (
    <details className="trend-table">
      <summary>Figures as a table</summary>
      <div className="panel scroll-x" tabIndex={0} role="region" aria-label="Figures of the trend">
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              {[NAMES[counted], 'Failed', 'Median', 'p95'].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ startedAt, endedAt, isComplete, count, failedCount, p50, p95 }) => (
              <tr key={startedAt}>
                <td className="moment">
                  <Moment at={startedAt} />
                </td>
                <td className="moment">
                  <Moment at={endedAt} />
                </td>
                <td className="number">
                  {formatCount(count)}
                  {!isComplete && ' or more'}
                </td>
                <td className={`number ${failedCount > 0 ? 'bad' : ''}`}>{formatCount(failedCount)}</td>
                <td className="number">{formatDuration(p50)}</td>
                <td className="number">{formatDuration(p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
