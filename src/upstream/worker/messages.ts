/** Messages between the gateway and its reading process. */
import type { StepStatus } from '../../domain/status.ts';
import type { CountedDeviation } from '../../observability/deviations.ts';
import type { Redaction } from '../../domain/redaction/redaction.ts';
import { GatewayError, OtherFormError } from '../errors.ts';
import type { Reading, ReadValue } from '../reading.ts';
import type { AnswerTo, Asked, Room } from './questions.ts';

export interface PayloadRequest {
  readonly body: Uint8Array;
  readonly questions: readonly Asked[];
  readonly room: Room;
}

export interface AnswerRequest {
  /** Without a byte order mark. */
  readonly body: Uint8Array;
  readonly reading: Reading;
  readonly redaction: Redaction | null;
  readonly statusWords: Readonly<Record<string, StepStatus>>;
}

interface Failure {
  /** Code, or null for a defect. */
  readonly code: GatewayError['code'] | null;
  readonly message: string;
  readonly isOfForm: boolean;
}

export type ReadResult<T> = { readonly value: T } | Failure;

/** In the order of the questions. */
export type PayloadReply = readonly ReadResult<AnswerTo>[];

export interface AnswerRead {
  readonly value: ReadValue;
  /** Retained part of a redacted response, or null if that is the whole response. */
  readonly kept: Uint8Array | null;
  readonly deviations: readonly CountedDeviation[];
}

export function resultOf<T>(read: () => T): ReadResult<T> {
  try {
    return { value: read() };
  } catch (error) {
    const isOfForm = error instanceof OtherFormError;
    if (error instanceof GatewayError) return { code: error.code, message: error.message, isOfForm };
    return { code: null, message: String(error), isOfForm };
  }
}

/** Returns the value, or throws the error that occurred in the process. */
export function valueOf<T>(outcome: ReadResult<T>): T {
  if ('value' in outcome) return outcome.value;
  const { code, message, isOfForm } = outcome;
  if (code === null) throw new Error(message);
  throw isOfForm ? new OtherFormError(message) : new GatewayError(code, message);
}
