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

export const createClient = (url: string, key: string) =>
  new GraphQLClient(url, {
    headers: { authorization: `Bearer ${key}` },
    // Answers what there is beside the errors. Without it, one error throws, and `data` is a property of the `ClientError`.
    errorPolicy: 'all',
  });

export async function readRun(client: GraphQLClient, key: RunKey) {
  const { data, errors } = await client.rawRequest<RunAnswer>(RUN, { ...key });
  return { run: data.run, codes: errors?.map(({ extensions }) => extensions?.['code']) ?? [] };
}

/** True of what HTTP refuses as a whole: no key (401), a limit (429). */
export const isRefusal = (error: unknown): error is ClientError =>
  error instanceof ClientError && [401, 403, 429].includes(error.response.status);
