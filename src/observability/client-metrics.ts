/** Operations by the client that their requests name. The number of series is bounded, although clients choose their names. */
import type { Instruments } from './instruments.ts';
import type { ClientInfo } from './operation-record.ts';
import type { OperationOutcome } from './outcome.ts';

/** Pairs of a name and a version. Each has a series for each outcome. */
const MAX_CLIENTS = 100;

export function createClientMetrics({ counter }: Instruments) {
  const operations = counter('stepgate_client_operations_total', 'Operations completed, by client', [
    ...(['client_name', 'client_version', 'outcome'] as const),
  ]);
  const known = new Set<string>();

  /** `isProven`: the upstream has accepted the key. Otherwise anyone could fill the bound with made-up names. */
  return ({ name, version }: ClientInfo, outcome: OperationOutcome, isProven: boolean): void => {
    const key = JSON.stringify([name, version]);
    if (isProven && known.size < MAX_CLIENTS) known.add(key);
    const [client_name, client_version] = known.has(key) ? [name, version ?? 'unknown'] : ['OTHER', 'OTHER'];
    operations.inc({ client_name, client_version, outcome });
  };
}
