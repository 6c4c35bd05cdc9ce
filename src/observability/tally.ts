/** Counters that cost an addition: prom-client looks its labels up and copies them each time, this only at a scrape. */
import { Counter, type Registry } from 'prom-client';

export interface Cell {
  count: number;
}

/** Answers the cell of one set of label values, in the order of the labels' names. */
export type Tally = (...values: readonly string[]) => Cell;

export function createTally(registry: Registry, name: string, help: string, labelNames: readonly string[]): Tally {
  const cells = new Map<string, Cell & { readonly labels: Readonly<Record<string, string>> }>();
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of cells.values()) this.inc(labels, count);
    },
  });
  return (...values) => {
    const key = values.join('\n');
    const known = cells.get(key);
    if (known) return known;
    const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? '']));
    const cell = { labels, count: 0 };
    cells.set(key, cell);
    return cell;
  };
}
