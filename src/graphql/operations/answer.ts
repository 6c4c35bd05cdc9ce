/** The outcome of an operation: one answer, or the events of a subscription. */
import type { FormattedExecutionResult } from 'graphql';
import type { LiveEvents } from '../subscriptions/live-events.ts';

/** The result of an operation. `data` is left out where nothing was executed. */
export interface Answer {
  readonly kind: 'answer';
  readonly result: FormattedExecutionResult;
  readonly status: number;
  /** When the answer expires, in milliseconds since 1970; 0: it is not cached. */
  readonly untilMs: number;
  /** Those that plugins have set. Left out where Apollo Server was not asked. */
  readonly headers?: ReadonlyMap<string, string>;
}

export interface Events {
  readonly kind: 'events';
  readonly events: LiveEvents;
}

export type Outcome = Answer | Events;

/** Errors alone. `data` is null where something was executed, and else left out. */
export function errorAnswer(errors: FormattedExecutionResult['errors'] & object, status: number, data?: null): Answer {
  return { kind: 'answer', result: data === undefined ? { errors } : { errors, data }, status, untilMs: 0 };
}
