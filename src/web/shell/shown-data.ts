/** What a query shows while it asks with other variables: what it had before. Beside an error that would answer another question. */

export interface Answered<Data> {
  readonly data?: Data | undefined;
  readonly previousData?: Data | undefined;
  readonly loading: boolean;
}

export const shownData = <Data>({ data, previousData, loading }: Answered<Data>): Data | undefined =>
  data ?? (loading ? previousData : undefined);
