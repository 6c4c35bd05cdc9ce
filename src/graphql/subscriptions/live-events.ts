/** The events of a subscription, in the form in which the transports send them. */
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import type { LiveChange } from '../../runs/live/live-change.ts';

/** Subscribers may share the same object. */
export type LiveEvent = FormattedExecutionResult;

/** What an event is made of: the root value of its execution. */
export interface SourceEvent extends LiveChange {
  /** Called with the event that is sent to the reader. */
  readonly sent?: (event: LiveEvent) => void;
}

/** Throws SubscriptionError with the errors that end the subscription. */
export type LiveEvents = AsyncGenerator<LiveEvent, undefined, undefined>;

export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
  }
}
