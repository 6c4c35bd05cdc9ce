/** Mutation that takes effect once, however often it is sent after a lost response or a retryable error. */
import type { ApolloClient, OperationVariables, TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { isRetryable } from '../live/errors.ts';

export interface Keyed {
  readonly idempotencyKey?: string | null | undefined;
}

interface Attempt {
  readonly text: string;
  readonly key: string;
}

export class KeyedRequest<Data, Variables extends OperationVariables & Keyed> {
  readonly #client: ApolloClient;
  readonly #mutation: TypedDocumentNode<Data>;
  #attempt: Attempt | null = null;

  constructor(client: ApolloClient, mutation: TypedDocumentNode<Data, Variables>) {
    this.#client = client;
    // Apollo's types do not resolve for generic variables.
    this.#mutation = mutation as TypedDocumentNode<Data>;
  }

  /** Rejects if the response has errors. Other variables are another request, with another key. */
  async send(variables: Omit<Variables, keyof Keyed>): Promise<Data | undefined> {
    const text = JSON.stringify(variables);
    if (this.#attempt?.text !== text) this.#attempt = { text, key: randomKey() };
    const keyed: OperationVariables = { ...variables, idempotencyKey: this.#attempt.key };
    try {
      return (await this.#client.mutate({ mutation: this.#mutation, variables: keyed })).data;
    } catch (error) {
      // After a retryable error, an earlier attempt may have taken effect: its key remains.
      if (CombinedGraphQLErrors.is(error) && !isRetryable(error)) this.#attempt = null;
      throw error;
    }
  }
}

/** Replaces `randomUUID`, which browsers don't provide over plain HTTP. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
