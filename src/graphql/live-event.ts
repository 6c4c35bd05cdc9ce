/** What a subscription tells, in the form in which the transports pass it on. */
import type { DocumentNode, FormattedExecutionResult, GraphQLFormattedError } from 'graphql';

/** The same object for all who share it. */
export type LiveEvent = FormattedExecutionResult;

/** Throws OperationRefused with what ends the subscription. */
export type LiveEvents = AsyncGenerator<LiveEvent, undefined, undefined>;

/** A subscription's document, which was found valid. */
export interface Subscribed {
  readonly document: DocumentNode;
  readonly queryHash: string;
}

/** The end of an operation that has no answer. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
  }
}
