/** Status words of the upstream. An unknown word is UNKNOWN, never an error. */
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

/** `in_progress`, `in-progress` and `InProgress` are the same word. */
const normalize = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

const STATUS_OF_WORD = new Map<string, StepStatus>(
  Object.entries(WORDS).flatMap(([status, words]) => words.map((word) => [normalize(word), status as StepStatus])),
);

/** True for a known status word. The exact form is the usual one, so it is checked first. */
export const isStatusWord = (rawStatus: string): boolean =>
  STATUS_OF_WORD.has(rawStatus) || STATUS_OF_WORD.has(normalize(rawStatus));

export const stepStatusOf = (rawStatus: string): StepStatus =>
  STATUS_OF_WORD.get(rawStatus) ?? STATUS_OF_WORD.get(normalize(rawStatus)) ?? 'UNKNOWN';

/** A run cannot be skipped: the word is UNKNOWN for a run. */
export function runStatusOf(rawStatus: string): RunStatus {
  const status = stepStatusOf(rawStatus);
  return status === 'SKIPPED' ? 'UNKNOWN' : status;
}

const TERMINAL: ReadonlySet<StepStatus> = new Set<StepStatus>(['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED']);

export const isTerminal = (status: StepStatus): boolean => TERMINAL.has(status);

/** True for a terminal status, and for an unknown word with an end. */
export const isOver = (status: StepStatus, endTime: Timestamp | null): boolean =>
  isTerminal(status) || (status === 'UNKNOWN' && endTime !== null);

/** True if the record needs no steps for its times: a pending run has no start, and an unfinished one no end. */
export function tellsTimes({ rawStatus, startTime, endTime }: RunRecord): boolean {
  const status = runStatusOf(rawStatus);
  return (startTime !== null || status === 'PENDING') && (endTime !== null || !isTerminal(status));
}
