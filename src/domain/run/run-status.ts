/** What the steps tell of a run's status where no run record does. */
import type { Execution } from '../step/execution.ts';
import type { RunStatus } from '../status.ts';

/**
 * Of the latest attempt of each node, the first that applies: any unfinished (PENDING too) → RUNNING; any failed →
 * FAILED; any cancelled → CANCELLED; any that ended with an unknown word → UNKNOWN; all completed or skipped →
 * COMPLETED. UNKNOWN without steps. A finished answer does not prove that no further step will appear.
 */
export function inferRunStatus(latest: readonly Execution[]): RunStatus {
  if (latest.some((execution) => !execution.isFinished)) return 'RUNNING';
  const statuses = new Set(latest.map((execution) => execution.status));
  for (const status of ['FAILED', 'CANCELLED', 'UNKNOWN'] as const) if (statuses.has(status)) return status;
  return latest.length > 0 ? 'COMPLETED' : 'UNKNOWN';
}
