/** Name of a column by which a table can be sorted. */
import { ArrowDown, ArrowUp, ChevronsUpDown } from '../shell/icons.tsx';

export type Direction = 'ascending' | 'descending';

export interface SortButtonProps {
  readonly name: string;
  readonly direction: Direction | undefined;
  readonly title?: string;
  readonly onClick: () => void;
}

export function SortButton({ name, direction, title, onClick }: SortButtonProps) {
  const Icon = direction === undefined ? ChevronsUpDown : direction === 'ascending' ? ArrowUp : ArrowDown;
  return (
    <button type="button" className="quiet sort-button" title={title} onClick={onClick}>
      {name} <Icon />
    </button>
  );
}
