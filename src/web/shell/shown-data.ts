/** What a query shows while it asks with other variables: what it had before. Beside an error that would answer another question. */
import { NetworkStatus } from '@apollo/client';

export interface Answered<Data> {
  readonly data?: Data | undefined;
  readonly previousData?: Data | undefined;
  readonly networkStatus: NetworkStatus;
}

export const shownData = <Data>({ data, previousData, networkStatus }: Answered<Data>): Data | undefined =>
  data ?? (networkStatus === NetworkStatus.setVariables ? previousData : undefined);
