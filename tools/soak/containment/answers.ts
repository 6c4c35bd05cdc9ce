/** Answers of a gateway, and the comparison with the expected ones. */

export interface PlainError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code?: unknown };
}

export interface PlainAnswer {
  readonly data: unknown;
  readonly errors: readonly PlainError[];
}

/** The allowed codes for each place that an error nulls. One of them must be reported. */
export type ExpectedErrors = ReadonlyMap<string, readonly string[]>;

export interface ExpectedAnswer {
  readonly data: unknown;
  readonly errors: ExpectedErrors;
}

export type Path = readonly (string | number)[];

export const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>> | null)?.[key], data) ??
  null;

/** The path of the value that an error has nulled: its own, or one above. */
export function placeOf(data: unknown, path: Path): string {
  const depth = path.findIndex((_, end) => valueAt(data, path.slice(0, end)) === null);
  return JSON.stringify(path.slice(0, depth < 0 ? path.length : depth));
}

/** The codes of the errors by the place that they null. */
export function codesByPlace({ data, errors }: PlainAnswer): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(errors, ({ path = [] }) => placeOf(data, path));
  return new Map(
    [...groups].map(([place, ofPlace]) => [place, ofPlace.map(({ extensions }) => String(extensions.code))]),
  );
}

/** Returns null if the answer is as expected. */
export function differenceFrom(expected: ExpectedAnswer, { data, errors }: PlainAnswer): string | null {
  const [expectedData, actualData] = [JSON.stringify(expected.data), JSON.stringify(data)];
  if (expectedData !== actualData)
    return `expected the data ${expectedData}\ngot ${actualData}, ${JSON.stringify(errors)}`;
  const actual = codesByPlace({ data, errors });
  for (const place of new Set([...expected.errors.keys(), ...actual.keys()])) {
    const allowed = expected.errors.get(place) ?? [];
    const got = actual.get(place) ?? [];
    if (got.length === 0 || got.some((code) => !allowed.includes(code))) {
      return `expected an error at ${place}, one of ${allowed.join(', ')}; got ${got.join(', ')}`;
    }
  }
  return null;
}
