/** The table of docs/upstream-deviations.md: each form of a value, and the deviations that are counted for it. */
import { readFileSync } from 'node:fs';

export interface Row {
  readonly variation: string;
  /** `field outcome` of each counted value, such as `steps[].id read`. */
  readonly counted: readonly string[];
}

const PAGE = readFileSync(new URL('../../../docs/upstream-deviations.md', import.meta.url), 'utf8');

const [, , ...ROWS_OF_PAGE] = PAGE.matchAll(/^\| *(.+?) *\| *.+? *\| *(.+?) *\|$/gm);

export const ROWS: readonly Row[] = ROWS_OF_PAGE.map(([, variation = '', counted = '']) => ({
  variation,
  counted: [...counted.matchAll(/`(\S+)` (\w+)/g)].map(([, field, outcome]) => `${field} ${outcome}`),
}));
