/** Status of a run without a record, inferred from its steps. */
import type { Execution } from '../step/execution.ts';
import type { RunStatus } from '../status.ts';

/** Takes latest attempts. Finished steps do not prove that no further step will appear. */
export function inferRunStatus(latest: readonly Execution[]): RunStatus {
  if (latest.some((execution) => !execution.isFinished)) return 'RUNNING';
  const statuses = new Set(latest.map((execution) => execution.status));
  for (const status of ['FAILED', 'CANCELLED', 'UNKNOWN'] as const) if (statuses.has(status)) return status;
  return latest.length > 0 ? 'COMPLETED' : 'UNKNOWN';
}
