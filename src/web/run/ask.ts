/** A question about a run that is cached. An answer without the run takes nothing of it away. */
import type { ApolloClient, TypedDocumentNode } from '@apollo/client';

export interface RunVariables {
  readonly workflowId: string;
  readonly id: string;
}

export type RunQuestion = TypedDocumentNode<{ readonly run?: object | null }, RunVariables>;

/** What went wrong. */
export async function ask(client: ApolloClient, query: RunQuestion, variables: RunVariables): Promise<Error | null> {
  const { data, error = null } = await client.query({ query, variables, fetchPolicy: 'no-cache' });
  if (data?.run) client.cache.writeQuery({ query, variables, data });
  return error;
}
