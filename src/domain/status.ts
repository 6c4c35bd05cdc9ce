/** The upstream's statuses. An unknown one is UNKNOWN, never an error. */
import type { Timestamp } from './timestamp.ts';

export type StepStatus =
  'PENDING' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'SKIPPED' | 'UNKNOWN';
export type RunStatus = Exclude<StepStatus, 'SKIPPED'>;

const WORDS: Record<Exclude<StepStatus, 'UNKNOWN'>, readonly string[]> = {
  PENDING: ['pending', 'queued', 'waiting', 'scheduled'],
  RUNNING: ['running', 'in_progress', 'started'],
  WAITING: ['waiting_for_input', 'suspended', 'paused', 'blocked'],
  COMPLETED: ['completed', 'success', 'succeeded', 'done'],
  FAILED: ['failed', 'error', 'errored', 'timeout', 'timed_out'],
  CANCELLED: ['cancelled', 'canceled', 'stopped', 'aborted'],
  SKIPPED: ['skipped'],
};

/** `in_progress`, `in-progress` and `InProgress` are equal. */
const normalize = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

/** Maps the upstream's status of a step; an unmapped one is UNKNOWN. */
export type StatusOf = (rawStatus: string) => StepStatus;

/** `own` has an engine's statuses, which take precedence. */
export function createStatusOf(own: Readonly<Record<string, StepStatus>> = {}): StatusOf {
  const statuses = new Map<string, StepStatus>();
  const add = (word: string, status: StepStatus) => statuses.set(normalize(word), status);
  for (const [status, words] of Object.entries(WORDS)) for (const word of words) add(word, status as StepStatus);
  for (const [word, status] of Object.entries(own)) add(word, status);
  // Most are already lower-case and without separators.
  return (word) => statuses.get(word) ?? statuses.get(normalize(word)) ?? 'UNKNOWN';
}

/** Runs can't be SKIPPED, so that becomes UNKNOWN. */
export const runStatusOf = (status: StepStatus): RunStatus => (status === 'SKIPPED' ? 'UNKNOWN' : status);

const TERMINAL: ReadonlySet<StepStatus> = new Set<StepStatus>(['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED']);

export const isTerminal = (status: StepStatus): boolean => TERMINAL.has(status);

/** Whether the status is terminal, or unknown with an end. */
export const isOver = (status: StepStatus, endTime: Timestamp | null): boolean =>
  isTerminal(status) || (status === 'UNKNOWN' && endTime !== null);

interface RecordTimes {
  readonly status: RunStatus;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
}

/** Whether the record alone determines its times: a pending run hasn't started, and an unfinished one hasn't ended. */
export function hasOwnTimes({ status, startTime, endTime }: RecordTimes): boolean {
  return (startTime !== null || status === 'PENDING') && (endTime !== null || !isTerminal(status));
}
