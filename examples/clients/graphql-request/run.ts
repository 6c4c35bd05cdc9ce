import { ClientError, gql, GraphQLClient } from 'graphql-request';

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

interface RunAnswer {
  readonly run: { readonly status: string; readonly totalElapsedTime: number | null } | null;
}

const RUN = gql`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      status
      totalElapsedTime
    }
  }
`;

export const createClient = (url: string, key: () => string) =>
  new GraphQLClient(url, {
    headers: () => ({ authorization: `Bearer ${key()}` }),
    // Returns data and errors. Without it, one error throws a `ClientError`, which has the data.
    errorPolicy: 'all',
  });

export async function readRun(client: GraphQLClient, key: RunKey) {
  const { data, errors } = await client.rawRequest<RunAnswer>(RUN, { ...key });
  return { run: data.run, codes: errors?.map(({ extensions }) => extensions?.['code']) ?? [] };
}

/** Whether the whole request was rejected: without a valid key (401, 403), or over a rate limit (429). */
export const isRefusal = (error: unknown): error is ClientError =>
  error instanceof ClientError && [401, 403, 429].includes(error.response.status);
