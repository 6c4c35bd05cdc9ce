/** The words that the upstream may use for a status, mapped generously: an unknown word is UNKNOWN, never an error. */
import type { RunRecord } from './facts.ts';
import type { Timestamp } from './timestamp.ts';

export type StepStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'SKIPPED' | 'UNKNOWN';
export type RunStatus = Exclude<StepStatus, 'SKIPPED'>;

const WORDS: Record<Exclude<StepStatus, 'UNKNOWN'>, readonly string[]> = {
  PENDING: ['pending', 'queued', 'waiting', 'scheduled'],
  RUNNING: ['running', 'in_progress', 'started'],
  COMPLETED: ['completed', 'success', 'succeeded', 'done'],
  FAILED: ['failed', 'error', 'errored', 'timeout', 'timed_out'],
  CANCELLED: ['cancelled', 'canceled', 'stopped', 'aborted'],
  SKIPPED: ['skipped'],
};

/** Without `_`: `in_progress`, `in-progress` and `InProgress` are one word. */
const normalize = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

const STATUS_OF_WORD = new Map<string, StepStatus>(
  Object.entries(WORDS).flatMap(([status, words]) => words.map((word) => [normalize(word), status as StepStatus])),
);

/** True for a word that has a status. Most come in the very form of the map. */
export const isStatusWord = (rawStatus: string): boolean =>
  STATUS_OF_WORD.has(rawStatus) || STATUS_OF_WORD.has(normalize(rawStatus));

export const stepStatusOf = (rawStatus: string): StepStatus =>
  STATUS_OF_WORD.get(rawStatus) ?? STATUS_OF_WORD.get(normalize(rawStatus)) ?? 'UNKNOWN';

/** A run is not skipped: a word that says so tells nothing about it. */
export function runStatusOf(rawStatus: string): RunStatus {
  const status = stepStatusOf(rawStatus);
  return status === 'SKIPPED' ? 'UNKNOWN' : status;
}

const TERMINAL: ReadonlySet<StepStatus> = new Set<StepStatus>(['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED']);

/** True for a status after which nothing more happens. */
export const isTerminal = (status: StepStatus): boolean => TERMINAL.has(status);

/** A terminal status, or a word that is not known beside an end. */
export const isOver = (status: StepStatus, endTime: Timestamp | null): boolean =>
  isTerminal(status) || (status === 'UNKNOWN' && endTime !== null);

/** True if a record tells when its run started and ended: what waits has not started, and what is not over has not ended. */
export function tellsTimes({ rawStatus, startTime, endTime }: RunRecord): boolean {
  const status = runStatusOf(rawStatus);
  return (startTime !== null || status === 'PENDING') && (endTime !== null || !isTerminal(status));
}
