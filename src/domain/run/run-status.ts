/** Status of a run without a record, inferred from its steps. */
import type { Execution } from '../step/execution.ts';
import type { RunStatus } from '../status.ts';

/** Takes latest attempts. Finished steps don't prove that no more steps will appear. */
export function inferRunStatus(latest: readonly Execution[]): RunStatus {
  const unfinished = latest.filter((execution) => !execution.isFinished);
  const isWaiting = unfinished.some(({ status }) => status === 'WAITING') && !unfinished.some(isAtWork);
  if (unfinished.length > 0) return isWaiting ? 'WAITING' : 'RUNNING';
  const statuses = new Set(latest.map((execution) => execution.status));
  for (const status of ['FAILED', 'CANCELLED', 'UNKNOWN'] as const) if (statuses.has(status)) return status;
  return latest.length > 0 ? 'COMPLETED' : 'UNKNOWN';
}

const isAtWork = ({ status }: Execution): boolean => status !== 'WAITING' && status !== 'PENDING';
