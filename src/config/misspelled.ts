/** Misspelled names: variables of an environment, and members of an embedder's object. */
import { VARIABLES } from './settings-table.ts';

/** Names that other programs use, or that are too short: FTP_PROXY and HOME look like settings. */
const SHARED: ReadonlySet<string> = new Set(['HOST', 'PORT', 'NODE_ENV', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']);
const NAMES = [...VARIABLES.keys()];
const OURS = NAMES.filter((name) => !SHARED.has(name));
/** Shorter names are similar to more others. */
const mistakesIn = (name: string): number => (name.length < 10 ? 1 : 2);

/** Each with the setting that it probably means. Names used by other programs are omitted. */
export function misspelledVariables(names: readonly string[]): { readonly name: string; readonly meant: string }[] {
  return names
    .filter((name) => !VARIABLES.has(name))
    .flatMap((name) => {
      const meant = nearestOf(name, OURS);
      return meant === undefined ? [] : [{ name, meant }];
    });
}

/** The closest name, ignoring case. */
export function nearestOf<Name extends string>(name: string, names: readonly Name[]): Name | undefined {
  const [nearest] = names
    .filter((meant) => Math.abs(meant.length - name.length) <= mistakesIn(meant))
    .map((meant) => ({ meant, distance: distanceOf(name.toUpperCase(), meant.toUpperCase()) }))
    .filter(({ meant, distance }) => distance <= mistakesIn(meant))
    .sort((one, other) => one.distance - other.distance);
  return nearest?.meant;
}

/** Number of letters that are added, missing, wrong, or swapped with the next one. */
function distanceOf(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= other.length; column += 1) {
      const isSwapped = one[row - 2] === other[column - 1] && one[row - 1] === other[column - 2];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
