/** Events of a subscription, as the transports send them. */
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import type { LiveChange } from '../../runs/live/runs-watch.ts';

export type LiveEvent = FormattedExecutionResult;

/** Root value for executing an event. */
export interface SourceEvent extends LiveChange {
  /** Called with the event that is sent to the subscriber. */
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
