/** Table of figures. On a narrow screen only the table scrolls sideways. */
import { Fragment, type ReactNode } from 'react';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  readonly className?: string | ((row: Row) => string);
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Below a row, over its whole width. Null: none. */
  readonly detailOf?: (row: Row) => ReactNode;
  readonly className?: string;
}

export function DataTable<Row>({ label, columns, rows, keyOf, ...props }: DataTableProps<Row>) {
  const { detailOf = () => null, className = '' } = props;
  return (
    <div className={`panel scroll-x ${className}`} tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber = false }) => (
              <th key={name} scope="col" className={isNumber ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
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
