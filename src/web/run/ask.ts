/** A question about a run that is held. An answer without the run takes nothing away of it. */
import type { ApolloClient, TypedDocumentNode } from '@apollo/client';

export interface RunVariables {
  readonly workflowId: string;
  readonly id: string;
}

export type RunQuestion = TypedDocumentNode<{ readonly run?: object | null }, RunVariables>;

/** What went wrong. `isWanted`: whether the answer still counts when it comes. */
export async function ask(
  client: ApolloClient,
  query: RunQuestion,
  variables: RunVariables,
  isWanted = () => true,
): Promise<Error | null> {
  const { data, error = null } = await client.query({ query, variables, fetchPolicy: 'no-cache' });
  if (data?.run && isWanted()) client.cache.writeQuery({ query, variables, data });
  return error;
}
