/** Table of values. On a narrow screen only the table scrolls sideways. */
import { Fragment, useState, type ReactNode } from 'react';
import { SortButton, type Direction } from './sort-button.tsx';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  readonly className?: string | ((row: Row) => string);
  /** Makes the table sortable by this column. `null` comes last in both directions. */
  readonly sortBy?: (row: Row) => number | string | null;
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Content below a row, over its whole width; `null` for none. */
  readonly detailOf?: (row: Row) => ReactNode;
  readonly className?: string;
}

export function DataTable<Row>({ label, columns, rows, keyOf, ...props }: DataTableProps<Row>) {
  const { detailOf = () => null, className = '' } = props;
  const [sort, setSort] = useState<Sort | null>(null);
  const sortBy = columns.find(({ name }) => name === sort?.column)?.sortBy;
  const ordered = sort && sortBy ? sorted(rows, sortBy, sort.direction) : rows;
  return (
    <div className={`panel scroll-x ${className}`} tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber = false, sortBy: isSortable }) => {
              const direction = sort?.column === name ? sort.direction : undefined;
              // Numbers start with the highest, names with the first.
              const next = direction ? OPPOSITE[direction] : isNumber ? 'descending' : 'ascending';
              return (
                <th key={name} scope="col" className={isNumber ? 'number' : undefined} aria-sort={direction}>
                  {isSortable ? (
                    <SortButton {...{ name, direction }} onClick={() => setSort({ column: name, direction: next })} />
                  ) : (
                    name
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {ordered.map((row) => {
            const detail = detailOf(row);
            return (
              <Fragment key={keyOf(row)}>
                <tr>
                  {columns.map(({ name, cell, isNumber = false, className: ofCell = '' }) => (
                    <td
                      key={name}
                      className={`${isNumber ? 'number ' : ''}${typeof ofCell === 'string' ? ofCell : ofCell(row)}`}
                    >
                      {cell(row)}
                    </td>
                  ))}
                </tr>
                {detail != null && (
                  <tr className="detail">
                    <td colSpan={columns.length}>{detail}</td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface Sort {
  readonly column: string;
  readonly direction: Direction;
}

const OPPOSITE = { ascending: 'descending', descending: 'ascending' } as const;

function sorted<Row>(rows: readonly Row[], sortBy: NonNullable<Column<Row>['sortBy']>, direction: Direction) {
  const keyed = rows.map((row) => ({ row, key: sortBy(row) }));
  const sign = direction === 'ascending' ? 1 : -1;
  keyed.sort(({ key: one }, { key: other }) => {
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * (typeof one === 'string' ? one.localeCompare(String(other)) : one - Number(other));
  });
  return keyed.map(({ row }) => row);
}
