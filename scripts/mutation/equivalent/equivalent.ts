/** Mutants that no test can notice, since nothing that can be seen changes. Each has its reason. */
export interface Equivalent {
  /** Below `src`. */
  readonly file: string;
  /** The line that is changed, without indentation. */
  readonly line: string;
  /** What Stryker puts in place of a part of it. */
  readonly replacement: string;
  readonly reason: string;
}

/** Line, replacement and reason of each. */
export const inFile = (file: string, rows: readonly (readonly [string, string, string])[]): readonly Equivalent[] =>
  rows.map(([line, replacement, reason]) => ({ file, line, replacement, reason }));
